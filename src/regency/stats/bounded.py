"""An e-process for scores with known bounds, such as success rates: exact, whatever their shape.

Knows nothing of candidates or scores' units: all values are shares between 0 and 1.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

GRID = 128
HALVINGS = 50
Array = npt.NDArray[np.float64]


def bounded_evidence(n: float, candidate: float, champion: float) -> float:
    """Return the evidence that the candidate's mean share is above the champion's.

    Universal inference (Wasserman, Ramdas and Balakrishnan, PNAS 2020) for two samples of shares:
    a mixture of Bernoulli likelihoods with ``q1 > q2`` against the largest likelihood with equal
    means. For every mixture part and the null's own means ``m1 <= m2`` there is a p between them
    for which the ratio is a product of bets ``1 + λ (x - p)`` with mean at most one (Waudby-Smith
    and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2024). So it
    holds for shares that are not 0 or 1 (the logarithm is concave) and for items of different
    difficulty, as long as items are independent; no spread is assumed or estimated.

    Args:
        n: Number of items on either side, at least 0.
        candidate: Sum of the candidate's shares, 0 to ``n``.
        champion: Sum of the champion's.

    Returns:
        The e-value; 1 without any items.
    """
    if n <= 0:
        return 1.0
    yes, no = _grid()
    above = _scaled(candidate * yes + (n - candidate) * no)
    below = _scaled(champion * yes + (n - champion) * no)
    # Sum over all pairs q1 > q2 of the grid, in one pass.
    mixed = float((above[0][1:] * below[0].cumsum()[:-1]).sum()) * 2 / (GRID * (GRID - 1))
    if mixed <= 0:
        return 0.0
    both = (candidate + champion) / (2 * n)
    null = 2 * n * (_times_log(both) + _times_log(1 - both))
    return math.exp(min(math.log(mixed) + above[1] + below[1] - null, 700.0))


@functools.cache
def _grid() -> tuple[Array, Array]:
    """Return log q and log (1 - q) for probabilities evenly spaced in their arcsine scale."""
    q = np.sin((np.arange(GRID) + 0.5) * math.pi / (2 * GRID)) ** 2
    return np.log(q), np.log1p(-q)


def _scaled(logs: Array) -> tuple[Array, float]:
    top = float(logs.max())
    return np.exp(logs - top), top


def _times_log(x: float) -> float:
    return x * math.log(x) if x > 0 else 0.0


def difference_interval(
    n: float, candidate: float, champion: float, level: float
) -> tuple[float, float]:
    """Return the differences of mean shares that the evidence does not rule out.

    From a confidence sequence of each mean, at half of ``level`` on either side: the means for
    which a mixture of all Bernoulli likelihoods is less than ``2 / level`` times their own.

    Args:
        n: Number of items on either side, at least 1.
        candidate: Sum of the candidate's shares.
        champion: Sum of the champion's.
        level: Chance, for each end, of being wrong at any look.
    """
    above = _mean_interval(n, candidate, level / 2)
    below = _mean_interval(n, champion, level / 2)
    return above[0] - below[1], above[1] - below[0]


def _mean_interval(n: float, total: float, level: float) -> tuple[float, float]:
    """Return the means that are not ruled out, each end at ``level``."""
    yes, no = _grid()
    scaled, top = _scaled(total * yes + (n - total) * no)
    bar = math.log(float(scaled.mean())) + top + math.log(level)

    def possible(mean: float) -> bool:
        return _weighted(total, mean) + _weighted(n - total, 1 - mean) > bar

    best = total / n
    return _edge(best, 0.0, possible), _edge(best, 1.0, possible)


def _edge(inside: float, outside: float, possible: Callable[[float], bool]) -> float:
    if possible(outside):
        return outside
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if possible(middle) else (inside, middle)
    return outside


def _weighted(count: float, chance: float) -> float:
    """Return ``count · log chance``, nothing of an impossible thing being no evidence."""
    if count <= 0:
        return 0.0
    return count * math.log(chance) if chance > 0 else -math.inf
