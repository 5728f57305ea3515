"""kill -9 of the main process at random moments in one run: is anything lost, doubled, left over?

python bench/kills.py [KILLS]
"""

import collections
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


def alive_below(folder: Path) -> list[int]:
    """Return the processes that have an open file, folder or argument below ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes() + os.readlink(entry / "cwd").encode()
        except OSError:
            continue
        if str(folder).encode() in words or b"regency" in words:
            found.append(int(entry.name))
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
            )
            time.sleep(rng.uniform(1.0, 4.0))
            ended = run.poll()
            run.send_signal(signal.SIGKILL)
            run.wait()
            time.sleep(0.5)
            left += alive_below(folder)
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
        f"processes left {len(left)}, last run's exit code {done.returncode}"
    )
    print("\n".join(problems[:20]))


if __name__ == "__main__":
    main()
