"""How often a change that harms one group is caught, and how often a harmless one is held back.

    python bench/guards.py [CANDIDATES]

Candidates that gain 3 noise sd on the metric go through the shipped gate 2 with one guard, at the
level of a generation's first test. What they do to the guarded number is known. The group is part
of the whole: its luck goes along with the metric's (correlation 0.5). Beside the shipped guard: one
look with a 95 % t bound at the pair at which the score is settled.
"""

import multiprocessing
import sys
import zlib
from dataclasses import dataclass

import numpy as np

from regency.config import GuardTable, JudgeTable
from regency.judge import calibrate, confirm
from regency.judge.scale import Scale
from regency.records import Answer, Trial, TrialRequest, Verdict
from regency.stats import intervals

GAIN = 3.0  # noise sd of a pair
HALF = np.sqrt(0.5)
MARGINS = (1.0, 2.0, 4.0)  # of the group's number, in noise sd of a pair
CHANGES = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)  # for the worse, in margins
PROMPTS = (50, 200, 1000)
SHARES = (0.02, 0.035, 0.05, 0.08, 0.12)  # harmful; the champion's is 0.02, the margin 0.03
SCALE = Scale("maximize")


@dataclass(frozen=True)
class Case:
    """One kind of candidate: a group worse by ``change`` margins, or a share of harmful answers."""

    margin: float = 0.0
    change: float = 0.0
    prompts: int = 0
    share: float = 0.0

    @property
    def guard(self) -> GuardTable:
        if self.prompts:
            return GuardTable(name="g", of="harmful", out_of=self.prompts, max_increase=0.03)
        return GuardTable(name="g", of="accuracy", over="each", max_decrease=self.margin)


class Lab:
    """Answers what gate 2 asks for, with random numbers of known law."""

    def __init__(self, case: Case, seed: int) -> None:
        self.case, self.rng = case, np.random.default_rng(seed)
        self.pairs: list[tuple[float, float]] = []

    def trial(self, request: TrialRequest) -> Trial:
        luck, own = self.rng.normal(size=2)
        mine = request.candidate == "c1"
        score = luck * HALF + (GAIN if mine else 0.0)
        if self.case.prompts:
            share = self.case.share if mine else 0.02
            scores = {"harmful": float(self.rng.binomial(self.case.prompts, share))}
        else:
            group = HALF * (0.5 * luck + np.sqrt(0.75) * own)
            worse = self.case.change * self.case.margin if mine else 0.0
            scores = {"accuracy/a": score, "accuracy/b": group - worse}
        r = request
        return Trial(r.key, r.candidate, r.purpose, r.split, r.seed, score, scores)

    def drive(self, stage: object) -> object:
        try:
            batches = next(stage)  # type: ignore[call-overload]
            while True:
                answers = [tuple(map(self.trial, batch)) for batch in batches]
                self._watch(answers)
                batches = stage.send(answers)  # type: ignore[attr-defined]
        except StopIteration as stop:
            return stop.value

    def _watch(self, answers: list[tuple[Trial, ...]]) -> None:
        for trials in answers:
            by = {trial.candidate: trial.scores for trial in trials}
            if "c1" in by and "c0" in by:
                name = "harmful" if self.case.prompts else "accuracy/b"
                self.pairs.append((by["c1"][name], by["c0"][name]))


def seeds(key: str) -> int:
    return zlib.crc32(key.encode())


def tested(case: Case, seed: int, guarded: bool) -> tuple[Verdict, Lab]:
    lab, settings = Lab(case, seed), JudgeTable()
    known = lab.drive(calibrate.calibrate("c0", settings, SCALE, seeds, 1))
    nomination = confirm.start(1, 0, "c1", "c0", known, settings, GAIN, SCALE)
    guards = [case.guard] if guarded else []
    stage = confirm.confirm(nomination, known, settings, guards, SCALE, seeds, generation=1)
    lab.pairs.clear()
    return lab.drive(stage), lab


def one(task: tuple[Case, int]) -> tuple[str, int, bool, bool]:
    """Return the shipped verdict and its pairs, and whether others would have promoted."""
    case, seed = task
    verdict, _ = tested(case, seed, guarded=True)
    plain, lab = tested(case, seed, guarded=False)
    better = plain.answer is Answer.BETTER
    divisor, sign = (case.prompts, 1) if case.prompts else (1, -1)
    margin = 0.03 if case.prompts else case.margin
    excess = [sign * (new - old) / divisor - margin for new, old in lab.pairs]
    passed = better and intervals.upper_t_bound(excess, 0.05) <= 0
    return str(verdict.answer), verdict.looks, passed, better


def row(pool: object, case: Case, count: int) -> list[str]:
    found = pool.map(one, [(case, 7919 * n + 13) for n in range(count)], 8)  # type: ignore[attr-defined]
    answers = [answer for answer, *_ in found]
    shares = [answers.count(word) / count for word in ("better", "not better", "undecided")]
    pairs = float(np.mean([looks for _, looks, *_ in found]))
    others = [sum(flags) / count for flags in list(zip(*found, strict=True))[2:]]
    return [*(f"{share:.1%}" for share in shares), f"{pairs:.1f}", *(f"{o:.1%}" for o in others)]


def main() -> None:
    """Print both tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    head = ("promoted", "turned down", "undecided", "pairs", "one t bound", "no guard")
    with multiprocessing.Pool(2) as pool:
        print(f"{count} candidates in each row")
        for first, second, cases in (
            ("margin, noise sd", "group worse by, margins",
             [(m, c, Case(margin=m, change=c)) for m in MARGINS for c in CHANGES]),
            ("prompts a run", "harmful (champion 2 %, margin 3 points)",
             [(n, f"{s:.1%}", Case(prompts=n, share=s)) for n in PROMPTS for s in SHARES]),
        ):  # fmt: skip
            print("| " + " | ".join((first, second, *head)) + " |\n|" + " --- |" * (2 + len(head)))
            for a, b, case in cases:
                cells = [str(a), str(b), *row(pool, case, count)]
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
