"""Are two programs that differ by 3 % told apart by their times, and two equal ones not?

    python bench/timing.py [PROGRAMS]

A real lab with metric `cpu_s`: a loop whose length agents may change. For each way of running
pairs, PROGRAMS candidates that take 3 % fewer steps and as many that take the same number go
through both gates on this machine, busy as it is, each against the first champion.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal, Verdict

STEPS = 4_000_000
PROGRAM = """# {remark}
total = 0.0
for step in range({steps}):
    total += step * 1e-9
print("total:", total)
"""
SETTINGS = """
[lab]
name = "timing"
goal = "Take less CPU time."

[change]
editable = ["work.py"]

[[run]]
name = "work"
command = ["python", "work.py"]

[limits]
cpu_s = 20
wall_s = 120

[score]
metric = "cpu_s"
goal = "minimize"
trust = "self-reported"
read = "stdout"

[judge]
pairs = "{pairs}"

[oversight]
max_lead = {{ review_minutes = 1e9, generations = 1000000 }}

[[oversight.rules]]
when = "kind == 'packet'"
need = {{ approvals = 1 }}
"""


def timing_lab(folder: Path, pairs: str) -> Lab:
    """Return a new simulated lab in ``folder``."""
    folder.mkdir()
    (folder / "work.py").write_text(PROGRAM.format(remark="start", steps=STEPS))
    (folder / "regency.toml").write_text(SETTINGS.format(pairs=pairs))
    (folder / "program.md").write_text("Do the same in fewer steps.\n")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Timing lab"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return create(folder, Wish(simulated=True))


def judged(pairs: str, quicker: float) -> tuple[Verdict, float, int]:
    """Return the verdict on a program that is ``quicker``, the noise of a pair and runs made."""
    root = Path(tempfile.mkdtemp())
    try:
        with timing_lab(root / "lab", pairs) as lab:
            steps = round(STEPS * (1 - quicker))
            text = PROGRAM.format(remark="another", steps=steps).encode()
            edit = FileEdit("work.py", text + b"# the end\n")
            lab.tell([Proposal((edit,), "Fewer steps.", Agent("bench", "bench"))])
            lab.run(Plan())
            standing = lab.store.candidates(limit=1)[0]
            verdict, calibration = lab.store.verdict(standing.record.id), lab.store.calibration()
            assert verdict is not None
            assert calibration is not None
            return verdict, calibration.noise_sd, lab.store.counts().trials
    finally:
        shutil.rmtree(root, ignore_errors=True)


def line(pairs: str, quicker: float, count: int) -> str:
    """Return one row of the table."""
    started = time.monotonic()
    found = [judged(pairs, quicker) for _ in range(count)]
    verdicts = [verdict for verdict, *_ in found]
    better = [v for v in verdicts if v.answer == "better"]
    tested = [v for v in verdicts if v.gate == "confirm"]
    looks = ", ".join(str(v.looks) for v in tested) or "-"
    seen = [v.effect for v in better if v.effect is not None]
    effect = f"{np.median(seen):.1%}" if seen else "-"
    noise = float(np.median([noise for _, noise, _ in found]))
    runs = float(np.mean([runs for *_, runs in found]))
    return (
        f"| {pairs} | {quicker:.0%} | {len(better)} of {count} | {len(tested)} | {looks} "
        f"| {effect} | {noise:.1%} | {runs:.0f} | {(time.monotonic() - started) / count:.0f} |"
    )


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print(f"Programs of {STEPS:,} steps; {count} of each kind.\n")
    print(
        "| pairs | quicker by | better | tested | pairs of each test | gain seen "
        "| noise of a pair | runs in all | s each |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for pairs in ("in turn", "together"):
        for quicker in (0.03, 0.0):
            print(line(pairs, quicker, count), flush=True)


if __name__ == "__main__":
    main()
