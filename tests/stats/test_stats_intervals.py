"""Intervals: agreement with gate 2's e-value, coverage at any stopping time, Student's bound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from regency.stats import evalues, intervals

PROCESSES = [evalues.RIGHT_HAAR_T, evalues.SIGN, evalues.T_AND_SIGN]
values = st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=1, max_size=14)


@given(values, st.sampled_from([0.2, 0.05, 0.01]), st.sampled_from(PROCESSES))
@settings(max_examples=60)
def test_above_zero_exactly_when_the_e_value_crosses(differences, level, process):
    known = (0.5, -1.0, 0.2) if process == evalues.RIGHT_HAAR_T else ()
    low, high = intervals.interval(differences, level, process, known)
    e = evalues.evidence(process, differences, known)
    assert low <= high
    if abs(e * level - 1) > 1e-6 and abs(low) > 1e-9:
        assert (low > 0) == (e * level > 1)


@given(values, st.floats(-5, 5), st.sampled_from(PROCESSES))
@settings(max_examples=40)
def test_moves_with_the_data_and_mirrors(differences, shift, process):
    low, high = intervals.interval(differences, 0.05, process)
    moved = intervals.interval([x + shift for x in differences], 0.05, process)
    assert moved == pytest.approx((low + shift, high + shift), abs=1e-6)
    mirrored = intervals.interval([-x for x in differences], 0.05, process)
    assert mirrored == pytest.approx((-high, -low), abs=1e-9)


def test_open_until_something_can_be_ruled_out():
    assert intervals.interval([1.0], 0.05) == (-math.inf, math.inf)
    low, high = intervals.interval([1.0] * 6, 0.05)
    assert low == pytest.approx(1) == pytest.approx(high)


def test_the_lower_end_is_ever_above_the_truth_with_at_most_its_level():
    """By the first property this is crossing after shifting by the truth: checked end to end."""
    rng = np.random.default_rng(0)
    missed = 0
    for path in rng.normal(2.0, 1.0, size=(200, 12)):
        looks = (3, 5, 8, 12)
        missed += any(intervals.interval(path[:n].tolist(), 0.1)[0] > 2.0 for n in looks)
    assert missed <= stats.binom.ppf(0.999, 200, 0.1)


@given(st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=2, max_size=20))
def test_upper_t_bound_against_scipy(sample):
    mean, se = np.mean(sample), stats.sem(sample)
    expected = mean + se * stats.t.ppf(0.95, len(sample) - 1)
    assert intervals.upper_t_bound(sample, 0.05) == pytest.approx(expected, abs=1e-7)


def test_upper_t_bound_of_what_never_varies_is_exact():
    assert intervals.upper_t_bound([3.0, 3.0, 3.0], 0.05) == 3.0
    assert intervals.upper_t_bound([3.0], 0.05) == 3.0
