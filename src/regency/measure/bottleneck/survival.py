"""How long things take when some of them are not done yet: Kaplan and Meier's estimate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck.items import Estimate

Floats = NDArray[np.float64]
DRAWS = 300
_SEED = 0
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
    durations: Sequence[float],
    ended: Sequence[bool],
    confidence: float = 0.95,
    groups: Sequence[str] = (),
) -> Curve:
    """Return the product-limit estimate (Kaplan and Meier 1958).

    The interval is Greenwood's on the scale log(-log share) (Kalbfleisch and Prentice 1980),
    which stays within 0 and 1. Where some end together, that can be too narrow: groups are drawn
    again too (Davison and Hinkley 1997, section 3.8), and the wider of the two holds, since few
    groups drawn again vary too little.

    Args:
        durations: At least 0; where not ended, how long it has lasted so far.
        ended: Whether each has ended.
        confidence: Of the interval, at each time alone.
        groups: Which ended together; one that is empty is alone.
    """
    spent, done = np.asarray(durations, float), np.asarray(ended, bool)
    times, events = np.unique(spent[done], return_counts=True)
    at_risk = len(spent) - np.searchsorted(np.sort(spent), times, side="left")
    share = np.cumprod(1.0 - events / at_risk, dtype=np.float64)
    low, high = _band(share, events, at_risk, confidence)
    if len(set(groups) - {""}) < sum(1 for g in groups if g):
        drawn = _clustered(spent, done, times, groups, confidence)
        low, high = np.minimum(low, drawn[0]), np.maximum(high, drawn[1])
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


def _clustered(
    spent: Floats, done: NDArray[np.bool_], times: Floats, groups: Sequence[str], confidence: float
) -> tuple[Floats, Floats]:
    """Return the band of the curve when whole groups are drawn again."""
    names = [g or f"\0{n}" for n, g in enumerate(groups)]
    _, which = np.unique(names, return_inverse=True)
    order = np.argsort(spent, kind="stable")
    start = np.searchsorted(spent[order], times, side="left")
    place = np.searchsorted(times, spent[done])
    rng, count = np.random.default_rng(_SEED), int(which.max()) + 1
    drawn = np.empty((DRAWS, len(times)))
    for draw in range(DRAWS):
        weight = np.bincount(rng.integers(0, count, count), minlength=count)[which].astype(float)
        at_risk = np.cumsum(weight[order][::-1])[::-1][start]
        events = np.bincount(place, weights=weight[done], minlength=len(times))
        left = 1.0 - np.divide(events, at_risk, out=np.zeros(len(times)), where=at_risk > 0)
        drawn[draw] = np.cumprod(left)
    low, high = np.quantile(drawn, ((1 - confidence) / 2, (1 + confidence) / 2), axis=0)
    return np.asarray(low), np.asarray(high)


def _crossing(times: Sequence[float], share: Sequence[float], level: float) -> float | None:
    return next(
        (t for t, s in zip(times, share, strict=True) if s <= level + SLACK and math.isfinite(s)),
        None,
    )
