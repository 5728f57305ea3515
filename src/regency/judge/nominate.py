"""Gate 1: which candidates are worth a test, on the search split.

Free of promises, so free to use any heuristic; nothing that gate 2 says rests on what is decided
here. Runs nothing itself: it yields requests for trials.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from regency.config import JudgeTable
from regency.errors import BadInput, TrialError
from regency.judge.calibrate import Seeds
from regency.judge.scale import Scale
from regency.records import (
    Answer,
    Batch,
    Calibration,
    Purpose,
    Trial,
    TrialRequest,
    Verdict,
)

# After k of K looks a candidate stays if its gain is at least `bar` k/K standard errors. How high
# the bar is, is learned from the lab's own tests (`experience`); this one is for none so far.
FINAL_BAR = 1.5
PLAIN = 5.0  # standard errors that need no more than two trials
LEAST_BASELINE_RUNS = 4
BASELINE_RUNS = 24  # a baseline's error is every candidate's: with 8 runs it is 0.25 noise sd
# Median pairs until `better`, as simulated at the first level: 18, 12, 9, 7, 5, 4 for effects of
# 1, 1.5, 2, 3, 5, 10 noise sd, which is 3 + 13.5 / effect within a pair.
PAIRS_AT_LEAST = 3.0
PAIRS_PER_SD = 13.5
PATIENCE = 5.0
SEARCH_FOR_A_PAIR = 8  # candidates searched in vain; a pair costs two runs, a search one or two
PAIR_FIRST = 2.0  # variance of an unpaired first look over that of a pair, which costs twice
# Champion's runs that drift is told from. A lab's first gains are large, and quick looks find them.
LEAST_COMPANY = 16
HOPELESS = (
    25.0  # the same ratio of variances where a look alone says next to nothing from the start
)
HALF_ROOT = math.sqrt(0.5)
NO_SCORE = "A run gave no score."
WORSE = "It scored no better than the champion in search."
SMALL = "Its gain in search is below the smallest effect that this lab cares about."
LUCK = "Its gain in search is within what luck alone gives."


@dataclass(frozen=True, slots=True)
class Baseline:
    """The champion's own search score, which candidates are compared with.

    Attributes:
        candidate: The champion.
        mean: Mean search score, metric units.
        runs: Number of runs behind it.
        epoch: Number of the epoch.
    """

    candidate: str
    mean: float
    runs: int
    epoch: int = 1


@dataclass(frozen=True, slots=True)
class Noise:
    """How much scores differ by luck.

    Attributes:
        pair_sd: Standard deviation of one paired difference, metric units.
        run_sd: That of one run about the mean of runs made at other times: luck, and the
            machine's changing speed.
        company: Number of runs of champions beside candidates that ``run_sd`` rests on.
    """

    pair_sd: float
    run_sd: float
    company: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What gate 1 found.

    Attributes:
        candidate: Candidate id.
        gain: Mean improvement over the champion, positive is better, metric units; None if a
            trial was invalid.
        gain_se: Standard error of ``gain``, the baseline's included.
        trials: All its trials, in order.
        promising: Whether it is worth a test.
        verdict: Why not; None if promising.
        champion: The champion it was compared with.
        differences: Improvements over runs of the champion that shared its core.
        beside: Scores of those runs of the champion.
        alone: How far each of its runs is from the one before, over √2, without the first run.
        paired: How far each of its pairs is from the one before, over √2, without those of the
            first two looks.
    """

    candidate: str
    gain: float | None
    gain_se: float
    trials: tuple[Trial, ...]
    promising: bool
    verdict: Verdict | None
    champion: str
    differences: tuple[float, ...] = ()
    beside: tuple[float, ...] = ()
    alone: tuple[float, ...] = ()
    paired: tuple[float, ...] = ()


def calibrated_baseline(calibration: Calibration, epoch: int) -> Baseline:
    """Return the baseline that a calibration gives."""
    return Baseline(calibration.candidate, calibration.search_mean, calibration.runs, epoch)


