"""E-processes against numeric integration, and their promise under optional stopping."""

import math
import timeit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from regency.stats import evalues, signs

T, SIGN = evalues.RIGHT_HAAR_T, evalues.SIGN
finite = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))


def integrated(x, scale, z=()):
    """The Bayes factor by brute integration over noise and effect (nothing in closed form)."""
    x, z = np.asarray(x, float), np.asarray(z, float)
    square = (x @ x + z @ z) / (len(x) + len(z))

    def log_likelihood(delta, sigma):
        rest = ((x - delta * sigma) ** 2).sum() + (z @ z)
        return -(len(x) + len(z)) * math.log(sigma) - rest / (2 * sigma**2)

    peak = log_likelihood(0, math.sqrt(square))

    def over_noise(delta):
        def density(log_sigma):
            return math.exp(log_likelihood(delta, math.exp(log_sigma)) - peak)

        middle = 0.5 * math.log(square)
        return integrate.quad(density, middle - 5, middle + 25, limit=400, points=[middle])[0]

    def mixed(delta):
        return over_noise(delta) * 2 * stats.norm.pdf(delta, scale=scale)

    top = integrate.quad(mixed, 0, 12 * scale, limit=200, epsrel=1e-7)[0]
    return top / over_noise(0)


def brute(x, z=()):
    return np.mean([integrated(x, scale, z) for scale in evalues.SCALES])


@pytest.mark.parametrize("x", [(0.7,), (-0.4, 1.1), (1.0, 1.4, 0.8), (3.0, 2.6, 3.3, 2.9)])
def test_right_haar_t_is_the_bayes_factor_without_calibration(x):
    assert evalues.evidence(T, x) == pytest.approx(brute(x), rel=1e-5)


@pytest.mark.parametrize("x", [(0.7,), (-2.0, -1.0), (1.0, 1.4, 0.8)])
def test_calibration_enters_as_degrees_of_freedom_taken_too_large(x):
    z = (0.3, -0.5, 0.2)
    allowed = [evalues.NOISE_ALLOWANCE * value for value in z]
    share = evalues.CALIBRATION_SHARE
    expected = (1 - share) * brute(x) + share * brute(x, allowed)
    assert evalues.evidence(T, x, z) == pytest.approx(expected, rel=1e-5)


def test_calibration_counts_as_nothing_once_the_candidate_is_much_noisier():
    wild = (12.0, 40.0, 25.0)
    expected = (1 - evalues.CALIBRATION_SHARE) * evalues.evidence(T, wild)
    assert evalues.evidence(T, wild, (0.1, -0.2, 0.1)) == pytest.approx(expected, rel=1e-12)


@given(st.floats(-0.999, 0.999), st.integers(1, 60))
def test_student_against_scipy(sine, df):
    t = sine * math.sqrt(df / (1 - sine**2))
    expected = math.copysign(stats.t.cdf(abs(t), df) - stats.t.cdf(-abs(t), df), t)
    assert evalues.central_student(sine, df) == pytest.approx(
        expected, abs=1e-8
    )  # scipy is no closer


@given(st.integers(0, 40), st.integers(0, 40))
def test_sign_evidence_is_its_integral(wins, losses):
    def bet(p):
        return (2 * p) ** wins * (2 * (1 - p)) ** losses

    spread = 2 * integrate.quad(bet, 0.5, 1, epsrel=1e-10, limit=200)[0]
    certain = 2.0**wins if not losses else 0.0
    expected = (spread + certain) / 2
    assert signs.sign_evidence(wins, losses) == pytest.approx(expected, rel=1e-6)


@given(st.lists(finite, min_size=1, max_size=12), st.floats(0, 100))
def test_shifting_everything_down_never_adds_evidence(x, down):
    """What makes the test of "no better" valid for "worse" too, at every look at once."""
    z = (1.0, -2.0, 0.5)
    before = evalues.evidence(T, x, z)
    assert evalues.evidence(T, [v - down for v in x], z) <= before * (1 + 1e-9) + 1e-12


@given(st.lists(finite, min_size=1, max_size=12), st.floats(0.01, 100), st.floats(1, 10))
def test_taking_calibration_larger_never_adds_evidence_that_counts(x, known, factor):
    n, total, squares = len(x), sum(x), sum(v * v for v in x)
    small = float(evalues.right_haar_t(n, total, squares, 4, known))
    large = float(evalues.right_haar_t(n, total, squares, 4, known * factor))
    if total > 0:
        assert large <= small * (1 + 1e-9)
    else:
        assert max(small, large, float(evalues.right_haar_t(n, total, squares))) < 1


@given(st.lists(finite, min_size=1, max_size=12), st.floats(1e-3, 1e3))
def test_units_do_not_matter(x, unit):
    z = (1.0, -2.0, 0.5)
    scaled = evalues.evidence(T, [v * unit for v in x], [v * unit for v in z])
    assert scaled == pytest.approx(evalues.evidence(T, x, z), rel=1e-6)


