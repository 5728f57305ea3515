"""Whose turn it is to propose, what that agent has not heard yet, and which are out of ideas."""

import itertools
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from regency.desk import Desk
from regency.errors import NothingLeft
from regency.propose.brief import Standing, attempt, build_brief
from regency.propose.shares import WINDOW, Outcome, Shares
from regency.propose.tried import informed
from regency.records import PART, Actor, ActorKind, Brief, Candidate, Event, Json, Proposal, Verdict
from regency.store import Standing as Found
from regency.store import Store


@dataclass(frozen=True, slots=True)
class AgentJournal:
    """An agent's own entries in the ledger: a `regency.propose.proposer.Journal`."""

    desk: Desk
    agent: str

    @property
    def hidden(self) -> tuple[str, ...]:
        """What of the lab whatever an agent runs must never see."""
        return self.desk.hidden

    def write(self, kind: str, body: Mapping[str, Json]) -> None:
        """Put an entry of this agent in the ledger; from any thread."""
        self.desk.note(Actor(ActorKind.AGENT, self.agent), [(kind, body)])

    def read(self, kind: str) -> tuple[Mapping[str, Json], ...]:
        """Return the bodies of this agent's entries of one kind, oldest first; no large texts."""
        return self.desk.store.written(kind, self.agent, whole=False)


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
        self._shares = learned(desk.store, desk.shares, desk.config.turns.shares == "learned")
        self._away: dict[Future[Proposal], str] = {}
        self._slow = [name for name, p in desk.proposers.items() if getattr(p, "slow", False)]
        self._threads = ThreadPoolExecutor(max(1, len(self._slow)), thread_name_prefix="agent")
        for name, proposer in desk.proposers.items():
            if attach := getattr(proposer, "attach", None):
                attach(AgentJournal(desk, name))
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

    @property
    def away(self) -> int:
        """How many agents are at work on a proposal in threads of their own."""
        return len(self._away)

    def wait(self, most_s: float) -> None:
        """Wait until one of those that are away is back, at most ``most_s`` seconds."""
        wait(self._away, most_s, FIRST_COMPLETED)

    def close(self) -> None:
        """End what agents have under way; what they had not handed in is lost."""
        for proposer in self._desk.proposers.values():
            if close := getattr(proposer, "close", None):
                close()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._away.clear()

    def encourage(self) -> None:
        """Ask everyone again: there is a new parent to work on."""
        self._silent.clear()

    def tell(self, candidate: Candidate, verdict: Verdict | None, gain: float | None) -> None:
        """Let every agent hear what became of ``candidate``, in the agent's view."""
        for heard in self._news.values():
            heard.append(attempt(candidate, verdict, gain, self.noise_sd))
        if verdict is not None and len(self._desk.shares) > 1:
            self._shares.learn(_outcome(self._desk.store, candidate.id))

    def ask(self, standing: Standing, count: int) -> list[Proposal]:
        """Return what agents that were away have brought, else what the next one proposes at once.

        Agents that take long are sent out when it is their turn, and their turn passes on.

        Args:
            standing: Where the lab stands.
            count: New proposals wanted, at most; 0 to take only what was brought.
        """
        if brought := self._brought():
            return brought
        while count > 0 and (speakers := self._present()):
            turn = next(self._turn)
            name = self._shares.choose(speakers, self._desk.seeds(f"speaker/{turn}"))
            if name in self._slow:
                self._send(name, standing, turn)
                count -= 1
                continue
            proposals = self._speak(name, standing, count, turn)
            if not proposals and standing.parent == standing.champion:
                self._silent.add(name)
            return proposals
        return []

    def _present(self) -> list[str]:
        absent = self._silent | set(self._away.values())
        return [name for name in self._desk.proposers if name not in absent]

    def _speak(self, name: str, standing: Standing, count: int, turn: int) -> list[Proposal]:
        files = self._desk.files(standing.parent)
        proposals = []
        first = self._desk.store.next_candidate_number()
        for number in range(first, first + count):
            brief = self._brief(name, standing, turn, number)
            try:
                proposals.append(self._propose(name, brief, files))
            except NothingLeft as error:
                self._say(name, error)
                break
        return proposals

    def _send(self, name: str, standing: Standing, turn: int) -> None:
        """Let a slow agent begin; the loop goes on meanwhile."""
        number = self._desk.store.next_candidate_number()
        brief = self._brief(name, standing, turn, number)
        files = dict(self._desk.files(standing.parent))
        self._desk.show(Event("at work", {"agent": name, "parent": brief.parent}))
        self._away[self._threads.submit(self._propose, name, brief, files)] = name

    def _propose(self, name: str, brief: Brief, files: Mapping[str, bytes]) -> Proposal:
        proposal = self._desk.proposers[name].propose(brief, files)
        return replace(proposal, parent=proposal.parent or brief.parent)

    def _brought(self) -> list[Proposal]:
        """Return the proposals of slow agents that are back; those without one fall silent."""
        proposals = []
        for future in [future for future in self._away if future.done()]:
            name = self._away.pop(future)
            try:
                proposals.append(future.result())
            except NothingLeft as error:
                self._silent.add(name)
                self._say(name, error)
        return proposals

    def _brief(self, name: str, standing: Standing, turn: int, number: int) -> Brief:
        news, self._news[name] = self._news[name], []
        seed = self._desk.seeds(f"propose/{number}/{turn}")
        if name in self._slow:  # others learn from the news alone, and are asked too often
            standing = informed(standing, self._desk.store)
        return build_brief(self._desk.config, standing, news, seed)

    def _say(self, name: str, error: NothingLeft) -> None:
        self._desk.show(Event("silent", {"agent": name, "reason": str(error)}))


def learned(store: Store, wanted: Mapping[str, float], learning: bool) -> Shares:
    """Return the shares of agents after the latest candidates on record.

    Args:
        store: The record.
        wanted: Agent → the share that was set.
        learning: Whether they learn.
    """
    found = reversed(store.candidates(WINDOW))
    latest = [s for s in found if s.answer and s.record.agent.kind != PART]
    return Shares.after(wanted, map(_outcome_of, latest), learning=learning)


def _outcome(store: Store, candidate: str) -> Outcome:
    return _outcome_of(store.candidate(candidate))


def _outcome_of(found: Found) -> Outcome:
    name = found.record.agent.name
    return Outcome(found.record.id, name, found.answer, found.gate, found.trials, found.promoted)
