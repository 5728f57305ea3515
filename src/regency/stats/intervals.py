"""Anytime-valid intervals for an effect, made by asking an e-process about every effect.

Knows nothing of candidates or scores.
"""

import math
from collections.abc import Callable, Sequence

from regency.stats import evalues

DOUBLINGS = 60
HALVINGS = 50
PRECISION = 1e-10  # of the first bracket


def interval(
    differences: Sequence[float],
    level: float,
    e_process: str = evalues.RIGHT_HAAR_T,
    calibration: Sequence[float] = (),
) -> tuple[float, float]:
    """Return the effects that the evidence does not rule out.

    Each end is where the one-sided e-process of gate 2 reaches ``1 / level`` (a confidence
    sequence by inversion: Wang and Ramdas, "Anytime-valid t-tests and confidence sequences for
    Gaussian means with unknown variance"). So the lower end is above zero exactly when the
    e-value is beyond its bar, and each end is wrong with a chance of at most ``level`` at
    whatever pair one stops.

    Args:
        differences: Paired improvements, metric units, at least one.
        level: Between 0 and 1.
        e_process: The e-process of the nomination.
        calibration: Paired differences of the champion against itself.

    Returns:
        Lower and upper end, metric units; infinite where nothing can be ruled out yet.
    """
    low = _lower(differences, level, e_process, calibration)
    high = _lower([-x for x in differences], level, e_process, calibration)
    return low, -high


def _lower(
    differences: Sequence[float], level: float, e_process: str, calibration: Sequence[float]
) -> float:
    def beyond(effect: float) -> float:
        """Return by how many nats the evidence against ``effect`` is beyond the bar."""
        found = evalues.evidence(e_process, differences, calibration, effect)
        return math.log(max(found * level, evalues.TINY))

    inside = max(differences)
    step = max(inside - min(differences), abs(inside) * 1e-9, evalues.TINY)
    outside = min(differences)
    for _ in range(DOUBLINGS):
        if (there := beyond(outside)) >= 0:
            return _boundary((inside, min(beyond(inside), -evalues.TINY)), (outside, there), beyond)
        inside = outside
        outside -= step
        step *= 2
    return -math.inf


def _boundary(
    inside: tuple[float, float], outside: tuple[float, float], beyond: Callable[[float], float]
) -> float:
    """Return the last effect that is ruled out, to within rounding.

    By the Illinois variant of false position (Dowell and Jarratt, BIT 1971), which needs a quarter
    of the steps of bisection where the evidence is smooth; every third step bisects, for where it
    is not.

    Args:
        inside: An effect that is not ruled out, and how far it is beyond the bar (below 0).
        outside: One that is, and the same of it.
        beyond: How far any effect is.
    """
    (a, f), (b, g) = inside, outside
    nearest = abs(a - b) * PRECISION
    side = 0
    for step in range(3 * HALVINGS):
        if abs(a - b) <= nearest:
            break
        x = (a + b) / 2 if step % 3 == 2 or not g - f > 0 else b - g * (b - a) / (g - f)
        if (h := beyond(x)) >= 0:
            b, g = x, h
            f = f / 2 if side == 1 else f
            side = 1
        else:
            a, f = x, h
            g = g / 2 if side == -1 else g
            side = -1
    return float(b)


def upper_t_bound(values: Sequence[float], chance: float) -> float:
    """Return Student's one-sided upper bound for a mean, for one look at a fixed number of values.

    Args:
        values: At least one; a single one, or equal ones, are taken as exact.
        chance: That the bound is too low, below 1/2.
    """
    n, mean = len(values), math.fsum(values) / len(values)
    spread = math.fsum((x - mean) ** 2 for x in values)
    if spread == 0:
        return mean
    inside, outside = 0.0, 1.0  # sine = t / sqrt(df + t²) grows with t
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        above = (1 - float(evalues.central_student(middle, n - 1))) / 2
        inside, outside = (middle, outside) if above > chance else (inside, middle)
    quantile = outside * math.sqrt((n - 1) / (1 - outside**2))
    return mean + quantile * math.sqrt(spread / (n - 1) / n)
