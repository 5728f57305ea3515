"""Which fit a table needs, and point estimates from it."""

import numpy as np
from numpy.typing import NDArray

from regency.measure.horizon import curves, logistic, spans
from regency.measure.horizon.bootstrap import Fit
from regency.measure.horizon.table import Array, Table


def fitter(table: Table, penalty: float) -> Fit:
    """Return the fit for this table: the classic one, or over spans where times are censored.

    Args:
        table: The runs.
        penalty: λ.
    """
    if not table.censored:
        x = table.x

        def classic(ran: NDArray[np.intp], trials: Array, successes: Array) -> Array:
            return logistic.fit(x[ran], trials, successes, penalty)

        return classic
    values, shares = spans.nodes(table.low, table.high)

    def spanned(ran: NDArray[np.intp], trials: Array, successes: Array) -> Array:
        rows, gather = _together(values[ran])
        part = shares[: len(rows)]
        return curves.fit(rows, part, trials @ gather, successes @ gather, penalty)

    return spanned


def spread(table: Table, agent: int) -> tuple[Array, Array, Array, Array]:
    """Return an agent's tasks as `curves` takes them, those of one span as one row.

    Returns:
        log2 minutes and shares of their nodes, R × Q each; weighted trials and successes, R each.
    """
    ran, trials, successes = weighted(table, agent)
    if table.censored:
        values, shares = (part[ran] for part in spans.nodes(table.low, table.high))
    else:
        values, shares = table.x[ran][:, None], np.ones((len(ran), 1))
    rows, gather = _together(values)
    return rows, shares[: len(rows)], trials @ gather, successes @ gather


def _together(values: Array) -> tuple[Array, Array]:
    """Return the different rows, and the T × R matrix of which row is which."""
    rows, place = np.unique(values, axis=0, return_inverse=True)
    gather = np.zeros((len(values), len(rows)))
    gather[np.arange(len(values)), place.ravel()] = 1.0
    return rows, gather


def points(table: Table, fit: Fit) -> Array:
    """Return intercept and slope of each agent, A × 2; NaN where its runs are all of one kind."""
    found = np.full((len(table.agents), 2), np.nan)
    for agent in range(len(table.agents)):
        ran, trials, successes = weighted(table, agent)
        if len(ran):
            found[agent] = fit(ran, trials[None], successes[None])[0]
    return found


def weighted(table: Table, agent: int) -> tuple[NDArray[np.intp], Array, Array]:
    """Return which tasks an agent ran, and its weighted trials and successes on them."""
    ran = np.flatnonzero(table.runs[agent] > 0)
    weights = table.weights[agent, ran]
    return ran, table.runs[agent, ran] * weights, table.successes[agent, ran] * weights


def without(table: Table, groups: NDArray[np.bool_], fit: Fit) -> Array:
    """Return every agent's curve with each group of tasks left out in turn.

    Args:
        table: The runs.
        groups: G × T, which tasks are in each group.
        fit: The fit.

    Returns:
        A × G × 2; NaN where what is left has runs of one kind only.
    """
    found = np.full((len(table.agents), len(groups), 2), np.nan)
    for agent in range(len(table.agents)):
        ran, trials, successes = weighted(table, agent)
        kept = ~groups[:, ran]
        left = np.maximum((kept * trials).sum(axis=1, keepdims=True), 1e-300)
        if len(ran):
            found[agent] = fit(ran, kept * trials / left, kept * successes / left)
    return found
