"""Hands a brief to an agent in a room of its own, and takes what it left as a proposal.

The agent works confined, see `regency.propose.command.session`; it takes minutes, so that the
loop goes on meanwhile. What each session cost is in the ledger, with its transcript.
"""

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from regency.errors import BadInput, ConfigError, NothingLeft
from regency.propose.command import places
from regency.propose.command.session import Room, Session
from regency.propose.command.settings import Kind
from regency.propose.command.withheld import SHORTEST, Withheld
from regency.propose.digest import digest
from regency.propose.proposer import Journal
from regency.records import Agent, Brief, Json, Proposal

_ROUNDING = 1e-9
PROMPT_TOKENS = 12_000  # of the brief; the files lie beside it
BEGAN, ENDED = "agent.began", "agent.session"
HAND_IN = """
# How to hand in

You are in a git repository with the files of the lab that you may see, and nothing else of it: the
score cannot be computed here. Change files there. What is there when you end counts, committed or
not; other files than those that you may change make it invalid, so leave none. You have {minutes}.

Before you end, write to the file {{rationale}} what you changed and why, in a few true sentences.
Begin a line with `Claim: ` for each claim that can be checked against the change.
"""


@dataclass(frozen=True, slots=True)
class _Spent:
    """What earlier sessions took, those that never ended included."""

    sessions: int
    wall_s: float
    cost_usd: float


