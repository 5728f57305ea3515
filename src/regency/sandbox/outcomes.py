"""Turns the spawner's report on a job into an `Outcome` with one plain sentence."""

import signal
from collections.abc import Mapping
from typing import Any

from regency.records import Limits, Outcome

_MEMORY_SIGNS = ("MemoryError", "bad_alloc", "Cannot allocate memory", "cannot allocate memory")
_NOT_STARTED = {
    "refused": "the sandbox could not be set up",
    "missing": "the program could not be started",
}
_NO_ROOM = ("No space left on device", "File too large")
_DISK_SIGNS = (int(signal.SIGXFSZ),)


def outcome(report: Mapping[str, Any], limits: Limits, level: str, start: str = "cold") -> Outcome:
    """Return what became of a job.

    Args:
        report: As `init.run` reported, with ``stdout`` and ``stderr``.
        limits: What it was given.
        level: Isolation level in force.
        start: How it was started.
    """
    status, message = _judge(report, limits)
    return Outcome(
        status=status,
        message=message,
        exit_code=int(report.get("exit", 0)),
        cpu_s=float(report.get("cpu_s", 0.0)),
        wall_s=float(report.get("wall_s", 0.0)),
        memory_bytes=int(report.get("memory_bytes", 0)),
        stdout=str(report.get("stdout", "")),
        stderr=str(report.get("stderr", "")),
        outputs=report.get("outputs", {}),
        level=level,
        start=start,
    )


def _judge(report: Mapping[str, Any], limits: Limits) -> tuple[str, str]:
    for status, sentence in _NOT_STARTED.items():
        if status in report:
            return status, f"{sentence}: {report[status]}"
    if report["fault"]:
        return _ended(str(report["fault"]), limits)
    if limits.cpu_s is not None and report["cpu_s"] > limits.cpu_s * 1.05:
        return _ended("cpu", limits)
    if report["exit"]:
        return _failed(report, limits)
    if report["output_fault"]:
        return "output", str(report["output_fault"])
    return "ok", ""


def _ended(fault: str, limits: Limits) -> tuple[str, str]:
    memory = f"{limits.memory_bytes:,}" if limits.memory_bytes else "its"
    sentences = {
        "cpu": f"it used more than its {limits.cpu_s:g} CPU-seconds" if limits.cpu_s else "",
        "wall": f"it was not done after {limits.wall_s:g} seconds and was ended",
        "memory": f"it used more than {memory} bytes of memory and was ended",
        "disk": f"it filled the {limits.disk_bytes:,} bytes that it may write and was ended",
        "processes": f"it ran more than {limits.processes} processes at once and was ended",
    }
    return ("failed" if fault == "processes" else fault), sentences[fault]


def _failed(report: Mapping[str, Any], limits: Limits) -> tuple[str, str]:
    code, errors = int(report["exit"]), str(report.get("stderr", ""))
    last = errors.strip().rpartition("\n")[2]
    if report["full"] or -code in _DISK_SIGNS or any(sign in last for sign in _NO_ROOM):
        return "disk", f"it filled the {limits.disk_bytes:,} bytes that it may write"
    if limits.memory_bytes and any(sign in last for sign in _MEMORY_SIGNS):
        return "memory", f"it needed more than {limits.memory_bytes:,} bytes of memory"
    if code < 0:
        return "failed", f"it was ended by signal {_name(-code)}"
    return "failed", f"it ended with exit code {code}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
