"""Curves against independent optimisers, and what must not change them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from regency.measure.horizon import curves, fits, logistic, spans
from regency.measure.horizon.table import tabulate, weigh
from toy_runs import made


def oracle(x, n, s, penalty, link="logit", lapse=0.0):
    def cost(beta):
        eta = beta[0] + beta[1] * x
        p = (1 - lapse) * (stats.norm.cdf(eta) if link == "probit" else stats.logistic.cdf(eta))
        p = np.clip(p, 1e-300, 1 - 1e-16)
        return -(s @ np.log(p) + (n - s) @ np.log1p(-p)) + penalty / 2 * beta[1] ** 2

    options = {"xatol": 1e-10, "fatol": 1e-15, "maxiter": 20_000, "maxfev": 20_000}
    starts = ([0.0, 0.0], [1.0, -0.5])
    found = [optimize.minimize(cost, b, method="Nelder-Mead", options=options) for b in starts]
    return min(found, key=lambda r: r.fun).x


def problem(seed, tasks=25, runs=5):
    random = np.random.default_rng(seed)
    x = random.uniform(-3, 10, tasks)
    n = random.uniform(0.2, 1, tasks) / tasks
    p = stats.logistic.cdf(3 - 0.7 * x)
    return x, n, n * random.binomial(runs, p) / runs


@pytest.mark.parametrize("penalty", [1e-5, 0.1])
def test_newton_finds_the_minimum(penalty):
    x, n, s = problem(1)
    found = logistic.fit(x, n[None], s[None], penalty)[0]
    assert found == pytest.approx(oracle(x, n, s, penalty), rel=1e-5)


def test_many_curves_at_once_are_each_their_own():
    x, n, _ = problem(1)
    several = np.stack([problem(seed)[2] * n / problem(seed)[1] for seed in range(20)])
    together = logistic.fit(x, np.tile(n, (20, 1)), several)
    apart = [logistic.fit(x, n[None], s[None])[0] for s in several]
    assert together == pytest.approx(np.array(apart), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10_000), st.sampled_from([1e-7, 1e-5, 0.1, 10.0]))
def test_the_gradient_is_zero_at_what_it_finds(tasks, seed, penalty):
    random = np.random.default_rng(seed)
    x = random.uniform(-5, 12, tasks)
    n = random.uniform(0.01, 1, tasks)
    s = n * random.integers(0, 2, tasks)  # all or nothing: often separable
    found = logistic.fit(x, n[None], s[None], penalty)[0]
    if s.sum() in (0, n.sum()):
        assert np.isnan(found).all()
        return
    miss = n * stats.logistic.cdf(found[0] + found[1] * x) - s
    assert miss.sum() == pytest.approx(0, abs=1e-6)
    assert miss @ x + penalty * found[1] == pytest.approx(0, abs=1e-6)


def test_one_kind_of_run_has_no_curve():
    x = np.array([1.0, 2.0])
    n = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])
    s = np.array([[0.5, 0.5], [0.0, 0.0], [0.0, 0.0]])
    assert np.isnan(logistic.fit(x, n, s)).all()


def test_lengths_by_hand():
    # METR/cross-domain-horizon, headline fits of July 2025, Claude 3 Opus: as printed there
    beta = np.array([[1.480455, -0.551748]])
    assert logistic.length(beta, 0.5)[0] == pytest.approx(6.422825, rel=1e-5)
    assert logistic.length(beta, 0.8)[0] == pytest.approx(1.125572, rel=1e-5)


def test_counts_fit_as_rows_do():
    runs = made(agents=1)
    table = tabulate(runs)
    ran, n, s = fits.weighted(table, 0)
    x = np.concatenate(
        [np.repeat(table.x[t], c.runs) for t, c in zip(ran, cells_of(runs), strict=True)]
    )
    y = np.concatenate([c.scores for c in cells_of(runs)])
    w = np.concatenate(
        [np.full(c.runs, table.weights[0, t]) for t, c in zip(ran, cells_of(runs), strict=True)]
    )
    rows = logistic.fit(x, w[None], (w * y)[None])[0]
    assert rows == pytest.approx(logistic.fit(table.x[ran], n[None], s[None])[0], rel=1e-9)


def cells_of(runs):
    return sorted(runs.cells, key=lambda c: c.task)


def test_a_fraction_is_two_rows():
    x, n, s = problem(3)
    split = logistic.fit(
        np.concatenate([x, x]),
        np.concatenate([s, n - s])[None],
        np.concatenate([s, 0 * s])[None],
    )
    assert split[0] == pytest.approx(logistic.fit(x, n[None], s[None])[0], rel=1e-9)


def test_hours_instead_of_minutes_give_the_same_length():
    x, n, s = problem(4)
    minutes = logistic.length(logistic.fit(x, n[None], s[None]), 0.5)
    hours = logistic.length(logistic.fit(x - math.log2(60), n[None], s[None]), 0.5)
    assert 60 * hours == pytest.approx(minutes, rel=1e-9)


@pytest.mark.parametrize(("link", "lapse"), [("logit", 0.0), ("probit", 0.0), ("logit", 0.1)])
def test_other_shapes_find_their_minimum(link, lapse):
    x, n, s = problem(5)
    s = s * (1 - lapse)
    found = curves.fit(x[:, None], np.ones((len(x), 1)), n[None], s[None], 1e-5, link, lapse)[0]
    assert found == pytest.approx(oracle(x, n, s, 1e-5, link, lapse), rel=1e-4)


def test_the_slow_fit_is_the_fast_one():
    x, n, s = problem(6)
    slow = curves.fit(x[:, None], np.ones((len(x), 1)), n[None], s[None], 1e-5)[0]
    assert slow == pytest.approx(logistic.fit(x, n[None], s[None], 1e-5)[0], rel=1e-6)


def test_lapses_are_found():
    x = np.linspace(-6, 12, 200)
    p = 0.92 * stats.logistic.cdf(4 - 0.8 * x)
    n = np.full(200, 1 / 200)
    beta, lapse = curves.with_lapses(x[:, None], np.ones((200, 1)), n, n * p, 0.0)
    assert lapse == pytest.approx(0.08, abs=1e-3)
    assert curves.quantile(beta, 0.5, lapse=lapse) == pytest.approx(
        2 ** ((4 - stats.logistic.ppf(0.5 / 0.92) * 1) / 0.8), rel=1e-2
    )
    assert curves.quantile(beta, 0.95, lapse=lapse) == 0


def test_weights_by_hand():
    runs = np.array([[2.0, 2.0, 1.0, 0.0], [0.0, 4.0, 1.0, 1.0]])
    family = np.array([0, 0, 1, 2])
    weights = weigh(runs, family)
    root = 1 / math.sqrt(2)  # two tasks in family 0
    assert weights[0] == pytest.approx(np.array([root / 2, root / 2, 1, 0]) / (2 * root + 1))
    assert weights[1] == pytest.approx(np.array([0, 1 / 4, 1, 1]) / 3)
    assert (weights * runs).sum(axis=1) == pytest.approx([1, 1])
    equal = weigh(runs, family, "equal")
    assert (equal * runs)[0] == pytest.approx(np.array([1, 1, 1, 0]) / 3)


def test_a_known_time_has_one_place_and_a_span_lies_in_its_span():
    low = np.array([10.0, 15.0, 60.0, 1.0])
    high = np.array([10.0, 60.0, math.inf, 15.0])
    x, shares = spans.nodes(low, high)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert x[0] == pytest.approx(np.full(spans.NODES, math.log2(10)))
    for row, a, b in zip(x[1:], low[1:], high[1:], strict=True):
        assert (row >= math.log2(a) - 1e-9).all()
        assert (row <= math.log2(b) + 1e-9).all()
        assert len(set(row)) == spans.NODES


def test_the_distribution_of_lengths_is_found_through_spans():
    random = np.random.default_rng(1)
    x = random.normal(5, 2, 4000)
    edges = np.array([-math.inf, 2, 4, 6, 8, math.inf])
    place = np.digitize(x, edges) - 1
    a, b = edges[place], edges[place + 1]
    a[np.isinf(a)] = -6  # a shortest length, as readers give one
    middle, sd = spans._distribution(a, b)
    assert middle == pytest.approx(5, abs=0.15)
    assert sd == pytest.approx(2, abs=0.15)


def test_spans_do_not_bias_the_horizon_as_their_middles_do():
    random = np.random.default_rng(2)
    x = random.normal(5, 2.5, 4000)
    won = (random.random(4000) < stats.logistic.cdf(-1.0 * (x - 6))).astype(float)
    edges = np.array([-4, 4, 6, 8, 16.0])
    place = np.clip(np.digitize(x, edges) - 1, 0, 3)
    low, high = 2 ** edges[place], 2 ** edges[place + 1]
    high[place == 3] = math.inf
    nodes, shares = spans.nodes(low, high)
    n = np.full(4000, 1 / 4000)
    beta = curves.fit(nodes, shares, n[None], (n * won)[None], 1e-5)[0]
    assert math.log2(curves.quantile(beta, 0.5)) == pytest.approx(6, abs=0.15)
    assert beta[1] == pytest.approx(-1, abs=0.12)
