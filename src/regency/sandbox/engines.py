"""The built-in engine of ``regency.sandboxes``: namespaces, Landlock, seccomp and limits.

No dependency and no daemon: one warm spawner process per engine, jobs one after another. Needs
Linux 5.12 or newer on x86_64 or aarch64.
"""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from regency.errors import SandboxError
from regency.records import Job, Json, Limits, Outcome, is_script
from regency.sandbox import cgroups, roots, syscalls, wire
from regency.sandbox.outcomes import outcome
from regency.sandbox.roots import PYTHON

_BOOT = "import sys; sys.path.append(sys.argv[1]); from regency.sandbox import spawner; "
_BOOT += "spawner.main(int(sys.argv[2]))"
_SOURCE = str(Path(__file__).resolve().parents[2])
LEVELS = ("A", "B", "C")
_CPU = {True: "exact", False: "a lower bound"}
_TREE = {True: "a control group", False: "sampling"}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH")
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_LOG_BYTES = 64 << 10
_OPTIONS = ("-s", "-B")
_PATH = f"{Path(PYTHON).parent}:/usr/local/bin:/usr/bin:/bin"
_START_S = 30.0
_IMPORT_S = 300.0  # heavy packages on a slow disk, all at once
_CANARY_S = 20.0
_ANSWER_S = 30.0


class _Unfit(SandboxError):
    """Forks cannot be had; not a matter of isolation."""


class _NotHere(SandboxError):
    """This machine cannot give the level that was tried."""


