"""METR's hierarchical bootstrap, families → tasks → runs, for all agents together, vectorised.

METR draws families, then tasks within the drawn families, then runs within each agent's pooled
copies of a task, and fits every agent to the same draw. No row need be copied for that: with
m ~ Multinomial(F, 1/F) copies of each family, k ~ Multinomial(m_f n_f, 1/n_f) copies of each of its
tasks, an agent's successes on a task are Binomial(k n, s / n), and its weight is k times the
original one, not renormalised. The distribution is the same.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from regency.measure.horizon.table import Array, Table

Fit = Callable[[NDArray[np.intp], Array, Array], Array]
CELLS = 40_000  # draws × tasks at a time: the arrays stay in the processor's cache
WORKERS = 2
ENDLESS = 1e300


def draw(
    table: Table,
    count: int,
    seed: int,
    fit: Fit,
    told: Callable[[int], None] = lambda _: None,
) -> Array:
    """Return joint bootstrap draws: row d of every agent rests on the same families and tasks.

    Args:
        table: The runs.
        count: D.
        seed: Same seed, same draws, whatever the number of processors.
        fit: From R indices of tasks, weighted trials and successes, each B × R, to B × 2.
        told: Is given the number of draws done, once for each agent.

    Returns:
        A × D × 2, intercept and slope; NaN where a draw has runs of one kind only.
    """
    roots = np.random.SeedSequence(seed).spawn(len(table.agents) + 1)
    copies = _copies(table, count, np.random.default_rng(roots[0]))

    def of(agent: int) -> Array:
        ran = np.flatnonzero(table.runs[agent] > 0)
        random = np.random.default_rng(roots[agent + 1])
        found = np.full((count, 2), np.nan)
        size = max(1, CELLS // max(len(ran), 1))
        for start in range(0, count, size):
            part = copies[start : start + size, ran]
            trials, successes = _resampled(table, agent, ran, part, random)
            found[start : start + size] = fit(ran, trials, successes)
        return found

    made = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for found in pool.map(of, range(len(table.agents))):
            made.append(found)
            told(count)
    return np.array(made)


def _copies(table: Table, count: int, random: np.random.Generator) -> NDArray[np.int32]:
    """Return how often each task was drawn, D × T."""
    sizes = np.bincount(table.family, minlength=len(table.families))
    families = len(sizes)
    drawn = random.multinomial(families, np.full(families, 1 / families), size=count)
    copies = np.zeros((count, len(table.tasks)), dtype=np.int32)
    for number, size in enumerate(sizes):
        members = table.family == number
        shares = np.full(size, 1 / size)
        copies[:, members] = random.multinomial(drawn[:, number] * size, shares)
    return copies


def _resampled(
    table: Table,
    agent: int,
    ran: NDArray[np.intp],
    copies: NDArray[np.int32],
    random: np.random.Generator,
) -> tuple[Array, Array]:
    """Return weighted trials and successes, B × R, with each task's runs drawn anew."""
    runs, won = table.runs[agent, ran], table.successes[agent, ran]
    weights = table.weights[agent, ran]
    trials = copies * runs
    successes = trials * (won / runs)
    mixed = np.flatnonzero((won > 0) & (won < runs))  # the others have nothing to draw
    many = trials[:, mixed].astype(np.int64)
    successes[:, mixed] = random.binomial(many, (won / runs)[mixed])
    for column in mixed:
        scores = table.scores.get((agent, int(ran[column])))
        if scores is not None:
            each = np.full(len(scores), 1 / len(scores))
            drawn = random.multinomial(trials[:, column].astype(np.int64), each)
            successes[:, column] = drawn @ np.array(scores)
    return trials * weights, successes * weights


def ends(draws: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the ends of percentile intervals over the last axis; NaN draws do not count."""
    tail = (1 - level) / 2
    kept = np.clip(draws, -ENDLESS, ENDLESS)  # else what lies between endless ones is no number
    empty = np.isnan(kept).all(axis=-1)
    kept[empty] = 0.0
    both = np.nanquantile(kept, (tail, 1 - tail), axis=-1, method="linear")
    both[np.abs(both) > ENDLESS / 1e6] *= np.inf
    both[:, empty] = np.nan
    return both[0], both[1]
