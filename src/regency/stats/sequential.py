"""Levels for a stream of tests, and how many pairs a test needs at least.

Knows nothing of candidates or scores.
"""

import math

from regency.stats import evalues, signs

# γ_t is proportional to 1/(t + 10)². Among (t + c)^-s and 1/((t + c) log²(t + c)) it loses least
# against a budget divided evenly over a number of tests that one would have to know beforehand:
# on average 0.8, 0.6 and 1.0 nats of evidence for 10, 30 and 100 tests (1/(t log² t): 1.2, 1.8
# and 2.4), or about half a pair at an effect of 2 sd. One generation has tens of tests.
OFFSET = 10
TOTAL = math.pi**2 / 6 - sum(1 / k**2 for k in range(1, OFFSET + 1))

MOST_PAIRS = 10_000


def share(index: int) -> float:
    """Return γ_t, the share of the error budget that test ``index`` (from 1) has; they sum to 1."""
    return 1 / (index + OFFSET) ** 2 / TOTAL


def level(index: int, promotions_so_far: int, rate: float) -> float:
    """Return the level of a test: e-LOND, ``rate · γ_t · (promotions so far + 1)``.

    Keeps the expected share of false promotions at most ``rate`` under any dependence between
    tests, and the chance of any false promotion at most ``rate`` where nothing is truly better
    (Xu and Ramdas, "Online multiple testing with e-values", AISTATS 2024). The e-value of a test is
    ``1 / level`` if it ever crossed and 0 otherwise, so that one may stop for any reason. Tests
    may share calibration pairs: the second statement holds exactly all the same; for the first,
    the part of the evidence that uses them is kept far on the safe side (`evalues.t_evidence`).

    Args:
        index: t, counted within the generation from 1.
        promotions_so_far: Promotions in this generation when the test starts.
        rate: α, the false promotion rate.
    """
    return min(rate * share(index) * (promotions_so_far + 1), rate)


def fewest_pairs(level: float, e_process: str, calibration_df: int = 0, noisy: bool = False) -> int:
    """Return the fewest pairs after which an e-process can cross ``1 / level``.

    Args:
        level: The test's level.
        e_process: Its e-process.
        calibration_df: Number of calibration pairs.
        noisy: Whether to count on calibration pairs not helping (the candidate is much noisier).

    Returns:
        Pairs needed if the effect is endlessly larger than the noise.
    """
    for pairs in range(1, MOST_PAIRS):
        if e_process in (evalues.SIGN, evalues.T_AND_SIGN):
            most = signs.sign_evidence(pairs, 0)
        elif e_process == evalues.SYMMETRIC:
            most = signs.symmetric_evidence([1.0] * pairs)
        else:
            most = evalues.most_t_evidence(pairs, calibration_df, noisy)
        if most >= 1 / level:
            return pairs
    return MOST_PAIRS
