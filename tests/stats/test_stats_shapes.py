"""The shape of noise: against scipy, false alarms under optional looks, and what is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from regency.stats import shapes

groups = st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=4, max_size=20).filter(
    lambda x: np.ptp(x) > 0.1
)


@given(groups)
def test_moments_against_scipy(group):
    n, found = len(group), shapes.moments(group)
    assert found.squares == pytest.approx(np.var(group) * n)
    assert found.df == n - 1
    unbiased = found.third / n * (n / (n - 1)) ** 1.5
    assert unbiased == pytest.approx(stats.skew(group), abs=1e-9)
    kurtosis = found.fourth + 3 * (n - 1) / (n + 1)
    assert kurtosis == pytest.approx(stats.kurtosis(group, fisher=False), abs=1e-9)


@given(groups, st.floats(0.01, 100), st.floats(-100, 100))
def test_neither_unit_nor_centre_matter(group, unit, shift):
    one, other = shapes.moments(group), shapes.moments([unit * x + shift for x in group])
    assert other.third == pytest.approx(one.third, abs=1e-5)
    assert other.fourth == pytest.approx(one.fourth, abs=1e-5)


@pytest.mark.parametrize("group", [[], [1.0], [1.0, 2.0], [0.1] * 9, [1e9] * 5])
def test_what_has_no_shape_says_nothing(group):
    found = shapes.moments(group)
    assert (found.third, found.fourth_variance) == (0, 0)
    assert (shapes.skewness([found]), shapes.leaning_down([found])) == (0, 1)
    assert shapes.tails([found]) == 0


def draw(rng, law, tests, pairs=8):
    return [shapes.moments(law(rng, pairs)) for _ in range(tests)]


@pytest.mark.parametrize("df", [2, 5, 50])
def test_symmetric_noise_is_called_skewed_in_one_lab_of_twenty_at_most(df):
    rng = np.random.default_rng(df)
    laws = [draw(rng, lambda r, n: r.standard_t(df, n), 60) for _ in range(400)]
    alarms = sum(shapes.leaning_down(lab) >= 20 for lab in laws)
    assert alarms <= stats.binom.ppf(0.999, 400, 0.05)


def test_the_fourth_moment_is_in_standard_errors():
    rng = np.random.default_rng(0)
    found = [shapes.tails(draw(rng, lambda r, n: r.normal(size=n), 40)) for _ in range(300)]
    assert np.mean(found) == pytest.approx(0, abs=0.2)
    assert np.std(found) == pytest.approx(1, abs=0.2)
    assert shapes.tails(draw(rng, lambda r, n: r.standard_t(2, n), 40)) > 3.5


def test_skew_is_found_and_its_side():
    rng = np.random.default_rng(0)
    down = draw(rng, lambda r, n: -r.exponential(size=n), 40)
    up = draw(rng, lambda r, n: r.exponential(size=n), 40)
    assert shapes.leaning_down(down) > 20 > shapes.leaning_down(up)
    assert -2 < shapes.skewness(down) < -0.5  # -2 in truth, nearer to zero by groups of 8
    assert shapes.skewness(up) > 0.5


def test_spreads_of_equal_size_are_rarely_far_apart():
    rng = np.random.default_rng(0)
    squares = rng.chisquare(6, 4000), rng.chisquare(20, 4000)
    errors = [shapes.spread_ratio((a, 6), (b, 20))[1] for a, b in zip(*squares, strict=True)]
    expected = stats.norm.sf(1.645)
    assert np.mean(np.array(errors) > 1.645) == pytest.approx(expected, abs=0.015)
    assert shapes.spread_ratio((4.0, 1), (1.0, 1))[0] == 2.0
    assert shapes.spread_ratio((4.0, 1), (0.0, 0)) == (1.0, 0.0)
