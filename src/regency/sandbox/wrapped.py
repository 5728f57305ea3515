"""Level B where only the system's ``bwrap`` may make namespaces: it does, and our init runs inside.

For systems that allow user namespaces to programs by their path (AppArmor on Ubuntu 23.10 and
later). bwrap makes the view and the process tree; limits, seccomp, watching and collecting are our
own, as everywhere. Options are those of bwrap(1), version 0.8.
"""

import dataclasses
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regency.sandbox import collect, init, template
from regency.sandbox.candidate import Confinement
from regency.sandbox.cgroups import Group, Part
from regency.sandbox.landlock import Paths
from regency.sandbox.task import Task

_HOME = "/.regency"  # where our own package is shown
_SCRATCH = "/.scratch"
_DEVICES = ("null", "zero", "full", "random", "urandom")
_APART = ("ipc", "pid", "uts", "cgroup-try")
# What init needs to change the candidate's user, and to end and measure what is not its own.
_FOR_ROOT = ("SETUID", "SETGID", "SETPCAP", "CHOWN", "KILL", "SYS_PTRACE", "DAC_READ_SEARCH")
_BOOT = f"import sys; sys.path.append({_HOME!r}); from regency.sandbox import wrapped; "
_BOOT += "wrapped.main(sys.argv[1])"


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What every job of one spawner shares.

    Attributes:
        program: Path of bwrap.
        python: The interpreter.
        source: Host folder of this package.
        plan: See `roots.plan`.
        network: Whether the host's network is shared.
        owner: As whom candidates run.
        devices: Device files that they may use besides the harmless ones.
    """

    program: str
    python: str
    source: str
    plan: Mapping[str, Any]
    network: bool
    owner: template.Owner
    devices: Sequence[str] = ()

    def become_init(
        self, task: Task, way: Confinement, pipes: init.Pipes, place: init.Place
    ) -> None:
        """Become bwrap with an init for ``task`` in it; never returns.

        Args:
            task: The job; the init is sent it later, on the orders' socket.
            way: What to put in force.
            pipes: Write ends.
            place: Where it runs: ``folder`` is a scratch folder on the host.

        Raises:
            OSError: A path is missing, or there is no bwrap.
        """
        targets = collect.open_targets(task.outputs, "")
        numbers = [pipes.out, pipes.err, pipes.report]
        told = {
            "way": dataclasses.asdict(way)
            | {"programs": [way.programs[single].hex() for single in (False, True)]},
            "uid": self.owner.uid,
            "foreign": self.owner.foreign,
            "pipes": numbers,
            "orders": place.orders.fileno(),
            "targets": targets,
            "group": dataclasses.asdict(place.group) if place.group else None,
        }
        kept = [*numbers, place.orders.fileno(), *(folder for folder, _ in targets.values())]
        kept += [
            fd for part in (place.group.parts if place.group else ()) for fd in part.files.values()
        ]
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        os.dup2(pipes.err, 2)  # what bwrap has to say if it cannot
        words = [*self.arguments(task, place.folder), "--", self.python]
        words += ["-I", "-S", "-c", _BOOT, json.dumps(told)]
        os.execve(self.program, words, {"PATH": "/usr/bin:/bin"})  # noqa: S606

    def arguments(self, task: Task, folder: str) -> list[str]:
        """Return bwrap and its options, after making what they name below ``folder``."""
        files, inputs = task.files, task.inputs
        if self.owner.foreign:
            template.copy_job(task, self.owner, folder)
            files = f"{folder}/lab"
            inputs = {name: f"{folder}/in/{name}" for name in task.inputs}
        Path(folder, "empty").mkdir(mode=0o755)
        Path(folder, "nothing").touch(mode=0o444)
        words = [self.program, *self._apart(), "--die-with-parent", "--as-pid-1"]
        words += ["--proc", "/proc", "--dir", "/dev", "--symlink", "/tmp", "/dev/shm"]  # noqa: S108
        words += ["--symlink", "/proc/self/fd", "/dev/fd"]
        for device in (*(f"/dev/{name}" for name in _DEVICES), *self.devices):
            words += ["--dev-bind", device, device]
        words += ["--size", str(task.disk_bytes), "--tmpfs", _SCRATCH]
        for name in ("out", "tmp"):
            words += [
                "--dir",
                f"{_SCRATCH}/{name}",
                "--symlink",
                f"{_SCRATCH[1:]}/{name}",
                f"/{name}",
            ]
        words += self._view(folder)
        words += ["--ro-bind", files, "/lab", "--dir", "/in"]
        words += self._covers([f"/lab/{path}" for path in task.covers], folder, files)
        for name, path in inputs.items():
            words += ["--ro-bind", path, f"/in/{name}"]
        words += ["--ro-bind", self.source, f"{_HOME}/regency", "--remount-ro", "/", "--chdir", "/"]
        return words

    def _apart(self) -> Iterator[str]:
        yield from (f"--unshare-{name}" for name in _APART)
        if not self.network:
            yield "--unshare-net"
        if os.geteuid():
            yield "--unshare-user"
            return
        for name in _FOR_ROOT:
            yield from ("--cap-add", f"CAP_{name}")

    def _view(self, folder: str) -> list[str]:
        words = []
        places = [path for part in self.plan.values() for path in (*part["binds"], *part["links"])]
        parents = {str(parent) for path in places for parent in Path(path).parents}
        there = {"/", "/tmp"}  # noqa: S108
        for parent in sorted(parents - there):  # left to bwrap, others could not pass them
            words += ["--dir", parent]
        for part in self.plan.values():
            for path in part["binds"]:
                words += ["--ro-bind", path, path]
            for path, target in part["links"].items():
                words += ["--symlink", target, path]
            covers = [path for path in part["covers"] if _inside(path, part["binds"])]
            words += self._covers(covers, folder, "")
        return words

    def _covers(self, paths: Sequence[str], folder: str, files: str) -> list[str]:
        words = []
        for path in paths:
            real = Path(files + path.removeprefix("/lab")) if files else Path(path)
            if real.exists():
                kind = "empty" if real.is_dir() else "nothing"
                words += ["--ro-bind", f"{folder}/{kind}", path]
        return words


def _inside(path: str, folders: Sequence[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def main(text: str) -> None:
    """Inside: run the init that ``text``, made by `Wrapper.become_init`, describes."""
    told = json.loads(text)
    way = dict(told["way"])
    paths = Paths(**{name: tuple(value) for name, value in way.pop("paths").items()})
    programs = {bool(n): bytes.fromhex(text) for n, text in enumerate(way.pop("programs"))}
    joins = tuple(way.pop("joins"))
    confinement = Confinement(**way, paths=paths, programs=programs, joins=joins)
    owner = template.Owner(told["uid"], told["foreign"])
    init.harden()
    if owner.foreign:
        for name in ("out", "tmp"):
            os.chown(f"{_SCRATCH}/{name}", owner.uid, owner.uid)
    targets = {name: (int(folder), str(last)) for name, (folder, last) in told["targets"].items()}
    place = init.Place(
        socket.socket(fileno=told["orders"]), "", {}, None, _group(told["group"]), targets
    )
    init.run(confinement, owner, init.Pipes(*told["pipes"]), place)


def _group(told: Mapping[str, Any] | None) -> Group | None:
    if told is None:
        return None
    return Group(
        [Part(**{**part, "controllers": tuple(part["controllers"])}) for part in told["parts"]]
    )
