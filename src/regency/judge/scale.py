"""How two scores are compared: which way is better, by difference, ratio or share.

Decides nothing; knows no trials.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regency.config import MEASURED, ScoreTable
from regency.errors import TrialError
from regency.stats import bounded, evalues, intervals, sequential

MINIMIZE = "minimize"
BOUNDED = "bounded shares"
Scores = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale that improvements are measured on.

    Attributes:
        goal: ``minimize`` or ``maximize``.
        ratio: Whether scores are compared by their ratio; improvements are then logarithms of it.
        low: Smallest possible score, None if there is no such bound.
        high: Largest possible score.
        items: Independent items that one score is the mean of.
    """

    goal: str = MINIMIZE
    ratio: bool = False
    low: float | None = None
    high: float | None = None
    items: int = 1

    @property
    def bounded(self) -> bool:
        """Whether scores have both bounds, so that they can be taken as shares."""
        return self.low is not None and self.high is not None

    def improvement(self, candidate: float, champion: float) -> float:
        """Return how much better ``candidate`` is than ``champion``: positive is better.

        Raises:
            TrialError: A score has no place on this scale: not above zero, or out of bounds.
        """
        if self.ratio:
            if min(candidate, champion) <= 0:
                raise TrialError("a score that is compared by ratio must be above zero")
            gain = math.log(candidate / champion)
        else:
            gain = candidate - champion
        return -gain if self.goal == MINIMIZE else gain

    def share(self, score: float) -> float:
        """Return ``score`` as a share of the way from the worst to the best possible one.

        Raises:
            TrialError: It is out of bounds.
        """
        low, high = self.low or 0.0, 1.0 if self.high is None else self.high
        if not low <= score <= high:
            raise TrialError(f"the score {score:g} is not between {low:g} and {high:g}")
        share = (score - low) / (high - low)
        return 1 - share if self.goal == MINIMIZE else share

    def evidence(self, e_process: str, scores: Scores, known: Sequence[float]) -> float:
        """Return the evidence that the candidate is better.

        Args:
            e_process: `BOUNDED`, or one of `regency.stats.evalues`.
            scores: Pairs of scores so far, the candidate's first.
            known: Paired differences of the champion against itself.
        """
        if e_process != BOUNDED:
            return evalues.evidence(e_process, self.differences(scores), known)
        return bounded.bounded_evidence(*self._sums(scores))

    def interval(
        self, e_process: str, scores: Scores, level: float, known: Sequence[float]
    ) -> tuple[float, float]:
        """Return the improvements that the evidence does not rule out, each end at ``level``."""
        if e_process != BOUNDED:
            return intervals.interval(self.differences(scores), level, e_process, known)
        low, high = bounded.difference_interval(*self._sums(scores), level)
        width = (self.high or 0.0) - (self.low or 0.0)
        return low * width, high * width

    def differences(self, scores: Scores) -> list[float]:
        """Return the improvement of each pair."""
        return [self.improvement(candidate, champion) for candidate, champion in scores]

    def fewest_pairs(self, e_process: str, level: float, known: int) -> int:
        """Return the fewest pairs after which an e-process can cross ``1 / level``.

        Args:
            e_process: Its name.
            level: The test's level.
            known: Number of calibration pairs.
        """
        if e_process != BOUNDED:
            return sequential.fewest_pairs(level, e_process, known, noisy=True)
        pairs = 1
        while bounded.bounded_evidence(pairs * self.items, pairs * self.items, 0) * level < 1:
            pairs += 1
        return pairs

    def hoped(self, scores: Scores, more: float, pairs: int) -> float:
        """Return the evidence of ``pairs`` pairs like these, each better by ``more``."""
        _, new, old = self._sums(scores)
        width = (self.high or 0.0) - (self.low or 0.0)
        items, grown = pairs * self.items, pairs / len(scores)
        return bounded.bounded_evidence(
            items, min(new * grown + more / width * items, items), old * grown
        )

    def _sums(self, scores: Scores) -> tuple[float, float, float]:
        """Return the number of items of each arm and the sums of their shares."""
        new = math.fsum(self.share(candidate) for candidate, _ in scores)
        old = math.fsum(self.share(champion) for _, champion in scores)
        return len(scores) * self.items, new * self.items, old * self.items


def scale_of(table: ScoreTable) -> Scale:
    """Return the scale that ``[score]`` asks for; times are compared by ratio unless it says so."""
    ratio = table.compare == "ratio" or (table.compare == "auto" and table.metric in MEASURED)
    low, high = table.bounds or (None, None)
    return Scale(table.goal, ratio, low, high, table.items)
