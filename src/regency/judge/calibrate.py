"""The champion against itself at the start of an epoch: how much scores differ by luck alone.

Runs nothing itself: it yields requests for trials. Decides nothing about candidates.
"""

import math
from collections.abc import Callable, Generator, Sequence

from regency.config import JudgeTable
from regency.errors import BadInput
from regency.judge.scale import BOUNDED, Scale
from regency.records import Batch, Calibration, Purpose, Trial, TrialRequest
from regency.stats import evalues

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
    e_process, why = choose(differences, scale)
    return Calibration(
        candidate=candidate,
        pairs=len(pairs),
        noise_sd=math.sqrt(math.fsum(d * d for d in differences) / len(differences)),
        differences=differences,
        search_mean=math.fsum(s for pair in scores for s in pair) / (2 * len(pairs)),
        runs=2 * len(pairs),
        repeatable=gap == 0,
        seed_gap=gap,
        e_process=e_process,
        why=why,
        run_sd=_run_sd(
            [scale.improvement(score, scores[0][0]) for pair in scores for score in pair]
        ),
    )


def _run_sd(scores: Sequence[float]) -> float:
    mean = math.fsum(scores) / len(scores)
    return math.sqrt(math.fsum((s - mean) ** 2 for s in scores) / (len(scores) - 1))


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


def choose(differences: Sequence[float], scale: Scale) -> tuple[str, str]:
    """Return the e-process for gate 2 and why that one, in words.

    Args:
        differences: Paired differences of the champion against itself, metric units.
        scale: How scores are compared.
    """
    if scale.bounded:
        return BOUNDED, (
            f"Scores lie between {scale.low:g} and {scale.high:g}, each the mean of {scale.items} "
            f"item{'s' if scale.items > 1 else ''}. Gate 2 bets on shares: the promise holds "
            "whatever their spread, as long as items are independent of one another."
        )
    ties = sum(d == 0 for d in differences)
    if ties == len(differences):
        return evalues.SIGN, (
            "The champion scored the same with every seed, so there is no noise to measure a gain "
            "against. Gate 2 counts pairs won and lost: each pair won about doubles the evidence. "
            "That holds for whatever noise a candidate itself brings in."
        )
    if 2 * ties >= len(differences):
        return evalues.SIGN, (
            f"In {ties} of {len(differences)} pairs the champion scored exactly the same twice: "
            "scores come in steps. Gate 2 counts pairs won and lost, leaving out ties."
        )
    return evalues.RIGHT_HAAR_T, (
        "Scores differ from seed to seed. Gate 2 compares the mean paired difference with its own "
        "spread; noise is not assumed known. The promise holds for bell-shaped differences of any "
        f"size, up to {evalues.NOISE_ALLOWANCE:g} times the champion's for calibration pairs to "
        "count, and errs on the safe side for heavy symmetric tails. It does not hold where a "
        "candidate's scores are mostly good with rare disasters."
    )
