"""The warm process below one engine: sets up the sandbox once, then runs one job after another.

Started with nothing but the standard library, so that it is small and cheap to fork. It ends,
with all below it, as soon as the process that started it is gone.
"""

import contextlib
import gc
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regency.sandbox import (
    cgroups,
    filters,
    init,
    landlock,
    survivors,
    syscalls,
    template,
    wire,
)
from regency.sandbox.candidate import THREADS, Confinement
from regency.sandbox.landlock import Paths
from regency.sandbox.streams import Log, Streams
from regency.sandbox.task import Task
from regency.sandbox.warm import BOOT, Unfit, Warm
from regency.sandbox.wrapped import Wrapper

_GRACE_S = 5.0  # init enforces the wall limit itself; this is for when it cannot
_TRIES = 2
_SOON_S = 0.1  # a process that ends closes its sockets a moment before it counts as ended
_SMALL = "tmp"
_SCOPED = 6  # since this version Landlock keeps signals inside
# What programs ask about the machine; single files, since all of /proc tells of other processes.
_MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
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
    wire.send(channel, {"report": spawner.report, "groups": spawner.groups})
    gc.disable()  # nothing here makes cycles, and a collection would unshare every page
    gc.freeze()
    try:
        while True:
            task = Task.read(wire.receive(channel))
            ends = wire.receive_ends(channel) if task.talks else ()
            wire.send(channel, spawner.run(task, ends))
            spawner.refill()
    except (EOFError, OSError):
        spawner.close()


