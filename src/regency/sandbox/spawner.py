"""The warm process below one engine: sets up the sandbox once, then runs one job after another.

Started with nothing but the standard library, so that it is small and cheap to fork. It ends,
with all below it, as soon as the process that started it is gone.
"""

import gc
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regency.sandbox import filters, init, landlock, syscalls, template, wire
from regency.sandbox.candidate import Confinement
from regency.sandbox.task import Task
from regency.sandbox.warm import BOOT, Unfit, Warm

_GRACE_S = 5.0  # init enforces the wall limit itself; this is for when it cannot
_CHUNK = 1 << 16
_SMALL = "tmp"
_FIRST_UID, _UIDS = 0x6FC00000, 1 << 22  # above any user's, wide enough for every process id


def main(descriptor: int) -> None:
    """Serve the engine at the other end of socket ``descriptor`` until it is gone."""
    channel = socket.socket(fileno=descriptor)
    settings = wire.receive(channel)
    try:
        spawner = Spawner(channel, settings)
    except Unfit as fault:
        wire.send(channel, {"unfit": str(fault)})
        return
    except (OSError, ValueError) as error:
        wire.send(channel, {"error": str(error)})
        return
    wire.send(channel, {"report": spawner.report})
    gc.disable()  # nothing here makes cycles, and a collection would unshare every page
    gc.freeze()
    try:
        while True:
            wire.send(channel, spawner.run(Task.read(wire.receive(channel))))
    except (EOFError, OSError):
        return


