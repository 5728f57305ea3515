"""Ten agents at once in one lab: does the budget move to the one that pays?

    python bench/shares.py [--seeds 10] [--candidates 80] [--simulated 300]

First in simulation: one agent of ten whose proposals are promoted with chance 0.1, nine that bring
nothing. Then in real labs, with sandbox, judge and ledger: one agent moves a number to where it
should be, six change it at random, one writes comments only, two are slow (they work for a second
in a thread of their own, and then change it at random). Each lab has seeds of its own. Printed is
which part of the proposals came from the agent that pays, stretch by stretch, and what was gained.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from regency import plugins
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.shares import Outcome, Shares
from regency.records import Agent, Brief, FileEdit, Proposal
from toy_lab import MODEL, SETTINGS, make_toy_lab

KINDS = {"good": 1, "random": 6, "comments": 1, "slow": 2}
ROOMY = SETTINGS.replace("generations = 5", "generations = 1000").replace("= 600", "= 100000")


class Changer:
    """Changes X in its own way."""

    def __init__(self, *, name: str) -> None:
        self.name, self.kind = name, name.rstrip("0123456789")
        self.slow = self.kind == "slow"

    def propose(self, brief: Brief, tree: dict[str, bytes]) -> Proposal:
        """Return the next change."""
        rng, text = random.Random(brief.seed), tree["model.py"].decode()
        if self.slow:
            time.sleep(1)
        now = float(text.split("X = ")[1].split("\n")[0])
        new = now + 0.15 * (3 - now) if self.kind == "good" else now + rng.uniform(-4, 0.02)
        after = text.replace(f"X = {now!r}", f"X = {new!r}")
        if self.kind == "comments":
            after = text.replace("import json", f"# {rng.random()}\nimport json")
        edit = FileEdit("model.py", after.encode())
        return Proposal((edit,), "Changed.", Agent(self.name, "changer"))


def real(rule: str, candidates: int) -> tuple[list[float], float, int]:
    """Return the good agent's part in each quarter, the loss that is left, and promotions."""
    names = [f"{kind}{n}" for kind, count in KINDS.items() for n in range(count)]
    tables = "".join(f'\n[agents.{name}]\nkind = "changer"\n' for name in names)
    with tempfile.TemporaryDirectory(prefix="regency-shares-") as folder:
        turns = f'\n[turns]\nshares = "{rule}"\n'
        place = make_toy_lab(Path(folder) / "lab", settings=ROOMY + turns + tables)
        with Lab.open(place) as lab:
            lab.run(Plan(candidates=candidates, workers=1, wall_s=600))
            agents = [s.record.agent.name for s in lab.store.candidates(newest_first=False)][1:]
            text = lab.files(lab.store.champion())["model.py"].decode()
            moves = len(lab.store.champion_moves()) - 1
    quarter = max(1, candidates // 4)
    parts = [agents[k * quarter : (k + 1) * quarter] for k in range(4)]
    x = float(text.split("X = ")[1].split("\n")[0])
    return [part.count("good0") / max(1, len(part)) for part in parts], (x - 3) ** 2, moves


def simulated(rule: str, turns: int, seed: int) -> tuple[list[float], float]:
    """Return the good agent's part in each quarter, and the promotions."""
    rng, names = random.Random(seed), [f"a{n}" for n in range(10)]
    shares, spoke, won = Shares(dict.fromkeys(names, 1.0), rule == "learned"), [], 0
    for number in range(turns):
        name = shares.choose(names, seed * turns + number)
        good = name == "a3" and rng.random() < 0.1
        gate, answer = ("confirm", "better") if good else ("search", "not better")
        shares.learn(Outcome(f"c{number}", name, answer, gate, 2, good))
        spoke.append(name)
        won += good
    quarter = turns // 4
    return [spoke[k * quarter : (k + 1) * quarter].count("a3") / quarter for k in range(4)], won


def row(what: str, parts: list[list[float]], *figures: list[float]) -> str:
    """Return one line of the table: means, and for figures the sd as well."""
    quarters = " | ".join(f"{fmean(column):.0%}" for column in zip(*parts, strict=True))
    means = " | ".join(f"{fmean(f):.2f} ± {stdev(f):.2f}" for f in figures)
    return f"| {what} | {quarters} | {means} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--candidates", type=int, default=80)
    parser.add_argument("--simulated", type=int, default=300)
    wanted = parser.parse_args()
    head = "part of the good agent: 1st quarter | 2nd | 3rd | 4th"
    print(f"| simulated, {wanted.simulated} proposals | {head} | promotions |")
    for rule in ("fixed", "learned"):
        runs = [simulated(rule, wanted.simulated, seed) for seed in range(100)]
        print(row(f"{rule}, 100 seeds", [r[0] for r in runs], [r[1] for r in runs]))
    load = plugins.load
    plugins.load = lambda g, n: Changer if n == "changer" else load(g, n)  # type: ignore[assignment]
    known = plugins.names
    plugins.names = lambda group: [*known(group), "changer"]  # type: ignore[assignment]
    print(f"| real, {wanted.candidates} candidates | {head} | loss left of 4 | promotions |")
    done: dict[str, list[tuple[list[float], float, int]]] = {"fixed": [], "learned": []}
    for _ in range(wanted.seeds):  # in turn, so that both see the same machine
        for rule, runs in done.items():
            runs.append(real(rule, wanted.candidates))
    for rule, runs in done.items():
        label = f"{rule}, {wanted.seeds} labs"
        print(row(label, [r[0] for r in runs], [r[1] for r in runs], [r[2] for r in runs]))


if __name__ == "__main__":
    assert "X = 1.0" in MODEL
    main()
