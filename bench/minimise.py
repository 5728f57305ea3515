"""Minimising where the truth is known: what stays, what is lost, what it takes.

    python bench/minimise.py [CHANGES]

Each change is a file of 60 settings in which some lines earn the gain and 12 others ride along.
Scores are made up: the worth of the lines that are in, plus luck, which the two runs of a pair do
not share. The lab's own search and its one confirm run on them.
"""

import hashlib
import sys
from dataclasses import dataclass, field

import numpy as np

from regency.config import GuardTable
from regency.judge import inferior
from regency.judge.scale import Scale
from regency.oversee import minimise
from regency.records import Answer, Minimised, Trial, TrialRequest, Verdict
from regency.stats import evalues

LINES, JUNK = 60, 12
GUARDS: tuple[GuardTable, ...] = ()


@dataclass
class Truth:
    """A change whose every line has a known worth, in noise sds of a pair."""

    number: int
    worth: dict[int, float]
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def files(self, changed: set[int]) -> dict[str, bytes]:
        return {"m.py": "".join(f"N{n} = {int(n in changed)}\n" for n in range(LINES)).encode()}

    def variant(self, files: dict[str, bytes]) -> str:
        known = [name for name, tree in self.trees.items() if tree == files]
        name = known[0] if known else f"c{len(self.trees)}"
        self.trees[name] = dict(files)
        return name

    def score(self, name: str) -> float:
        lines = self.trees[name]["m.py"].splitlines()
        return sum(w for n, w in self.worth.items() if lines[n] == b"N%d = 1" % n)

    def run(self, request: TrialRequest) -> Trial:
        rng = np.random.default_rng([self.number, request.seed, int(request.candidate[1:])])
        score = self.score(request.candidate) + rng.normal() / np.sqrt(2)
        return Trial(request.key, request.candidate, request.purpose, request.split, request.seed,
                     float(score))  # fmt: skip

    def drive(self, stage):
        answers = None
        while True:
            try:
                batches = stage.send(answers) if answers is not None else next(stage)
            except StopIteration as stop:
                return stop.value
            answers = [tuple(map(self.run, batch)) for batch in batches]


def seed_of(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") >> 1


def one(number: int, gain: float, useful: int) -> tuple[Truth, Minimised, Verdict | None]:
    rng = np.random.default_rng([7, number, useful])
    places = [int(n) for n in rng.permutation(LINES)[: useful + JUNK]]
    shares = rng.dirichlet(np.full(useful, 4.0)) * gain
    truth = Truth(number, dict(zip(places, map(float, shares), strict=False)))
    base, after = truth.files(set()), truth.files(set(places))
    task = minimise.Task(truth.variant(after), 0, 1, base, after, 0.05 * gain, 1.0, 200)
    if inferior.pairs_needed(1.0, task.margin) > task.most_pairs:
        return truth, minimise.unchanged(task, "too small"), None
    looking = minimise.minimise(
        task, improvement=lambda new, old: new - old, seeds=seed_of, variant=truth.variant, width=2
    )
    result = truth.drive(looking)
    if result.candidate == result.head:
        return truth, result, None
    claim = inferior.Claim(result.candidate, result.head, 0, task.margin, 0.05,
                           evalues.RIGHT_HAAR_T, 1.0, 32)  # fmt: skip
    stage = inferior.as_good(claim, GUARDS, Scale("maximize"), seed_of, 2)
    return truth, result, truth.drive(stage)


def row(gain: float, useful: int, changes: int) -> str:
    tried = smaller = pairs = confirm = 0
    before, after, kept = [], [], []
    for number in range(changes):
        truth, result, verdict = one(number, gain, useful)
        tried += bool(result.pairs)
        pairs += result.pairs
        passed = verdict is not None and verdict.answer is Answer.AS_GOOD
        confirm += verdict.looks if verdict else 0
        smaller += passed
        before.append(result.lines_before)
        after.append(result.lines_after if passed else result.lines_before)
        kept.append(truth.score(result.candidate if passed else result.head) / gain)
    lost = sum(share < 0.95 for share in kept)
    looks = f"{pairs / changes:.0f} + {confirm / changes:.0f}"
    return (
        f"| {gain:g} | {useful} | {np.mean(before):.0f} | {np.mean(after):.1f} | {2 * useful} "
        f"| {smaller / changes:.0%} | {np.mean(kept):.1%} | {lost / changes:.1%} | {looks} |"
    )


def main() -> int:
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("| gain, noise sd | lines that earn it | lines read before | after | of these earned "
          "| made smaller | gain kept | lost over 5 % | pairs: search + confirm |")  # fmt: skip
    print("| ---: |" + " ---: |" * 8)
    for gain in (5, 10, 20, 40):
        for useful in (1, 3, 6):
            print(row(gain, useful, changes), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
