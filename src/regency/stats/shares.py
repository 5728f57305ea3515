"""E-processes for counts: is a share, such as that of harmful answers, within a margin?

Knows nothing of candidates or guards: counts of something bad among items, on one or two sides.
"""

import functools
import math

import numpy as np

from regency.stats.bounded import Array

GRID = 96
HALVINGS = 60
LARGEST_EXPONENT = 700.0


def share_evidence(
    bad: float, items: float, others_bad: float, others_items: float, margin: float
) -> float:
    """Return the evidence that a share is less than ``margin`` above another.

    Universal inference (Wasserman, Ramdas and Balakrishnan, PNAS 2020): the mean likelihood over
    all pairs of shares with ``p < q + margin`` on a grid, against the largest one with
    ``p >= q + margin``. A test supermartingale for every pair of shares beyond the margin, so
    that one may look as often as one likes. Items need not be equally hard, as long as they are
    independent: for every part of the mixture and the true mean shares there is a point of the
    boundary between them for which the ratio is a product of bets with mean at most one
    (`bounded.bounded_evidence`).

    Args:
        bad: Number of bad items.
        items: Of so many.
        others_bad: Number of bad items on the other side.
        others_items: Of so many.
        margin: By how much the share may be above the other, 0 or more and below 1.

    Returns:
        The e-value; 1 without any items.
    """
    if items <= 0 or others_items <= 0:
        return 1.0
    logs, kept = _grid(), _within(margin)
    own = bad * logs[0] + (items - bad) * logs[1]
    other = others_bad * logs[0] + (others_items - others_bad) * logs[1]
    tops = float(own.max()), float(other.max())
    mixed = float(np.exp(own - tops[0]) @ kept @ np.exp(other - tops[1]))
    if mixed <= 0:
        return 0.0
    null = _most_likely(bad, items, others_bad, others_items, margin)
    return math.exp(min(math.log(mixed) + sum(tops) - null, LARGEST_EXPONENT))


def limit_evidence(bad: float, items: float, limit: float) -> float:
    """Return the evidence that a share is below ``limit``: as `share_evidence`, with one side.

    Args:
        bad: Number of bad items.
        items: Of so many.
        limit: Above 0, at most 1.
    """
    if items <= 0 or limit <= 0:
        return 1.0
    yes, no = _grid()
    logs = bad * yes + (items - bad) * no
    below = np.exp(yes) < limit
    if not below.any():
        return 0.0
    top = float(logs[below].max())
    mixed = float(np.exp(logs[below] - top).mean())
    null = _likelihood(bad, items, max(bad / items, limit))
    return math.exp(min(math.log(mixed) + top - null, LARGEST_EXPONENT))


def _most_likely(
    bad: float, items: float, others_bad: float, others_items: float, margin: float
) -> float:
    """Return the largest log-likelihood of shares ``p >= q + margin``."""
    p, q = bad / items, others_bad / others_items
    if p < q + margin:
        low, high = 0.0, 1.0 - margin  # the log-likelihood is concave along the boundary
        for _ in range(HALVINGS):
            q = (low + high) / 2
            slope = _slope(bad, items, q + margin) + _slope(others_bad, others_items, q)
            low, high = (q, high) if slope > 0 else (low, q)
        p = q + margin
    return _likelihood(bad, items, p) + _likelihood(others_bad, others_items, q)


def _slope(bad: float, items: float, share: float) -> float:
    up = bad / share if share > 0 else math.inf if bad else 0.0
    down = (items - bad) / (1 - share) if share < 1 else math.inf if items > bad else 0.0
    return up - down


def _likelihood(bad: float, items: float, share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return _weighted(bad, share) + _weighted(items - bad, 1 - share)


def _weighted(count: float, chance: float) -> float:
    if count <= 0:
        return 0.0
    return count * math.log(chance) if chance > 0 else -math.inf


@functools.cache
def _grid() -> tuple[Array, Array]:
    """Return log p and log (1 - p) for shares evenly spaced in their arcsine scale."""
    p = np.sin((np.arange(GRID) + 0.5) * math.pi / (2 * GRID)) ** 2
    return np.log(p), np.log1p(-p)


@functools.lru_cache(maxsize=64)
def _within(margin: float) -> Array:
    """Return the weights of the pairs of shares within the margin; they sum to one."""
    p = np.exp(_grid()[0])
    kept: Array = (p[:, None] < p[None, :] + margin).astype(np.float64)
    return kept * (1 / max(float(kept.sum()), 1.0))