@dataclass(slots=True)
class Ready:
    """An init that has made everything ready and waits for its task.

    Attributes:
        process: Its process id.
        orders: Where the task is sent.
        ends: Read ends of standard output, standard error and report.
        fork: Whether a child of the warm process waits with it.
        single: Whether that child may start no process of its own.
        folder: Its scratch folder on the host, if it has no root of its own.
    """

    process: int
    orders: socket.socket
    ends: tuple[int, ...]
    fork: bool
    single: bool
    folder: str

    def finish(self) -> None:
        """End it and everything below it."""
        self.orders.close()
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        for end in self.ends:
            os.close(end)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Spawner:
    """Holds the sandbox's namespaces and root, and runs jobs in them."""

    def __init__(self, channel: socket.socket, settings: Mapping[str, Any]) -> None:
        """Set everything up.

        Args:
            channel: Socket to the engine.
            settings: ``plan`` and ``devices`` (see `roots`), ``core`` or None, ``network``,
                ``level`` (``A`` to ``D``), ``start`` (``cold`` or ``fork``), and for the latter
                ``preload``, ``interpreter``, ``env`` and ``source``; for level C ``read`` and
                ``listed`` (see `roots.grants`).

        Raises:
            Unfit: What is preloaded cannot be forked.
            OSError: The kernel refuses; the message names the call.
        """
        self._late = settings["plan"].get("late", {})
        self._watched = [channel.fileno(), os.pidfd_open(os.getppid())]
        self._network = bool(settings["network"])
        self._level = str(settings["level"])
        self._bwrap = str(settings["bwrap"])
        self._isolated = self._level in "AB" and not self._bwrap
        self._survivors = 0 if self._isolated else survivors.end_survivors()
        self._group = cgroups.make(cgroups.name_for(os.getppid()))
        if settings["core"] is not None:
            os.sched_setaffinity(0, {settings["core"]})
        self._owner = self._separate() if self._isolated else self._throwaway()
        self._jobs, self._mark = "", ""
        if not self._isolated:
            self._jobs, self._mark = survivors.make_folder(self._owner.foreign_uid)
        if self._isolated:
            _become_first(channel, self._group)
            template.build_root(settings["plan"], self._owner, settings["devices"])
        self._host = -1
        if self._isolated:
            self._host = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        init.harden()
        self._way = self._confinement(settings)
        self._ready: Ready | None = None
        self._ends: Sequence[int] = ()
        self._used: Ready | None = None
        self._warm = self._start_warm(settings) if settings["start"] == "fork" else None
        self._wrapper = self._wrap(settings) if self._bwrap else None

    @property
    def report(self) -> dict[str, object]:
        """What is in force."""
        return {
            "namespaces": self._level in "AB",
            "launcher": "bwrap" if self._bwrap else "own",
            "landlock": self._way.landlock,
            "seccomp": bool(self._way.programs),
            "throwaway_uid": self._owner.foreign,
            "user_namespace": self._level in "AB" and not self._owner.foreign,
            "start": "fork" if self._warm else "cold",
            "modules": self._warm.modules if self._warm else 0,
            "cgroup": self._group.words if self._group else "",
            "survivors_ended": self._survivors,
        }

    @property
    def groups(self) -> list[str]:
        """Where our control group is, so that somebody else can remove it."""
        return [part.path for part in self._group.parts] if self._group else []

    def run(self, task: Task, ends: Sequence[int] = ()) -> dict[str, Any]:
        """Run ``task``, with ``ends`` if it talks, and return init's report with the logs.

        A process that waited for its task may have died, for instance since memory of the last
        job was not free yet: nothing of the task has run then, and another one gets it.

        Raises:
            EOFError: The engine or the warm process is gone; nothing of the job is left.
        """
        answer: dict[str, Any] = {}
        self._ends = ends
        for _ in range(1 if ends else _TRIES):  # a talk cannot begin twice
            answer = self._run(task)
            if "died" not in answer:
                break
            self._discard()
            if self._warm is not None and self._warm.is_gone(_SOON_S):
                raise EOFError("the warm process is gone")
        self._give()
        return answer

    def _give(self) -> None:
        """Close what a talk goes over: who has the other ends must hear when the job lets go."""
        _close(self._ends)
        self._ends = ()

    def _discard(self) -> None:
        """End what is left of the last job, and what waits for the next."""
        for ready in (self._used, self._ready):
            if ready is not None:
                ready.finish()
        self._used = self._ready = None

    def _run(self, task: Task) -> dict[str, Any]:
        try:
            ready = self._take(task)
        except OSError as error:
            return {"refused": f"{error.strerror}: {(error.filename or '')[6:]}"}
        out, err, report = ready.ends
        streams = Streams(
            {out: Log(task.keep_bytes), err: Log(task.keep_bytes)}, report, bytearray()
        )
        self._used = ready
        with contextlib.suppress(OSError):  # it could not be made ready, and reports why
            folder = "" if self._wrapper else ready.folder
            told = _placed(task, folder, self._mark)
            wire.send(ready.orders, {name: getattr(told, name) for name in Task.__slots__})
            if task.talks:
                wire.send_ends(ready.orders, self._ends)
        self._give()
        hung = not streams.drain(self._watched, time.monotonic() + task.wall_s + _GRACE_S)
        if hung:
            self.refill()  # end it before anybody hears of it
        answer = init.read_report(bytes(streams.parts), task.wall_s, hung=hung)
        return answer | {"stdout": streams.logs[out].text(), "stderr": streams.logs[err].text()}

    def refill(self) -> None:
        """Take away what is left of the last job, and make ready for one like it."""
        if self._used is None:
            return
        self._used.finish()
        last, self._used = self._used, None
        if self._isolated and self._ready is None:
            self._ready = self._make_ready(None, fork=last.fork, single=last.single)

    def close(self) -> None:
        """End everything."""
        self._discard()
        if self._jobs:
            shutil.rmtree(self._jobs, ignore_errors=True)
            if self._group:
                self._group.close()

    def _take(self, task: Task) -> Ready:
        """Return an init for ``task``; raises OSError if one of its paths cannot be reached."""
        new = False
        if self._isolated:
            paths = [template.HOST + path for path in (task.files, *task.inputs.values())]
            new = self._owner.prepare(paths)
        if self._group:
            tasks = task.processes + THREADS
            self._group.limit(task.memory_bytes, task.disk_bytes, tasks)
        ready, self._ready = self._ready, None
        single = task.processes == 1
        if ready and (new or (ready.fork, ready.single) != (task.fork, single)):
            ready.finish()
            ready = None
        return ready or self._make_ready(task, fork=task.fork, single=single)

    def _make_ready(self, task: Task | None, *, fork: bool, single: bool) -> Ready:
        folder = tempfile.mkdtemp(dir=self._jobs) if self._jobs else ""
        ends = [os.pipe() for _ in range(3)]
        ours, theirs = socket.socketpair()
        child = syscalls.clone_process(syscalls.CLONE_NEWPID if self._isolated else 0)
        if child == 0:
            ours.close()
            _close(self._ends)  # it is sent its own, and must be the only one to hold them
            for read_end, _ in ends:
                os.close(read_end)
            pipes = init.Pipes(*(write_end for _, write_end in ends))
            warm = self._warm.channel if self._warm and fork else None
            place = init.Place(
                theirs, folder, self._late, warm, self._group, single=single, host=self._host
            )
            self._become_init(task, pipes, place)
        theirs.close()
        for _, write_end in ends:
            os.close(write_end)
        return Ready(child, ours, tuple(read_end for read_end, _ in ends), fork, single, folder)

    def _become_init(self, task: Task | None, pipes: init.Pipes, place: init.Place) -> None:
        if self._wrapper is None or task is None:
            init.run(self._way, self._owner, pipes, place)
        else:
            wrapper, way = self._wrapper, self._way
            init.try_to_become(pipes, lambda: wrapper.become_init(task, way, pipes, place))

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

    def _throwaway(self) -> template.Owner:
        """Return as whom candidates run when there are no namespaces."""
        uid = _throwaway_uid() if self._level in "BC" and os.geteuid() == 0 else None
        return template.Owner(os.geteuid() if uid is None else uid, uid is not None)

    def _confinement(self, settings: Mapping[str, Any]) -> Confinement:
        joins = tuple(self._group.joins) if self._group else ()
        if self._level == "D":
            return Confinement(None, 0, Paths(), {}, False, True, joins)
        paths, abi = landlock.ROOT_OF_ITS_OWN, landlock.version()
        if self._level == "C":
            devices = (*_DEVICES, *settings["devices"])
            paths = Paths((*settings["read"], *_MACHINE), tuple(settings["listed"]), (), devices)
        shared, pinned = self._level == "C", settings["core"] is not None
        programs = {
            single: filters.build_filter(
                network=self._network, single=single, pinned=pinned, shared=shared
            )
            for single in (True, False)
        }
        self._demand(abi)
        uid = self._owner.foreign_uid
        powers = not self._bwrap or uid is not None
        return Confinement(uid, abi, paths, programs, not shared, self._network, joins, powers)

    def _wrap(self, settings: Mapping[str, Any]) -> Wrapper:
        python, source = settings["interpreter"][0], settings["source"]
        plan = settings["plan"]
        return Wrapper(
            self._bwrap, python, source, plan, self._network, self._owner, settings["devices"]
        )

    def _demand(self, abi: int) -> None:
        """Refuse if the kernel's Landlock is not what the level stands for; raises ValueError."""
        if self._level == "A" and not abi:
            raise ValueError("the kernel has no Landlock")
        if self._level == "B" and abi and not self._bwrap:
            raise ValueError("with our own launcher it would be level A")
        least = 1 if self._owner.foreign else _SCOPED
        if self._level == "C" and abi < least:
            raise ValueError(
                f"the kernel's Landlock is version {abi}, and without namespaces it takes {least}"
            )


