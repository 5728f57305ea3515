"""Gate 1: which candidates are worth a test, on the search split.

Free of promises, so free to use any heuristic; nothing that gate 2 says rests on what is decided
here. Runs nothing itself: it yields requests for trials.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from regency.config import JudgeTable
from regency.errors import BadInput
from regency.judge.calibrate import Seeds
from regency.judge.verdict import improvement
from regency.records import (
    Answer,
    Batch,
    Calibration,
    Purpose,
    Trial,
    TrialRequest,
    Verdict,
)

# After k of K trials a candidate stays if its gain is at least FINAL_BAR (k/K)^BAR_SHAPE standard
# errors: of those that change nothing a fifth get a second trial, of those 1.5 noise sd better
# nine in ten.
FINAL_BAR = 2.0
BAR_SHAPE = 2 / 3
PLAIN = 5.0  # standard errors that need no more than two trials
LEAST_BASELINE_RUNS = 4
# Median pairs until `better`, as simulated at the first level: 18, 12, 9, 7, 5, 4 for effects of
# 1, 1.5, 2, 3, 5, 10 noise sd, which is 3 + 13.5 / effect within a pair.
PAIRS_AT_LEAST = 3.0
PAIRS_PER_SD = 13.5
PATIENCE = 5.0


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
class SearchResult:
    """What gate 1 found.

    Attributes:
        candidate: Candidate id.
        gain: Mean improvement over the baseline, positive is better, metric units; None if a
            trial was invalid.
        gain_se: Standard error of ``gain``, the baseline's included.
        trials: All trials, in order.
        promising: Whether it is worth a test.
        verdict: Why not; None if promising.
        champion: The champion it was compared with.
    """

    candidate: str
    gain: float | None
    gain_se: float
    trials: tuple[Trial, ...]
    promising: bool
    verdict: Verdict | None
    champion: str


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


def search(
    candidate: str,
    base: Baseline,
    noise_sd: float,
    settings: JudgeTable,
    goal: str,
    seeds: Seeds,
) -> Generator[list[Batch], list[tuple[Trial, ...]], SearchResult]:
    """Try a candidate on the search split for as long as it looks promising.

    Args:
        candidate: Candidate id.
        base: The champion's search score.
        noise_sd: Standard deviation of one paired difference; one run has ``noise_sd / sqrt(2)``.
        settings: ``[judge]``.
        goal: ``minimize`` or ``maximize``.
        seeds: Seed of a key.

    Returns:
        The result; a verdict of gate ``search`` unless it is promising.
    """
    trials: list[Trial] = []
    while True:
        key = f"search/{base.epoch}/{candidate}/{len(trials)}"
        request = TrialRequest(key, candidate, Purpose.SEARCH, "search", seeds(key))
        ((trial,),) = yield [(request,)]
        trials.append(trial)
        if trial.score is None:
            return _invalid(candidate, base, trials)
        result = _weigh(candidate, base, noise_sd, settings, goal, trials)
        if result is not None:
            return result


def _weigh(
    candidate: str,
    base: Baseline,
    noise_sd: float,
    settings: JudgeTable,
    goal: str,
    trials: list[Trial],
) -> SearchResult | None:
    """Return the result if it can be told by now, else None."""
    scores = [t.score for t in trials if t.score is not None]
    gain = improvement(goal, math.fsum(scores) / len(scores), base.mean)
    se = noise_sd / math.sqrt(2) * math.sqrt(1 / len(scores) + 1 / base.runs)
    most = settings.search_trials
    bar = FINAL_BAR * (len(scores) / most) ** BAR_SHAPE
    last = len(scores) >= most
    small = gain <= 0 or gain + (0 if last else se) < settings.smallest_effect
    if small or gain < bar * se:
        verdict = _not_better(candidate, base, gain, gain > 0 and small)
        return SearchResult(candidate, gain, se, tuple(trials), False, verdict, base.candidate)
    plain = len(scores) >= 2 and gain >= PLAIN * se and gain >= settings.smallest_effect
    if last or plain:
        return SearchResult(candidate, gain, se, tuple(trials), True, None, base.candidate)
    return None


def _not_better(candidate: str, base: Baseline, gain: float, small: bool) -> Verdict:
    if gain <= 0:
        reason = "It scored no better than the champion in search."
    elif small:
        reason = "Its gain in search is below the smallest effect that this lab cares about."
    else:
        reason = "Its gain in search is within what luck alone gives."
    return Verdict(candidate, Answer.NOT_BETTER, "search", reason, base.candidate, effect=gain)


def _invalid(candidate: str, base: Baseline, trials: list[Trial]) -> SearchResult:
    reason = trials[-1].fault or "A run gave no score."
    verdict = Verdict(candidate, Answer.INVALID, "search", reason, base.candidate)
    return SearchResult(candidate, None, 0.0, tuple(trials), False, verdict, base.candidate)


def pooled_noise(calibration: Calibration, results: Sequence[SearchResult]) -> float:
    """Return the sd of one paired difference from calibration and repeated search trials.

    A candidate's first trial is left out: the others were run only because it was a lucky one,
    and counting it makes the noise look a fifth larger than it is.

    Args:
        calibration: Its pairs count one degree of freedom each.
        results: Candidates with k trials count k - 2 each.
    """
    squares = math.fsum(d * d for d in calibration.differences)
    degrees = len(calibration.differences)
    for result in results:
        scores = [t.score for t in result.trials[1:] if t.score is not None]
        if len(scores) < 2:
            continue
        mean = math.fsum(scores) / len(scores)
        squares += 2 * math.fsum((s - mean) ** 2 for s in scores)
        degrees += len(scores) - 1
    return math.sqrt(squares / degrees) if degrees else calibration.noise_sd


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

    worth = [result for result in pool if result.promising and cautious(result) > 0]
    return max(worth, key=cautious, default=None)


def ripe(result: SearchResult, searched: int, noise_sd: float) -> bool:
    """Return whether to test a candidate now, or to look for a better one first.

    A test of a small gain takes many pairs, in which search could have found a larger one. So the
    pairs that a test may take grow with what was searched in vain: `PATIENCE` at first, one more
    for every fourth candidate.

    Args:
        result: The candidate to be tested next.
        searched: Candidates searched since the champion last changed or was tested against.
        noise_sd: Standard deviation of one paired difference.
    """
    gain = (result.gain or 0.0) - result.gain_se
    if gain <= 0 or noise_sd == 0:
        return noise_sd == 0
    pairs = PAIRS_AT_LEAST + PAIRS_PER_SD * noise_sd / gain
    return pairs <= PATIENCE + searched / 4
