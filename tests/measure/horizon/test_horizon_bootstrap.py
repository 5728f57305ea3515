"""Joint draws: METR's resampler, in distribution; intervals hold what they should."""

import dataclasses

import numpy as np
import pytest

from regency.measure.horizon import bootstrap, fits, logistic
from regency.measure.horizon.table import tabulate
from toy_runs import made


def lengths(beta, q=0.5):
    return logistic.length(beta.reshape(-1, 2), q).reshape(beta.shape[:-1])


def by_copying_rows(table, count, seed):
    """METR's resampler as it is written: families, then tasks, then runs, by copying rows."""
    random = np.random.default_rng(seed)
    families = len(table.families)
    members = [np.flatnonzero(table.family == f) for f in range(families)]
    found = []
    for _ in range(count):
        drawn = []
        for family, times in enumerate(
            np.bincount(random.integers(0, families, families), minlength=families)
        ):
            if times:
                drawn += list(random.choice(members[family], times * len(members[family])))
        tasks, copies = np.unique(drawn, return_counts=True)
        row = []
        for agent in range(len(table.agents)):
            n, s = np.zeros((2, len(tasks)))
            for at, (task, k) in enumerate(zip(tasks, copies, strict=True)):
                runs, won = int(table.runs[agent, task]), int(table.successes[agent, task])
                pooled = np.tile(np.r_[np.ones(won), np.zeros(runs - won)], k)
                picked = random.choice(pooled, len(pooled)) if len(pooled) else pooled
                weight = table.weights[agent, task]
                n[at], s[at] = weight * len(picked), weight * picked.sum()
            row.append(logistic.fit(table.x[tasks], n[None], s[None])[0])
        found.append(row)
    return np.array(found).transpose(1, 0, 2)


def test_it_has_the_distribution_of_copying_rows():
    runs = made(agents=1, families=12, seed=3, runs=3)
    twin = tuple(dataclasses.replace(cell, agent="a1") for cell in runs.cells)
    agents = (*runs.agents, dataclasses.replace(runs.agents[0], name="a1"))
    table = tabulate(dataclasses.replace(runs, agents=agents, cells=(*runs.cells, *twin)))
    fit = fits.fitter(table, 1e-5)
    fast = np.log(lengths(bootstrap.draw(table, 6000, 1, fit)))
    slow = np.log(lengths(by_copying_rows(table, 500, 2)))
    for q in (0.1, 0.5, 0.9):
        for mine, theirs in zip(fast, slow, strict=True):
            spread = np.nanstd(theirs)
            assert np.nanquantile(mine, q) == pytest.approx(
                np.nanquantile(theirs, q), abs=0.25 * spread
            )
    mine, theirs = (np.corrcoef(d[:, np.isfinite(d).all(axis=0)])[0, 1] for d in (fast, slow))
    assert mine == pytest.approx(theirs, abs=0.1)
    assert mine > 0.5  # agents that are alike move together: draws are joint


def test_same_seed_same_draws_whatever_the_size_of_parts(monkeypatch, runs):
    table = tabulate(runs)
    fit = fits.fitter(table, 1e-5)
    first = bootstrap.draw(table, 50, 7, fit)
    assert (bootstrap.draw(table, 50, 7, fit) == first).all()
    assert (bootstrap.draw(table, 50, 8, fit) != first).any()
    monkeypatch.setattr(bootstrap, "WORKERS", 1)
    assert (bootstrap.draw(table, 50, 7, fit) == first).all()


def test_intervals_hold_the_truth():
    # one task to a family and independent runs: here the method's own assumptions hold
    held = []
    for seed in range(60):
        one = made(agents=2, families=60, seed=seed, runs=3, horizons=[4.0, 6.0])
        table = tabulate(one)
        draws = bootstrap.draw(table, 200, seed, fits.fitter(table, 1e-5))
        low, high = bootstrap.ends(lengths(draws))
        truth = 2.0 ** np.array([4.0, 6.0])
        held += list((low <= truth) & (truth <= high))
    assert 0.88 <= np.mean(held) <= 1.0


def test_families_that_succeed_together_widen_the_interval():
    alone = made(agents=1, families=20, seed=5)
    family = {task.id: "f0" if task.id < "f2" else task.family for task in alone.tasks}
    tasks = tuple(dataclasses.replace(t, family=family[t.id]) for t in alone.tasks)
    together = dataclasses.replace(alone, tasks=tasks)
    wide = []
    for runs in (alone, together):
        table = tabulate(runs, "equal")
        draws = np.log(lengths(bootstrap.draw(table, 1500, 1, fits.fitter(table, 1e-5))))
        wide.append(np.nanstd(draws))
    assert wide[1] > wide[0]


def test_fractional_scores_are_drawn_as_they_are():
    runs = made(agents=1, families=10, seed=2)
    cells = tuple(
        dataclasses.replace(c, scores=(0.25, 0.75), runs=2, successes=1.0) for c in runs.cells
    )
    table = tabulate(dataclasses.replace(runs, cells=cells))
    ran = np.flatnonzero(table.runs[0])
    copies = np.ones((4000, len(ran)), dtype=np.int32)
    trials, won = bootstrap._resampled(table, 0, ran, copies, np.random.default_rng(1))
    share = won / trials
    assert set(np.round(share.ravel(), 6)) == {0.25, 0.5, 0.75}
    assert share.mean() == pytest.approx(0.5, abs=0.01)


def test_draws_of_one_kind_do_not_count():
    draws = np.array([[np.nan, 1.0, 2.0, 3.0], [np.nan] * 4, [1.0, np.inf, np.inf, np.inf]])
    low, high = bootstrap.ends(draws, 0.5)
    assert (low[0], high[0]) == (1.5, 2.5)
    assert np.isnan(low[1])
    assert high[2] == np.inf
