"""How long lines live: Kaplan and Meier's estimate, with an interval that knows of commits.

Lines that still live when the measurement ends are censored there. Lines of one commit tend to die
together, so that an interval for independent lines (Greenwood's) would be far too narrow: commits
are drawn again, not lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
DRAWS = 200
REWORK_DAYS = 14
SHOWN_DAYS = (7, 14, 30, 90, 180, 365, 730)
_SEED = 20_240_607


@dataclass(frozen=True, slots=True)
class Survival:
    """How long the lines of one category live.

    Attributes:
        lines: How many there were.
        ended: How many of them were seen to end.
        commits: How many commits added them.
        days: Days since a line was added.
        share: Share of lines alive after that long.
        low: Lower end of the 95 % interval.
        high: Upper end.
        median_days: When half of them have ended; None: more than half live on.
    """

    lines: int
    ended: int
    commits: int
    days: tuple[int, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    median_days: int | None

    def at(self, days: int) -> tuple[float, float, float] | None:
        """Return share and interval after ``days``; None: no line was watched for that long."""
        if not self.days or days > self.days[-1]:
            return None
        place = max(i for i, day in enumerate(self.days) if day <= days)
        return self.share[place], self.low[place], self.high[place]


def survival(
    days: NDArray[np.int64], ended: NDArray[np.bool_], commits: NDArray[np.int64]
) -> Survival:
    """Return Kaplan and Meier's estimate on a grid of days.

    Args:
        days: For each line, whole days from being added until its end, or until now.
        ended: Whether it ended.
        commits: Which commit added it.

    Source: Kaplan and Meier, "Nonparametric Estimation from Incomplete Observations" (1958);
    interval: percentiles of a bootstrap over clusters (Davison and Hinkley, 1997, §3.8).
    """
    if not len(days):
        return Survival(0, 0, 0, (), (), (), (), None)
    last = int(days.max())
    owners, cluster = np.unique(commits, return_inverse=True)
    groups, counts, deaths = _grouped(cluster, days, ended)
    share = _estimate(np.ones(len(owners)), groups, counts, deaths, last)
    draws = _draws(len(owners), groups, counts, deaths, last)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    grid = _grid(last)
    below = np.nonzero(share <= 0.5)[0]
    return Survival(
        len(days), int(ended.sum()), len(owners), tuple(int(d) for d in grid),
        _floats(share[grid]), _floats(np.minimum(low, share)[grid]),
        _floats(np.maximum(high, share)[grid]), int(below[0]) if len(below) else None,
    )  # fmt: skip


def _grouped(
    cluster: NDArray[np.int64], days: NDArray[np.int64], ended: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return commit and day, lines, and ends of each pair that occurs."""
    width = int(days.max()) + 1
    keys, place = np.unique(cluster * width + days, return_inverse=True)
    counts = np.bincount(place)
    deaths = np.bincount(place, weights=ended).astype(np.int64)
    return np.stack([keys // width, keys % width]), counts, deaths


def _estimate(
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
    counts: NDArray[np.int64],
    deaths: NDArray[np.int64],
    last: int,
) -> NDArray[np.float64]:
    weight = weights[groups[0]]
    leaving = np.bincount(groups[1], weights=weight * counts, minlength=last + 1)
    ends = np.bincount(groups[1], weights=weight * deaths, minlength=last + 1)
    at_risk = leaving[::-1].cumsum()[::-1]
    hazard = np.divide(ends, at_risk, out=np.zeros(last + 1), where=at_risk > 0)
    estimate: NDArray[np.float64] = np.cumprod(1 - np.minimum(hazard, 1.0))
    return estimate


def _draws(
    owners: int,
    groups: NDArray[np.int64],
    counts: NDArray[np.int64],
    deaths: NDArray[np.int64],
    last: int,
) -> NDArray[np.float64]:
    rng = np.random.default_rng(_SEED)
    made = np.empty((DRAWS, last + 1))
    for draw in range(DRAWS):
        drawn = np.bincount(rng.integers(0, owners, owners), minlength=owners)
        made[draw] = _estimate(drawn.astype(float), groups, counts, deaths, last)
    return made


def _grid(last: int) -> NDArray[np.int64]:
    days = np.unique(np.concatenate([np.arange(0, min(last, 60) + 1), np.arange(0, last + 1, 7),
                                     [d for d in SHOWN_DAYS if d <= last], [last]]))  # fmt: skip
    return days.astype(np.int64)


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def rework(found: Survival) -> tuple[float, float, float] | None:
    """Return the share of new lines that are gone within 14 days, with its interval."""
    at = found.at(REWORK_DAYS)
    return (1 - at[0], 1 - at[2], 1 - at[1]) if at else None


def longest(found: Sequence[Survival]) -> int:
    """Return the longest time for which any line was watched, days."""
    return max((s.days[-1] for s in found if s.days), default=0)
