"""The command line as people use it: in a pipe, or at a pseudo-terminal with somebody typing.

Each command runs in a process forked from the tests, so that nothing is imported again.
"""

import os
import pty
import select
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regency.cli.main import exit_code

LONGEST_S = 60.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; at a terminal both streams are one."""

    code: int
    out: str
    err: str = ""


def piped(*arguments: str, cwd: Path | None = None, stdin: str = "") -> Ended:
    """Run a command with files for all three streams: no human is there."""
    with tempfile.TemporaryFile() as typed_in, tempfile.TemporaryFile() as out:
        with tempfile.TemporaryFile() as err:
            typed_in.write(stdin.encode())
            typed_in.seek(0)
            streams = (typed_in.fileno(), out.fileno(), err.fileno())
            code = _wait(_forked(arguments, streams, cwd))
            return Ended(code, _text(out), _text(err))


def typed(*arguments: str, keys: str = "", cwd: Path | None = None, wait_for: str = "") -> Ended:
    """Run a command at a terminal of its own and type ``keys`` once ``wait_for`` was printed."""
    main, side = pty.openpty()
    child = _forked(arguments, (side, side, side), cwd)
    os.close(side)
    try:
        out = _read(main, keys, wait_for)
    finally:
        os.close(main)
    return Ended(_wait(child), out)


def conversed(
    *arguments: str, steps: tuple[tuple[str, str], ...], cwd: Path | None = None
) -> Ended:
    """Run a command at a terminal; type each step's keys once its words were printed anew."""
    main, side = pty.openpty()
    child = _forked(arguments, (side, side, side), cwd)
    os.close(side)
    out, seen, waiting = b"", 0, list(steps)
    try:
        while True:
            if waiting and waiting[0][0].encode() in out[seen:]:
                seen = len(out)
                time.sleep(0.05)  # a reader of secrets first drops what was typed before it asked
                os.write(main, waiting.pop(0)[1].encode())
            if select.select([main], [], [], 0.05)[0]:
                try:
                    out += os.read(main, 65536)
                except OSError:  # the other side is closed
                    break
    finally:
        os.close(main)
    return Ended(_wait(child), out.decode(errors="replace").replace("\r\n", "\n"))


def _forked(arguments: tuple[str, ...], streams: tuple[int, int, int], cwd: Path | None) -> int:
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "100"}
        os.environ.pop("NO_COLOR", None)
        os.chdir(cwd or "/")
        code = exit_code(list(arguments))
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _wait(child: int) -> int:
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise TimeoutError("the command did not end")


def _read(main: int, keys: str, wait_for: str) -> str:
    out, end = b"", time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        if keys and wait_for.encode() in out:
            os.write(main, keys.encode())
            keys = ""
        if select.select([main], [], [], 0.05)[0]:
            try:
                out += os.read(main, 65536)
            except OSError:  # the other side is closed
                break
    return out.decode(errors="replace").replace("\r\n", "\n")


def _text(file: "tempfile._TemporaryFileWrapper[bytes]") -> str:
    file.seek(0)
    return file.read().decode()
