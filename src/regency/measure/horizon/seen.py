"""An agent's curve, and what was seen beside it: for looking at, not for fitting."""

import math

import numpy as np

from regency.measure.horizon import fits
from regency.measure.horizon.bootstrap import ends
from regency.measure.horizon.logistic import chance
from regency.measure.horizon.report import Bin
from regency.measure.horizon.table import Array, Table

PLACES = 41
WIDTH = 2.0  # of a bin, in doublings of the length
Z95 = 1.959964
MOST_DRAWS = 1000


def curve(table: Table, beta: Array, draws: Array) -> tuple[tuple[float, float, float, float], ...]:
    """Return minutes, chance of success and its interval, from the shortest task to the longest.

    Args:
        table: The runs.
        beta: Intercept and slope; NaN: there is no curve.
        draws: D × 2.
    """
    if math.isnan(beta[1]):
        return ()
    x = np.linspace(table.x.min(), table.x.max(), PLACES)
    low = high = np.full(PLACES, np.nan)
    if len(draws):
        low, high = ends(chance(x, draws[:MOST_DRAWS]).T)
    rows = zip(np.exp2(x), chance(x, beta[None])[0], low, high, strict=True)
    return tuple((float(m), float(p), float(a), float(b)) for m, p, a, b in rows)


def bins(table: Table, agent: int) -> tuple[Bin, ...]:
    """Return what an agent did on tasks of about one length, each bin four times the one before."""
    ran, trials, successes = fits.weighted(table, agent)
    x = table.x[ran]
    place = np.floor(x / WIDTH)
    found = []
    for number in np.unique(place):
        here = place == number
        weight, won = float(trials[here].sum()), float(successes[here].sum())
        low, high = _wilson(won / weight, int(here.sum()))
        minutes = float(np.exp2(x[here].mean()))
        found.append(Bin(minutes, won / weight, low, high, int(here.sum())))
    return tuple(found)


def _wilson(rate: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a rate (Wilson, JASA 22, 1927)."""
    square = Z95**2 / count
    middle = (rate + square / 2) / (1 + square)
    half = math.sqrt(rate * (1 - rate) * square + square**2 / 4) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
