"""How long things take when some of them are not done yet: Kaplan and Meier's estimate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck.items import Estimate

Floats = NDArray[np.float64]
SLACK = 1e-12  # products of fractions miss the share they mean by rounding


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still waiting, as a step function.

    Attributes:
        times: Durations at which something ended, ascending.
        share: Share that takes longer than each.
        low: Lower end of its pointwise interval.
        high: Upper end.
        ended: Number of durations that ended.
        waiting: Number that had not when last seen.
    """

    times: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ended: int
    waiting: int


def kaplan_meier(
    durations: Sequence[float], ended: Sequence[bool], confidence: float = 0.95
) -> Curve:
    """Return the product-limit estimate (Kaplan and Meier 1958).

    The interval is Greenwood's on the scale log(-log share) (Kalbfleisch and Prentice 1980),
    which stays within 0 and 1.

    Args:
        durations: At least 0; where not ended, how long it has lasted so far.
        ended: Whether each has ended.
        confidence: Of the interval, at each time alone.
    """
    spent, done = np.asarray(durations, float), np.asarray(ended, bool)
    times, events = np.unique(spent[done], return_counts=True)
    at_risk = len(spent) - np.searchsorted(np.sort(spent), times, side="left")
    share = np.cumprod(1.0 - events / at_risk, dtype=np.float64)
    low, high = _band(share, events, at_risk, confidence)
    return Curve(
        tuple(times.tolist()), tuple(share.tolist()), tuple(low.tolist()), tuple(high.tolist()),
        int(done.sum()), int((~done).sum()),
    )  # fmt: skip


def quantile(curve: Curve, share: float) -> Estimate:
    """Return the duration within which ``share`` end, with Brookmeyer and Crowley's interval.

    An end is None where the curve, or the band around it, does not come down that far.
    """
    return Estimate(
        _crossing(curve.times, curve.share, 1 - share),
        _crossing(curve.times, curve.low, 1 - share),
        _crossing(curve.times, curve.high, 1 - share),
    )


def _band(
    share: Floats, events: NDArray[np.int_], at_risk: NDArray[np.int_], confidence: float
) -> tuple[Floats, Floats]:
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.cumsum(events / (at_risk * (at_risk - events)))
        logs = np.log(share)
        reach = z * np.sqrt(spread) / np.abs(logs)
        low, high = np.exp(logs * np.exp(reach)), np.exp(logs * np.exp(-reach))
    unknown = ~np.isfinite(reach)
    # Nothing is left at the end: Greenwood gives no bound there, so the binomial one holds.
    before = np.concatenate([[1.0], high[:-1]]) if len(high) else high
    held = np.minimum(before, 1 - ((1 - confidence) / 2) ** (1 / at_risk))
    return np.where(unknown, 0.0, low), np.where(unknown, held, high)


def _crossing(times: Sequence[float], share: Sequence[float], level: float) -> float | None:
    return next(
        (t for t, s in zip(times, share, strict=True) if s <= level + SLACK and math.isfinite(s)),
        None,
    )
