"""The queue against closed forms, Little's law, and slow but plain simulations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.measure.bottleneck import queue

CASE = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 12)), min_size=1, max_size=25)


def poisson(rate: float, draws: int, count: int, rng) -> np.ndarray:
    return np.cumsum(rng.exponential(1 / rate, (draws, count)), axis=1)


def mean_wait(came, spent, reviewers: int, burn: int) -> tuple[float, float]:
    gone = queue.finished(came, spent, reviewers)
    means = (gone - came)[:, burn:].mean(axis=1)
    return float(means.mean()), float(means.std() / math.sqrt(len(means)))


def test_mm1_waits_as_the_closed_form_says():
    rng = np.random.default_rng(1)
    came = poisson(0.8, 120, 3000, rng)
    mean, error = mean_wait(came, rng.exponential(1.0, came.shape), 1, 1000)
    assert mean == pytest.approx(1 / (1 - 0.8), abs=4 * error)
    assert error < 0.2


@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_mg1_waits_as_pollaczek_and_khinchine_say(sigma):
    rng = np.random.default_rng(2)
    came = poisson(0.7, 120, 3000, rng)
    spent = rng.lognormal(-(sigma**2) / 2, sigma, came.shape)
    mean, error = mean_wait(came, spent, 1, 1000)
    second = math.exp(sigma**2)  # of a mean of 1
    assert mean == pytest.approx(1 + 0.7 * second / (2 * (1 - 0.7)), abs=4 * error)


def test_mmc_waits_as_erlang_says():
    servers, load = 3, 2.4
    rng = np.random.default_rng(3)
    came = poisson(load, 120, 3000, rng)
    mean, error = mean_wait(came, rng.exponential(1.0, came.shape), servers, 1000)
    terms = [load**n / math.factorial(n) for n in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    expected = 1 + last / (sum(terms) + last) / (servers - load)
    assert mean == pytest.approx(expected, abs=4 * error)


@given(CASE, st.integers(1, 4))
def test_littles_law_holds_on_every_path(case, reviewers):
    came = np.cumsum([g for g, _ in case]).astype(float)
    spent = np.array([s for _, s in case], float)
    gone = queue.finished(came[None], spent[None], reviewers)[0]
    edges, number = queue.level(came, gone, came[0], gone.max())
    assert np.sum(np.diff(edges) * number) == pytest.approx(np.sum(gone - came))


@given(CASE, st.integers(1, 4))
def test_departures_are_those_of_a_plain_simulation(case, reviewers):
    came = np.cumsum([g for g, _ in case]).astype(float)
    spent = np.array([s for _, s in case], float)
    free = [0.0] * reviewers
    expected = []
    for arrival, need in zip(came, spent, strict=True):
        start = max(arrival, min(free))
        free[free.index(min(free))] = start + need
        expected.append(start + need)
    assert queue.finished(came[None], spent[None], reviewers)[0].tolist() == expected


@given(CASE, st.integers(1, 4))
def test_review_times_are_recovered_exactly(case, reviewers):
    came = np.cumsum([g for g, _ in case]).astype(float)
    spent = np.array([s for _, s in case], float)
    gone = queue.finished(came[None], spent[None], reviewers)[0]
    names = queue.assigned(came, gone, reviewers)
    found = queue.services(came, gone, names)
    assert sorted(found) == pytest.approx(sorted(spent))
    whole = queue.occupied(came, gone, reviewers, 0.0, gone.max())
    assert found.sum() == pytest.approx(whole)


@given(CASE, st.integers(1, 3))
def test_quickest_first_is_that_of_a_plain_simulation(case, reviewers):
    came = np.cumsum([g for g, _ in case]).astype(float)
    spent = np.array([s for _, s in case], float)
    found = queue.shortest_first(came[None], spent[None], reviewers)[0]
    assert found.tolist() == pytest.approx(plain_shortest(came, spent, reviewers))
    assert sum(found - came) <= sum(queue.finished(came[None], spent[None], 1)[0] - came) + 1e-9


def plain_shortest(came, spent, reviewers: int) -> list[float]:
    """Second by second: a free reviewer takes the quickest of what is there."""
    left, busy, done = set(range(len(came))), [0.0] * reviewers, [0.0] * len(came)
    now = 0.0
    while left:
        for n in range(reviewers):
            there = [(spent[i], i) for i in left if came[i] <= now]
            if busy[n] <= now and there:
                _, index = min(there)
                left.remove(index)
                busy[n] = done[index] = now + spent[index]
        now += 1.0
    return done


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=20))
def test_backlog_counts_who_came_and_did_not_go(pairs):
    came = np.array([a for a, _ in pairs], float)
    gone = came + np.array([d for _, d in pairs], float)
    at = np.arange(0, 75, dtype=float)
    expected = [sum(a <= t < g for a, g in zip(came, gone, strict=True)) for t in at]
    assert queue.backlog(came, gone, at).tolist() == expected
