"""The shape of noise, told from many small groups of differences: skew, tails, spread.

Every group may have a centre and a spread of its own. Pure functions; knows nothing of candidates
or scores.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regency.stats import signs

Groups = Sequence[Sequence[float]]
LEAST_FOR_SKEW = 3
LEAST_FOR_TAILS = 4


@dataclass(frozen=True, slots=True)
class Skew:
    """How far differences lean to one side.

    Attributes:
        estimate: Mean skewness, negative where rare values lie far below; somewhat too near zero
            when groups are small.
        below: Evidence that they lean down, at its highest: it ever reaches ``1 / p`` with a
            chance of at most ``p`` if they are symmetric.
        above: Evidence that they lean up.
    """

    estimate: float = 0.0
    below: float = 1.0
    above: float = 1.0


def skew(groups: Groups) -> Skew:
    """Return how far differences lean, from the third moment of each group about its own mean.

    Where differences are symmetric about whatever centre, so is each group's third moment about
    zero, so that `signs.symmetric_evidence` on them is an e-process against symmetry.

    Args:
        groups: In the order they were seen; groups of fewer than 3, or without spread, are left
            out.
    """
    moments, weight = [], 0.0
    for n, squares, centred in _centred(groups, LEAST_FOR_SKEW):
        third = math.fsum(x**3 for x in centred) / (squares / (n - 1)) ** 1.5
        moments.append(third)
        weight += (n - 1) * (n - 2) / n  # the sum's mean for skewness 1
    if not moments:
        return Skew()
    below = signs.highest_symmetric_evidence([-m for m in moments])
    above = signs.highest_symmetric_evidence(moments)
    return Skew(math.fsum(moments) / weight, below, above)


def tails(groups: Groups) -> float:
    """Return how many standard errors the fourth moment is above that of Gaussian differences.

    The sum over groups of ``b2 = m4 / m2²`` against its exact mean ``3 (n - 1) / (n + 1)`` and
    variance ``24 n (n - 2) (n - 3) / ((n + 1)² (n + 3) (n + 5))`` for a Gaussian (Fisher, "The
    moments of the distribution for normal samples of measures of departure from normality", 1930).

    Args:
        groups: Those of fewer than 4, or without spread, are left out.
    """
    excess = variance = 0.0
    for n, squares, centred in _centred(groups, LEAST_FOR_TAILS):
        excess += n * math.fsum(x**4 for x in centred) / squares**2 - 3 * (n - 1) / (n + 1)
        variance += 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    return excess / math.sqrt(variance) if variance else 0.0


def pooled(groups: Groups) -> tuple[float, int]:
    """Return the sum of squares about each group's own mean, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for group in groups:
        if len(group) >= 2:
            mean = math.fsum(group) / len(group)
            squares += math.fsum([(x - mean) ** 2 for x in group])
            degrees += len(group) - 1
    return squares, degrees


def spread_ratio(one: tuple[float, int], other: tuple[float, int]) -> tuple[float, float]:
    """Return the ratio of two sds, and how many standard errors it is from 1.

    By Wilson and Hilferty's approximation of the F distribution ("The distribution of
    chi-square", PNAS 1931).

    Args:
        one: Sum of squares and degrees of freedom.
        other: The same of what it is compared with.

    Returns:
        (1, 0) where either has nothing to say.
    """
    (top, n), (bottom, m) = one, other
    if not (n and m and bottom > 0):
        return 1.0, 0.0
    f = (top / n) / (bottom / m)
    root, a, b = f ** (1 / 3), 2 / (9 * n), 2 / (9 * m)
    return math.sqrt(f), ((1 - b) * root - (1 - a)) / math.sqrt(b * root**2 + a)


def _centred(groups: Groups, least: int) -> Iterator[tuple[int, float, list[float]]]:
    """Yield size, sum of squares and values about their mean of each group with a spread."""
    for group in groups:
        n = len(group)
        if n < least:
            continue
        mean = math.fsum(group) / n
        centred = [x - mean for x in group]
        squares = math.fsum(x * x for x in centred)
        if squares > (abs(mean) * 1e-12) ** 2 * n:  # not mere rounding
            yield n, squares, centred
