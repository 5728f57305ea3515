"""What the judge lets through: streams of candidates whose true effects are known.

    python bench/false_promotions.py [STREAMS] [CANDIDATES] [ROW ...]

Every stream goes through the judge's own generators, as the loop drives them: calibration, gate 1,
gate 2. The judge never knows the noise. A row differs from the next in its noise and in how many
candidates are truly better; effects are in sd of one paired difference. Beside it, on the same
first runs: keep if better once than the champion's mean so far, keep if better by 2 sd, and a
t-test of five seeds against five at 5 %.
"""

import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from regency.config import JudgeTable
from regency.judge import calibrate, confirm, nominate
from regency.judge.experience import Experience
from regency.judge.scale import Scale
from regency.records import Answer, Trial, TrialRequest

# The interval that people are shown decides nothing, and takes a third of the time.
Scale.interval = lambda *_: (-math.inf, math.inf)  # type: ignore[method-assign]

Rng = np.random.Generator
EFFECTS = (1.0, 1.5, 2.0, 3.0)
HALF = math.sqrt(0.5)


def gaussian(rng: Rng, null: bool) -> float:
    """Return the noise of one run; two of them differ with sd 1."""
    del null
    return float(rng.normal()) * HALF


def student(rng: Rng, null: bool) -> float:
    """Heavy tails: t with three degrees of freedom, scaled to the same variance."""
    del null
    return float(rng.standard_t(3)) / math.sqrt(3) * HALF


def left_skewed(rng: Rng, null: bool) -> float:
    """A candidate that is mostly a little better, with rare disasters; the champion is Gaussian."""
    return (1 - float(rng.exponential())) * HALF if null else gaussian(rng, null)


def right_skewed(rng: Rng, null: bool) -> float:
    """A candidate that is mostly a little worse, with rare strokes of luck."""
    return -left_skewed(rng, null)


def strongly_left_skewed(rng: Rng, null: bool) -> float:
    """The same beside a champion that hardly varies, so that differences are as skewed."""
    return 1 - float(rng.exponential()) if null else gaussian(rng, null) / 7


def rare_disasters(rng: Rng, null: bool) -> float:
    """A candidate that is a little better in 19 runs of 20 and breaks in the other."""
    broken = null and rng.random() < 0.05
    return gaussian(rng, null) / 7 + (0.2 if null else 0.0) - 4.0 * broken


def none(rng: Rng, null: bool) -> float:
    """Every run of a program scores the same."""
    del rng, null
    return 0.0


@dataclass(frozen=True)
class Row:
    """One kind of lab."""

    name: str
    better: float = 0.05
    noise: Callable[[Rng, bool], float] = gaussian
    wild: float = 1.0  # noise of one candidate in ten, in units of the others'
    drift: float = 0.0  # sd of what the machine does to all runs of one batch
    scale: Scale = field(default_factory=lambda: Scale("maximize"))
    together: bool = False


SHARES = Scale("maximize", low=0.0, high=1.0, items=20)
ROWS = (
    Row("Gaussian, 5 % better"),
    Row("t(3)", noise=student),
    Row("left-skewed", noise=left_skewed),
    Row("right-skewed", noise=right_skewed),
    Row("drifting machine", drift=2.0, together=True),
    Row("one in ten 2 x noise", wild=2.0),
    Row("one in ten 3 x noise", wild=3.0),
    Row("bounded, 20 tasks", scale=SHARES),
    Row("exactly repeatable", noise=none),
    Row("timing, by ratio", scale=Scale("minimize", ratio=True)),
    Row("nothing better", better=0.0),
    Row("1 % better", better=0.01),
    Row("20 % better", better=0.20),
    Row("strongly left-skewed", noise=strongly_left_skewed),
    Row("rare disasters", noise=rare_disasters),
)


