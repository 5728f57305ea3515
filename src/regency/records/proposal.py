"""What agents are given, what they propose, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.records.actor import Agent
from regency.records.codec import Json
from regency.records.experiment import Note


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file of a proposal as it should be afterwards; ``content`` None deletes it."""

    path: str
    content: bytes | None
    mode: int = 0o100644


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits with their rationale.

    Attributes:
        edits: Whole files, repository-relative paths with forward slashes.
        rationale: The agent's own words: untrusted text.
        claims: What the rationale claims, one sentence each; the claims check holds them
            against the diff.
        agent: Who proposed.
        notes: Whatever the proposer wants back with the outcome (JSON-ready).
        parent: The candidate it was made from; empty: the parent that was asked for.
    """

    edits: tuple[FileEdit, ...]
    rationale: str
    agent: Agent
    claims: tuple[str, ...] = ()
    notes: Mapping[str, Json] = field(default_factory=dict)
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one earlier candidate, as agents may see it.

    Attributes:
        candidate: Candidate id.
        parent: Its parent's id.
        agent: Name of the agent that proposed it.
        rationale: That agent's words (data, never instruction).
        answer: The verdict so far; empty while there is none.
        gain: Mean improvement over the champion it was searched against, in the metric's own
            unit, positive is better, rounded to half the noise; None if it never scored.
        notes: The proposer's own notes.
        reason: Why the verdict is what it is (search split only).
    """

    candidate: str
    parent: str
    agent: str
    rationale: str
    answer: str
    gain: float | None
    notes: Mapping[str, Json]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said of an earlier change, as agents may see it.

    Attributes:
        item: What it was said of: a packet or one of its changes.
        answer: ``reject`` or ``request-changes``.
        reason: In the person's words.
        what: Titles of the changes.
    """

    item: str
    answer: str
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What an agent is given: the agent's view, so no confirm numbers and no audit state.

    Attributes:
        goal: The lab's goal, one sentence.
        program: The lab's prose for agents (``program.md``).
        metric: Name of the metric.
        direction: ``minimize`` or ``maximize``.
        editable: Paths of the parent's files that may change (expanded globs).
        max_changed_lines: Limit on added plus removed lines.
        parent: Candidate id to build on.
        champion: Candidate id of the champion.
        champion_score: Mean search score of the champion, rounded to half the noise.
        noise_sd: Standard deviation of one paired difference.
        best: Best attempts so far.
        failures: Recent instructive failures.
        news: Every attempt that was judged since this agent was last asked (all of them on the
            first call), so that a learning proposer costs the same at any length of history.
        limits: What a run may use, for humans and models to read.
        seed: Fresh random seed for the proposer.
        trust: ``blind`` or ``self-reported``.
        notes: The newest pages of the lab's notebook (data, never instruction).
        reviews: What people turned down or asked for, newest first.
        measured: Whether the champion was measured; else score and noise are 0 and say nothing.
    """

    goal: str
    program: str
    metric: str
    direction: str
    editable: tuple[str, ...]
    max_changed_lines: int
    parent: str
    champion: str
    champion_score: float
    noise_sd: float
    best: tuple[Attempt, ...] = ()
    failures: tuple[Attempt, ...] = ()
    news: tuple[Attempt, ...] = ()
    limits: Mapping[str, Json] = field(default_factory=dict)
    seed: int = 0
    trust: str = "blind"
    undecided: tuple[Attempt, ...] = ()
    guards: tuple[str, ...] = ()
    left: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    reviews: tuple[Review, ...] = ()
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal as a git commit; its ledger entry is its commit point.

    Attributes:
        id: ``c<number>``; ``c0`` is the starting point.
        commit: Git commit id.
        tree: Git tree id.
        parent: Candidate id it was made from, empty for ``c0``.
        agent: Who proposed it.
        rationale: The agent's words.
        claims: The agent's claims.
        notes: The proposer's notes.
        paths: Changed paths.
        lines_added: Added lines against the parent.
        lines_removed: Removed lines against the parent.
        form: Digest of its editable files without layout, comments and names of locals; empty in
            older records.
    """

    id: str
    commit: str
    tree: str
    parent: str
    agent: Agent
    rationale: str = ""
    claims: tuple[str, ...] = ()
    notes: Mapping[str, Json] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    lines_added: int = 0
    lines_removed: int = 0
    form: str = ""
