"""Levels sum to the budget; caps allow crossing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from regency.stats import evalues, sequential


def test_shares_sum_to_one():
    head = sum(sequential.share(t) for t in range(1, 5001))
    tail = special.zeta(2, 5001 + sequential.OFFSET) / sequential.TOTAL  # Hurwitz, independent
    assert head + tail == pytest.approx(1, abs=1e-12)


def test_shares_fall_slowly_over_the_first_tens():
    shares = np.array([sequential.share(t) for t in range(1, 101)])
    assert (np.diff(shares) < 0).all()
    for tests, nats in [(10, 0.85), (30, 0.65), (100, 1.0)]:
        assert -np.log(shares[:tests]).mean() - np.log(tests) < nats


def test_without_promotions_levels_spend_at_most_the_rate():
    assert sum(sequential.level(t, 0, 0.05) for t in range(1, 100_000)) < 0.05


@given(st.integers(1, 1000), st.integers(0, 100))
def test_each_promotion_earns_level(index, promotions):
    base = sequential.level(index, 0, 0.05)
    level = sequential.level(index, promotions, 0.05)
    assert level == pytest.approx(min(base * (promotions + 1), 0.05))


@pytest.mark.parametrize("process", [evalues.RIGHT_HAAR_T, evalues.SIGN])
@pytest.mark.parametrize("level", [0.01, 1e-3, 1e-5])
@pytest.mark.parametrize("calibration", [(), (1.0, -0.5, 0.2, 0.8)])
def test_fewest_pairs_is_what_an_endless_effect_needs(process, level, calibration):
    fewest = sequential.fewest_pairs(level, process, len(calibration))
    endless = [1e9] * fewest
    if process == evalues.RIGHT_HAAR_T:
        endless = [1e9 + i % 2 for i in range(fewest)]  # noise as small as the calibration's
    assert evalues.evidence(process, endless, calibration) * level >= 1 - 1e-6
    assert evalues.evidence(process, endless[:-1], calibration) * level < 1


def test_fewest_pairs_of_a_noisy_candidate_does_not_count_on_calibration():
    level = sequential.level(1, 0, 0.05)
    noisy = sequential.fewest_pairs(level, evalues.RIGHT_HAAR_T, 4, noisy=True)
    assert noisy > sequential.fewest_pairs(level, evalues.RIGHT_HAAR_T, 4)
    wild = [1e9 + 1e3 * (i % 2) for i in range(noisy)]
    assert evalues.evidence(evalues.RIGHT_HAAR_T, wild, (1.0, -0.5, 0.2, 0.8)) * level >= 1