class Stream:
    """One lab's whole history of candidates."""

    def __init__(self, row: Row, candidates: int, seed: int) -> None:
        self.row, self.count = row, candidates
        self.rng = np.random.default_rng(seed)
        better = self.rng.random(candidates) < row.better
        self.effects = np.where(better, self.rng.choice(EFFECTS, candidates), 0.0)
        self.wild = np.where(self.rng.random(candidates) < 0.1, row.wild, 1.0)
        self.runs = 0
        self.nominated: list[int] = []
        self.first: dict[int, float] = {}

    def drive(self, stage: Iterator[object]) -> object:
        """Answer what a stage asks for until it returns."""
        try:
            batches = next(stage)
            while True:
                batches = stage.send([self.batch(batch) for batch in batches])  # type: ignore[attr-defined]
        except StopIteration as stop:
            return stop.value

    def batch(self, requests: tuple[TrialRequest, ...]) -> tuple[Trial, ...]:
        weather = float(self.rng.normal()) * self.row.drift
        return tuple(self.trial(request, weather) for request in requests)

    def trial(self, request: TrialRequest, weather: float) -> Trial:
        self.runs += 1
        score = self.score(int(request.candidate[1:]), weather)
        if request.key.startswith("search"):
            self.first.setdefault(int(request.candidate[1:]), score)
        r = request
        return Trial(r.key, r.candidate, r.purpose, r.split, r.seed, score)

    def score(self, number: int, weather: float = 0.0) -> float:
        """Return one run's score; number 0 is the champion."""
        effect = float(self.effects[number - 1]) if number else 0.0
        if self.row.scale.bounded:
            sd = math.sqrt(2 * 0.5 * 0.5 / 20)
            return float(self.rng.binomial(20, min(0.5 + effect * sd, 0.99))) / 20
        null = number > 0 and effect == 0
        luck = self.row.noise(self.rng, null) * (float(self.wild[number - 1]) if number else 1.0)
        value = effect + luck + weather
        return math.exp(-0.05 * value) if self.row.scale.ratio else value

    def judged(self) -> list[int]:
        """Return the candidates that are promoted, in order."""
        settings, seeds = JudgeTable(), lambda key: hash(key) & 0x7FFFFFFF
        scale, together = self.row.scale, self.row.together
        calibration = self.drive(calibrate.calibrate("c0", settings, scale, seeds, 1))
        base = nominate.calibrated_baseline(calibration, 1)
        promoted: list[int] = []
        learned = Experience(scale)
        self.tested, self.chosen, self.warned = 0, Counter[str](), 0
        for number in range(1, self.count + 1):
            asking = nominate.search(
                f"c{number}", base, learned.noise(calibration), settings, scale, seeds,
                together=together, bar=learned.bar,
            )  # fmt: skip
            result = self.drive(asking)
            base = nominate.refined(base, result)
            learned.searched(result)
            if nominate.choose([result], self.tested) is None:
                continue
            self.tested += 1
            self.nominated.append(number)
            nomination = confirm.start(
                self.tested, len(promoted), f"c{number}", "c0",
                learned.informed(calibration), settings, result.gain or 0.0, scale,
            )  # fmt: skip
            self.chosen[nomination.e_process] += 1
            self.warned += bool(nomination.caveat)
            asking = confirm.confirm(
                nomination, calibration, settings, (), scale, seeds, generation=1
            )
            verdict = self.drive(asking)
            learned.tested(verdict)
            if verdict.answer is Answer.BETTER:
                promoted.append(number)
        return promoted


@dataclass
class Tally:
    """What became of one stream's candidates under one rule."""

    false: int = 0
    found: dict[float, int] = field(default_factory=dict)
    runs: float = 0.0
    chosen: Counter[str] = field(default_factory=Counter)  # e-processes of tests
    warned: int = 0  # tests whose promise was said not to hold in full

    @property
    def promoted(self) -> int:
        return self.false + sum(self.found.values())


def tally(stream: Stream, kept: list[int], runs: float) -> Tally:
    found = dict.fromkeys(EFFECTS, 0)
    for number in kept:
        if stream.effects[number - 1] > 0:
            found[float(stream.effects[number - 1])] += 1
    return Tally(sum(stream.effects[n - 1] == 0 for n in kept), found, runs)


