"""Watches a running job: CPU, memory, processes and time, from outside the job.

One process is measured exactly, by its CPU clock while it runs and by wait4 at its end. Of
several processes a control group is asked, where there is one. Without it those that end
unwaited-for between two looks are missed: the number is then a lower bound, the larger of what was
reaped and of what was seen.
"""

import contextlib
import os
import select
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from regency.sandbox.cgroups import Group
from regency.sandbox.task import Task

_SHORTEST_S, _LONGEST_S, _TREE_S = 0.002, 0.05, 0.02
_BLOCK = 4096


def cpu_clock(process: int) -> int:
    """Return the clock of the CPU time of ``process`` and its threads (clock_getcpuclockid(3))."""
    return (~process << 3) | 2


class Watch:
    """Follows one job until it ends or breaks a limit."""

    def __init__(
        self, task: Task, members: Callable[[], list[int]], group: Group | None, space: str
    ) -> None:
        """Take what is followed, just before it starts.

        Args:
            task: The job.
            members: Lists all of its processes.
            group: Its control group, if it has one.
            space: Folder whose size is limited by watching it; empty: something else limits it.
        """
        self._space = space
        self._task = task
        self._process = 0
        self._members = members
        self._group = group
        self._killed = group.killed() if group else 0
        self._group_cpu_s = group.cpu_s() if group and task.processes > 1 else None
        self._cores = len(os.sched_getaffinity(0))
        self._seen: dict[int, float] = {}
        self.peak_bytes = 0
        self.fault = ""

    @property
    def seen_cpu_s(self) -> float:
        """CPU-seconds of all processes, exact if a control group counts them.

        Else of all that were seen, their last value each.
        """
        if self._group is not None and self._group_cpu_s is not None:
            return (self._group.cpu_s() or 0.0) - self._group_cpu_s
        return sum(self._seen.values())

    @property
    def starved(self) -> bool:
        """Whether the kernel ended a process because all together needed too much memory."""
        return self._group is not None and self._group.killed() > self._killed

    def follow(self, process: int, ended: int, cpu_before: float, deadline: float) -> None:
        """Return when the job's first process has ended, or set `fault` and return.

        Args:
            process: The first process.
            ended: Descriptor that is readable once that has ended.
            cpu_before: CPU-seconds that this process had used before it became the candidate.
            deadline: Monotonic time at which the wall limit ends.
        """
        self._process = process
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        wait_s = _SHORTEST_S
        while not poll.poll(wait_s * 1000):
            self.fault = self._look(cpu_before) or ("wall" if time.monotonic() > deadline else "")
            if self.fault:
                return
            wait_s = min(self._next_look(cpu_before), max(deadline - time.monotonic(), 0.001))

    def _next_look(self, cpu_before: float) -> float:
        most = _TREE_S if self._task.processes > 1 or self._space else _LONGEST_S
        if self._task.cpu_end_s is None:
            return most
        left = self._task.cpu_end_s + cpu_before - self.seen_cpu_s
        return min(most, max(_SHORTEST_S, left / self._cores))

    def _look(self, cpu_before: float) -> str:
        members = [self._process] if self._task.processes == 1 else self._members()
        for member in members:
            with contextlib.suppress(OSError):
                self._seen[member] = time.clock_gettime(cpu_clock(member))
        end = self._task.cpu_end_s
        if end is not None and self.seen_cpu_s - cpu_before > end:
            return "cpu"
        if len(members) > self._task.processes:
            return "processes"
        if self.starved:
            return "memory"
        if self._space and self.full(members):
            return "disk"
        return self._look_at_memory(members)

    def full(self, members: Sequence[int] = ()) -> bool:
        """Return whether the watched folder is full, with files that are open but have no name."""
        used = sum(_unlinked(member) for member in members) + _size(self._space)
        return used >= self._task.disk_bytes

    def _look_at_memory(self, members: list[int]) -> str:
        used = sum(_resident(member) for member in members)
        self.peak_bytes = max(self.peak_bytes, used)
        cap = self._task.memory_bytes
        if cap is None or used <= cap:
            return ""
        # Pages that processes share were counted once for each: count again, exactly.
        alone = len(members) == 1
        return "memory" if alone or sum(_share(member) for member in members) > cap else ""


def _resident(process: int) -> int:
    """Return resident bytes without those of files, which belong to the host's cache."""
    for line in _lines(process, "status"):
        if line.startswith("RssAnon:"):
            anonymous = int(line.split()[1])
        elif line.startswith("RssShmem:"):
            return (anonymous + int(line.split()[1])) << 10
    return 0


def _share(process: int) -> int:
    names = ("Pss_Anon:", "Pss_Shmem:")
    lines = _lines(process, "smaps_rollup")
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))


def _size(folder: str) -> int:
    """Return the bytes that the files below ``folder`` occupy, each name counting a block."""
    total = 0
    for place, _, names in os.walk(folder, onerror=None):
        for name in names:
            with contextlib.suppress(OSError):
                info = os.lstat(f"{place}/{name}")
                total += _BLOCK + info.st_blocks * 512
    return total


def _unlinked(process: int) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208
            with contextlib.suppress(OSError):
                info = os.stat(f"/proc/{process}/fd/{name}")  # noqa: PTH116
                if info.st_nlink == 0 and stat.S_ISREG(info.st_mode):
                    total += info.st_blocks * 512
    return total


def _lines(process: int, name: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from Path(f"/proc/{process}/{name}").read_text().splitlines()


def everyone_else() -> list[int]:
    """Return the living processes of this process' pid namespace, without itself."""
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return [n for n in numbers if n != os.getpid() and _alive(n)]


def descendants() -> list[int]:
    """Return the living processes that descend from this one."""
    parents = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                text = Path(f"/proc/{name}/stat").read_text()
                state, parent = text.rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    parents[int(name)] = int(parent)
    found = {os.getpid()}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {os.getpid()})


def _alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False
