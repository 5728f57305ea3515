"""What a lab hands down to the loop: services, settings in force, and the one way to record."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from regency.archive.select import Selector
from regency.config import Config
from regency.evaluate.crew import Crew
from regency.propose.proposer import Proposer
from regency.records import (
    Actor,
    ActorKind,
    Candidate,
    Event,
    Generation,
    Json,
    Packet,
    Proposal,
    Review,
    Verdict,
)
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
JUDGE = Actor(ActorKind.SYSTEM, "judge")

Items = Sequence[tuple[str, Json]]


@dataclass(slots=True)
class Desk:
    """Everything that one run works with.

    Attributes:
        config: The settings in force.
        epoch: Number of the current epoch.
        store: Projections, for reading.
        crew: Runs trials that stages ask for.
        proposers: Agent name → proposer.
        shares: Agent name → share of proposals.
        select: Parent rule.
        seeds: Key → seed that nobody outside the lab can guess.
        record: Puts entries in the ledger, all or none.
        note: Puts entries in the ledger at once; from any thread.
        settled: Puts in the ledger what was held back to go with the next entries.
        alone: Held while packets get numbers and the champion moves, so that decisions wait.
        admit: Turns proposals into candidates; those with a verdict already are not run.
        variant: Champion and files → the candidate that holds this part of it.
        packet: Snapshot for a human, of the champion to be and the verdict that made it so.
        reviews: What people turned down or asked for, newest first.
        files: Candidate id → its files as agents may see them.
        unread: Ratifies what policy asks nobody about; the generation, if that made one.
        absent: Why the lab must pause because no human has been there; empty while one has.
        show: Takes live events.
        hidden: Host paths that whatever an agent runs must never see.
        program: The lab's prose for agents.
        forget: Called with a candidate id whose working files are no longer needed.
    """

    config: Config
    epoch: int
    store: Store
    crew: Crew
    proposers: Mapping[str, Proposer]
    shares: Mapping[str, float]
    select: Selector
    seeds: Callable[[str], int]
    record: Callable[[Actor, Items], None]
    note: Callable[[Actor, Items], None]
    settled: Callable[[], None]
    alone: Callable[[], AbstractContextManager[object]]
    admit: Callable[[Sequence[Proposal]], list[tuple[Candidate, Verdict | None]]]
    variant: Callable[[str, Mapping[str, bytes]], str]
    packet: Callable[[str, Verdict], Packet]
    reviews: Callable[[], tuple[Review, ...]]
    files: Callable[[str], Mapping[str, bytes]]
    unread: Callable[[], Generation | None]
    absent: Callable[[], str]
    show: Callable[[Event], None]
    hidden: tuple[str, ...] = ()
    program: str = ""
    forget: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: whichever comes first; None never does."""

    candidates: int | None = None
    wall_s: float | None = None

    def rest(self, elapsed_s: float, candidates: float, held: str) -> dict[str, float | str]:
        """Return what is left, for agents to read; what has no bound is absent.

        Args:
            elapsed_s: Seconds since the run began.
            candidates: Candidates that may still be begun.
            held: Why promotions wait, empty if they do not.
        """
        wall_s = (self.wall_s or math.inf) - elapsed_s
        left = {"candidates": candidates, "wall_s": wall_s}
        bounded: dict[str, float | str] = {
            name: max(round(value), 0) for name, value in left.items() if value < math.inf
        }
        return {**bounded, "held": held} if held else bounded


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: why it stopped, candidates judged, promotions, and its wall time."""

    reason: str
    judged: int
    promoted: tuple[str, ...]
    wall_s: float
