"""A real lab with groups: changes that gain by one group's loss, and changes that gain for all.

    python bench/fairness.py [CANDIDATES]

Each candidate is put to a copy of one calibrated `bench/labs/groups`: real training, real sandbox,
both gates, all guards of the lab. Half of them count group b less, which lowers the error and costs
b's accuracy; half let the model treat the groups differently, which helps both.
"""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal, Verdict

SOURCE = Path(__file__).parent / "labs" / "groups"


def made(folder: Path) -> Path:
    """Return a calibrated lab."""
    shutil.copytree(SOURCE, folder)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Groups"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    with create(folder, Wish(simulated=True)) as lab:
        lab.run(Plan(candidates=0))
    return folder


def harmful(source: str, number: int) -> str:
    return source.replace("WEIGHT_B = 4.0", f"WEIGHT_B = {0.1 + 0.05 * number:.2f}")


def harmless(source: str, number: int) -> str:
    source = source.replace("x[:, :2], group,", "x[:, :2], x[:, 1] * group, group,")
    return source.replace("STEPS = 150", f"STEPS = {150 + number}")


def judged(base: Path, edit: object, number: int) -> Verdict:
    """Return the last verdict on one candidate, in a lab of its own."""
    folder = base.with_name(f"lab{number}")
    shutil.copytree(base, folder, symlinks=True)
    with Lab.open(folder) as lab:
        source = lab.ask()[1]["train.py"].decode()
        change = FileEdit("train.py", edit(source, number).encode())  # type: ignore[operator]
        lab.tell([Proposal((change,), "A change.", Agent("bench", "bench"))])
        lab.run(Plan(candidates=1))
        verdict = lab.store.verdict("c1")
        assert verdict is not None
    shutil.rmtree(folder)
    return verdict


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    print(
        "| change | candidates | promoted | stopped by every-group | other | pairs | b's accuracy |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        base = made(Path(folder) / "base")
        for name, edit in (("counts b less", harmful), ("helps both", harmless)):
            verdicts = [judged(base, edit, number) for number in range(count // 2)]
            answers = Counter(str(v.answer) for v in verdicts)
            caught = sum("every-group" in v.reason for v in verdicts)
            drops = [
                (f.candidate_value or 0.0) - (f.champion_value or 0.0)
                for v in verdicts
                for f in v.findings
                if f.message.startswith("accuracy/b")
            ]
            looks = sum(v.looks for v in verdicts) / len(verdicts)
            other = len(verdicts) - answers["better"] - caught
            shown = f"{min(drops, default=0):+.3f} to {max(drops, default=0):+.3f}"
            print(f"| {name} | {len(verdicts)} | {answers['better']} | {caught} | {other} "
                  f"| {looks:.1f} | {shown} |", flush=True)  # fmt: skip
            for verdict in verdicts:
                print(verdict.answer, verdict.gate, verdict.reason, file=sys.stderr)


if __name__ == "__main__":
    main()
