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


def means(values: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return bootstrap draws of the mean of positive values.

    Few blocks vary less than the truth does: what they lack, (1 - length / count) of the variance
    and Student's quantile for as many pieces as there are blocks, is put back.

    Args:
        values: The sequence.
        draws: How many.
        rng: Source of chance.
    """
    count = len(values)
    length = math.ceil(count ** (1 / 3))
    drawn = values[blocks(count, draws, rng, length)].mean(axis=1)
    wider = math.sqrt(count / max(count - length, 1)) * _student(max(count / length - 1, 1.0))
    middle = float(values.mean())
    # On the log scale, so that no draw leaves the positive numbers.
    ratio = np.maximum(drawn / middle, 1e-12) if middle > 0 else np.ones(draws)
    return np.asarray(middle * np.exp(np.log(ratio) * wider))


def _student(pieces: float) -> float:
    """Return Student's 97.5 % quantile over the normal one (Cornish and Fisher 1938)."""
    z = 1.959964
    first = (z**2 + 1) / (4 * pieces)
    return 1 + first + (5 * z**4 + 16 * z**2 + 3) / (96 * pieces**2)


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
