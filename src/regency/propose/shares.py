"""Whose proposals to ask for: agents whose proposals pay are asked more, and nobody starves.

Thompson sampling over the worth that an agent's proposals bring for each trial that they cost. The
worth per trial has a Gamma posterior (conjugate to counts that come at a rate: Gelman et al.,
Bayesian Data Analysis, 3rd ed., 2.6); before anything is known its mean is in proportion to the
share that was set, and its weight small, so that turns come out near those shares. Every turn draws
one rate for each agent, and the largest speaks (Thompson 1933; Russo et al., A Tutorial on Thompson
Sampling, 2018). One turn in ten goes by the shares that were set. Only the latest candidates count,
so that an agent which has run dry is found out.

Knows outcomes alone, which the record holds: the same record gives the same shares.
"""

import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from regency.records import Answer

WINDOW = 500  # latest judged candidates that count
FLOOR = 0.1  # part of the turns that goes by the shares that were set
MOST_COST = 4.0  # trials charged for one proposal: a test is the judge's wish, not the agent's
PROMOTED, CLOSE, NOMINATED, PROMISING = 1.0, 0.3, 0.15, 0.1
_PRIOR_WORTH, _PRIOR_TRIALS = 1.0, 20.0  # of all agents together, before anything is known
_SHAPE = 0.5  # of the prior: the weaker, the faster it learns, the less the set shares count
_DRAWS = 400  # for the shares that people are shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one candidate.

    Attributes:
        candidate: Its id.
        agent: Name of the agent that proposed it.
        answer: The latest verdict's answer.
        gate: That verdict's gate.
        trials: Its trials.
        promoted: Whether it was ever champion.
    """

    candidate: str
    agent: str
    answer: str
    gate: str
    trials: int
    promoted: bool = False

    @property
    def worth(self) -> float:
        """What it brought, between 0 and 1: a promotion is 1."""
        if self.promoted:
            return PROMOTED
        open_end = self.answer in (Answer.UNDECIDED, Answer.SUPERSEDED)
        if self.gate == "confirm":
            return CLOSE if open_end else NOMINATED
        return PROMISING if self.gate == "search" and open_end else 0.0

    @property
    def cost(self) -> float:
        """Trials charged for it; what never ran costs one: a turn, and a screen."""
        return min(max(float(self.trials), 1.0), MOST_COST)


@dataclass(slots=True)
class Tally:
    """What an agent's latest candidates brought and cost."""

    proposals: int = 0
    nominations: int = 0
    promotions: int = 0
    worth: float = 0.0
    trials: float = 0.0

    def count(self, outcome: Outcome, sign: int) -> None:
        """Take ``outcome`` in (``sign`` 1), or out again (-1)."""
        self.proposals += sign
        self.nominations += sign * (outcome.gate == "confirm")
        self.promotions += sign * outcome.promoted
        self.worth += sign * outcome.worth
        self.trials += sign * outcome.cost


@dataclass(slots=True)
class Shares:
    """Shares of several agents.

    Attributes:
        wanted: Agent → the share that was set, relative to the others.
        learning: Whether to learn; else the shares stay as they were set.
        tallies: Agent → what its latest candidates brought.
    """

    wanted: Mapping[str, float]
    learning: bool = True
    tallies: dict[str, Tally] = field(default_factory=dict)
    _latest: deque[str] = field(default_factory=deque)
    _known: dict[str, Outcome] = field(default_factory=dict)
    _all: Tally = field(default_factory=Tally)

    @classmethod
    def after(
        cls, wanted: Mapping[str, float], outcomes: Iterable[Outcome], *, learning: bool = True
    ) -> "Shares":
        """Return the shares once ``outcomes``, oldest first, are known."""
        shares = cls(wanted, learning)
        for outcome in outcomes:
            shares.learn(outcome)
        return shares

    def learn(self, outcome: Outcome) -> None:
        """Take in an outcome; a later word on the same candidate replaces the earlier one."""
        before = self._known.pop(outcome.candidate, None)
        if before is not None:
            self._count(before, -1)
        else:
            self._latest.append(outcome.candidate)
        self._known[outcome.candidate] = outcome
        self._count(outcome, 1)
        if len(self._latest) > WINDOW:
            self._count(self._known.pop(self._latest.popleft()), -1)

    def choose(self, present: Sequence[str], seed: int) -> str:
        """Return which of ``present`` speaks.

        Args:
            present: Agents that can speak now; not empty.
            seed: Of this turn.
        """
        rng = random.Random(f"shares:{seed}")  # noqa: S311 - a choice, no secret
        if not self.learning or rng.random() < FLOOR:
            return rng.choices(present, [self.wanted[name] for name in present])[0]
        return self._drawn(present, rng)

    def now(self) -> dict[str, float]:
        """Return each agent's share of the turns as things stand, together 1 (by simulation)."""
        names = list(self.wanted)
        whole = sum(self.wanted.values())
        fixed = {name: share / whole for name, share in self.wanted.items()}
        if not self.learning or len(names) < 2:
            return fixed
        rng = random.Random("shares")  # noqa: S311 - a simulation, no secret
        won = dict.fromkeys(names, 0)
        for _ in range(_DRAWS):
            won[self._drawn(names, rng)] += 1
        return {n: FLOOR * fixed[n] + (1 - FLOOR) * won[n] / _DRAWS for n in names}

    def _drawn(self, present: Sequence[str], rng: random.Random) -> str:
        """Return the agent with the largest draw of its worth per trial."""
        mean = sum(self.wanted.values()) / len(self.wanted)
        usual = (_PRIOR_WORTH + self._all.worth) / (_PRIOR_TRIALS + self._all.trials)
        best, largest = present[0], -1.0
        for name in present:
            tally = self.tallies.get(name) or Tally()
            trials = _SHAPE * mean / (self.wanted[name] * usual) + tally.trials
            draw = rng.gammavariate(_SHAPE + max(tally.worth, 0.0), 1.0 / trials)
            if draw > largest:
                best, largest = name, draw
        return best

    def _count(self, outcome: Outcome, sign: int) -> None:
        self.tallies.setdefault(outcome.agent, Tally()).count(outcome, sign)
        if outcome.agent in self.wanted:
            self._all.count(outcome, sign)
