"""How fast one reviewer is: what the measured minutes of past reviews make of an estimate.

The factor is the geometric mean of measured by estimated minutes, drawn towards 1 while there are
few reviews (as if three had taken exactly their estimate), each ratio held within an eighth and
eight times: a person who left a page open overnight tells nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

FEWEST = 5  # reviews before their pace counts
_PRIOR = 3
_WIDEST = math.log(8.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """Measured by estimated minutes, and how many reviews that rests on."""

    factor: float
    reviews: int


def pace(reviews: Iterable[tuple[float, float]]) -> Pace:
    """Return a reviewer's pace; 1 while there are fewer than `FEWEST` reviews.

    Args:
        reviews: (estimated, measured) minutes; those without a measurement are left out.
    """
    ratios = [math.log(measured / estimated) for estimated, measured in reviews
              if _counts(estimated) and _counts(measured)]  # fmt: skip
    if len(ratios) < FEWEST:
        return Pace(1.0, len(ratios))
    held = (max(-_WIDEST, min(_WIDEST, ratio)) for ratio in ratios)
    return Pace(round(math.exp(sum(held) / (len(ratios) + _PRIOR)), 3), len(ratios))


def _counts(minutes: float) -> bool:
    return math.isfinite(minutes) and minutes > 0
