"""Times that are only known to a span, such as "15 minutes to an hour".

A span is not its middle: the curve is averaged over where in the span the time may lie, by a
log-normal distribution of task lengths that is fitted to all tasks (censored normal likelihood by
EM: Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm",
JRSS B 39, 1977). Where there are too few different times for that, all lengths in a span count as
equally likely on the log scale.
"""

import math
from statistics import NormalDist

import numpy as np

from regency.measure.horizon.table import Array

NODES = 8
WIDEST = 2.0  # log2 units taken for a span without an upper end, where no distribution is fitted
ROUNDS = 500
NARROWEST = 0.05  # log2 units: a narrower fitted distribution is not believed
STANDARD = NormalDist()


def nodes(low: Array, high: Array) -> tuple[Array, Array]:
    """Return the lengths over which each task's curve is averaged.

    Args:
        low: T, shortest minutes.
        high: T, longest minutes, infinite without a bound.

    Returns:
        log2 of the minutes and the share of each node, T × Q each; for known times all nodes are
        the same.
    """
    a, b = np.log2(low), np.log2(high)
    middle, sd = _distribution(a, b)
    x = np.empty((len(a), NODES))
    parts = (np.arange(NODES) + 0.5) / NODES
    for pair in set(zip(a.tolist(), b.tolist(), strict=True)):
        x[(a == pair[0]) & (b == pair[1])] = _within(*pair, middle, sd, parts)
    return x, np.full(x.shape, 1 / NODES)


def _within(a: float, b: float, middle: float, sd: float, parts: Array) -> Array:
    """Return values inside a span that are equally likely."""
    if a == b:
        return np.full(len(parts), a)
    if not sd:
        return a + parts * ((b if math.isfinite(b) else a + WIDEST) - a)
    below, above = (_under((end - middle) / sd) for end in (a, b))
    if above - below < 1e-12:  # far out in a tail
        return np.full(len(parts), a if a > middle else b)
    inside = below + parts * (above - below)
    drawn = [STANDARD.inv_cdf(min(max(p, 1e-15), 1 - 1e-15)) for p in inside]
    made: Array = np.clip(middle + sd * np.array(drawn), a, b)
    return made


def _distribution(a: Array, b: Array) -> tuple[float, float]:
    """Return mean and sd of log2 lengths over all tasks; an sd of 0 means: do not use it."""
    spans = sorted(set(zip(a.tolist(), b.tolist(), strict=True)))
    counts = np.array([float(((a == low) & (b == high)).sum()) for low, high in spans])
    if len(spans) < 3:
        return 0.0, 0.0
    starts = [low if low == high else (low + min(high, low + WIDEST)) / 2 for low, high in spans]
    middle = float(counts @ starts / counts.sum())
    sd = math.sqrt(float(counts @ (np.array(starts) - middle) ** 2 / counts.sum())) or 1.0
    for _ in range(ROUNDS):
        first, second = np.array([_moments(*span, middle, sd) for span in spans]).T
        mean = float(counts @ first / counts.sum())
        spread = math.sqrt(max(float(counts @ second / counts.sum()) - mean**2, 0.0))
        still = abs(mean - middle) + abs(spread - sd) < 1e-9
        middle, sd = mean, spread
        if sd < NARROWEST:
            return 0.0, 0.0
        if still:
            break
    return middle, sd


def _moments(a: float, b: float, middle: float, sd: float) -> tuple[float, float]:
    """Return mean and mean square of a normal variable that is known to lie in a span."""
    if a == b:
        return a, a * a
    low, high = (a - middle) / sd, (b - middle) / sd
    mass = _under(high) - _under(low)
    if mass < 1e-12:
        edge = a if low > 0 else b
        return edge, edge * edge
    left, right = STANDARD.pdf(low), STANDARD.pdf(high)
    shift = (left - right) / mass
    outer = (low * left - (high * right if math.isfinite(high) else 0.0)) / mass
    mean = middle + sd * shift
    return mean, mean * mean + sd * sd * (1 + outer - shift * shift)


def _under(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
