"""What a candidate costs beyond its own trials, and whether that grows with the lab's history.

    python bench/orchestration.py [CANDIDATES]

CPU of this process and of the git programs it waits for, per candidate, between milestones, beside
the trials that a candidate took there, those of tests for promotion included. The sandboxed trials
run below a process of their own and are not in it, but handing them out and writing them down is;
the lab is self-reported, so no scorer is started.
"""

import itertools
import resource
import sys
import tempfile
import time
from pathlib import Path

from coin import coin_lab

from regency.lab.lab import Plan
from regency.records import Event


def cpu_s() -> float:
    """Return CPU-seconds of this process and of its finished children."""
    mine = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def main() -> None:
    """Run one long search and print the cost per candidate along its way."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    marks: list[tuple[int, float, float, int]] = []
    judged = 0

    def show(event: Event) -> None:
        nonlocal judged
        if event.kind == "verdict":
            judged += 1
            if judged % 50 == 0:
                marks.append((judged, cpu_s(), time.monotonic(), lab.store.counts().trials))

    with tempfile.TemporaryDirectory() as folder, coin_lab(Path(folder) / "lab") as lab:
        lab.run(Plan(candidates=total), show)
        counts = lab.store.counts()
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    print(f"{counts.candidates - 1} candidates, {counts.trials} trials, {counts.entries} entries")
    print(f"{'candidates':>16}{'CPU ms each':>14}{'wall ms each':>14}{'trials each':>14}")
    spread = [marks[0], *(mark for mark in marks if mark[0] % (total // 10) == 0), marks[-1]]
    for before, after in [*itertools.pairwise(spread), (marks[0], marks[-1])]:
        n, cpu, wall, trials = (b - a for a, b in zip(before, after, strict=True))
        if n:
            row = f"{cpu / n * 1000:>14.1f}{wall / n * 1000:>14.1f}{trials / n:>14.2f}"
            print(f"{before[0]:>8}-{after[0]:<7}{row}")
    print(f"disk: {size / (counts.candidates or 1) / 1024:.1f} KiB per candidate")


if __name__ == "__main__":
    main()
