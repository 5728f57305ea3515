"""The last steps before a candidate's program: confine this process for good, then become it."""

import contextlib
import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from regency.sandbox import filters, landlock, syscalls
from regency.sandbox.landlock import Paths
from regency.sandbox.task import Task

_STACK = (8 << 20, 64 << 20)
_OPEN_FILES = 1024
_LOCKED_BYTES = 8 << 20
THREADS = 256


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is put in force.

    Attributes:
        uid: User and group id to become, None to stay who we are.
        landlock: Interface version to use, 0 for none.
        paths: What it may reach, for Landlock, besides the job's own folders.
        programs: Whether one process only → seccomp program; empty: no filter.
        isolated: Whether it has namespaces of its own.
        network: Whether it may use the network.
        joins: Descriptors of control groups to move into, see `cgroups.Group`.
        powers: Whether it begins with capabilities, which it then gives up.
        locked: Whether none can come back any more, since its parent saw to that.
    """

    uid: int | None
    landlock: int
    paths: Paths
    programs: Mapping[bool, bytes]
    isolated: bool
    network: bool
    joins: tuple[int, ...] = ()
    powers: bool = True
    locked: bool = False


def leave(
    joins: Sequence[int], logs: tuple[int, int], kept: Sequence[int], source: int | None = None
) -> None:
    """Take this process out of all it has from its parent, within the limits of every job.

    Args:
        joins: As in `Confinement`.
        logs: Descriptors that become standard output and error.
        kept: Descriptors that stay open; all others are closed.
        source: Descriptor that becomes standard input, None for one that is empty.
    """
    for join in joins:
        os.write(join, b"0")
    os.setsid()
    first = os.open("/dev/null", os.O_RDONLY) if source is None else source
    for number, descriptor in enumerate((first, *logs)):
        os.dup2(descriptor, number)
    begin = 3
    for descriptor in sorted(kept):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, max(begin, resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    os.umask(0o022)
    for name in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(name, signal.SIG_DFL)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_MEMLOCK, _LOCKED_BYTES)
    _lower(resource.RLIMIT_STACK, *_STACK)


def become(
    task: Task,
    way: Confinement,
    folder: str,
    told: int,
    start: Callable[[Task], None] | None = None,
) -> None:
    """Confine this process, which has left its parent, and run ``task`` in it; never returns.

    Args:
        task: What to run.
        way: What to put in force.
        folder: Working directory.
        told: Pipe for one JSON object: ``cpu`` and ``at`` (CPU-seconds so far, monotonic time)
            just before the program starts and ``pid``, or ``error`` and ``missing``.
        start: Runs it in this process, which is confined by `confine` and a filter already;
            None: the program replaces this process.
    """
    missing = False
    try:
        os.chdir(folder)
        _limit(task, alone=way.isolated or way.uid is not None)
        if start is None:
            confine(way, _reachable(task, way, folder))
            if way.programs:
                filters.install(way.programs[task.processes == 1])
        ready = {"pid": os.getpid(), "cpu": time.process_time(), "at": time.monotonic()}
        if start is not None:
            _ready_to_stay(told, ready)
            _cap_memory(task)
            start(task)
        _say(told, ready)
        missing = True
        _cap_memory(task)
        os.execvpe(task.command[0], task.command, task.env)  # noqa: S606
    except BaseException as error:  # noqa: BLE001  # nothing may run on in the parent's name
        _say(told, {"error": str(error), "missing": missing})
    finally:
        os._exit(127)


def _ready_to_stay(told: int, ready: object) -> None:
    """Do what starting a program would have done."""
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # its own /proc/self is its own again
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_IGN)
    _say(told, ready)
    os.close(told)


def _cap_memory(task: Task) -> None:
    if task.memory_bytes is not None:
        _lower(resource.RLIMIT_DATA, task.memory_bytes)


def _say(told: int, message: object) -> None:
    os.write(told, json.dumps(message).encode() + b"\n")


def _limit(task: Task, *, alone: bool) -> None:
    if task.cpu_end_s is not None:
        # Whole seconds only: a backstop behind the watch, which is finer.
        _lower(resource.RLIMIT_CPU, int(task.cpu_end_s) + 2)
    _lower(resource.RLIMIT_FSIZE, task.disk_bytes)
    # Without a user or namespace of its own, all that the user runs counts.
    others = 0 if alone else sum(1 for _ in _tasks_of(os.getuid()))
    _lower(resource.RLIMIT_NPROC, others + task.processes + THREADS)


def _tasks_of(uid: int) -> Iterator[str]:
    for name in os.listdir("/proc"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:  # noqa: PTH116
                yield from os.listdir(f"/proc/{name}/task")  # noqa: PTH208


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(kind)[1]
    top = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, top = min(soft, most), min(top, most)
    resource.setrlimit(kind, (soft, top))


def confine(way: Confinement, paths: Paths) -> None:
    """Give up for good what no job needs: powers, and all paths but ``paths``; raises OSError."""
    if way.uid is not None:
        os.setgroups([])
        os.setresgid(way.uid, way.uid, way.uid)
    if way.isolated and way.powers:
        if not way.locked:
            syscalls.lock_capabilities()  # first, since it needs what is dropped then
        _drop(way.uid)
    elif not way.isolated:
        _die_with_parent(way.uid)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    if way.landlock:
        landlock.restrict(way.landlock, paths, network=way.network)


def _reachable(task: Task, way: Confinement, folder: str) -> Paths:
    base = os.path.dirname(folder).rstrip("/")  # noqa: PTH120
    if way.isolated:
        return way.paths
    read = (*way.paths.read, folder, f"{base}/in", *task.inputs.values())
    return replace(way.paths, read=read, written=(f"{base}/out", f"{base}/tmp"))  # noqa: S108


def _die_with_parent(uid: int | None) -> None:
    """Without a process tree of its own, end when the supervisor ends.

    After the change of user, which would clear it.
    """
    parent = os.getppid()
    if uid is not None:
        os.setresuid(uid, uid, uid)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(127)


def _drop(uid: int | None) -> None:
    """Give up root."""
    if uid is not None:
        os.setresuid(uid, uid, uid)
    syscalls.drop_capabilities()
