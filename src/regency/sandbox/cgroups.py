"""Limits for a whole tree of processes, where a control group can be made: memory, tasks, CPU time.

Uses what is writable: version 1 hierarchies, version 2, or both side by side (kernel
admin-guide/cgroup-v1 and cgroup-v2). Every group is proved by moving a process into it. Where none
can be made, `watch` samples instead.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PREFIX = "regency-"
_WANTED = ("memory", "pids", "cpuacct")
_NONE = {1: "-1", 2: "max"}
_MEMORY = {1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), 2: ("memory.max",)}
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_TRIES = 20
_SLACK_BYTES = 32 << 20  # page tables, kernel stacks, files being read


@dataclass(slots=True)
class Part:
    """Our folder in one hierarchy.

    Attributes:
        path: Where it is on the host.
        version: 1 or 2.
        controllers: What it limits or counts: of ``memory``, ``pids``, ``cpuacct``, ``kill``.
        files: Name → descriptor, kept open so that it can be used when the host is out of sight.
    """

    path: str
    version: int
    controllers: tuple[str, ...]
    files: dict[str, int] = field(default_factory=dict)

    def write(self, name: str, value: str) -> None:
        """Write ``value`` to the file ``name``; raises OSError."""
        os.pwrite(self._open(name, os.O_WRONLY), value.encode(), 0)

    def read(self, name: str) -> str:
        """Return the content of the file ``name``; raises OSError."""
        return os.pread(self._open(name, os.O_RDONLY), 1 << 14, 0).decode()

    def _open(self, name: str, flags: int) -> int:
        key = f"{flags}{name}"
        if key not in self.files:
            self.files[key] = os.open(f"{self.path}/{name}", flags | os.O_CLOEXEC)
        return self.files[key]

    def open_all(self, task_memory: int) -> None:
        """Open everything that is used later; raises OSError if something is missing."""
        self._open("cgroup.procs", os.O_WRONLY)
        if "memory" in self.controllers:
            self.limit_memory(task_memory)
            self.killed()
        if "pids" in self.controllers:
            self.write("pids.max", "max")
        if "cpuacct" in self.controllers:
            self.cpu_s()
        if "kill" in self.controllers:
            self._open("cgroup.kill", os.O_WRONLY)

    def limit_memory(self, most_bytes: int | None) -> None:
        """Set the most memory of all together, None for no limit; raises OSError."""
        value = _NONE[self.version] if most_bytes is None else str(most_bytes)
        names = _MEMORY[self.version]
        # A limit without swap may never be above the one with it: the order depends.
        for name in (*names, *names):
            with contextlib.suppress(OSError):
                self.write(name, value)
        if self.version == 2:
            with contextlib.suppress(OSError):
                self.write("memory.swap.max", "0")
        if most_bytes is not None and int(self.read(names[0])) > most_bytes:
            raise OSError(f"{self.path}: the memory limit is not taken")

    def killed(self) -> int:
        """Return how many processes were ended for want of memory; raises OSError."""
        lines = dict(line.split() for line in self.read(_KILLS[self.version]).splitlines())
        return int(lines.get("oom_kill", 0))

    def cpu_s(self) -> float:
        """Return the CPU-seconds of all that ever ran here; raises OSError."""
        if self.version == 1:
            return int(self.read("cpuacct.usage")) / 1e9
        return int(self.read("cpu.stat").split()[1]) / 1e6  # usage_usec, the first line


@dataclass(slots=True)
class Group:
    """One control group, for one job after another."""

    parts: Sequence[Part]
    limits: tuple[int | None, int] | None = None  # in force now

    @property
    def joins(self) -> list[int]:
        """Descriptors into which a process writes ``0`` to move itself here."""
        return [part.files[f"{os.O_WRONLY}cgroup.procs"] for part in self.parts]

    @property
    def words(self) -> str:
        """What is in force, for people."""
        return "; ".join(f"v{p.version}: {', '.join(p.controllers)}" for p in self.parts)

    def has(self, controller: str) -> bool:
        """Return whether ``controller`` is in force."""
        return any(controller in part.controllers for part in self.parts)

    def limit(self, memory_bytes: int | None, disk_bytes: int, tasks: int) -> None:
        """Set what the next job may use; raises OSError.

        Args:
            memory_bytes: Of all its processes; None: no limit.
            disk_bytes: Of its folders, which are memory too.
            tasks: Processes and threads.
        """
        most = None if memory_bytes is None else memory_bytes + disk_bytes + _SLACK_BYTES
        if (most, tasks) == self.limits:
            return
        for part in self._with("memory"):
            part.limit_memory(most)
        for part in self._with("pids"):
            part.write("pids.max", str(tasks))
        self.limits = (most, tasks)

    def killed(self) -> int:
        """Return how many processes were ever ended for want of memory."""
        return sum(part.killed() for part in self._with("memory"))

    def cpu_s(self) -> float | None:
        """Return the CPU-seconds of all that ever ran here, None if they are not counted."""
        return next((part.cpu_s() for part in self._with("cpuacct")), None)

    def kill(self) -> None:
        """End everything in it, at once, if the kernel can (version 2, Linux 5.14)."""
        for part in self._with("kill"):
            with contextlib.suppress(OSError):
                part.write("cgroup.kill", "1")

    def close(self) -> None:
        """Remove it, even where the host is out of sight; nothing may be left in it."""
        for part in self.parts:
            home = part.files.get("home")
            _remove(part.path if home is None else Path(part.path).name, home)
            for descriptor in part.files.values():
                os.close(descriptor)
            part.files.clear()

    def _with(self, controller: str) -> list[Part]:
        return [part for part in self.parts if controller in part.controllers]


def make(name: str) -> Group | None:
    """Make a group called ``name`` wherever we may, after taking away what dead runs left.

    Returns:
        None if nothing can be limited or counted here.
    """
    parts: list[Part] = []
    missing = set(_WANTED)
    for version, controllers, folders in _hierarchies():
        wanted = tuple(c for c in controllers if c in missing or c == "kill")
        part = _first_that_works(folders, name, version, wanted) if wanted else None
        if part is not None:
            parts.append(part)
            missing -= set(part.controllers)
    return Group(parts) if len(missing) < len(_WANTED) else None


def remove(paths: Sequence[str]) -> None:
    """Remove the groups at ``paths`` that are empty."""
    for path in paths:
        _remove(path)


def _remove(path: str, folder: int | None = None) -> None:
    for _ in range(_TRIES):
        try:
            os.rmdir(path, dir_fd=folder)  # pathlib knows no folders by descriptor
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)  # the last of its processes are not quite gone
        else:
            return


def name_for(process: int) -> str:
    """Return the name of the group of the engine in ``process``."""
    return f"{_PREFIX}{process}-{os.urandom(4).hex()}"


def _hierarchies() -> Iterator[tuple[int, Sequence[str], list[str]]]:
    """Yield version, controllers and the folders in which a group could be made, nearest first."""
    own = _own_groups()
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        root, place = fields.split()[3:5]
        if kind == "cgroup2":
            yield 2, (*_WANTED, "kill"), _folders(place, root, own.get("", "/"))
        elif kind == "cgroup" and (found := sorted(set(options.split(",")) & set(_WANTED))):
            # Only in our own group, so that whatever limits us limits it too.
            yield 1, found, _folders(place, root, own.get(found[0], "/"))[:1]


def _own_groups() -> Mapping[str, str]:
    """Return our own path by controller; that of version 2 by the empty name (cgroups(7))."""
    found: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        found |= dict.fromkeys(names.split(","), path)
    return found


def _folders(place: str, root: str, own: str) -> list[str]:
    inside = os.path.relpath(own, root) if own.startswith(root.rstrip("/") + "/") else "."
    here = Path(place, inside)
    return [str(p) for p in (here, *here.parents) if p.is_relative_to(place)]


def _first_that_works(
    folders: Sequence[str], name: str, version: int, wanted: tuple[str, ...]
) -> Part | None:
    best: Part | None = None
    for folder in folders:
        _sweep(folder)
        found = _controllers(folder, wanted) if version == 2 else wanted
        part = Part(f"{folder}/{name}", version, found)
        if best is None or len(found) > len(best.controllers):
            if _prove(part):
                if best is not None:
                    Group([best]).close()
                best = part
            if best is not None and set(wanted) <= set(best.controllers):
                break
    return best


def _controllers(folder: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of ``wanted`` a group below ``folder`` has, after asking for them."""
    for name in ("memory", "pids"):
        with contextlib.suppress(OSError):
            Path(folder, "cgroup.subtree_control").write_text(f"+{name}")
    try:
        active = Path(folder, "cgroup.subtree_control").read_text().split()
    except OSError:
        active = []
    return tuple(c for c in wanted if c in (*active, "cpuacct", "kill"))


def _prove(part: Part) -> bool:
    try:
        Path(part.path).mkdir()
    except OSError:
        return False
    try:
        flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
        part.files["home"] = os.open(Path(part.path).parent, flags)
        part.open_all(1 << 40)
        _move_a_child(part.files[f"{os.O_WRONLY}cgroup.procs"])
    except (OSError, ValueError, IndexError):
        Group([part]).close()
        return False
    return True


def _move_a_child(join: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            os.write(join, b"0")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise PermissionError("no process can be moved")


def _sweep(folder: str) -> None:
    """Remove groups whose engine is gone."""
    with contextlib.suppress(OSError):
        for path in list(Path(folder).glob(f"{_PREFIX}*-*")):
            if not Path("/proc", path.name.split("-")[1]).exists():
                path.rmdir()
