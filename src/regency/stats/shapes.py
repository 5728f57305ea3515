"""The shape of noise, told from many small groups of differences: skew, tails, spread.

Every group may have a centre and a spread of its own. Pure functions; knows nothing of candidates
or scores.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from regency.stats import signs

LEAST = 3
ROUNDING = 1e-12  # of the mean: spread below this is none


@dataclass(frozen=True, slots=True)
class Moments:
    """What one group says of the noise's shape, about its own mean.

    Attributes:
        squares: Sum of squares about the mean.
        df: Its degrees of freedom.
        third: Sum of third powers about the mean, in units of the group's sd; 0 for fewer than 3.
        third_weight: Mean of ``third`` for skewness 1, were the sd known.
        fourth: ``m4 / m2²`` less its mean for a Gaussian; 0 for fewer than 4.
        fourth_variance: Its variance for a Gaussian.
    """

    squares: float
    df: int
    third: float = 0.0
    third_weight: float = 0.0
    fourth: float = 0.0
    fourth_variance: float = 0.0


def moments(group: Sequence[float]) -> Moments:
    """Return what a group says of the noise's shape.

    Mean and variance of the fourth moment ``3 (n - 1) / (n + 1)`` and
    ``24 n (n - 2) (n - 3) / ((n + 1)² (n + 3) (n + 5))`` are those of Fisher, "The moments of the
    distribution for normal samples of measures of departure from normality" (1930).

    Args:
        group: Differences with one centre and one spread, in any unit.
    """
    squares, df = pooled([group])
    n, mean = len(group), math.fsum(group) / max(len(group), 1)
    if n < LEAST or squares <= n * (ROUNDING * mean) ** 2:
        return Moments(squares, df)
    third = math.fsum([(x - mean) ** 3 for x in group]) / (squares / df) ** 1.5
    weight = (n - 1) * (n - 2) / n
    if n == LEAST:
        return Moments(squares, df, third, weight)
    fourth = n * math.fsum([(x - mean) ** 4 for x in group]) / squares**2 - 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    return Moments(squares, df, third, weight, fourth, variance)


def skewness(groups: Collection[Moments]) -> float:
    """Return how far differences lean: negative where rare ones lie far below the others.

    Somewhat too near zero, the more so the smaller the groups are.
    """
    weight = math.fsum([group.third_weight for group in groups])
    return math.fsum([group.third for group in groups]) / weight if weight else 0.0


def leaning_down(groups: Collection[Moments]) -> float:
    """Return the evidence that differences are skewed to below, at its highest so far.

    Where differences are symmetric about whatever centre, so is each group's third moment about
    zero, so that `signs.symmetric_evidence` on them is an e-process against symmetry.

    Args:
        groups: In the order they were seen.
    """
    thirds = [-group.third for group in groups if group.third_weight]
    return signs.highest_symmetric_evidence(thirds)


def tails(groups: Collection[Moments]) -> float:
    """Return how many standard errors the fourth moments are above those of a Gaussian."""
    variance = math.fsum([group.fourth_variance for group in groups])
    excess = math.fsum([group.fourth for group in groups])
    return excess / math.sqrt(variance) if variance else 0.0


def pooled(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Return the sum of squares about each group's own mean, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for group in groups:
        if len(group) > 1:
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
