"""Guards: numbers that must not get worse, as non-inferiority with a margin.

Reads trials that were already run; asks for none, and does not weigh guards against scores.
"""

import math
from collections.abc import Sequence

from regency.config import GuardTable
from regency.records import Finding, Trial
from regency.stats import intervals

CHANCE = 0.05  # that a candidate beyond the margin passes


def check(
    guards: Sequence[GuardTable],
    candidate_trials: Sequence[Trial],
    champion_trials: Sequence[Trial],
) -> tuple[Finding, ...]:
    """Return what each guard finds on the paired trials of gate 2.

    A guard passes when the candidate is within the margin with 95 % confidence (one-sided paired
    t bound). Numbers that never vary, such as the size of a model, are compared exactly.

    Args:
        guards: ``[[guards]]``.
        candidate_trials: The candidate's valid trials, in order of pairs, at least one.
        champion_trials: The champion's, of the same pairs.
    """
    return tuple(_find(guard, candidate_trials, champion_trials) for guard in guards)


def _find(guard: GuardTable, candidate: Sequence[Trial], champion: Sequence[Trial]) -> Finding:
    new, old = (
        [trial.scores.get(guard.of, math.nan) for trial in arm] for arm in (candidate, champion)
    )
    if not all(math.isfinite(value) for value in (*new, *old)):
        message = f"{guard.of} was not reported in every run: check `of` of guard {guard.name}."
        return Finding(guard.name, passed=False, message=message)
    excess = [_excess(guard, n, o) for n, o in zip(new, old, strict=True)]
    worst = intervals.upper_t_bound(excess, CHANCE)
    means = sum(new) / len(new), sum(old) / len(old)
    passed = worst <= 0
    message = f"{guard.of}: {means[0]:.6g} against {means[1]:.6g}, {_margin(guard)}: "
    if passed:
        message += "within."
    elif sum(excess) > 0:
        message += "beyond."
    else:
        message += "within on average, but too uncertain to be sure."
    return Finding(guard.name, passed, message, *means)


def _excess(guard: GuardTable, new: float, old: float) -> float:
    """Return by how much one pair is beyond the margin."""
    if guard.max_ratio is not None:
        return new - guard.max_ratio * old
    if guard.max_increase is not None:
        return new - old - guard.max_increase
    return old - new - (guard.max_decrease or 0.0)


def _margin(guard: GuardTable) -> str:
    if guard.max_ratio is not None:
        return f"at most {guard.max_ratio:g} times"
    if guard.max_increase is not None:
        return f"at most {guard.max_increase:g} more"
    return f"at most {guard.max_decrease:g} less"
