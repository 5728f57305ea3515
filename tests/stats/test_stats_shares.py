"""Shares within a margin: exact expectations by summing over all counts, and optional stopping."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from regency.stats import shares


def expectation(n, p, others_n, q, margin):
    """E of the e-value over all counts, each by its exact chance."""
    mine, others = (stats.binom.pmf(range(m + 1), m, s) for m, s in ((n, p), (others_n, q)))
    return sum(
        mine[a] * others[b] * shares.share_evidence(a, n, b, others_n, margin)
        for a in range(n + 1)
        for b in range(others_n + 1)
    )


@pytest.mark.parametrize(
    ("q", "margin", "beyond"),
    [(0.0, 0.1, 0.0), (0.2, 0.1, 0.0), (0.5, 0.0, 0.0), (0.5, 0.3, 0.1), (0.85, 0.1, 0.05)],
)
def test_beyond_the_margin_the_mean_e_value_is_at_most_one(q, margin, beyond):
    assert expectation(12, q + margin + beyond, 9, q, margin) <= 1 + 1e-9


@pytest.mark.parametrize(("share", "limit"), [(0.1, 0.1), (0.3, 0.1), (0.01, 0.01), (1.0, 1.0)])
def test_at_or_above_the_limit_the_mean_e_value_is_at_most_one(share, limit):
    chances = stats.binom.pmf(range(31), 30, share)
    mean = sum(c * shares.limit_evidence(k, 30, limit) for k, c in enumerate(chances))
    assert mean <= 1 + 1e-9


def test_items_may_be_unequally_hard():
    hard, easy = 0.9, 0.1  # mean share 1/2 on either side, margin 0: on the boundary
    sums = np.convolve(stats.binom.pmf(range(6), 5, hard), stats.binom.pmf(range(6), 5, easy))
    mean = sum(
        sums[a] * sums[b] * shares.share_evidence(a, 10, b, 10, 0.0)
        for a in range(11)
        for b in range(11)
    )
    assert mean <= 1 + 1e-9


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0, 0.6), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60)
def test_the_null_is_fitted_as_well_as_a_fine_search_does(n, m, margin, a, b):
    bad, others = round(a * n), round(b * m)
    q = np.linspace(0, 1 - margin, 4001)
    with np.errstate(divide="ignore", invalid="ignore"):
        line = (
            stats.binom.logpmf(bad, n, np.clip(q + margin, 0, 1)) + stats.binom.logpmf(others, m, q)
        ).max()
    constant = math.log(math.comb(n, bad)) + math.log(math.comb(m, others))
    fitted = shares._most_likely(bad, n, others, m, margin) + constant
    assert fitted >= line - 1e-9
    if bad / n < others / m + margin:
        assert fitted <= line + 1e-2


def test_looking_after_every_run_is_allowed():
    rng = np.random.default_rng(5)
    crossed = 0
    for _ in range(400):
        bad = others = 0
        for look in range(1, 21):
            bad += rng.binomial(50, 0.25)
            others += rng.binomial(50, 0.2)
            if shares.share_evidence(bad, 50 * look, others, 50 * look, 0.05) >= 20:
                crossed += 1
                break
    assert crossed <= 30  # 5 % of 400 is 20; this many with chance 0.01


def test_equal_shares_are_found_within_a_margin():
    assert shares.share_evidence(0, 400, 0, 400, 0.03) > 20
    assert shares.share_evidence(24, 1200, 24, 1200, 0.03) > 20
    assert shares.limit_evidence(0, 500, 0.02) > 20


@given(st.integers(0, 50), st.integers(0, 50))
@settings(max_examples=40)
def test_more_bad_items_are_less_evidence(bad, others):
    more = shares.share_evidence(min(bad + 1, 50), 50, others, 50, 0.1)
    assert more <= shares.share_evidence(bad, 50, others, 50, 0.1) * (1 + 1e-9)
    assert shares.limit_evidence(min(bad + 1, 50), 50, 0.3) <= shares.limit_evidence(
        bad, 50, 0.3
    ) * (1 + 1e-9)


def test_nothing_seen_is_no_evidence():
    assert shares.share_evidence(0, 0, 0, 0, 0.1) == 1
    assert shares.limit_evidence(0, 0, 0.1) == 1
    assert shares.limit_evidence(0, 10, 0.0) == 1
