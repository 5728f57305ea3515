"""Which way to choose the next edit: by what each way has brought lately.

Adaptive operator selection by Thompson sampling over Bernoulli outcomes with forgetting (Fialho,
Da Costa, Schoenauer and Sebag 2010; Raj and Kalyani 2017): the learner's own best guess, a draw
from all edits that discounts only what tends to fail, a draw among places never tried, or small
steps of several numbers at once.
"""

import random

ARMS = ("best", "any", "new", "joint")
_FORGET = 0.97
_ALONE = 30
_PRIOR = {"best": (1.0, 2.0), "any": (1.0, 3.0), "new": (1.0, 3.0), "joint": (1.0, 3.0)}


class Arms:
    """Beliefs about how often each way pays."""

    def __init__(self) -> None:
        """Start from the priors: the learner's guess is a little ahead."""
        self.paid = dict.fromkeys(ARMS, 0.0)
        self.failed = dict.fromkeys(ARMS, 0.0)
        self.seen = 0

    def observe(self, arm: str, *, paid: bool) -> None:
        """Take in one outcome; arms of other versions are passed over."""
        if arm not in self.paid:
            return
        self.seen += 1
        self.paid[arm] = _FORGET * self.paid[arm] + paid
        self.failed[arm] = _FORGET * self.failed[arm] + (not paid)

    def draw(self, rng: random.Random, *, clear: bool) -> str:
        """Return the arm with the highest draw.

        Args:
            rng: Source of randomness.
            clear: Whether effects stand out from the noise. Where they do not, breadth wastes the
                few trials there are, and the learner's guess is taken alone at first.
        """
        if not clear and self.seen < _ALONE:
            return "best"
        return max(ARMS, key=lambda arm: rng.betavariate(*self._counts(arm)))

    def share(self, arm: str) -> float:
        """Return the expected share of the arm's edits that pay."""
        paid, failed = self._counts(arm)
        return paid / (paid + failed)

    def _counts(self, arm: str) -> tuple[float, float]:
        paid, failed = _PRIOR[arm]
        return paid + self.paid[arm], failed + self.failed[arm]