def baseline(
    candidate: str, existing: Sequence[Trial], runs: int, seeds: Seeds, epoch: int
) -> Generator[list[Batch], list[tuple[Trial, ...]], Baseline]:
    """Measure a new champion on the search split, counting the search trials that it has.

    Trials of the confirm split are left out of ``existing`` if given: nothing but accept or
    reject flows back from there.

    Args:
        candidate: The new champion.
        existing: Its trials so far.
        runs: Runs wanted in all; at least 4 are made.
        seeds: Seed of a key.
        epoch: Number of the epoch.

    Raises:
        BadInput: None of its search trials is valid.
    """
    known = [t.score for t in existing if t.split == "search" and t.score is not None]
    missing = max(runs, LEAST_BASELINE_RUNS) - len(known)
    keys = [f"baseline/{epoch}/{candidate}/{n}" for n in range(missing)]
    wanted = [TrialRequest(k, candidate, Purpose.SEARCH, "search", seeds(k)) for k in keys]
    answered = (yield [(request,) for request in wanted]) if wanted else []
    scores = known + [t.score for (t,) in answered if t.score is not None]
    if not scores:
        faults = "; ".join(t.fault for (t,) in answered)
        raise BadInput(
            f"the champion {candidate} does not run on the search split: {faults} Roll back to "
            "an earlier champion, or mend the lab."
        )
    return Baseline(candidate, math.fsum(scores) / len(scores), len(scores), epoch)


def refined(base: Baseline | None, result: SearchResult) -> Baseline | None:
    """Return a baseline that counts the champion's runs beside a candidate's as well."""
    if base is None or not result.beside or result.champion != base.candidate:
        return base
    runs = base.runs + len(result.beside)
    mean = (base.mean * base.runs + math.fsum(result.beside)) / runs
    return replace(base, mean=mean, runs=runs)


@dataclass(slots=True)
class Looks:
    """What search has seen of one candidate so far.

    Attributes:
        candidate: Candidate id.
        base: The champion's search score.
        noise: How much scores differ by luck.
        settings: ``[judge]``.
        scale: How scores are compared.
        bar: Standard errors that its gain must be at the last look.
        together: Whether the runs of a pair share a core at the same time.
        trials: Its trials.
        differences: Improvements over runs of the champion that shared its core.
    """

    candidate: str
    base: Baseline
    noise: Noise
    settings: JudgeTable
    scale: Scale
    bar: float = FINAL_BAR
    together: bool = False
    trials: list[Trial] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)

    def take(self, trial: Trial, champion: Trial | None) -> SearchResult | None:
        """Take one more look and return the result if it can be told by now."""
        self.trials.append(trial)
        if trial.score is None:
            return self._result(None, 0.0, self._verdict(Answer.INVALID, trial.fault or NO_SCORE))
        try:
            self._compare(trial.score, champion.score if champion else None)
        except TrialError as error:
            reason = f"{str(error).capitalize()}."
            return self._result(None, 0.0, self._verdict(Answer.INVALID, reason))
        return self._weigh(*self._gain())

    def _compare(self, score: float, beside: float | None) -> None:
        self.runs.append(self.scale.improvement(score, self.base.mean))
        if beside is not None:
            self.beside.append(beside)
            if self.together:
                self.differences.append(self.scale.improvement(score, beside))

    @property
    def accompanied(self) -> bool:
        """Whether the next look is worth a run of the champion beside it."""
        if not self.together:
            few = self.base.runs < BASELINE_RUNS and self.noise.run_sd > 0
            return few and len(self.trials) == 1
        alone = self.noise.run_sd**2 * (1 + 1 / self.base.runs)
        worth = PAIR_FIRST if self.noise.company >= LEAST_COMPANY else HOPELESS
        return bool(self.trials) or alone > worth * self.noise.pair_sd**2

    def _gain(self) -> tuple[float, float]:
        """Return the mean gain and its standard error.

        Pairs alone count as soon as there are any: a first look away from the champion says less,
        and the others are made only because it was a lucky one.
        """
        if n := len(self.differences):
            return math.fsum(self.differences) / n, self.noise.pair_sd / math.sqrt(n)
        scores = [t.score for t in self.trials if t.score is not None]
        mean = math.fsum(scores) / len(scores)
        se = self.noise.run_sd * math.sqrt(1 / len(scores) + 1 / self.base.runs)
        return self.scale.improvement(mean, self.base.mean), se

    def _weigh(self, gain: float, se: float) -> SearchResult | None:
        looks, most = len(self.trials), self.settings.search_trials
        least = self.settings.smallest_effect
        bar = self.bar * looks / most
        last = looks >= most
        small = gain <= 0 or gain + (0 if last else se) < least
        if small or gain < bar * se:
            reason = WORSE if gain <= 0 else SMALL if small else LUCK
            return self._result(gain, se, self._verdict(Answer.NOT_BETTER, reason, gain))
        plain = looks >= 2 and gain >= PLAIN * se and gain >= least
        return self._result(gain, se, None) if last or plain else None

    def _verdict(self, answer: Answer, reason: str, gain: float | None = None) -> Verdict:
        return Verdict(self.candidate, answer, "search", reason, self.base.candidate, effect=gain)

    def _result(self, gain: float | None, se: float, verdict: Verdict | None) -> SearchResult:
        return SearchResult(
            self.candidate,
            gain,
            se,
            tuple(self.trials),
            verdict is None,
            verdict,
            self.base.candidate,
            tuple(self.differences),
            tuple(self.beside),
            () if self.differences else _steps(self.runs[1:]),
            _steps(self.differences[2 + len(self.differences) - len(self.trials) :]),
        )


