"""Success curves of other shapes: probit, with lapses, or over times known only to a span.

Fisher scoring on the marginal chance of success; slower than `logistic.fit`, which does the
classic curve alone.
"""

import math
from typing import Literal

import numpy as np

from regency.measure.horizon.logistic import HALVINGS, LARGEST, length
from regency.measure.horizon.table import Array

Link = Literal["logit", "probit"]
STEPS = 200
ENOUGH = 1e-14
MOST_LAPSES = 0.3
SEARCHES = 40
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
    for number, (n, s) in enumerate(zip(trials, successes, strict=True)):
        total, won = n.sum(), s.sum()
        if 0 < won < total * (1 - 1e-12):
            made[number] = _one(x, shares, n, s, (penalty, link, lapse))
    return made


def _one(x: Array, g: Array, n: Array, s: Array, shape: tuple[float, Link, float]) -> Array:
    penalty, link, lapse = shape
    beta = np.array([0.0, 0.0])
    now = loss(x, g, n, s, beta, shape)
    for _ in range(STEPS):
        p, slope_a, slope_b = _chance(x, g, beta, link, lapse)
        miss = (s - n * p) / (p * (1 - p))
        gradient = np.array([miss @ slope_a, miss @ slope_b - penalty * beta[1]])
        weight = n / (p * (1 - p))
        haa, hab = weight @ slope_a**2, weight @ (slope_a * slope_b)
        hbb = weight @ slope_b**2 + penalty
        step = np.array([hbb * gradient[0] - hab * gradient[1],
                         haa * gradient[1] - hab * gradient[0]])  # fmt: skip
        step /= max(haa * hbb - hab * hab, 1e-300)
        for _ in range(HALVINGS):
            after = loss(x, g, n, s, beta + step, shape)
            if after <= now:
                break
            step /= 2
        beta, gain, now = beta + step, now - after, after
        if gain < ENOUGH:
            break
    return beta


def _chance(
    x: Array, g: Array, beta: Array, link: Link, lapse: float
) -> tuple[Array, Array, Array]:
    """Return the chances, and their derivatives by intercept and slope, T each."""
    eta = np.clip(beta[0] + beta[1] * x, -LARGEST, LARGEST)
    if link == "logit":
        value = 1 / (1 + np.exp(-eta))
        density = value * (1 - value)
    else:
        value = 0.5 * _erfc(-eta / math.sqrt(2)).astype(float)
        density = np.exp(-(eta**2) / 2) / math.sqrt(2 * math.pi)
    density = density * g * (1 - lapse)
    p = (1 - lapse) * (value * g).sum(axis=1)
    tiny = 1e-12
    return np.clip(p, tiny, 1 - tiny), density.sum(axis=1), (density * x).sum(axis=1)


def loss(
    x: Array, g: Array, n: Array, s: Array, beta: Array, shape: tuple[float, Link, float]
) -> float:
    """Return what `fit` minimises, for one curve; ``shape`` is penalty, link, lapse."""
    penalty, link, lapse = shape
    p = _chance(x, g, beta, link, lapse)[0]
    return float(-(s @ np.log(p) + (n - s) @ np.log1p(-p)) + penalty / 2 * beta[1] ** 2)


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

    def cost(lapse: float) -> float:
        beta = _one(x, shares, n, s, (penalty, "logit", lapse))
        return loss(x, shares, n, s, beta, (penalty, "logit", lapse))

    low, high = 0.0, MOST_LAPSES
    for _ in range(SEARCHES):
        one, two = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, two) if cost(one) <= cost(two) else (one, high)
    best = min(((low + high) / 2, 0.0), key=cost)
    return _one(x, shares, n, s, (penalty, "logit", best)), best


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
