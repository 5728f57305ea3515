"""E-processes that bet on signs alone: no assumption on tails. Pure functions.

Knows nothing of candidates or scores.
"""

import bisect
import math
from collections.abc import Iterator, Sequence

MOST_WINS = 1000  # keeps e-values finite; more evidence than that changes no decision
# Effects in robust sds that `symmetric_evidence` bets on, in equal parts.
EFFECTS = (0.5, 1.0, 2.0, 4.0)
# Centred at θ s, differences are larger than the noise: s is set back by that much.
STAKES = tuple(effect * math.sqrt(1 + effect**2) for effect in EFFECTS)
MEDIAN_OF_NORMAL = 0.6745  # of |z|, z standard normal


def sign_evidence(wins: int, losses: int) -> float:
    """Return the evidence that positive differences are more likely than negative ones.

    Bets on the share p of wins, half the stake on p = 1 and half spread evenly over p from 1/2 to
    1, against 1/2 or less; ties are left out. The second half is an incomplete beta function at
    whole numbers, ``Σ_{k<=wins} C(n+1, k) / ((n+1) C(n, wins))``. Valid for any independent
    differences of which neither sign is likelier, whatever their size, tails and skew.

    Args:
        wins: Number of positive differences.
        losses: Number of negative differences.
    """
    wins = min(wins, MOST_WINS)
    n = wins + losses
    favourable = sum(math.comb(n + 1, k) for k in range(wins + 1))
    all_won = 2.0**n if losses == 0 else 0.0
    return (all_won + favourable / ((n + 1) * math.comb(n, wins))) / 2


def symmetric_evidence(differences: Sequence[float]) -> float:
    """Return the evidence that differences are centred above zero, if they are symmetric.

    Under symmetry about zero the sign of a difference is a fair coin however large it is, so one
    may stake more on larger ones: each is bet on with ``tanh(θ |x| / s)``, the stake that is best
    for a Gaussian of mean θ s and sd s, where s is the median size so far, that one included. θ is
    mixed over `EFFECTS`. A test martingale for symmetry about zero and smaller for a unimodal law
    centred below, whatever its tails (sign betting: Ramdas, Ruf, Larsson and Koolen, "Admissible
    anytime-valid sequential inference must rely on nonnegative martingales", 2020, section 5).

    Args:
        differences: In the order of looking.
    """
    paths = (1.0,) * len(STAKES)
    for ratio in _ratios(differences):
        paths = _bet(paths, ratio)
    return sum(paths) / len(paths)


def highest_symmetric_evidence(differences: Sequence[float]) -> float:
    """Return the highest value that `symmetric_evidence` had on the way, at least 1."""
    paths, highest = (1.0,) * len(STAKES), 1.0
    for ratio in _ratios(differences):
        paths = _bet(paths, ratio)
        highest = max(highest, sum(paths) / len(paths))
    return highest


def _ratios(differences: Sequence[float]) -> Iterator[float]:
    """Yield each difference in robust sds of those so far, that one included."""
    sizes: list[float] = []
    for count, x in enumerate(differences[:MOST_WINS], 1):
        bisect.insort(sizes, abs(x))
        middle = sizes[count // 2] + sizes[(count - 1) // 2]
        yield 2 * MEDIAN_OF_NORMAL * x / middle if middle else math.copysign(1e9, x) * (x != 0)


def _bet(paths: tuple[float, ...], ratio: float) -> tuple[float, ...]:
    return tuple(
        [path * (1 + math.tanh(stake * ratio)) for path, stake in zip(paths, STAKES, strict=True)]
    )