class ConfinedProposer(ABC, Generic[Kind]):
    """Proposes what an agent makes of a brief; how it is talked to is for its kinds to say.

    Attributes:
        kind: Name of its kind.
    """

    kind: str
    slow = True

    def __init__(self, *, name: str = "", **settings: Any) -> None:
        """Check the settings; nothing is started or looked for yet.

        Args:
            name: Name in ``[agents.NAME]``.
            settings: See `Settings`.

        Raises:
            ConfigError: A setting is unknown or wrong.
        """
        self.name = name or self.kind
        self.settings: Kind = self._checked(settings)
        self._journal: Journal | None = None
        self._own: list[tuple[str, Mapping[str, Json]]] = []
        self._closed = threading.Event()
        self._room: Room | None = None

    def attach(self, journal: Journal) -> None:
        """Take the journal, and look for the program and its keys before anything is paid.

        Raises:
            ConfigError: The program is not there.
            BadInput: A variable is not set.
        """
        self._journal = journal
        self._needed()
        self._secrets()

    def propose(self, brief: Brief, tree: Mapping[str, bytes]) -> Proposal:
        """Return what the agent made of ``tree``.

        Args:
            brief: What it is told.
            tree: The parent's files, path → content.

        Raises:
            NothingLeft: Nothing may change, a cap is reached, or it brought nothing several times.
        """
        if not brief.editable:
            raise NothingLeft(f"{self.name} has nothing to do: no file may change.")
        fault = ""
        for _ in range(self.settings.patience):
            session = self._session(brief, tree)
            if session.edits and not session.fault:
                return self._proposal(brief, session)
            fault = session.fault or "it changed nothing"
        raise NothingLeft(
            f"{self.name} brought nothing {self.settings.patience} times; the last time {fault}. "
            "`regency log --kind agent.session` has what it printed."
        )

    def close(self) -> None:
        """End the session under way; from any thread."""
        self._closed.set()
        room = self._room  # it may be gone at any moment
        if room is not None:
            room.close()

    @abstractmethod
    def _checked(self, given: Mapping[str, Any]) -> Kind:
        """Return the settings; raises ConfigError."""

    @abstractmethod
    def _open(self, hidden: Sequence[str], number: int) -> Room:
        """Return the room for session ``number``; ``hidden`` is what must not be seen in it."""

    def _session(self, brief: Brief, tree: Mapping[str, bytes]) -> Session:
        spent = self._spent()
        self._demand_room(spent)
        number, secrets = spent.sessions + 1, self._secrets()
        prompt = self._prompt(brief)
        self._room = self._open(getattr(self._journal, "hidden", ()), number)
        try:
            if self._closed.is_set():
                raise NothingLeft("the run ended.")
            self._write(BEGAN, {"session": number, "parent": brief.parent})
            session = self._room.run(prompt, brief, tree, secrets, Withheld(secrets), number)
        finally:
            self._room.close()
            self._room = None
        if not self._closed.is_set():  # cut off: that it began is on record
            self._write(ENDED, session.entry())
        return session

    def _proposal(self, brief: Brief, session: Session) -> Proposal:
        return Proposal(
            edits=session.edits,
            rationale=session.rationale or f"{self.name} gave no reason.",
            agent=Agent(
                name=self.name,
                kind=self.kind,
                model=session.model or self.settings.model,
                version=session.version or self._called,
                prompt_digest=hashlib.sha256(session.prompt.encode()).hexdigest(),
                session=f"{self.name}/{session.number}",
            ),
            claims=session.claims,
            notes={
                "session": session.number,
                "ended": session.ended,
                "wall_s": round(session.wall_s, 1),
                "cost_usd": session.cost_usd,
            },
            parent=brief.parent,
        )

    @property
    def _called(self) -> str:
        return self.settings.preset or os.path.basename(self.settings.command[0])  # noqa: PTH119

    def _prompt(self, brief: Brief) -> str:
        minutes = f"{self.settings.wall_s / 60:.3g} minutes"
        return digest(brief, {}, PROMPT_TOKENS).markdown() + HAND_IN.format(minutes=minutes)

    def _spent(self) -> _Spent:
        began, ended = self._read(BEGAN), self._read(ENDED)
        aside = self.settings.session_cost_usd or 0.0
        known = [body["cost_usd"] for body in ended if body["cost_usd"] is not None]
        return _Spent(
            sessions=len(began),
            wall_s=sum(body["wall_s"] for body in ended),
            cost_usd=sum(map(float, known)) + aside * (len(began) - len(known)),
        )

    def _demand_room(self, spent: _Spent) -> None:
        settings = self.settings
        most, aside = settings.max_cost_usd, settings.session_cost_usd or 0.0
        if most is not None and spent.cost_usd + aside > most + _ROUNDING:
            raise NothingLeft(
                f"{self.name} has spent {spent.cost_usd:.2f} of {most:.2f} USD, and a session may "
                f"cost {aside:.2f}. Raise max_cost_usd."
            )
        if settings.max_wall_s is not None and spent.wall_s + settings.wall_s > settings.max_wall_s:
            raise NothingLeft(
                f"{self.name} has worked {spent.wall_s:.0f} of {settings.max_wall_s:.0f} s, and a "
                f"session may take {settings.wall_s:.0f}. Raise max_wall_s."
            )

    def _needed(self) -> tuple[str, ...]:
        return places.needed(self.settings.command[0], self.name)

    def _secrets(self) -> dict[str, str]:
        """Return the variables that are passed on.

        Raises:
            BadInput: One is not set, or too short to be kept out of what is written down.
        """
        found = {}
        for name in self.settings.env:
            value = os.environ.get(name, "")
            if not value:
                raise BadInput(f"[agents.{self.name}] needs the variable {name}. Export it.")
            if len(value) < SHORTEST:
                raise ConfigError(
                    f"[agents.{self.name}] the value of {name} has fewer than {SHORTEST} "
                    "characters, too few to keep it out of the record. Use [agents] `set` for what "
                    "is no secret."
                )
            found[name] = value
        return found

    def _write(self, kind: str, body: Mapping[str, Json]) -> None:
        if self._journal is None:
            self._own.append((kind, body))
        else:
            self._journal.write(kind, body)

    def _read(self, kind: str) -> tuple[Mapping[str, Json], ...]:
        if self._journal is None:
            return tuple(body for k, body in self._own if k == kind)
        return self._journal.read(kind)
