"""Whose turn it is to propose, what that agent has not heard yet, and which are out of ideas."""

import itertools
from collections.abc import Sequence

from regency.desk import Desk
from regency.errors import NothingLeft
from regency.propose.brief import Standing, attempt, build_brief
from regency.records import Candidate, Event, Proposal, Verdict


class Turns:
    """The agents of one run, each with its share of the proposals and its own news."""

    def __init__(self, desk: Desk, noise_sd: float) -> None:
        """Give every agent the whole history as its first news.

        Args:
            desk: What the run works with.
            noise_sd: Standard deviation of one paired difference, 0 if not known yet.
        """
        self._desk = desk
        self.noise_sd = noise_sd
        self._turn = itertools.count()
        self._silent: set[str] = set()
        store = desk.store
        history = [
            attempt(c, v, store.candidate(c.id).gain, noise_sd)
            for _, c, v in store.judged_since(-1)
        ]
        self._news = {name: list(history) for name in desk.proposers}

    @property
    def exhausted(self) -> bool:
        """Whether no agent has anything left to propose."""
        return self._silent >= set(self._desk.proposers)

    def encourage(self) -> None:
        """Ask everyone again: there is a new parent to work on."""
        self._silent.clear()

    def tell(self, candidate: Candidate, verdict: Verdict | None, gain: float | None) -> None:
        """Let every agent hear what became of ``candidate``, in the agent's view."""
        for heard in self._news.values():
            heard.append(attempt(candidate, verdict, gain, self.noise_sd))

    def ask(self, standing: Standing, count: int) -> list[Proposal]:
        """Return up to ``count`` proposals of the agent whose turn it is.

        Args:
            standing: Where the lab stands.
            count: Proposals wanted.
        """
        speakers = [name for name in self._desk.proposers if name not in self._silent]
        if not speakers:
            return []
        turn = next(self._turn)
        name = self._speaker(speakers, turn)
        proposals = self._speak(name, standing, count, turn)
        if not proposals:
            self._silent.add(name)
        return proposals

    def _speak(self, name: str, standing: Standing, count: int, turn: int) -> list[Proposal]:
        first = self._desk.store.next_candidate_number()
        files = self._desk.files(standing.parent)
        proposals = []
        for number in range(first, first + count):
            news, self._news[name] = self._news[name], []
            seed = self._desk.seeds(f"propose/{number}/{turn}")
            brief = build_brief(self._desk.config, standing, news, seed)
            try:
                proposals.append(self._desk.proposers[name].propose(brief, files))
            except NothingLeft as error:
                self._desk.show(Event("silent", {"agent": name, "reason": str(error)}))
                break
        return proposals

    def _speaker(self, speakers: Sequence[str], turn: int) -> str:
        bounds = list(itertools.accumulate(self._desk.shares[name] for name in speakers))
        place = self._desk.seeds(f"speaker/{turn}") / 2**31 * bounds[-1]
        return next((n for n, b in zip(speakers, bounds, strict=True) if place < b), speakers[-1])
