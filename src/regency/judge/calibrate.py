"""The champion against itself at the start of an epoch: how much scores differ by luck alone.

Runs nothing itself: it yields requests for trials. Decides nothing about candidates.
"""

import math
from collections.abc import Callable, Generator, Sequence

from regency.config import JudgeTable
from regency.errors import BadInput
from regency.judge.choice import UNEQUAL, choose
from regency.judge.scale import Scale
from regency.records import Batch, Calibration, Purpose, Trial, TrialRequest
from regency.stats import shapes

Seeds = Callable[[str], int]


def calibrate(
    candidate: str, settings: JudgeTable, scale: Scale, seeds: Seeds, epoch: int
) -> Generator[list[Batch], list[tuple[Trial, ...]], Calibration]:
    """Measure the champion's own noise on the search split.

    Asks, in one go, for ``settings.calibration_pairs`` pairs of runs with two different seeds
    each, and once more for the first run of all with the same seed, probed as candidates will be.

    Args:
        candidate: The champion.
        settings: ``[judge]``.
        scale: How scores are compared.
        seeds: Seed of a key.
        epoch: Number of the epoch.

    Returns:
        The calibration. ``noise_sd`` is the root mean square of the paired differences: their
        mean is known to be zero, so every pair counts as a degree of freedom. ``run_sd`` is about
        the mean of all runs, so that it holds what the machine's speed changes between pairs.

    Raises:
        BadInput: A run of the champion is invalid: there is nothing to compare with.
    """
    prefix = f"calibrate/{epoch}/{candidate}"
    batches: list[Batch] = [
        tuple(_request(f"{prefix}/{pair}/{arm}", candidate, seeds) for arm in "ab")
        for pair in range(settings.calibration_pairs)
    ]
    first = batches[0][0]
    again = f"{prefix}/repeat"
    repeat = TrialRequest(again, candidate, Purpose.CALIBRATE, "search", first.seed, probed=True)
    *pairs, (same,) = yield [*batches, (repeat,)]
    return _summary(candidate, scale, pairs, same)


def _request(key: str, candidate: str, seeds: Seeds) -> TrialRequest:
    return TrialRequest(key, candidate, Purpose.CALIBRATE, "search", seeds(key))


def _summary(
    candidate: str, scale: Scale, pairs: Sequence[tuple[Trial, ...]], again: Trial
) -> Calibration:
    scores = [[needed_score(trial) for trial in pair] for pair in pairs]
    differences = tuple(scale.improvement(second, first) for first, second in scores)
    gap = abs(needed_score(again) - scores[0][0])
    choice = choose(differences, scale)
    noise_sd = math.sqrt(math.fsum(d * d for d in differences) / len(differences))
    runs = [[scale.improvement(score, scores[0][0]) for score in pair] for pair in scores]
    repeated = abs(scale.improvement(needed_score(again), scores[0][0]))
    return Calibration(
        candidate=candidate,
        pairs=len(pairs),
        noise_sd=noise_sd,
        differences=differences,
        search_mean=math.fsum(s for pair in scores for s in pair) / (2 * len(pairs)),
        runs=2 * len(pairs),
        repeatable=gap == 0,
        seed_gap=gap,
        e_process=choice.e_process,
        why=choice.why,
        run_sd=_run_sd(runs),
        notes=(_of_seeds(repeated, noise_sd), _of_drift(runs)),
        caveat=choice.caveat,
    )


def _run_sd(runs: Sequence[Sequence[float]]) -> float:
    squares, df = shapes.pooled([[run for pair in runs for run in pair]])
    return math.sqrt(squares / df)


def _of_seeds(gap: float, noise_sd: float) -> str:
    """Return how far the seed decides the score, in words; one repeat is no more than a hint."""
    if gap == 0:
        return "The same seed gave exactly the same score again."
    if noise_sd == 0:
        return "Different seeds gave the same score, and the same seed another one."
    correlation = 1 - (gap / noise_sd) ** 2
    told = f"about {correlation:.2f}" if correlation > 0 else "not to be seen"
    return (
        f"The same seed gave another score, {gap / noise_sd:.2g} sd of a paired difference away: "
        f"the correlation between equal seeds is {told} (one repeat, so a hint only)."
    )


def _of_drift(runs: Sequence[Sequence[float]]) -> str:
    """Return whether the machine, or whatever else changes with time, adds to the noise.

    Twice the variance of pair means is that of one run plus twice the drift's.
    """
    squares, df = shapes.pooled([[math.sqrt(2) * math.fsum(pair) / 2 for pair in runs]])
    ratio, errors = shapes.spread_ratio((squares, df), shapes.pooled(runs))
    if errors < UNEQUAL:
        return "Runs made at different times differ no more than the two runs of a pair."
    return (
        f"Runs made at different times differ {ratio:.2g} times as much as the two runs of a pair: "
        "the machine's speed, or something else, changes with time. Pairs cancel that."
    )


def needed_score(trial: Trial) -> float:
    """Return the score of a champion's trial.

    Raises:
        BadInput: The trial is invalid.
    """
    if trial.score is None:
        raise BadInput(
            f"the champion {trial.candidate} itself does not run ({trial.key}): "
            f"{trial.fault or 'it has no score.'} Mend the starting point, its limits or its "
            "scorer in the lab, commit, and start again."
        )
    return trial.score