class NamespaceSandbox:
    """Runs jobs in a root, network and process tree of their own; used by one thread at a time."""

    def __init__(
        self,
        *,
        hide: Sequence[str] = (),
        mounts: Sequence[str] = (),
        core: int | None = None,
        unsafe: bool = False,
        start: str = "cold",
        preload: Sequence[str] = (),
        levels: Sequence[str] = LEVELS,
        devices: Sequence[str] = (),
    ) -> None:
        """Start, and prove by doing what isolation can be had.

        Args:
            hide: What candidates must not read: absolute paths, or ``stdlib:NAME``.
            mounts: More absolute host paths that they may read.
            core: CPU core that jobs are pinned to, None for any.
            unsafe: Whether to go on without any isolation (level D) if none can be had.
            start: ``cold``: each job is a program of its own; ``fork``: jobs that run a Python
                script are forked from a process that has imported ``preload``; ``auto``: the
                latter where the level can do it, see `report`.
            preload: Modules, for ``fork``.
            levels: Levels that may be used, best first; the first that can be had is.
            devices: Device files below ``/dev`` that candidates may use, or patterns of them.

        Raises:
            SandboxError: None of ``levels`` can be had and ``unsafe`` is not set, a path is
                wrong, or what is preloaded cannot be forked.
        """
        _check_modules(preload)
        self._start_mode, self._preload = start, tuple(preload)
        self._hide, self._mounts, self._core = tuple(hide), tuple(mounts), core
        self._devices = roots.devices(devices)
        self._network = False
        self._aim = LEVELS[0]
        self._bwrap = ""
        self._closed = threading.Event()
        self._plan: Mapping[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._report: dict[str, Any] = {}
        self._groups: list[str] = []
        self._start_at_best((*levels, *(("D",) if unsafe else ())))

    @property
    def level(self) -> str:
        """What is in force.

        ``A``: namespaces, Landlock, seccomp and limits; ``B``: the same without Landlock; ``C``:
        the same without namespaces; ``D``: limits only, no isolation.
        """
        return self._aim

    def report(self) -> Mapping[str, Json]:
        """Return what is in force, for people and for the ledger."""
        group = self._report["cgroup"]
        return {
            "level": self.level,
            "kernel": os.uname().release,
            **self._report,
            "core": self._core,
            "readable": self._all("binds") if self._aim != "D" else ["everything"],
            "devices": self._devices,
            "hidden": len(self._all("covers")) if self._aim != "D" else 0,
            "cpu": f"exact for one process, {_CPU['cpuacct' in group]} for several",
            "memory": f"per process by the kernel, of all together by {_TREE['memory' in group]}",
            "processes": f"one by the kernel, several by {_TREE['pids' in group]}",
        }

    def run(self, job: Job, limits: Limits, ends: Sequence[int] = ()) -> Outcome:
        """Run ``job`` and wait for it.

        Args:
            job: What to run.
            limits: What it may use.
            ends: Two open descriptors, one to read from and one to write to, that become the
                job's standard input and output, so that it can be talked to while it runs.
                They are given away, and closed here when the job has them, or cannot start;
                it is not tried twice then.

        Raises:
            SandboxError: The job asks for what cannot be, or the engine was closed.
        """
        with contextlib.ExitStack() as given:
            for end in ends:
                given.callback(os.close, end)
            return self._run(job, limits, ends, given)

    def _run(
        self, job: Job, limits: Limits, ends: Sequence[int], given: contextlib.ExitStack
    ) -> Outcome:
        message = self._message(job, limits)
        if ends:
            message |= {"talks": True, "fork": False}
        if limits.network != self._network:
            self._stop()
            self._network = limits.network
        for attempt in range(1 if ends else 2):
            try:
                start = "fork" if message["fork"] else "cold"
                return outcome(self._ask(message, limits, ends, given), limits, self.level, start)
            except (EOFError, OSError):  # somebody killed the spawner, or it is a restart
                self._stop()
                if self._closed.is_set() or attempt:
                    break
        if self._closed.is_set():
            raise SandboxError("the sandbox was closed while a job ran. Open a new one.")
        return Outcome("refused", "the sandbox was killed from outside", level=self.level)

    def startup_cpu_s(self, preload: Sequence[str] = (), repeats: int = 5) -> float:
        """Return the median CPU-seconds of starting Python and importing ``preload`` inside.

        Raises:
            SandboxError: It does not start; the message holds its last words.
        """
        _check_modules(preload)
        code = "import " + ", ".join(preload) if preload else ""
        costs = []
        with tempfile.TemporaryDirectory(prefix="regency-start-") as folder:
            Path(folder, "start.py").write_text(code)
            job = Job(("python", "start.py"), files=folder)
            for _ in range(repeats):
                result = self.run(job, Limits(memory_bytes=None))
                if result.status != "ok":
                    last = result.stderr.strip().rpartition("\n")[2] or result.message
                    raise SandboxError(f"{code or 'python'!r} fails inside the sandbox: {last}")
                costs.append(result.cpu_s)
        return statistics.median(costs)

    def close(self) -> None:
        """End everything; may be called from any thread, and again."""
        self._closed.set()
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _all(self, kind: str) -> list[str]:
        return [path for part in self._plan.values() for path in part[kind]]

    def _start_at_best(self, levels: Sequence[str]) -> None:
        refusals = []
        for level, self._bwrap in _attempts(levels):
            self._aim = level
            try:
                self._start()
                self._try_once()
            except _NotHere as error:
                self._stop()
                refusals.append(f"level {level}: {error}")
            except BaseException:
                self._stop()
                raise
            else:
                return
        raise SandboxError(_advice("; ".join(refusals)))

    def _try_once(self) -> None:
        with tempfile.TemporaryDirectory(prefix="regency-try-") as folder:
            result = self.run(Job(("python", "-I", "-S", "-c", ""), files=folder), Limits())
        if result.status != "ok":
            raise _NotHere(f"{result.message} {result.stderr.strip()[-300:]}".strip())

    def _start(self) -> None:
        if self._start_mode == "fork" and not self._can_fork:
            raise _NotHere('a fork needs namespaces of our own, or set [limits] start = "cold"')
        if self._aim != "D":
            if syscalls.AUDIT_ARCH is None:
                raise _NotHere(f"there is no filter for {syscalls.MACHINE}")
            self._plan = roots.plan(self._hide, self._mounts, network=self._network)
        ours, theirs = socket.socketpair()
        ours.settimeout(_START_S if self._start_mode == "cold" else _IMPORT_S)
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        arguments = [sys.executable, "-I", "-S", "-c", _BOOT, _SOURCE, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                arguments,
                pass_fds=[theirs.fileno()],
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us, who then close it
            )
        self._channel = ours
        wire.send(ours, self._settings())
        try:
            answer = wire.receive(ours)
        except (EOFError, OSError) as error:
            raise _NotHere("its first process died") from error
        if "unfit" in answer:
            raise _unfit(answer["unfit"])
        if "error" in answer:
            raise _NotHere(answer["error"])
        self._report, self._groups = answer["report"], answer["groups"]
        if self._report["start"] == "fork":
            self._prove_fork(ours)

    @property
    def _can_fork(self) -> bool:
        return self._aim in "AB" and not self._bwrap

    def _settings(self) -> dict[str, Json]:
        read, listed = roots.grants(self._plan) if self._aim == "C" else ([], [])
        return {
            "plan": self._plan,
            "devices": self._devices,
            "core": self._core,
            "network": self._network,
            "level": self._aim,
            "read": read,
            "listed": listed,
            "bwrap": self._bwrap,
            "start": "fork" if self._start_mode != "cold" and self._can_fork else "cold",
            "preload": list(self._preload),
            "interpreter": [PYTHON, *_OPTIONS],
            "env": _environment(Limits()),
            "source": str(Path(_SOURCE, "regency")),
        }

    def _prove_fork(self, channel: socket.socket) -> None:
        """Fork a child that shows that its kind can compute, and is confined."""
        words = (*("python", "canary_program.py"), *(("network",) if self._network else ()))
        limits = Limits(wall_s=_CANARY_S, memory_bytes=None, network=self._network)
        job = Job(words, files=str(Path(_SOURCE, "regency", "sandbox")))
        try:
            wire.send(channel, self._message(job, limits))
            result = outcome(wire.receive(channel), limits, "")
        except (EOFError, OSError) as error:
            raise _unfit("its first child ended everything") from error
        if (result.status, result.stdout) != ("ok", "fit\n"):
            last = result.stderr.strip().rpartition("\n")[2]
            raise _unfit(f"{result.stdout.strip()} {result.message} {last}".strip())

    def _stop(self) -> None:
        channel, process = self._channel, self._process
        self._channel = self._process = None
        if channel is not None:
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer
            channel.close()
        if process is not None:
            try:
                process.wait(_ANSWER_S)
            except subprocess.TimeoutExpired:
                process.kill()  # its jobs' first processes die with it
                process.wait()
            cgroups.remove(self._groups)

    def _ask(
        self,
        message: Mapping[str, Json],
        limits: Limits,
        ends: Sequence[int],
        given: contextlib.ExitStack,
    ) -> Mapping[str, Any]:
        if self._closed.is_set():
            raise SandboxError("the sandbox is closed. Open a new one.")
        if self._channel is None:
            self._start()
        if self._closed.is_set():  # by another thread, while we started
            self._stop()
        channel = self._channel
        if channel is None:
            raise EOFError("closed meanwhile")
        channel.settimeout(limits.wall_s + _ANSWER_S)
        wire.send(channel, message)
        if ends:
            wire.send_ends(channel, ends)
        given.close()
        answer: Mapping[str, Any] = wire.receive(channel)
        return answer

    def _message(self, job: Job, limits: Limits) -> dict[str, Json]:
        _check_names(job)
        files = os.path.realpath(job.files)
        hidden = [os.path.realpath(path) for path in self._hide if path.startswith("/")]
        covers = roots.hidden_below(hidden, files)
        words = [word.replace("{in}", "/in").replace("{out}", "/out") for word in job.command]
        start = [PYTHON, *_OPTIONS] if words[0] == "python" else words[:1]
        return {
            "fork": self._report.get("start") == "fork" and is_script(job.command),
            "command": start + words[1:],
            "files": files,
            "covers": covers,
            "inputs": {name: os.path.realpath(path) for name, path in job.inputs.items()},
            "outputs": {name: _real_folder(path) for name, path in job.outputs.items()},
            "env": _environment(limits) | dict(job.env),
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall_s,
            "memory_bytes": limits.memory_bytes,
            "processes": limits.processes,
            "disk_bytes": limits.disk_bytes,
            "output_bytes": limits.output_bytes,
            "keep_bytes": min(_LOG_BYTES, limits.output_bytes),
        }


def _attempts(levels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what to try: a level, and the bwrap to do it with or nothing."""
    for level in levels:
        yield level, ""
        # The distribution's own: permissions are given by path.
        if level == "B" and (bwrap := shutil.which("bwrap", path="/usr/bin:/bin")):
            yield level, bwrap


def _check_modules(names: Sequence[str]) -> None:
    for name in names:
        if not re.fullmatch(r"\w+(\.\w+)*", name):
            raise SandboxError(f"preload {name!r} is not a module name. Correct [limits].")


def _check_names(job: Job) -> None:
    if not job.command:
        raise SandboxError("the job has no command. Give a program and its arguments.")
    for name in (*job.inputs, *job.outputs):
        if not _PLAIN_NAME.fullmatch(name):
            raise SandboxError(f"{name!r} is not a plain file name. Use letters, digits, . _ -")


def _real_folder(path: str) -> str:
    """Return ``path`` with its folder's links followed, its own name untouched."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118


def _environment(limits: Limits) -> dict[str, str]:
    env = {
        "PATH": _PATH,
        "HOME": "/tmp",  # noqa: S108  # the candidate's own
        "TMPDIR": "/tmp",  # noqa: S108
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    env["REGENCY_WALL_S"] = repr(limits.wall_s)
    env |= dict.fromkeys(_THREADS, "1")
    env |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if limits.cpu_s is not None:
        env["REGENCY_CPU_S"] = repr(limits.cpu_s)
    return env


def _unfit(reason: str) -> _Unfit:
    return _Unfit(
        f'[limits] start = "fork" cannot be used: {reason}. Mend `preload`, or write '
        'start = "cold".'
    )


def _advice(reasons: str) -> str:
    return (
        f"the sandbox cannot isolate candidates here: {reasons.strip()}. Level A needs Linux 5.13 "
        "or newer on x86_64 or aarch64 with Landlock, and user namespaces or root; level C needs "
        "Landlock alone, and a Python that other users can read if you are root. On Ubuntu, "
        "`apt install bubblewrap`, or allow user namespaces with `sysctl "
        "kernel.apparmor_restrict_unprivileged_userns=0`. `--unsafe` goes on without isolation, "
        "and says so everywhere."
    )
