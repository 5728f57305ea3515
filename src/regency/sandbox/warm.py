"""The warm process as seen from outside: starts it, and asks it for one child per job.

What runs inside it is `forkserver`.
"""

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regency.sandbox import syscalls
from regency.sandbox.task import Task

BOOT = "/tmp/boot"  # noqa: S108  # where our own modules are until they are imported
MESSAGE_BYTES = 1 << 17
SINGLE, SEVERAL = b"1", b"n"


class Unfit(Exception):
    """What was preloaded cannot be forked safely; the message says why."""


def told_of(task: Task) -> dict[str, Any]:
    """Return what a child is told of its task: nothing about the host."""
    names = ("command", "env", "cpu_s", "memory_bytes", "processes", "disk_bytes")
    return {name: getattr(task, name) for name in names}


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process that waits for its task, as seen by the init whose namespaces it is in.

    Attributes:
        line: Socket to it, and later to the warm process.
        ended: Descriptor that is readable once it has ended.
    """

    line: socket.socket
    ended: int

    def release(self, task: Task) -> None:
        """Let it run ``task``; raises OSError if it is gone, or the task too long to be sent."""
        self.line.send(json.dumps(told_of(task)).encode())

    def wait(self) -> tuple[int, float, int] | None:
        """Return exit code, CPU-seconds and peak resident bytes; None: the warm process died."""
        said = self.line.recv(MESSAGE_BYTES)
        if not said:
            return None
        code, cpu_s, peak_bytes = json.loads(said)
        return int(code), float(cpu_s), int(peak_bytes)


def ask(
    channel: socket.socket, pipes: Sequence[int], joins: Sequence[int], *, single: bool
) -> Child:
    """Have the process at the other end of ``channel`` fork a child into our namespaces.

    Args:
        channel: Socket to the warm process.
        pipes: Descriptors for standard output and error, and ``told`` of `candidate.become`.
        joins: As in `candidate.Confinement`.
        single: Whether it may start no process of its own.

    Raises:
        ConnectionError: It is gone, or could not fork.
        OSError: The kernel refuses.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, contextlib.ExitStack() as stack:
        spaces = []
        for name in ("pid", "mnt"):
            spaces.append(os.open(f"/proc/self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC))
            stack.callback(os.close, spaces[-1])
        places = [*spaces, *pipes, theirs.fileno(), *joins]
        socket.send_fds(channel, [SINGLE if single else SEVERAL], places)
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        raise ConnectionResetError("the warm process could not fork")
    return Child(ours, descriptors[0])


class Warm:
    """The spawner's end of a warm process."""

    def __init__(self, settings: Mapping[str, Any], enter: Callable[[], None]) -> None:
        """Start it and wait until it has imported everything.

        Args:
            settings: ``preload``, ``uid``, ``landlock``, ``network``, ``pinned``,
                ``interpreter`` and ``env``.
            enter: Run in the new process, with a mount namespace of its own: makes its view.

        Raises:
            Unfit: It cannot be used.
            OSError: The kernel refuses.
        """
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = syscalls.clone_process(syscalls.CLONE_NEWNS)
        if self.process == 0:
            _exec(theirs.fileno(), settings, enter)
        theirs.close()
        self.gone = os.pidfd_open(self.process)
        with contextlib.suppress(OSError):
            self.channel.send(json.dumps(dict(settings)).encode())
        said = self._answer()
        if "unfit" in said:
            raise Unfit(said["unfit"])
        self.modules = int(said["modules"])

    def is_gone(self, wait_s: float) -> bool:
        """Return whether it ends within ``wait_s`` seconds."""
        return bool(select.select([self.gone], [], [], wait_s)[0])

    def _answer(self) -> dict[str, Any]:
        try:
            said = self.channel.recv(MESSAGE_BYTES)
        except OSError:
            said = b""
        if said:
            return dict(json.loads(said))
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return {"unfit": f"the process that imports them died ({status})"}


def _exec(descriptor: int, settings: Mapping[str, Any], enter: Callable[[], None]) -> None:
    try:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        enter()
        syscalls.keep_capabilities()
        os.set_inheritable(descriptor, True)
        boot = f"import sys; sys.path.append({BOOT!r}); from regency.sandbox import forkserver; "
        words = [*settings["interpreter"], "-c", f"{boot}forkserver.main({descriptor})"]
        os.execve(words[0], words, settings["env"])  # noqa: S606
    finally:
        os._exit(126)
