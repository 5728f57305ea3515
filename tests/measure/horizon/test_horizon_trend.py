"""The frontier and the doubling time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from regency.measure.horizon.trend import fitted, frontier


def test_the_frontier_by_hand():
    days = [10, 20, 20, 30, 40, 50]
    minutes = [1.0, 2.0, 3.0, 2.5, 3.0, math.nan]
    assert frontier(days, minutes) == [0, 2, 4]  # the best of a day; an equal one counts


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0.1, 1e6)), min_size=1, max_size=20))
def test_nobody_earlier_is_better_than_the_frontier(agents):
    days, minutes = zip(*agents, strict=True)
    ahead = set(frontier(days, minutes))
    for n, (day, value) in enumerate(agents):
        beaten = any(m > value for d, m in agents if d <= day)
        assert (n in ahead) == (not beaten)


def test_doubling_is_the_slope_of_least_squares():
    random = np.random.default_rng(1)
    days = np.sort(random.uniform(0, 2000, 12))
    minutes = np.exp(0.005 * days + random.normal(0, 0.3, 12))
    line = fitted(days, minutes)
    right = stats.linregress(days, np.log(minutes))
    assert line.doubling_days == pytest.approx(math.log(2) / right.slope, rel=1e-9)
    assert line.intercept == pytest.approx(right.intercept, rel=1e-9)
    assert np.log(line.minutes(np.array([100.0])))[0] == pytest.approx(
        right.intercept + 100 * right.slope
    )


def test_exact_doubling():
    line = fitted([0, 100, 200, 300], [1.0, 2.0, 4.0, 8.0])
    assert line.doubling_days == pytest.approx(100)
    assert line.scatter == pytest.approx(0, abs=1e-9)
    assert fitted([0, 1, 2], [4.0, 4.0, 4.0]).doubling_days == math.inf
    assert fitted([0, 1, 2], [4.0, 2.0, 1.0]).doubling_days == pytest.approx(-1)


def test_draws_are_fitted_one_by_one_without_what_is_no_number():
    days = [0.0, 100.0, 200.0, 300.0]
    draws = np.array(
        [
            [1.0, 1.0, np.nan, 8.0, 1e-9],
            [2.0, 4.0, 2.0, 4.0, 2.0],
            [4.0, 16.0, 4.0, 2.0, 4.0],
            [8.0, 64.0, 8.0, 1.0, np.inf],
        ]
    )
    line = fitted(days, [1.0, 2.0, 4.0, 8.0], draws)
    doublings = np.log(2) / line.draws[:, 1]
    assert doublings == pytest.approx([100, 50, 100, 100])  # the shrinking draw is dropped
    assert line.low == pytest.approx(np.quantile(doublings, 0.025))


def test_the_band_is_of_the_draws():
    draws = np.exp(np.random.default_rng(1).normal(0, 0.1, (3, 500)) + np.array([[0.0], [1], [2]]))
    line = fitted([0, 1, 2], [1.0, math.e, math.e**2], draws)
    low, high = line.band(np.array([1.0, 10.0]))
    assert low[0] < math.e < high[0]
    assert high[1] / low[1] > high[0] / low[0]
    assert np.isnan(fitted([0, 1, 2], [1.0, 2.0, 4.0]).band(np.array([1.0]))[0]).all()
