"""The trusted first process of a job: builds its view, starts the candidate, watches, cleans up.

In its own pid namespace it is process 1: when it ends, for whatever reason, so does all that the
candidate started. Without namespaces (level D) it adopts orphans and ends those it can find.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regency.sandbox import collect, syscalls, template, warm, watch, wire
from regency.sandbox.candidate import Confinement, become, leave
from regency.sandbox.cgroups import Group
from regency.sandbox.streams import END
from regency.sandbox.task import EXAMPLE, Task

_FULL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Pipes:
    """Where a job's output and init's report go."""

    out: int
    err: int
    report: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job runs.

    Attributes:
        orders: Socket on which the job's task arrives.
        folder: Without a root of its own: scratch folder for ``lab``, ``in``, ``out``, ``tmp``.
        late: Part of the plan that each job adds itself.
        warm: Socket to the warm process, if that is to fork the candidate.
        group: Control group of the job, if one could be made.
        targets: See `collect.open_targets`, if that was done, and the view made, by another.
        single: Whether a forked candidate may start no process of its own.
        host: Descriptor of the mount namespace in which the host can be reached; -1: ours.
    """

    orders: socket.socket
    folder: str
    late: template.Part
    warm: socket.socket | None = None
    group: Group | None = None
    targets: Mapping[str, tuple[int, str]] | None = None
    single: bool = True
    host: int = -1


def run(way: Confinement, owner: template.Owner, pipes: Pipes, place: Place) -> None:
    """Make ready, wait for one task, run it, and write one JSON report; never returns.

    Args:
        way: What to put in force.
        owner: As whom the candidate runs.
        pipes: Write ends.
        place: Where it runs.
    """
    try:
        _die_with_spawner(pipes.report)
        report = _Init(way, owner, pipes, place).run()
    except EOFError:
        os._exit(0)  # there is no task: this process is not needed any more
    except ConnectionError as error:
        report = {"died": True, "refused": str(error)}
    except BaseException as error:  # noqa: BLE001  # must not run on as a second spawner
        report = {"refused": str(error) or repr(error)}
    os.write(pipes.report, json.dumps(report).encode() + END)
    os._exit(0)


def try_to_become(pipes: Pipes, become_other: Callable[[], None]) -> None:
    """Become another program by ``become_other``; never returns, and reports why it could not."""
    try:
        become_other()
    except BaseException as error:  # noqa: BLE001  # must not run on as a second spawner
        os.write(pipes.report, json.dumps({"refused": str(error)}).encode() + END)
    finally:
        os._exit(1)


def _die_with_spawner(report: int) -> None:
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    poll = select.poll()
    poll.register(report, 0)
    if poll.poll(0):  # nobody reads any more: the spawner died before the line above
        os._exit(1)