def peers(stream: Stream) -> dict[str, Tally]:
    """Return what simpler rules keep, on the same first runs and on fresh ones of the same kind."""
    scale = stream.row.scale
    mean = stream.score(0)
    gains = np.array([scale.improvement(stream.first[n + 1], mean) for n in range(stream.count)])
    arms = [[[stream.score(n) for _ in range(5)] for n in pair] for pair in _against(stream.count)]
    five = np.array(arms)
    sign = "greater" if scale.goal == "maximize" else "less"
    with np.errstate(all="ignore"):
        p = stats.ttest_ind(five[:, 0], five[:, 1], axis=1, alternative=sign).pvalue
    once, by_two, tested = (
        (np.flatnonzero(kept) + 1).tolist()
        for kept in (gains > 0, gains > 2 * unit(scale), (p < 0.05) & (np.ptp(five, (1, 2)) > 0))
    )
    return {
        "keep if better once": tally(stream, once, stream.count),
        "keep if better by 2 sd": tally(stream, by_two, stream.count),
        "t-test, 5 seeds": tally(stream, tested, 10 * stream.count),
    }


def _against(count: int) -> list[tuple[int, int]]:
    return [(number, 0) for number in range(1, count + 1)]


def unit(scale: Scale) -> float:
    """Return one sd of a paired difference in the scale's units."""
    return 0.05 if scale.ratio else math.sqrt(0.5 / 20) if scale.bounded else 1.0


def one(task: tuple[int, int, int]) -> tuple[dict[str, Tally], dict[float, int]]:
    """Run one stream and return every rule's tally, and how many of each effect there were."""
    place, candidates, seed = task
    stream = Stream(ROWS[place], candidates, seed * 1000 + place)
    kept = stream.judged()
    rules = {"Regency": tally(stream, kept, stream.runs)}
    rules["Regency"].chosen, rules["Regency"].warned = stream.chosen, stream.warned
    if seed < 20:
        rules |= peers(stream)
    there = {effect: int((stream.effects == effect).sum()) for effect in EFFECTS}
    return rules, there


def line(name: str, tallies: list[Tally], there: dict[float, int], candidates: int) -> str:
    """Return one row of the table."""
    shares = [t.false / max(t.promoted, 1) for t in tallies]
    fdr, se = float(np.mean(shares)), float(np.std(shares) / math.sqrt(len(shares)))
    some = sum(t.false > 0 for t in tallies) / len(tallies)
    powers = [
        f"{sum(t.found[e] for t in tallies) / there[e]:.2f}" if there[e] else "-" for e in EFFECTS
    ]
    pairs = sum(t.runs for t in tallies) / len(tallies) / candidates / 2
    upper = fdr + 1.96 * se if fdr else 1 - 0.025 ** (1 / len(tallies))
    return (
        f"| {name} | {fdr:.3f} (≤ {upper:.3f}) | {some:.3f} | {' / '.join(powers)} | {pairs:.2f} "
        f"| {used(tallies)} |"
    )


def used(tallies: list[Tally]) -> str:
    """Return which e-processes tests used, and in how many the judge said what does not hold."""
    chosen = sum((t.chosen for t in tallies), Counter[str]())
    tests = sum(chosen.values())
    if not tests:
        return "-"
    shares = [f"{name} {count / tests:.0%}" for name, count in chosen.most_common()]
    warned = sum(t.warned for t in tallies)
    return ", ".join(shares) + (f"; warned in {warned / tests:.0%}" if warned else "")


def main() -> None:
    """Print the table, a row as soon as it is done."""
    words = sys.argv[1:]
    numbers = [int(w) for w in words if w.isdigit()]
    streams, candidates = (numbers + [400, 1000][len(numbers) :])[:2]
    chosen = [w for w in words if not w.isdigit()]
    print(f"{streams} streams of {candidates} candidates a row; other rules on the first 20.\n")
    print(
        "| row, rule | FDR (upper 95 %) | any false | power at 1 / 1.5 / 2 / 3 sd | pairs each "
        "| e-processes |"
    )
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    with multiprocessing.Pool() as pool:
        for place, row in enumerate(ROWS):
            if chosen and row.name not in chosen:
                continue
            started = time.monotonic()
            tasks = [(place, candidates, seed) for seed in range(streams)]
            done = pool.map(one, tasks, chunksize=1)
            for rule in done[0][0]:
                part = [(r[rule], there) for r, there in done if rule in r]
                there = {e: sum(t[e] for _, t in part) for e in EFFECTS}
                print(
                    line(f"{row.name}: {rule}", [t for t, _ in part], there, candidates), flush=True
                )
            print(f"{row.name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
