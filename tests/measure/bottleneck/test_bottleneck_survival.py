"""Kaplan and Meier against SciPy's, and the exact cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from regency.measure.bottleneck.survival import kaplan_meier, quantile

SAMPLE = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60)


@given(SAMPLE)
def test_curve_and_band_are_those_of_scipy(sample):
    spent = [float(t) for t, _ in sample]
    done = [d for _, d in sample]
    curve = kaplan_meier(spent, done)
    told = CensoredData(
        uncensored=[t for t, d in zip(spent, done, strict=True) if d],
        right=[t for t, d in zip(spent, done, strict=True) if not d],
    )
    if not any(done):
        assert curve.times == () and curve.waiting == len(sample)
        return
    sf = ecdf(told).sf
    assert np.allclose(curve.share, sf.evaluate(np.array(curve.times)), atol=1e-12)
    with np.errstate(all="ignore"), pytest.MonkeyPatch.context():
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            band = sf.confidence_interval(0.95, method="log-log")
    low, high = (b.evaluate(np.array(curve.times)) for b in (band.low, band.high))
    for mine, theirs in ((curve.low, low), (curve.high, high)):
        kept = np.isfinite(theirs)
        assert np.allclose(np.array(mine)[kept], theirs[kept], atol=1e-9)


@given(SAMPLE)
def test_the_band_holds_the_curve(sample):
    curve = kaplan_meier([float(t) for t, _ in sample], [d for _, d in sample])
    for low, share, high in zip(curve.low, curve.share, curve.high, strict=True):
        assert 0 <= low <= share + 1e-12 and share <= high + 1e-12 <= 1 + 1e-9


def test_without_waiting_ones_quantiles_are_those_of_the_sample():
    found = quantile(kaplan_meier([1, 2, 3, 4, 5], [True] * 5), 0.5)
    assert found.value == 3
    assert found.low is not None and found.low <= 3


def test_what_still_waits_makes_the_median_longer_or_unknown():
    spent = [1.0, 2.0, 3.0, 9.0, 9.0]
    assert quantile(kaplan_meier(spent, [True] * 3 + [False] * 2), 0.5).value == 3.0
    assert quantile(kaplan_meier(spent, [True] + [False] * 4), 0.5).value is None
    assert quantile(kaplan_meier([], []), 0.5).value is None


def test_what_ends_together_is_no_more_than_one_observation():
    rng = np.random.default_rng(0)
    waits = np.repeat(rng.exponential(1.0, 40), 10)
    names = [f"p{n // 10}" for n in range(400)]
    alone = quantile(kaplan_meier(waits, [True] * 400), 0.5)
    together = quantile(kaplan_meier(waits, [True] * 400, groups=names), 0.5)
    once = quantile(kaplan_meier(waits[::10], [True] * 40), 0.5)
    assert together.value == alone.value
    wide, narrow, truth = (f.high - f.low for f in (together, alone, once))
    assert wide > 2 * narrow
    assert wide == pytest.approx(truth, rel=0.5)
    apart = kaplan_meier(waits, [True] * 400, groups=[""] * 400)
    assert apart == kaplan_meier(waits, [True] * 400)


def test_the_median_interval_holds_nearly_always():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        wait, gone = rng.exponential(1.0, 60), rng.exponential(2.0, 60)
        found = quantile(kaplan_meier(np.minimum(wait, gone), wait <= gone), 0.5)
        low, high = found.low or 0.0, found.high or math.inf
        held += low <= math.log(2) <= high
    assert 180 <= held <= 199