class _Init:
    def __init__(self, way: Confinement, owner: template.Owner, pipes: Pipes, place: Place) -> None:
        self._way, self._owner, self._pipes, self._place = way, owner, pipes, place
        self._heard, self._told = os.pipe()
        self._forked: warm.Child | None = None
        self._child = self._ended = 0
        self._exit = 0
        self._cpu_s = 0.0
        self._peak = 0
        self._single = True
        self._ends: tuple[int, ...] = ()

    def run(self) -> dict[str, Any]:
        self._prepare()
        task = Task.read(wire.receive(self._place.orders))
        self._single = task.processes == 1
        if task.talks:
            self._ends = wire.receive_ends(self._place.orders)
        targets = self._place.targets
        if targets is None:
            targets = self._build(task)
        place = os.open(f"{self._place.folder}/out", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        space = self._place.folder
        follower = watch.Watch(task, self._members, self._place.group, space)
        said = self._start(task)
        if not said:
            return {"died": True, "refused": "a process that waited for its task died"}
        if "error" in said:
            return {"missing" if said["missing"] else "refused": said["error"]}
        follower.follow(said["pid"], self._ended, said["cpu"], said["at"] + task.wall_s)
        report = self._end(follower, said)
        report["full"] = follower.full() if space else _is_full(place)
        if not report["fault"] and not report["exit"]:
            report["outputs"], report["output_fault"] = collect.collect(
                place, targets, task.output_bytes
            )
        return report

    def _prepare(self) -> None:
        if not self._way.isolated:
            syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
        if not self._way.isolated or self._place.targets is not None:
            return
        syscalls.call("unshare", syscalls.CLONE_NEWNS)
        template.prepare_job(self._place.late, self._owner)
        if self._place.warm is not None:
            pipes = (self._pipes.out, self._pipes.err, self._told)
            self._forked = warm.ask(
                self._place.warm, pipes, self._way.joins, single=self._place.single
            )
            self._ended = self._forked.ended
            self._rehearse()

    def _rehearse(self) -> None:
        """Go through what starting takes, so that its pages are copied before a task waits."""
        message = {name: getattr(EXAMPLE, name) for name in Task.__slots__}
        task = Task.read(json.loads(json.dumps(message)))
        watch.Watch(task, self._members, self._place.group, "")
        with contextlib.suppress(FileNotFoundError):
            template.take_job(task, self._owner)

    def _build(self, task: Task) -> dict[str, tuple[int, str]]:
        """Show the job what it needs; return the targets of its outputs (see `collect`)."""
        if not self._way.isolated:
            template.copy_job(task, self._owner, self._place.folder)
            return collect.open_targets(task.outputs, "")
        own = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        syscalls.call("setns", self._place.host, syscalls.CLONE_NEWNS)
        taken = template.take_job(task, self._owner)
        targets = collect.open_targets(task.outputs, template.HOST)
        syscalls.call("setns", own, syscalls.CLONE_NEWNS)
        os.close(self._place.host)
        os.close(own)
        template.build_job(task, self._owner, taken)
        return targets

    def _start(self, task: Task) -> dict[str, Any]:
        """Start the candidate; return what it says of its start, nothing if it died before."""
        if self._forked is not None:
            with contextlib.suppress(ConnectionError):  # it died while it waited
                self._forked.release(task)
        else:
            self._start_cold(task)
        for descriptor in (self._told, self._pipes.out, self._pipes.err, *self._ends):
            os.close(descriptor)
        with os.fdopen(self._heard, "rb") as stream:
            lines = stream.read().splitlines()
        # Two lines: it was ready, and then the program could not be started after all.
        return dict(json.loads(lines[-1])) if lines else {}

    def _start_cold(self, task: Task) -> None:
        self._child = os.fork()
        if self._child == 0:
            try:
                source, out = self._ends or (None, self._pipes.out)
                leave(self._way.joins, (out, self._pipes.err), (self._told,), source)
                become(task, self._way, f"{self._place.folder}/lab", self._told)
            finally:
                os._exit(127)
        self._ended = os.pidfd_open(self._child)

    def _end(self, follower: watch.Watch, said: dict[str, Any]) -> dict[str, Any]:
        """Kill what is left, reap everything, and add up."""
        end = time.monotonic()
        self._kill()
        while self._reap(0):
            pass
        self._hear_of_forked()
        seen_s = 0.0 if self._single else follower.seen_cpu_s
        starved = follower.starved and not follower.fault
        return {
            "exit": self._exit,
            "cpu_s": max(0.0, max(self._cpu_s, seen_s) - said["cpu"]),
            "wall_s": end - said["at"],
            "memory_bytes": max(self._peak, follower.peak_bytes),
            "fault": "memory" if starved else follower.fault,
        }

    def _hear_of_forked(self) -> None:
        """Add what the warm process, whose child the candidate is, has to say of its end."""
        if self._forked is None:
            return
        said = self._forked.wait()
        if said is None:
            raise ConnectionResetError("the warm process died")
        self._exit, cpu_s, peak = said
        self._cpu_s += cpu_s
        self._peak = max(self._peak, peak)

    def _members(self) -> list[int]:
        """Return the job's living processes; orphans that ended are reaped, as process 1 must."""
        while self._reap(os.WNOHANG):
            pass
        return watch.everyone_else() if self._way.isolated else watch.descendants()

    def _reap(self, options: int) -> bool:
        try:
            process, code, usage = os.wait4(-1, options)
        except ChildProcessError:
            return False
        if process == self._child:
            self._exit = os.waitstatus_to_exitcode(code)
        self._cpu_s += usage.ru_utime + usage.ru_stime
        self._peak = max(self._peak, usage.ru_maxrss << 10)
        return process != 0

    def _kill(self) -> None:
        if self._way.isolated:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            return
        if self._place.group is not None:
            self._place.group.kill()
        while members := watch.descendants():
            for member in members:
                with contextlib.suppress(OSError):  # it ended meanwhile
                    resource.prlimit(member, resource.RLIMIT_NPROC, (0, 0))  # outrun no fork bomb
                    os.kill(member, signal.SIGKILL)


def _is_full(place: int) -> bool:
    info = os.fstatvfs(place)
    return not info.f_bavail or not info.f_favail


def harden() -> None:
    """Let nobody look into this process, and let it leave no core file."""
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_report(text: bytes, wall_s: float, *, hung: bool) -> dict[str, Any]:
    """Return what init reported; if it hung, or died before it could, say so."""
    if text:
        return dict(json.loads(text))
    if not hung:
        return {"refused": "its first process died"}
    return {
        "exit": -int(signal.SIGKILL),
        "cpu_s": 0.0,
        "wall_s": wall_s,
        "memory_bytes": 0,
        "fault": "wall",
    }
