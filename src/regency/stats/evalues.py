"""E-processes for paired differences; knows nothing of candidates, seeds or scores.

An e-process is a running measure of evidence against a null hypothesis: if the null holds, the
chance that it *ever* reaches ``1 / level`` is at most ``level``, however often one looks and for
whatever reason one stops (Ville's inequality). All functions are pure. Those that take sums also
take arrays of them, element by element.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from regency.stats import signs

Number = TypeVar("Number", float, npt.NDArray[np.float64])

RIGHT_HAAR_T = "right-Haar t"
SIGN = "sign"
SYMMETRIC = "symmetric"
T_AND_SIGN = "t and sign"

# Standardised effects are mixed over half-normals of these scales, in equal parts: the wide one
# pays for effects of many sd within a handful of pairs, the other for effects of 1 to 3 sd.
SCALES = (1.0, 5.0)

# The part that uses calibration pairs is weighted with this, the part that does not with the
# rest. It only matters for effects beyond about 10 sd; a quarter costs the others next to nothing.
CALIBRATION_SHARE = 0.25

# A candidate's paired differences may have up to this many times the sd of the calibration's
# before calibration pairs could raise the chance of a false promotion.
NOISE_ALLOWANCE = 3.0

TINY = 1e-300
LARGEST_EXPONENT = 700.0  # keeps e-values finite; more evidence than that changes no decision


def evidence(
    e_process: str,
    differences: Sequence[float],
    calibration: Sequence[float] = (),
    null: float = 0.0,
) -> float:
    """Return the evidence that the typical difference is above ``null``.

    Args:
        e_process: `RIGHT_HAAR_T` (about the mean), `SYMMETRIC` (about the centre of symmetry),
            `SIGN` (about the median) or `T_AND_SIGN` (the smaller of both: an e-process against
            either null, so that it holds where either of them does).
        differences: Paired improvements so far, in the order of looking, metric units.
        calibration: Paired differences of the champion against itself; used by `RIGHT_HAAR_T`.
        null: The effect to be exceeded, metric units.

    Returns:
        The e-value at this look, 0 or more; 1 without any differences.

    Raises:
        ValueError: No e-process of that name.
    """
    shifted = [x - null for x in differences] if null else differences
    if e_process == RIGHT_HAAR_T:
        return _t(shifted, calibration)
    if e_process == SYMMETRIC:
        return signs.symmetric_evidence(shifted)
    if e_process not in (SIGN, T_AND_SIGN):
        known = ", ".join(map(repr, (RIGHT_HAAR_T, SYMMETRIC, SIGN, T_AND_SIGN)))
        raise ValueError(f"no e-process {e_process!r} for differences: use {known}")
    wins = sum(x > 0 for x in shifted)
    bet = signs.sign_evidence(wins, sum(x < 0 for x in shifted))
    return bet if e_process == SIGN else min(bet, _t(shifted, ()))


def _t(differences: Sequence[float], calibration: Sequence[float]) -> float:
    total, squares = math.fsum(differences), math.fsum([x * x for x in differences])
    known = math.fsum([z * z for z in calibration])
    return float(t_evidence(len(differences), total, squares, len(calibration), known))


def t_evidence(n: int, total: Number, squares: Number, df: int = 0, known: float = 0.0) -> Number:
    """Return the evidence that a Gaussian mean is above zero, noise unknown.

    A fixed mixture of two right-Haar t e-processes: one on the differences alone, valid whatever
    their variance, and one in which the calibration differences enter as further degrees of
    freedom, taken `NOISE_ALLOWANCE` times too large. While the sum of differences is positive, a
    larger calibration sum only lowers the evidence, path by path; while it is negative, both
    parts are below 1. So crossing any bar above 1 is at most as likely as with the candidate's
    true noise in place of the allowance: the second part is safe for every candidate whose noise
    is up to that many times the champion's and not only for one of equal noise. From where a
    candidate's own variance is above even that allowance, it counts as zero: a check that can
    only take evidence away needs no allowance for having been made.

    Args:
        n: Number of differences, 0 or more.
        total: Their sum.
        squares: Their sum of squares.
        df: Number of calibration differences, whose mean is known to be zero.
        known: Their sum of squares (as measured).
    """
    own = right_haar_t(n, total, squares)
    if not df:
        return own
    pooled = known * NOISE_ALLOWANCE**2
    calibrated = right_haar_t(n, total, squares, df, pooled)
    within = squares - total * total / max(n, 1)
    kept = within * df <= pooled * max(n - 1, 0)
    return (1 - CALIBRATION_SHARE) * own + CALIBRATION_SHARE * calibrated * (kept | (n < 2))


def most_t_evidence(n: int, df: int = 0, noisy: bool = False) -> float:
    """Return the limit of `t_evidence` after ``n`` differences as effect / noise goes to infinity.

    Args:
        n: Number of differences.
        df: Number of calibration differences.
        noisy: Whether to count on the equal-variance check failing.
    """
    own = sum(_half_normal(n, math.sqrt(n), 0, scale) for scale in SCALES) / len(SCALES)
    if not df:
        return float(own)
    calibrated = sum(_half_normal(n, math.sqrt(n), df, scale) for scale in SCALES) / len(SCALES)
    return float((1 - CALIBRATION_SHARE) * own + CALIBRATION_SHARE * calibrated * (not noisy))


def right_haar_t(
    n: int, total: Number, squares: Number, df: int = 0, pooled: float = 0.0
) -> Number:
    """Return the one-sided right-Haar t e-value from sufficient statistics.

    Bayes factor of ``x_i ~ N(δσ, σ²)`` with δ half-normal against δ = 0, with the right-Haar prior
    ``dσ/σ`` on the noise under both, averaged over `SCALES`. For scale g, with ``N = n + df`` and
    ``ρ = Σx / sqrt((Σx² + pooled)(n + 1/g²))`` it has the closed form

        (1 + n g²)^(-1/2) · (1 - ρ²)^(-N/2) · 2 F_N(sqrt(N) ρ / sqrt(1 - ρ²))

    with F_N Student's distribution function. It is a test martingale under δ = 0 for every σ
    (Pérez-Ortiz, Lardy, de Heide, Grünwald, "E-statistics, group invariance and anytime-valid
    testing", Annals of Statistics 2024; Wang and Ramdas, "Anytime-valid t-tests and confidence
    sequences for Gaussian means with unknown variance", Sequential Analysis 2025). It grows with
    Σx at equal spread, so that shifting all data down lowers it at every n at once: valid for
    every δ <= 0. Ville's bound concerns the whole path, so it holds although one may stop by
    looking at quantities that are not scale-free.

    Args:
        n: Number of differences, 0 or more.
        total: Their sum.
        squares: Their sum of squares.
        df: Number of further differences whose mean is known to be zero.
        pooled: Sum of squares of those.
    """
    most = math.sqrt(n)  # by Cauchy and Schwarz, but rounding may say more
    if isinstance(total, np.ndarray):
        ratio = np.clip(total / np.maximum(np.sqrt(squares + pooled), TINY), -most, most)
    else:
        ratio = min(max(total / max(math.sqrt(squares + pooled), TINY), -most), most)
    narrow, wide = SCALES
    mixed: Number = (_half_normal(n, ratio, df, narrow) + _half_normal(n, ratio, df, wide)) / 2
    return mixed


def _half_normal(n: int, ratio: Number, df: int, scale: float) -> Number:
    spread = 1 + n * scale**2
    rho = ratio * (scale / math.sqrt(spread))
    rest = 1 - rho * rho
    if isinstance(rest, np.ndarray):
        grown: Number = np.exp(np.minimum(np.log(rest) * (-(n + df) / 2), LARGEST_EXPONENT))
    else:
        grown = math.exp(min(math.log(rest) * (-(n + df) / 2), LARGEST_EXPONENT))
    return grown * (1 + central_student(rho, n + df)) / math.sqrt(spread)


def central_student(sine: Number, df: int) -> Number:
    """Return ``P(|T| <= |t|)`` with the sign of t, T of Student's t with ``df`` whole degrees.

    Finite series of Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3-4.

    Args:
        sine: ``t / sqrt(df + t²)``, between -1 and 1.
        df: Degrees of freedom (with 0, ``sine`` is 0 and so is the result).
    """
    cosine2 = 1 - sine * sine
    odd = df % 2
    series = 0.0 * sine
    for k in range(df - 2 - odd, 0, -2):
        series = (1 + series) * cosine2 * ((k - 1 + odd) / (k + odd))
    central: Number = sine * (1 + series)
    if odd and isinstance(sine, np.ndarray):
        central = (np.arcsin(sine) + central * np.sqrt(cosine2) * (df > 1)) * (2 / math.pi)
    elif odd:
        central = (math.asin(sine) + central * math.sqrt(cosine2) * (df > 1)) * (2 / math.pi)
    return central
