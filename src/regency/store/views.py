"""What queries return where a record alone does not say enough."""

from collections.abc import Mapping
from dataclasses import dataclass

from regency.records import Calibration, Candidate, Nomination, Packet


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate and where it stands.

    Attributes:
        record: The candidate.
        number: The number in its id.
        seq: Its entry.
        time: When it was recorded.
        answer: The latest verdict's answer; empty while there is none.
        gate: That verdict's gate; empty while there is none.
        gain: Mean gain on the search split; None if it never scored there.
        effect: Effect in the latest verdict that has one (human view: may be of gate 2).
        trials: Number of its trials.
        promoted: Whether it has ever been champion.
    """

    record: Candidate
    number: int
    seq: int
    time: str
    answer: str
    gate: str
    gain: float | None
    effect: float | None
    trials: int
    promoted: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """One candidate in the lineage; attributes as of `Standing`."""

    id: str
    number: int
    parent: str
    commit: str
    agent: str
    answer: str
    gain: float | None
    effect: float | None
    trials: int
    promoted: bool


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the champion.

    Attributes:
        seq: Its entry.
        time: When.
        candidate: The champion from then on.
        previous: The champion until then, empty at the start.
        nomination: Index of the nomination it rests on, 0 if none.
        reason: Why.
    """

    seq: int
    time: str
    candidate: str
    previous: str
    nomination: int
    reason: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """The settings in force.

    Attributes:
        seq: Its entry.
        number: Which epoch.
        config_text: ``regency.toml`` as it was.
        config_digest: Its SHA-256.
        files: Trusted files: path → SHA-256.
        data: Private data: path → SHA-256.
        level: Sandbox level.
        startup_cpu_s: CPU-seconds that starting an empty program costs.
        start: How trials start, ``cold`` or ``fork``.
        folder: Name of the folder with its private data.
    """

    seq: int
    number: int
    config_text: str
    config_digest: str
    files: Mapping[str, str]
    data: Mapping[str, str]
    level: str
    startup_cpu_s: float
    start: str = "cold"
    folder: str = "data"


@dataclass(frozen=True, slots=True)
class Tested:
    """A test of gate 2 with what it stood on when it began.

    Attributes:
        nomination: The nomination.
        generation: Number of the generation it is counted in.
        calibration: Of its epoch.
        epoch: The settings then in force.
        used: Which test it is of those on the same confirm split, from 1.
    """

    nomination: Nomination
    generation: int
    calibration: Calibration
    epoch: Epoch
    used: int


@dataclass(frozen=True, slots=True)
class PacketState:
    """A review packet and what became of it.

    Attributes:
        packet: The packet.
        status: ``open``, ``approved``, ``rejected``, ``stale`` or ``superseded``.
        reason: Why it was closed; empty while open.
        seq: Its entry.
        time: When it was opened.
    """

    packet: Packet
    status: str
    reason: str
    seq: int
    time: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals for status.

    Attributes:
        candidates: Number of candidates, the starting point included.
        answers: Latest answer → number of candidates; the empty answer is not yet judged.
        trials: Number of trials.
        faults: Number of invalid trials.
        cpu_s: CPU-seconds of all trials.
        nominations: Number of nominations, all generations.
        promotions: Moves of the champion that rest on a nomination.
        entries: Number of entries.
    """

    candidates: int
    answers: Mapping[str, int]
    trials: int
    faults: int
    cpu_s: float
    nominations: int
    promotions: int
    entries: int
