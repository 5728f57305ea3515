"""Bets on signs: exact by enumeration, valid for any symmetric noise at any stopping time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from regency.stats import evalues, signs

sizes = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8)


@given(sizes)
def test_under_symmetry_the_mean_over_all_signs_is_one_whatever_the_sizes(magnitudes):
    """Given the sizes, all signs are equally likely: the whole null, without sampling."""
    choices = itertools.product((1, -1), repeat=len(magnitudes))
    values = [
        signs.symmetric_evidence([s * m for s, m in zip(chosen, magnitudes, strict=True)])
        for chosen in choices
    ]
    assert math.fsum(values) / len(values) == pytest.approx(1, rel=1e-9)


@given(sizes, st.integers(0, 7))
def test_turning_a_difference_negative_never_adds_evidence(magnitudes, place):
    place %= len(magnitudes)
    worse = [-x if n == place else x for n, x in enumerate(magnitudes)]
    assert signs.symmetric_evidence(worse) <= signs.symmetric_evidence(magnitudes)


@given(sizes, st.floats(1e-3, 1e3))
def test_units_do_not_matter(magnitudes, unit):
    scaled = signs.symmetric_evidence([unit * x for x in magnitudes])
    assert scaled == pytest.approx(signs.symmetric_evidence(magnitudes), rel=1e-6)


def test_ties_and_nothing_are_no_evidence():
    assert signs.symmetric_evidence([]) == 1
    assert signs.symmetric_evidence([0.0, 0.0]) == 1
    assert evalues.evidence(evalues.SYMMETRIC, [0.0, 5.0]) > 1


@pytest.mark.parametrize("df", [1, 2, 3, 30])
def test_heavy_tails_cross_with_at_most_the_level_however_often_one_looks(df):
    rng = np.random.default_rng(df)
    paths, crossed = 1500, 0
    for path in rng.standard_t(df, (paths, 30)).tolist():
        crossed += any(signs.symmetric_evidence(path[:n]) >= 20 for n in range(5, 31))
    assert 0 < crossed <= stats.binom.ppf(0.999, paths, 0.05)


def test_heavy_tails_take_fewer_pairs_than_with_the_t():
    rng = np.random.default_rng(1)

    def pairs(process):
        taken = []
        for path in (1.5 + rng.standard_t(2, (60, 100))).tolist():
            looks = (n for n in range(1, 100) if evalues.evidence(process, path[:n]) >= 230)
            taken.append(next(looks, 100))
        return np.median(taken)

    assert pairs(evalues.SYMMETRIC) < 0.9 * pairs(evalues.RIGHT_HAAR_T)
