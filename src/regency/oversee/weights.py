"""Points of risk factors held against what people of this lab decided.

The points of a factor are a judgement. Where a lab has enough decisions they are moved towards what
its people did. With n decided changes that have a factor, k of them rejected, and a share b of
those without it rejected, what the factor adds by itself is, as points combine (noisy-or, J. Pearl,
"Probabilistic Reasoning in Intelligent Systems", 1988, 4.3.2),

    w = max(0, 1 - (1 - k/n) / (1 - b))

and the judgement, the mean points p that it was given there, counts like `PRIOR` decisions more:
(PRIOR·p + n·w) / (PRIOR + n), the posterior mean of a beta-binomial. A change's own points are
scaled by how far that is from p, so that a large change stays riskier than a small one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from regency.records import Factor

FEWEST = 20  # decided changes before points move at all
FEWEST_WITH = 5  # of them with the factor
PRIOR = 10
MOST = 0.9


@dataclass(frozen=True, slots=True)
class Weight:
    """What decisions make of one factor: its scale, and the counts that it rests on."""

    scale: float
    decided: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Factor → its weight; none while there are too few decisions."""

    known: Mapping[str, Weight] = field(default_factory=dict)

    def applied(self, found: Iterable[Factor]) -> list[Factor]:
        """Return ``found`` with points as people of this lab would give them, and the counts."""
        return [self._applied(factor) for factor in found]

    def _applied(self, factor: Factor) -> Factor:
        weight = self.known.get(factor.name)
        if weight is None:
            return factor
        points = round(max(0.0, min(MOST, factor.points * weight.scale)), 4)
        told = f"of {weight.decided} decided changes with this, {weight.rejected} rejected"
        reason = f"{factor.reason}; {told}"
        return replace(factor, points=points, judged=factor.points, reason=reason)


def weights(decided: Sequence[tuple[Sequence[Factor], bool]]) -> Weights:
    """Return the weights that decisions give.

    Args:
        decided: The factors of each change that a person decided on, and whether it was rejected.
    """
    if len(decided) < FEWEST:
        return Weights()
    given = [(_judged(factors), rejected) for factors, rejected in decided]
    names = sorted({name for factors, _ in given for name in factors})
    found = {}
    for name in names:
        those = [(factors[name], rejected) for factors, rejected in given if name in factors]
        others = [rejected for factors, rejected in given if name not in factors]
        if len(those) >= FEWEST_WITH:
            found[name] = _weight(those, others)
    return Weights(found)


def _weight(those: Sequence[tuple[float, bool]], others: Sequence[bool]) -> Weight:
    n, k = len(those), sum(rejected for _, rejected in those)
    mean = sum(points for points, _ in those) / n
    without = (sum(others) + 0.5) / (len(others) + 1) if others else 0.0
    own = max(0.0, 1 - (1 - k / n) / (1 - without))
    shrunk = (PRIOR * mean + n * own) / (PRIOR + n)
    return Weight(shrunk / mean if mean else 1.0, n, k)


def _judged(factors: Iterable[Factor]) -> dict[str, float]:
    """Return name → the points of judgement, the highest where a name comes twice."""
    found: dict[str, float] = {}
    for factor in factors:
        points = factor.points if factor.judged is None else factor.judged
        found[factor.name] = max(points, found.get(factor.name, 0.0))
    return found