class Log:
    """First and last part of a stream, in constant memory."""

    def __init__(self, most: int) -> None:
        """Keep up to ``most`` bytes."""
        self._half = max(most // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Append ``chunk``."""
        room = self._half - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[max(room, 0) :]
        if (extra := len(self._tail) - self._half) > self._half:
            del self._tail[:extra]
            self._dropped += extra

    def text(self) -> str:
        """Return what was kept, with a note where something is missing."""
        extra = max(0, len(self._tail) - self._half)
        dropped = self._dropped + extra
        note = f"\n[... {dropped:,} bytes left out ...]\n" if dropped else ""
        head, tail = self._head, self._tail[extra:]
        if not dropped:
            return (head + tail).decode(errors="replace")
        return head.decode(errors="replace") + note + tail.decode(errors="replace")


@dataclass(slots=True)
class Streams:
    """The read ends of one job's pipes, drained together."""

    logs: dict[int, Log]
    report: int
    parts: bytearray

    def drain(self, watched: list[int], deadline: float) -> bool:
        """Read all to their ends.

        Args:
            watched: Descriptors whose readiness means that the engine is gone.
            deadline: Monotonic time to give up at.

        Returns:
            Whether the ends came before the deadline.

        Raises:
            EOFError: The engine is gone.
        """
        poll = select.poll()
        left = {*self.logs, self.report}
        for descriptor in (*left, *watched):
            poll.register(descriptor, select.POLLIN)
        while left:
            ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
            if not ready:
                return False
            for descriptor, _ in ready:
                if descriptor in watched:
                    raise EOFError("the engine is gone")
                if not self._read(descriptor):
                    poll.unregister(descriptor)
                    left.discard(descriptor)
        return True

    def _read(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        if descriptor == self.report:
            self.parts += chunk
        else:
            self.logs[descriptor].add(chunk)
        return bool(chunk)


class Spawner:
    """Holds the sandbox's namespaces and root, and runs jobs in them."""

    def __init__(self, channel: socket.socket, settings: Mapping[str, Any]) -> None:
        """Set everything up.

        Args:
            channel: Socket to the engine.
            settings: ``plan`` (see `roots.plan`), ``core`` or None, ``network``, ``isolated``,
                ``start`` (``cold`` or ``fork``), and for the latter ``preload``,
                ``interpreter``, ``env`` and ``source``.

        Raises:
            Unfit: What is preloaded cannot be forked.
            OSError: The kernel refuses; the message names the call.
        """
        self._late = settings["plan"].get("late", {})
        self._watched = [channel.fileno(), os.pidfd_open(os.getppid())]
        self._network = bool(settings["network"])
        self._isolated = bool(settings["isolated"])
        if settings["core"] is not None:
            os.sched_setaffinity(0, {settings["core"]})
        self._owner = self._separate() if self._isolated else template.Owner(os.geteuid(), False)
        if self._isolated:
            _become_first(channel)
            template.build_root(settings["plan"], self._owner)
        init.harden()
        self._way = self._confinement(settings["core"] is not None)
        self._warm = self._start_warm(settings) if settings["start"] == "fork" else None

    @property
    def report(self) -> dict[str, object]:
        """What is in force."""
        return {
            "isolated": self._isolated,
            "landlock": self._way.landlock,
            "seccomp": bool(self._way.programs),
            "throwaway_uid": self._owner.foreign,
            "user_namespace": self._isolated and not self._owner.foreign,
            "start": "fork" if self._warm else "cold",
            "modules": self._warm.modules if self._warm else 0,
        }

    def run(self, task: Task) -> dict[str, Any]:
        """Run ``task`` and return init's report with the logs.

        Raises:
            EOFError: The engine is gone; nothing of the job is left.
        """
        folder = "" if self._isolated else _make_folder()
        try:
            return self._run(_placed(task, folder), folder)
        finally:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _run(self, task: Task, folder: str) -> dict[str, Any]:
        if self._isolated:
            paths = [template.HOST + path for path in (task.files, *task.inputs.values())]
            try:
                self._owner.prepare(paths)
            except OSError as error:
                return {"refused": f"{error.strerror}: {(error.filename or '')[6:]}"}
        ends = [os.pipe() for _ in range(3)]
        child = self._clone(task, ends, folder)
        for _, write_end in ends:
            os.close(write_end)
        out, err, report = (read_end for read_end, _ in ends)
        keep = task.keep_bytes
        streams = Streams({out: Log(keep), err: Log(keep)}, report, bytearray())
        try:
            streams.drain(self._watched, time.monotonic() + task.wall_s + _GRACE_S)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            for read_end, _ in ends:
                os.close(read_end)
        answer = init.read_report(bytes(streams.parts), task.wall_s)
        return answer | {"stdout": streams.logs[out].text(), "stderr": streams.logs[err].text()}

    def _clone(self, task: Task, ends: list[tuple[int, int]], folder: str) -> int:
        namespaces = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID if self._isolated else 0
        child = syscalls.clone_process(namespaces)
        if child == 0:
            for read_end, _ in ends:
                os.close(read_end)
            pipes = init.Pipes(*(write_end for _, write_end in ends))
            warm = self._warm.channel if self._warm else None
            init.run(task, self._way, self._owner, pipes, init.Place(folder, self._late, warm))
        return child

    def _separate(self) -> template.Owner:
        """Enter namespaces of our own, as root if we can, else in a user namespace."""
        wanted = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
        wanted |= syscalls.CLONE_NEWPID | (0 if self._network else syscalls.CLONE_NEWNET)
        uid = _throwaway_uid()
        if os.geteuid() == 0 and uid is not None:
            try:
                syscalls.call("unshare", wanted)
            except PermissionError:
                pass  # a root without powers, as in most containers
            else:
                return template.Owner(uid, True)
        user, group = os.geteuid(), os.getegid()
        syscalls.call("unshare", wanted | syscalls.CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        return template.Owner(user, False)

    def _start_warm(self, settings: Mapping[str, Any]) -> Warm:
        """Start the warm process; when it ends, so do we."""

        def enter() -> None:
            template.build_warm(self._late, self._owner, settings["source"], BOOT)

        told = {name: settings[name] for name in ("preload", "network", "interpreter", "env")}
        told |= {"uid": self._way.uid, "landlock": self._way.landlock}
        warm = Warm(told | {"pinned": settings["core"] is not None}, enter)
        self._watched.append(warm.gone)
        return warm

    def _confinement(self, pinned: bool) -> Confinement:
        if not self._isolated:
            return Confinement(None, 0, {}, False, True)
        programs = {
            single: filters.build_filter(network=self._network, single=single, pinned=pinned)
            for single in (True, False)
        }
        uid = self._owner.uid if self._owner.foreign else None
        return Confinement(uid, landlock.version(), programs, True, self._network)


def _become_first(channel: socket.socket) -> None:
    """Go on as the first process of the process tree that was just made.

    Whatever ends this process ends all below it; the one that is left behind only waits.
    """
    child = os.fork()
    if child:
        channel.close()
        os.waitpid(child, 0)
        os._exit(0)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _throwaway_uid() -> int | None:
    """Return a uid that nobody else has, or None if none can be had."""
    uid = _FIRST_UID + os.getpid() % _UIDS
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = (int(word) for word in line.split())
        if first <= uid < first + count:
            return uid
    return None


def _make_folder() -> str:
    folder = tempfile.mkdtemp(prefix="regency-")
    for name in ("in", "out", "tmp"):
        Path(folder, name).mkdir()
    return folder


def _placed(task: Task, folder: str) -> Task:
    """Return ``task`` with the sandbox's folders replaced, for when there is no root of its own."""
    if not folder:
        return task
    command = [_placed_word(word, folder) for word in task.command]
    env = {name: _placed_word(word, folder) for name, word in task.env.items()}
    changed = {
        "command": command,
        "env": env | dict.fromkeys(("HOME", "TMPDIR"), f"{folder}/{_SMALL}"),
    }
    return Task(**{name: changed.get(name, getattr(task, name)) for name in task.__slots__})


def _placed_word(word: str, folder: str) -> str:
    for name in ("in", "out"):
        if word == f"/{name}" or word.startswith(f"/{name}/"):
            return folder + word
    return word
