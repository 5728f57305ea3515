"""Many command-line agents at once in one lab: what they cost beyond their own work.

    python bench/many_agents.py [--agents 10] [--sessions 3] [--work 5]

Each agent is a shell script that sleeps, as one that waits for its model does, then makes an edit
of its own. Printed is the CPU time of this process for each proposal (brief, sandbox, import, git,
ledger), without trials: those are counted apart, from the lab's record.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from regency.lab import Lab
from regency.lab.lab import Plan
from toy_lab import SETTINGS, make_toy_lab

AGENT = """
[agents.a{number}]
kind = "command"
command = ["sh", "-c", '''sleep {work}; drawn=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ');
sed -i "s/^X = .*/X = 1.$drawn/" model.py''', "{{prompt_file}}"]
"""


def cpu_s() -> float:
    """Return the CPU-seconds of this process so far, children not counted."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the lab and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--sessions", type=int, default=3, help="proposals of each, about")
    parser.add_argument("--work", type=float, default=5.0, help="seconds that each one sleeps")
    wanted = parser.parse_args()
    tables = "".join(AGENT.format(number=n, work=wanted.work) for n in range(wanted.agents))
    with tempfile.TemporaryDirectory(prefix="regency-many-") as folder:
        lab = make_toy_lab(Path(folder) / "lab", settings=SETTINGS + tables)
        with Lab.open(lab) as opened:
            began, cpu = time.monotonic(), cpu_s()
            most = wanted.agents * wanted.sessions
            opened.run(Plan(candidates=most, workers=1, wall_s=600))
            wall, cpu = time.monotonic() - began, cpu_s() - cpu
            sessions = opened.store.written("agent.session")
            trials = opened.store.counts().trials
            whole = opened.recorder.log.verify().ok
    asleep = sum(body["wall_s"] for body in sessions)
    print(f"agents {wanted.agents}, sessions {len(sessions)}, trials {trials}, log whole {whole}")
    print(f"wall {wall:.1f} s for {asleep:.1f} s of sessions: {asleep / wall:.1f} at once")
    print(f"CPU of the lab's process {cpu:.1f} s, {1000 * cpu / (len(sessions) + trials):.0f} ms "
          f"for each session or trial")  # fmt: skip


if __name__ == "__main__":
    main()
