"""kill -9 of the main process at random moments in one run: is anything lost, doubled, left over?

python bench/kills.py [KILLS]
"""

import collections
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coin import coin_lab

from regency.lab import Lab

MARK = f"BENCH_KILLS={os.getpid()}"  # in the environment of all that a run starts


def born(pid: int) -> tuple[int, str] | None:
    """Return a process and the moment it was born, so that a number used again is another."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else (pid, fields[19])


def children(pid: int) -> list[int]:
    """Return the processes below ``pid``, at any depth."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                text = (entry / "stat").read_text()
                parents[int(entry.name)] = int(text.rpartition(")")[2].split()[1])
    below, found = {pid}, []
    while fresh := [c for c, p in parents.items() if p in below and c not in below]:
        below.update(fresh)
        found += fresh
    return found


def left_over(folder: Path, known: set[tuple[int, str]]) -> set[int]:
    """Return what is still alive of ``known``, or is marked, or works below ``folder``."""
    found = {pid for pid, when in known if born(pid) == (pid, when)}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes() + os.readlink(entry / "cwd").encode()
            marked = MARK.encode() in (entry / "environ").read_bytes()
            if marked or str(folder).encode() in words:
                found.add(int(entry.name))
    return found


def check(folder: Path) -> tuple[list[str], dict[str, object]]:
    """Return what is wrong with the record, and every finished trial by its key."""
    problems = []
    with Lab.open(folder) as lab:
        report = lab.recorder.log.verify()
        problems += report.problems
        keys = collections.Counter(
            entry.body["key"] for entry in lab.recorder.log.entries() if entry.kind == "trial"
        )
        problems += [f"trial {key} is recorded {n} times" for key, n in keys.items() if n > 1]
        for standing in lab.store.candidates():
            if standing.record.commit:
                lab.repo.tree(standing.record.commit)
        trials = {
            e.body["key"]: e.body["score"] for e in lab.recorder.log.entries() if e.kind == "trial"
        }
    return problems, trials


def main() -> None:
    """Kill, continue, and look."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rng = random.Random(1)
    lost = 0
    problems: list[str] = []
    left: list[int] = []
    watched = 0
    known: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "lab"
        coin_lab(folder).close()
        command = [sys.executable, "-m", "regency.cli", "run", "--dir", str(folder)]
        for number in range(kills):
            run = subprocess.Popen(
                [*command, "--max-candidates", "100000"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | dict([MARK.split("=")]),
            )
            time.sleep(rng.uniform(1.0, 4.0))
            ended = run.poll()
            below = {one for pid in children(run.pid) if (one := born(pid))}
            watched += len(below)
            run.send_signal(signal.SIGKILL)
            run.wait()
            time.sleep(0.5)
            left += left_over(folder, below)
            found, trials = check(folder)
            problems += found
            lost += sum(trials.get(key) != score for key, score in known.items())
            known = trials
            print(
                f"kill {number + 1:>2}: {len(trials):>5} trials finished, "
                f"{'ended by itself, ' if ended is not None else ''}{len(found)} problems"
            )
        done = subprocess.run(
            [*command, "--max-candidates", "20"], capture_output=True, check=False
        )
        found, _ = check(folder)
        problems += found
    print(
        f"kills {kills}, finished trials lost {lost}, problems {len(problems)}, "
        f"processes left {len(left)} of {watched}, last run's exit code {done.returncode}"
    )
    print("\n".join(problems[:20]))


if __name__ == "__main__":
    main()
