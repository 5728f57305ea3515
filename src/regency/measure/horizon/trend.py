"""How fast horizons grow: the frontier, the doubling time, its interval, and forecasts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regency.measure.horizon.bootstrap import ends
from regency.measure.horizon.table import Array

SHORTEST = 0.001  # minutes: draws below it are left out, as METR does
FEWEST = 3  # points for a trend: two would always lie on a line


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through ln(horizon in minutes) against the date in days.

    Attributes:
        doubling_days: ln 2 / slope; negative: horizons shrink; infinite: they do not change.
        low: Lower end of its 95 % interval; NaN without draws.
        high: Upper end.
        intercept: ln minutes at day 0.
        slope: ln minutes per day.
        points: How many it rests on.
        scatter: Standard deviation of the points about it, in doublings.
        draws: Intercept and slope of each kept draw, K × 2.
    """

    doubling_days: float
    low: float
    high: float
    intercept: float
    slope: float
    points: int
    scatter: float
    draws: Array

    def minutes(self, days: Array) -> Array:
        """Return the line's horizon on some days."""
        made: Array = np.exp(self.intercept + self.slope * days)
        return made

    def band(self, days: Array) -> tuple[Array, Array]:
        """Return the ends of the line's 95 % interval on some days; NaN without draws."""
        if not len(self.draws):
            return np.full(len(days), np.nan), np.full(len(days), np.nan)
        lines = self.draws[:, :1] + self.draws[:, 1:] * days
        low, high = ends(lines.T)
        return np.exp(low), np.exp(high)


def frontier(days: Sequence[float], minutes: Sequence[float]) -> list[int]:
    """Return which agents were the best when they came out, by date.

    METR: an agent is at the frontier when no agent released before it, or on its day, has a longer
    horizon; of one day, that is the best.

    Args:
        days: Release dates as day numbers, already limited to the dates of interest.
        minutes: Their p50; NaN never is the best.
    """
    found, best = [], -math.inf
    for day in sorted(set(days)):
        same = [n for n, d in enumerate(days) if d == day and not math.isnan(minutes[n])]
        best = max([best, *(minutes[n] for n in same)])
        found += [n for n in same if minutes[n] >= best]
    return found


def fitted(days: Sequence[float], minutes: Sequence[float], draws: Array | None = None) -> Trend:
    """Return the ordinary least-squares line through ln minutes.

    Args:
        days: N day numbers, not all the same.
        minutes: N positive, finite horizons.
        draws: N × D, the horizons of joint draws. As METR does, the same points are fitted in
            each; values that are no number, infinite or below 0.001 min are left out of their
            draw, and so are draws whose doubling time is not positive.
    """
    x, y = np.asarray(days, float), np.log(np.asarray(minutes, float))
    intercept, slope = (float(v[0]) for v in _lines(x, y[:, None], np.ones((len(x), 1), bool)))
    rest = y - intercept - slope * x
    scatter = math.sqrt(float(rest @ rest) / max(len(x) - 2, 1)) / math.log(2)
    kept = _kept(x, draws) if draws is not None else np.empty((0, 2))
    doubling = math.log(2) / slope if slope else math.inf
    low = high = math.nan
    if len(kept):
        low, high = (float(end) for end in ends(math.log(2) / kept[:, 1]))
    return Trend(doubling, low, high, intercept, slope, len(x), scatter, kept)


def _kept(x: Array, draws: Array) -> Array:
    good = np.isfinite(draws) & (draws >= SHORTEST)
    with np.errstate(all="ignore"):
        intercepts, slopes = _lines(x, np.log(np.where(good, draws, 1.0)), good)
    kept = np.isfinite(slopes) & (slopes > 0)
    return np.stack([intercepts[kept], slopes[kept]], axis=1)


def _lines(x: Array, y: Array, good: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return intercepts and slopes of D lines through N points, y N × D, where ``good``."""
    count = good.sum(axis=0)
    x_mean = (good * x[:, None]).sum(axis=0) / count
    y_mean = (good * y).sum(axis=0) / count
    across = good * (x[:, None] - x_mean)
    spread = (across * across).sum(axis=0)
    with np.errstate(all="ignore"):
        slope = (across * (y - y_mean)).sum(axis=0) / spread
    return y_mean - slope * x_mean, slope