def _steps(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(abs(b - a) * HALF_ROOT for a, b in pairwise(values))


def search(
    candidate: str,
    base: Baseline,
    noise: Noise,
    settings: JudgeTable,
    scale: Scale,
    seeds: Seeds,
    *,
    together: bool = False,
    bar: float = FINAL_BAR,
) -> Generator[list[Batch], list[tuple[Trial, ...]], SearchResult]:
    """Try a candidate on the search split for as long as it looks promising.

    Args:
        candidate: Candidate id.
        base: The champion's search score.
        noise: How much scores differ by luck.
        settings: ``[judge]``.
        scale: How scores are compared.
        seeds: Seed of a key.
        together: Whether the runs of a pair share a core at the same time. Then every look but
            the first has the champion beside it: that first look is cheap and weeds most out, the
            others no longer depend on how busy the machine is. The first has it too once the
            machine's speed is known to change by more than scores differ by luck. If not together,
            the second look brings a run of the champion as long as its baseline rests on few.
        bar: Standard errors that its gain must be at the last look; see `experience`.

    Returns:
        The result; a verdict of gate ``search`` unless it is promising.
    """
    looks = Looks(candidate, base, noise, settings, scale, bar, together)
    while True:
        prefix = f"search/{base.epoch}/{candidate}/{len(looks.trials)}"
        arms = {prefix: candidate}
        if looks.accompanied:
            # With a key of its own: whether there is company may change when a run is resumed.
            own = prefix if together and looks.trials else f"{prefix}/candidate"
            arms = {own: candidate, f"{prefix}/champion": base.candidate}
        batch = tuple(
            TrialRequest(key, arm, Purpose.SEARCH, "search", seeds(key))
            for key, arm in arms.items()
        )
        ((trial, *beside),) = yield [batch]
        result = looks.take(trial, beside[0] if beside else None)
        if result is not None:
            return result


def choose(pool: Sequence[SearchResult], tested: int) -> SearchResult | None:
    """Return the promising candidate that deserves the next test, if any.

    The one with the highest cautious gain, ``gain - c · gain_se``: a large gain seen through much
    noise comes after a smaller sure one. Caution c grows slowly with the tests already spent in
    this generation (1 at first, 2.2 after a hundred), for each next one has a stricter level.

    Args:
        pool: Results against the present champion.
        tested: Tests started in this generation so far.
    """
    caution = 1 + math.log1p(tested) / 4

    def cautious(result: SearchResult) -> float:
        return (result.gain or 0.0) - caution * result.gain_se

    worth = [result for result in pool if result.promising]
    return max(worth, key=cautious, default=None)


def ripe(result: SearchResult, searched: int, noise_sd: float) -> bool:
    """Return whether to test a candidate now, or to look for a better one first.

    A test of a small gain takes many pairs, in which search could have found a larger one. So the
    pairs that a test may take grow with what was searched in vain: `PATIENCE` at first, one more
    for every `SEARCH_FOR_A_PAIR` candidates.

    Args:
        result: The candidate to be tested next.
        searched: Candidates searched since the champion last changed or was tested against.
        noise_sd: Standard deviation of one paired difference.
    """
    gain = (result.gain or 0.0) - result.gain_se
    if gain <= 0 or noise_sd == 0:
        return noise_sd == 0
    pairs = PAIRS_AT_LEAST + PAIRS_PER_SD * noise_sd / gain
    return pairs <= PATIENCE + searched / SEARCH_FOR_A_PAIR