def test_no_differences_and_no_noise():
    assert evalues.evidence(T, []) == 1
    assert evalues.evidence(T, [], [1.0, 2.0]) == pytest.approx(1)
    assert evalues.evidence(T, [0.0] * 5, [0.0] * 4) < 1
    assert evalues.evidence(T, [0.5] * 5, [0.0] * 4) > 1000
    assert evalues.evidence(SIGN, [0.0, 0.0]) == 1
    assert math.isfinite(evalues.evidence(T, [1.0] * 3000))
    assert math.isfinite(evalues.evidence(SIGN, [1.0] * 3000))


def test_an_unknown_e_process_is_refused():
    with pytest.raises(ValueError, match="no e-process 'z'"):
        evalues.evidence("z", [1.0])


def test_at_most_50_microseconds_a_trial():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=32).tolist(), rng.normal(size=4).tolist()
    seconds = min(timeit.repeat(lambda: evalues.evidence(T, x, z), number=200, repeat=7)) / 200
    assert seconds / 2 < 50e-6  # a pair is two trials


def highest(x, z):
    """The highest e-value of each path, looking after every pair."""
    totals, squares = x.cumsum(1), (x * x).cumsum(1)
    known = (z * z).sum(1)
    best = np.zeros(len(x))
    for n in range(1, x.shape[1] + 1):
        e = evalues.t_evidence(n, totals[:, n - 1], squares[:, n - 1], z.shape[1], known)
        best = np.maximum(best, e)
    return best


def gaussian(rng, shape):
    return rng.normal(size=shape)


def heavy(rng, shape):
    return rng.standard_t(3, size=shape)


def one_in_ten_wild(rng, shape):
    return rng.normal(size=shape) * np.where(rng.random(shape) < 0.1, 3, 1)


PATHS = 20_000


@pytest.mark.parametrize("noise", [1, 2, 3])
@pytest.mark.parametrize("shape", [gaussian, heavy, one_in_ten_wild])
def test_a_null_ever_crosses_with_at_most_its_level(noise, shape):
    """Looking after each of 40 pairs, calibrated on 4; candidates 1 to 3 times as noisy."""
    rng = np.random.default_rng(noise)
    best = highest(noise * shape(rng, (PATHS, 40)), shape(rng, (PATHS, 4)))
    for level in (0.05, 0.005):
        assert 0 < (best >= 1 / level).sum() <= stats.binom.ppf(0.999, PATHS, level)


def test_plugging_in_the_calibrated_noise_would_not_be_valid():
    """The simulation above is able to fail: it does for the usual shortcut."""
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(PATHS, 40)), rng.normal(size=(PATHS, 4))
    sd = np.sqrt((z * z).mean(1))
    n = np.arange(1, 41)
    gaussian_mixture = np.exp((x.cumsum(1) / sd[:, None]) ** 2 / (2 * (n + 1))) / np.sqrt(n + 1)
    assert (gaussian_mixture.max(1) >= 20).mean() > 0.1


def test_a_sign_null_ever_crosses_with_at_most_its_level():
    rng = np.random.default_rng(6)
    wins = (rng.random((4_000, 40)) < 0.5).cumsum(1)
    table = [[signs.sign_evidence(w, n - w) for w in range(n + 1)] for n in range(1, 41)]
    crossed = sum(max(table[n][w] for n, w in enumerate(path)) >= 20 for path in wins)
    assert 0 < crossed <= stats.binom.ppf(0.999, 4_000, 0.05)


def left_skewed(rng, shape):
    """Differences of mean zero, more than half of which are above it."""
    return (1 - rng.exponential(size=shape) - rng.normal(size=shape)) / np.sqrt(2)


def median_zero(rng, shape):
    return np.log(2) - rng.exponential(size=shape)


@pytest.mark.parametrize("shape", [gaussian, left_skewed, median_zero])
def test_t_and_sign_is_the_smaller_and_crosses_with_at_most_its_level(shape):
    rng = np.random.default_rng(7)
    paths = shape(rng, (1_500, 30)).tolist()
    both = evalues.evidence(evalues.T_AND_SIGN, paths[0])
    assert both == min(evalues.evidence(T, paths[0]), evalues.evidence(SIGN, paths[0]))
    looks = range(5, 31)  # before five pairs no sign evidence reaches 20
    crossed = sum(
        any(evalues.evidence(evalues.T_AND_SIGN, path[:n]) >= 20 for n in looks) for path in paths
    )
    assert crossed <= stats.binom.ppf(0.999, 1_500, 0.05)


def test_the_mean_e_value_where_one_stops_is_one_at_most():
    """Stopping at 20 or at the end: by optional stopping, whatever the rule."""
    rng = np.random.default_rng(8)
    x, z = rng.normal(size=(PATHS, 30)), rng.normal(size=(PATHS, 4))
    totals, squares, known = x.cumsum(1), (x * x).cumsum(1), (z * z).sum(1)
    stopped, going = np.ones(PATHS), np.ones(PATHS, bool)
    for n in range(1, 31):
        e = evalues.t_evidence(n, totals[:, n - 1], squares[:, n - 1], 4, known)
        stopped[going] = e[going]
        going &= e < 20
    assert stopped.mean() <= 1 + 4 * stopped.std() / np.sqrt(PATHS)
    assert stopped.mean() > 0.5
