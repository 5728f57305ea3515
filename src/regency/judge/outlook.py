"""When to give up on a test: free of promises, since stopping early can only lose promotions.

Knows nothing of trials.
"""

import math
from collections.abc import Sequence

from regency.judge.scale import BOUNDED, Scale, Scores
from regency.records import Answer, Nomination
from regency.stats import evalues, signs

LEAST_PAIRS = 3
AGAINST = 10.0  # evidence that the effect is below the smallest one worth having
HOPE = 1.75  # standard errors that the effect may be above its mean so far


def stop(
    scores: Scores, scale: Scale, nomination: Nomination, smallest_effect: float
) -> Answer | None:
    """Return the answer with which to stop short of ``better``, or None to go on.

    Stops when there is evidence that the effect is below ``smallest_effect``, when even an effect
    `HOPE` standard errors above what was seen would not cross the level within the cap, and at
    the cap.

    Args:
        scores: Pairs of scores so far, the candidate's first.
        scale: How they are compared.
        nomination: The nomination.
        smallest_effect: Gains below this are not worth having, metric units.
    """
    differences = scale.differences(scores)
    n = len(differences)
    mean = math.fsum(differences) / n
    if n < LEAST_PAIRS and n < nomination.max_pairs:
        return None
    short = [smallest_effect - d for d in differences]
    process = evalues.RIGHT_HAAR_T if nomination.e_process == BOUNDED else nomination.e_process
    if evalues.evidence(process, short) >= AGAINST:
        return Answer.NOT_BETTER
    if n >= nomination.max_pairs or _best_case(scores, scale, nomination) * nomination.level < 1:
        low = mean <= 0 or mean < smallest_effect
        return Answer.NOT_BETTER if low else Answer.UNDECIDED
    return None


def _best_case(scores: Scores, scale: Scale, nomination: Nomination) -> float:
    """Return the e-value at the cap if all goes as well as can be hoped for."""
    differences = scale.differences(scores)
    n, cap = len(differences), nomination.max_pairs
    wins = signs.sign_evidence(*_hoped_wins(differences, cap))
    if nomination.e_process == evalues.SIGN:
        return wins
    mean = math.fsum(differences) / n
    variance = math.fsum((d - mean) ** 2 for d in differences) / (n - 1)
    more = HOPE * math.sqrt(variance / n)
    if nomination.e_process == evalues.SYMMETRIC:
        return signs.symmetric_evidence([differences[k % n] + more for k in range(cap)])
    if nomination.e_process == BOUNDED:
        return scale.hoped(scores, more, cap)
    hoped = mean + more
    squares = variance * (cap - 1) + cap * hoped**2
    evidence = float(evalues.right_haar_t(cap, cap * hoped, squares))
    return min(evidence, wins) if nomination.e_process == evalues.T_AND_SIGN else evidence


def _hoped_wins(differences: Sequence[float], cap: int) -> tuple[int, int]:
    n = len(differences)
    wins, losses = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    share = min(1.0, wins / max(wins + losses, 1) + HOPE / math.sqrt(4 * n))
    decided = wins + losses + (cap - n) * (wins + losses) // n
    won = wins + math.ceil((decided - wins - losses) * share)
    return won, decided - won