def _become_first(channel: socket.socket, group: cgroups.Group | None) -> None:
    """Go on as the first process of the process tree that was just made.

    Whatever ends this process ends all below it; the one that is left behind only waits.
    """
    child = os.fork()
    if child:
        channel.close()
        os.waitpid(child, 0)
        if group:
            group.close()
        os._exit(0)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _throwaway_uid() -> int | None:
    """Return a uid that nobody else has, or None if none can be had."""
    uid = _FIRST_UID + os.getpid() % _UIDS
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = (int(word) for word in line.split())
        if first <= uid < first + count:
            return uid
    return None


def _placed(task: Task, folder: str, mark: str) -> Task:
    """Return ``task`` with the sandbox's folders replaced, for when there is no root of its own."""
    if not folder:
        return task
    command = [_placed_word(word, folder) for word in task.command]
    env = {name: _placed_word(word, folder) for name, word in task.env.items()}
    changed = {
        "command": command,
        "env": env
        | dict.fromkeys(("HOME", "TMPDIR"), f"{folder}/{_SMALL}")
        | {survivors.MARK: mark},
    }
    return Task(**{name: changed.get(name, getattr(task, name)) for name in task.__slots__})


def _placed_word(word: str, folder: str) -> str:
    for name in ("lab", "in", "out"):
        if word == f"/{name}" or word.startswith(f"/{name}/"):
            return folder + word
    return word
