"""Which of several models to ask: the one that probably brings most for what it costs.

Budgeted Thompson sampling (Xia, Li, Qin, Yu and Liu, IJCAI 2015): success and cost of each model
have Beta posteriors; the model with the largest ratio of draws is asked.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORTH = {"better": 1.0, "undecided": 0.4, "superseded": 0.4, "": 0.3}
_TRIED = 0.05  # an answer that ran and was not better: more than one that did not run
_PROMISING = 0.2  # and gained something on the search split
_FLOOR = 0.1  # of the dearest model's cost: asking costs the lab's own time too


def worth(answer: str, gain: float | None) -> float:
    """Return what an attempt was worth, between 0 and 1.

    Args:
        answer: Its verdict so far.
        gain: Its rounded gain on the search split.
    """
    if answer in WORTH:
        return WORTH[answer]
    if answer == "invalid" or gain is None:
        return 0.0
    return _PROMISING if gain > 0 else _TRIED


@dataclass(slots=True)
class Arm:
    """What is known of one model."""

    asked: int = 0
    worth: float = 0.0
    cost: float = 0.0


class Bandit:
    """Learns which model pays."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Know nothing yet of the models ``labels``."""
        self.arms = {label: Arm() for label in labels}
        self._told: dict[str, tuple[str, float]] = {}

    def spent(self, label: str, cost: float) -> None:
        """Count a call of ``label``, and its cost in any unit that is the same for all."""
        if arm := self.arms.get(label):
            arm.asked += 1
            arm.cost += cost

    def learn(self, candidate: str, label: str, value: float) -> None:
        """Take in what a candidate was worth; a later word on it replaces the earlier one."""
        known, before = self._told.get(candidate, (label, 0.0))
        if arm := self.arms.get(known):
            arm.worth += value - before
        self._told[candidate] = (known, value)

    def choose(self, seed: int) -> str:
        """Return the model to ask now."""
        rng = random.Random(f"bandit:{seed}")  # noqa: S311 - a choice, no secret
        costs = self._costs()
        draws = {label: self._draw(arm, costs[label], rng) for label, arm in self.arms.items()}
        return max(draws, key=draws.__getitem__)

    def _costs(self) -> Mapping[str, float]:
        """Return the mean cost of each model between 0 and 1; unknown ones count as the dearest."""
        means = {label: arm.cost / arm.asked for label, arm in self.arms.items() if arm.asked}
        top = max(means.values(), default=0.0)
        if top <= 0:
            return dict.fromkeys(self.arms, 1.0)
        return {label: (means.get(label, top) / top + _FLOOR) / (1 + _FLOOR) for label in self.arms}

    def _draw(self, arm: Arm, cost: float, rng: random.Random) -> float:
        failed = max(0.0, arm.asked - arm.worth)
        success = rng.betavariate(1 + max(0.0, arm.worth), 1 + failed)
        price = rng.betavariate(1 + arm.asked * cost, 1 + arm.asked * (1 - cost))
        return success / max(price, 1e-6)
