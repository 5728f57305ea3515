"""Success curves of other shapes: probit, with lapses, or over times known only to a span.

Fisher scoring on the marginal chance of success; slower than `logistic.fit`, which does the
classic curve alone.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from regency.measure.horizon.logistic import HALVINGS, LARGEST, length
from regency.measure.horizon.table import Array

Link = Literal["logit", "probit"]
STEPS = 200
ENOUGH = 1e-14
MOST_LAPSES = 0.3
SEARCHES = 24  # each narrows the share by a third
CELLS = 400_000  # of curves × tasks × nodes at a time
TINY = 1e-12
GOLDEN = (math.sqrt(5) - 1) / 2
_erfc = np.frompyfunc(math.erfc, 1, 1)


def fit(
    x: Array,
    shares: Array,
    trials: Array,
    successes: Array,
    penalty: float,
    link: Link = "logit",
    lapse: float = 0.0,
) -> Array:
    """Return intercept and slope of many curves.

    The chance of success on a task is ``(1 - lapse) Σ_q share_q F(a + b x_q)``; what is minimised
    is as in `logistic.fit`.

    Args:
        x: T × Q, log2 minutes where each task's length may lie.
        shares: T × Q, their shares.
        trials: B × T, weighted.
        successes: B × T, weighted.
        penalty: λ.
        link: F.
        lapse: Share of runs that fail whatever the length.

    Returns:
        B × 2; NaN where all runs failed or all succeeded.
    """
    made = np.full((len(trials), 2), np.nan)
    total, won = trials.sum(axis=1), successes.sum(axis=1)
    mixed = np.flatnonzero((won > 0) & (won < total * (1 - 1e-12)))
    size = max(1, CELLS // x.size)
    for start in range(0, len(mixed), size):
        some = mixed[start : start + size]
        shape = Shape(x, shares, link, lapse, penalty)
        made[some] = _scored(shape, trials[some], successes[some])
    return made


@dataclass(frozen=True, slots=True)
class Shape:
    """What curves of one kind have in common; see `fit`."""

    x: Array
    shares: Array
    link: Link
    lapse: float
    penalty: float

    def chances(self, beta: Array) -> tuple[Array, Array, Array]:
        """Return the chances, and their derivatives by intercept and slope, B × T each."""
        eta = beta[:, 0, None, None] + beta[:, 1, None, None] * self.x
        np.clip(eta, -LARGEST, LARGEST, out=eta)
        if self.link == "logit":
            value = 1 / (1 + np.exp(-eta))
            density = value * (1 - value)
        else:
            value = 0.5 * np.asarray(_erfc(-eta / math.sqrt(2)), dtype=float)
            density = np.exp(-(eta**2) / 2) / math.sqrt(2 * math.pi)
        density *= self.shares * (1 - self.lapse)
        p = (1 - self.lapse) * (value * self.shares).sum(axis=2)
        return np.clip(p, TINY, 1 - TINY), density.sum(axis=2), (density * self.x).sum(axis=2)

    def loss(self, n: Array, s: Array, beta: Array) -> Array:
        """Return what is minimised, one value for each curve."""
        p = self.chances(beta)[0]
        fit = (s * np.log(p) + (n - s) * np.log1p(-p)).sum(axis=1)
        made: Array = self.penalty / 2 * beta[:, 1] ** 2 - fit
        return made


def _scored(shape: Shape, n: Array, s: Array) -> Array:
    """Return the best curves by Fisher scoring with step halving."""
    beta = np.zeros((len(n), 2))
    now = shape.loss(n, s, beta)
    todo = np.arange(len(n))
    for _ in range(STEPS):
        step = _step(shape, n[todo], s[todo], beta[todo])
        after = np.full(len(todo), np.inf)
        size = np.ones(len(todo))
        short = np.arange(len(todo))
        for _ in range(HALVINGS):
            tried = beta[todo[short]] + size[short, None] * step[short]
            after[short] = shape.loss(n[todo[short]], s[todo[short]], tried)
            short = short[after[short] > now[todo[short]]]
            if not len(short):
                break
            size[short] /= 2
        better = after < now[todo]
        gain = np.where(better, now[todo] - after, 0.0)
        beta[todo[better]] += size[better, None] * step[better]
        now[todo[better]] = after[better]
        todo = todo[gain >= ENOUGH]
        if not len(todo):
            break
    return beta


def _step(shape: Shape, n: Array, s: Array, beta: Array) -> Array:
    p, slope_a, slope_b = shape.chances(beta)
    weight = n / (p * (1 - p))
    miss = (s - n * p) / (p * (1 - p))
    ga = (miss * slope_a).sum(axis=1)
    gb = (miss * slope_b).sum(axis=1) - shape.penalty * beta[:, 1]
    haa = (weight * slope_a**2).sum(axis=1)
    hab = (weight * slope_a * slope_b).sum(axis=1)
    hbb = (weight * slope_b**2).sum(axis=1) + shape.penalty
    determinant = np.maximum(haa * hbb - hab * hab, 1e-300)
    step = np.stack([hbb * ga - hab * gb, haa * gb - hab * ga], axis=1)
    made: Array = step / determinant[:, None]
    return made


def with_lapses(x: Array, shares: Array, n: Array, s: Array, penalty: float) -> tuple[Array, float]:
    """Return the logit curve with its best share of lapses, by golden section.

    Args:
        x: T × Q.
        shares: T × Q.
        n: T, weighted trials.
        s: T, weighted successes.
        penalty: λ.

    Returns:
        Intercept and slope, and the share of lapses, 0 to 0.3.
    """

    def best_with(lapse: float) -> tuple[float, Array]:
        shape = Shape(x, shares, "logit", lapse, penalty)
        beta = _scored(shape, n[None], s[None])
        return float(shape.loss(n[None], s[None], beta)[0]), beta[0]

    low, high = 0.0, MOST_LAPSES
    for _ in range(SEARCHES):
        one, two = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, two) if best_with(one)[0] <= best_with(two)[0] else (one, high)
    middle = (low + high) / 2
    lapse = middle if best_with(middle)[0] < best_with(0.0)[0] else 0.0
    return best_with(lapse)[1], lapse


def quantile(beta: Array, chance: float, link: Link = "logit", lapse: float = 0.0) -> float:
    """Return the length, in minutes, at which runs succeed with this chance; 0 if they never do."""
    within = chance / (1 - lapse)
    if within >= 1:
        return 0.0
    if link == "logit":
        return float(length(beta[None], within)[0])
    from statistics import NormalDist

    with np.errstate(over="ignore"):
        return float(np.exp2((NormalDist().inv_cdf(within) - beta[0]) / beta[1]))
