"""Draws from a sequence that keep its short memory: the circular block bootstrap."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck.items import Estimate

Floats = NDArray[np.float64]


def blocks(
    count: int, draws: int, rng: np.random.Generator, length: int | None = None,
    size: int | None = None,
) -> NDArray[np.int_]:  # fmt: skip
    """Return places in a sequence of ``count``, draws x size.

    Politis and Romano (1992): the sequence is closed to a ring, so that every place is as likely
    as any other.

    Args:
        count: Length of the sequence, at least 1.
        draws: How many.
        rng: Source of chance.
        length: Of a block; None: the cube root of ``count``, rounded up.
        size: Places in each draw; None: ``count``.
    """
    length = length or math.ceil(count ** (1 / 3))
    size = count if size is None else size
    starts = rng.integers(0, count, (draws, math.ceil(size / length)))
    places = (starts[:, :, None] + np.arange(length)) % count
    return np.asarray(places.reshape(draws, -1)[:, :size])


def between(value: float, drawn: Floats | Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return ``value`` with the middle of the draws as its interval; not finite: no bound."""
    low, high = quantiles(drawn, ((1 - confidence) / 2, (1 + confidence) / 2))
    return Estimate(known(value), known(low), known(high))


def quantiles(drawn: Floats | Sequence[float], shares: Sequence[float]) -> list[float]:
    """Return quantiles of draws that may be infinite: one of the draws each, no interpolation."""
    ordered = np.sort(np.asarray(drawn, float))
    places = [round(share * (len(ordered) - 1)) for share in shares]
    return [float(ordered[place]) for place in places]


def known(value: float) -> float | None:
    """Return a finite value, else None."""
    return float(value) if math.isfinite(value) else None
