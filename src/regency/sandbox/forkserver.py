"""The warm process: has imported what the lab preloads, and forks once for each trial.

It lives in the candidates' own root, sees what they see and nothing else, holds no secret, and
imports but never computes: a thread or a shared page would make its children hang, or talk to one
another. A child leaves for the namespaces of its job before it does anything else, and confines
itself there exactly as a program that is started cold.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from regency.sandbox import filters, init, script, syscalls
from regency.sandbox.candidate import Confinement, become, confine, leave
from regency.sandbox.landlock import ROOT_OF_ITS_OWN
from regency.sandbox.task import EXAMPLE, Task
from regency.sandbox.warm import BOOT, MESSAGE_BYTES, SINGLE, Unfit, told_of

_PLACES = ("pids", "files", "out", "err", "told", "line")
_MOST_JOINS = 8
_Job = tuple[bool, dict[str, int], tuple[int, ...]]


def main(descriptor: int) -> None:
    """Serve the spawner at the other end of socket ``descriptor`` until it is gone."""
    channel = socket.socket(fileno=descriptor)
    settings = json.loads(channel.recv(MESSAGE_BYTES))
    try:
        _leave_boot()
        _import_all(settings["preload"], settings["uid"])
        _demand_fit(descriptor)
    except Unfit as fault:
        channel.send(json.dumps({"unfit": str(fault)}).encode())
        return
    way = _confinement(settings)
    syscalls.lock_capabilities()  # once, for all children
    script.keep_finalizers()
    init.harden()
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise copy every page
    channel.send(json.dumps({"modules": len(sys.modules)}).encode())
    with contextlib.suppress(OSError):
        while job := _next(channel):
            _start(job, way, settings["interpreter"])


def _leave_boot() -> None:
    sys.path[:] = [path for path in sys.path if path not in ("", BOOT)]
    for path in [path for path in sys.path_importer_cache if path.startswith(BOOT)]:
        del sys.path_importer_cache[path]
    syscalls.detach(f"{BOOT}/regency")
    Path(BOOT, "regency").rmdir()
    Path(BOOT).rmdir()


def _import_all(names: list[str], uid: int | None) -> None:
    with _as_candidate(uid):
        for name in names:
            try:
                importlib.import_module(name)
            except BaseException as error:
                kind = type(error).__name__
                raise Unfit(f"importing {name!r} fails with {kind}: {error}") from error


@contextlib.contextmanager
def _as_candidate(uid: int | None) -> Iterator[None]:
    """Import with a candidate's rights, so that nothing comes in that it could not read."""
    if uid is not None:
        os.setgroups([])
        os.setegid(uid)
        os.seteuid(uid)
    syscalls.use_capabilities(use=False)
    try:
        yield
    finally:
        if uid is not None:
            os.seteuid(0)
            os.setegid(0)
        syscalls.use_capabilities(use=True)


def _demand_fit(descriptor: int) -> None:
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads != 1:
        raise Unfit(f"the preloaded modules run {threads - 1} threads of their own")
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.split()[1] == "rw-s":
            raise Unfit("the preloaded modules share memory with their children")
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _confinement(settings: Mapping[str, Any]) -> Confinement:
    network, pinned = settings["network"], settings["pinned"]
    programs = {
        single: filters.build_filter(network=network, single=single, pinned=pinned)
        for single in (True, False)
    }
    uid, abi = settings["uid"], settings["landlock"]
    return Confinement(uid, abi, ROOT_OF_ITS_OWN, programs, True, network, locked=True)


def _next(channel: socket.socket) -> _Job | None:
    message, descriptors, _, _ = socket.recv_fds(channel, 1, len(_PLACES) + _MOST_JOINS)
    if not message:
        return None
    places = dict(zip(_PLACES, descriptors, strict=False))
    return message == SINGLE, places, tuple(descriptors[len(_PLACES) :])


def _start(job: _Job, way: Confinement, interpreter: list[str]) -> None:
    single, places, joins = job
    child = _fork_into(places["pids"])
    if child == 0:
        _become(places, joins, way, interpreter, single=single)
    with socket.socket(fileno=places.pop("line")) as line:
        for place in (*places.values(), *joins):
            os.close(place)
        if child is None:
            return  # whoever waits for it sees the line end
        handle = os.pidfd_open(child)
        with contextlib.suppress(OSError):  # an init that was killed does not listen
            socket.send_fds(line, [b"x"], [handle])
        os.close(handle)
        _, code, usage = os.wait4(child, 0)
        spent = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)
        with contextlib.suppress(OSError):
            line.send(json.dumps([os.waitstatus_to_exitcode(code), *spent]).encode())


def _fork_into(pids: int) -> int | None:
    """Fork into a pid namespace; None if it is refused, as after its init was ended (ENOMEM)."""
    try:
        syscalls.call("setns", pids, syscalls.CLONE_NEWPID)  # for children only
        return os.fork()
    except OSError:
        return None


def _become(
    places: Mapping[str, int],
    joins: tuple[int, ...],
    way: Confinement,
    interpreter: list[str],
    *,
    single: bool,
) -> None:
    """In the child: move into the job, wait for its task, confine, run; never returns."""
    try:
        syscalls.call("setns", places["files"], syscalls.CLONE_NEWNS)
        told = places["told"]
        leave(joins, (places["out"], places["err"]), (told, places["line"]))
        confine(way, way.paths)
        _settle()
        filters.install(way.programs[single])
        with socket.socket(fileno=places["line"]) as line:
            task = _read_task(line.recv(MESSAGE_BYTES))
        if single != (task.processes == 1):
            raise RuntimeError("the filter in force is for another kind of task")
        become(task, way, "/lab", told, _runner(interpreter))
    finally:
        os._exit(127)


def _settle() -> None:
    """Do before the task arrives what does not depend on it, and go through what does."""
    os.environ.clear()
    script.reseed()
    script.forget_ourselves()
    _read_task(json.dumps(told_of(EXAMPLE)).encode())
    script.rehearse()


def _read_task(message: bytes) -> Task:
    nothing: dict[str, Any] = {"files": "", "covers": [], "inputs": {}, "outputs": {}}
    rest = {"wall_s": 0.0, "output_bytes": 0, "keep_bytes": 0}
    return Task.read(nothing | rest | json.loads(message))


def _runner(interpreter: list[str]) -> Callable[[Task], None]:
    def run(task: Task) -> None:
        os.environ.update(task.env)
        gc.enable()
        script.run_script(task.command[len(interpreter) :], interpreter)

    return run
