"""Evidence on shares: against direct summation, and valid for any items at any stopping time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from regency.stats import bounded

counts = st.integers(1, 60).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
)


def summed(n, new, old):
    """The same by brute force: every pair of the grid, binomial likelihoods from scipy."""
    q = np.sin((np.arange(bounded.GRID) + 0.5) * math.pi / (2 * bounded.GRID)) ** 2
    above, below = stats.binom.pmf(new, n, q), stats.binom.pmf(old, n, q)
    table = np.tril(np.outer(above, below), -1)  # rows: q1, columns: q2 < q1
    both = (new + old) / (2 * n)
    null = stats.binom.pmf(new, n, both) * stats.binom.pmf(old, n, both)
    return table.sum() * 2 / (bounded.GRID * (bounded.GRID - 1)) / null


@given(counts)
def test_it_is_the_sum_over_all_better_candidates(case):
    assert bounded.bounded_evidence(*case) == pytest.approx(summed(*case), rel=1e-6)


def test_nothing_is_no_evidence_and_much_stays_finite():
    assert bounded.bounded_evidence(0, 0, 0) == 1
    assert math.isfinite(bounded.bounded_evidence(1e6, 1e6, 0))
    assert bounded.bounded_evidence(50, 10, 40) < 0.1


@pytest.mark.parametrize(("items", "chance"), [(1, 0.5), (1, 0.95), (20, 0.6), (50, 0.1)])
def test_equal_success_rates_cross_with_at_most_the_level(items, chance):
    rng = np.random.default_rng(items)
    paths, pairs = 3000, 30
    sums = rng.binomial(items, chance, (paths, 2, pairs)).cumsum(2)
    crossed = sum(
        any(bounded.bounded_evidence(n * items, *path[:, n - 1]) >= 20 for n in range(1, pairs + 1))
        for path in sums
    )
    assert crossed <= stats.binom.ppf(0.999, paths, 0.05)


def test_items_of_different_difficulty_and_shares_between_0_and_1_are_safe_too():
    rng = np.random.default_rng(3)
    paths, pairs, crossed = 2000, 20, 0
    hard = rng.beta(0.4, 0.4, 15)
    for _ in range(paths):
        runs = rng.random((2, pairs, 15)) < hard
        shares = np.where(runs, rng.beta(2, 1, runs.shape), 0.0).sum(2).cumsum(1)
        crossed += any(
            bounded.bounded_evidence(15 * n, *shares[:, n - 1]) >= 20 for n in range(1, pairs + 1)
        )
    assert crossed <= stats.binom.ppf(0.999, paths, 0.05)


@given(counts)
def test_the_interval_holds_what_was_seen_and_shrinks_with_more(case):
    n, new, old = case
    low, high = bounded.difference_interval(n, new, old, 0.01)
    more = bounded.difference_interval(20 * n, 20 * new, 20 * old, 0.01)
    assert -1 <= low <= (new - old) / n <= high <= 1
    assert more[1] - more[0] < high - low + 1e-9


def test_the_interval_holds_at_any_look():
    rng = np.random.default_rng(4)
    paths, missed = 80, 0
    for _ in range(paths):
        new, old = rng.binomial(20, 0.7, 15).cumsum(), rng.binomial(20, 0.5, 15).cumsum()
        ends = [
            bounded.difference_interval(20 * n, new[n - 1], old[n - 1], 0.1) for n in range(1, 16)
        ]
        missed += any(not low <= 0.2 <= high for low, high in ends)
    assert missed <= stats.binom.ppf(0.999, paths, 0.2)
