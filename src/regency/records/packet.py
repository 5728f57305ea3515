"""What a human reads, decides and ratifies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.records.actor import Actor
from regency.records.signature import Signature
from regency.records.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason for risk: ``points`` between 0 and 1 and why, in words.

    ``judged`` are the points before a lab's own decisions moved them, None where they did not.
    """

    name: str
    points: float
    reason: str
    judged: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One structural change, for example ``constant`` ``LEARNING_RATE`` ``0.001 → 0.003``."""

    kind: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """One claim of a rationale held against the change: ``holds``, ``fails`` or ``unknown``.

    Attributes:
        claim: One sentence, as it was written.
        result: The verdict.
        reason: What was looked at.
        measured: Whether it was held against measurements, which only people may see.
    """

    claim: str
    result: str
    reason: str
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a packet that can be decided on its own.

    Attributes:
        id: ``p<packet>.<n>``.
        title: One line.
        paths: Files it touches.
        diff: Unified diff of this change.
        facts: What changed structurally.
        claims: The claims check.
        factors: Reasons for risk.
        risk: 0 to 1.
        minutes: Review minutes it should take.
        candidates: Candidates whose promotions made it.
        agents: Who wrote it: agent name → lines.
        questions: What a reviewer should ask, few.
    """

    id: str
    title: str
    paths: tuple[str, ...]
    diff: str
    facts: tuple[Fact, ...] = ()
    claims: tuple[ClaimCheck, ...] = ()
    factors: tuple[Factor, ...] = ()
    risk: float = 0.0
    minutes: float = 0.0
    candidates: tuple[str, ...] = ()
    agents: Mapping[str, int] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Packet:
    """An immutable snapshot that a human decides on.

    Attributes:
        id: ``p<number>``.
        base_generation: Number of the generation it starts from.
        base_commit: That generation's commit.
        head_candidate: The champion it would ratify.
        head_commit: Its commit.
        evidence: Verdicts of the promotions between base and head, oldest first.
        evidence_digest: SHA-256 over the canonical evidence.
        epoch: Epoch that the evidence belongs to.
        changes: Separately decidable changes.
        minutes: Review minutes in all.
        risk: Highest risk of its changes.
        trust: ``blind`` or ``self-reported``.
        gain_sd: Gain of its promotions together, in standard deviations of one paired
            difference; 0 where the noise is not known.
        lines: Added plus removed lines of the net change.
        minimised_from: The champion whose smaller part this is; empty if it was not minimised.
        lines_before: Lines of the net change before it was minimised.
        dropped: What was left out, one line each.
    """

    id: str
    base_generation: int
    base_commit: str
    head_candidate: str
    head_commit: str
    evidence: tuple[Verdict, ...]
    evidence_digest: str
    epoch: int
    changes: tuple[Change, ...]
    minutes: float
    risk: float
    trust: str
    gain_sd: float = 0.0
    lines: int = 0
    minimised_from: str = ""
    lines_before: int = 0
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A human's decision.

    Attributes:
        item: What was decided: a packet ``p3``, one of its changes ``p3.2``, or ``lab-…`` for a
            pending lab change.
        answer: ``approve``, ``reject`` or ``request-changes``.
        by: Who decided.
        reason: In their words.
        assurance: ``present``, ``key`` or ``local``.
        rule: The policy rule that asked for it.
        digest: SHA-256 of what was decided on.
        signature: What the assurance rests on, None for a decision that nobody signed.
        minutes: Between showing it at a terminal and deciding, 0 if that is not known; nobody
            vouches for it.
    """

    item: str
    answer: str
    by: Actor
    reason: str
    assurance: str = "local"
    rule: str = ""
    digest: str = ""
    signature: Signature | None = None
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a policy rule, with what it found."""

    text: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What policy says of one item.

    Attributes:
        allowed: Whether the approvals in hand suffice.
        rule: The rule that matched, empty if none (denied by default).
        needed: Approvals it needs.
        given: Approvals that count.
        conditions: Every condition looked at, in order.
        message: One plain sentence, naming the rule to add when none matched.
        change: The change that has the fewest approvals, where there are several.
        add: The rule to add when none matched, as TOML.
    """

    allowed: bool
    rule: str
    needed: int
    given: int
    conditions: tuple[Condition, ...]
    message: str
    change: str = ""
    add: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """A champion that humans ratified.

    Attributes:
        number: 0 is the starting point.
        candidate: Candidate id.
        commit: Git commit.
        tag: Name of the tag.
        packet: Packet that was approved, empty for generation 0.
        approved_by: Names of those who approved.
        attestation_digest: SHA-256 of the signed statement, empty for generation 0.
        back_to: The generation that was gone back to; None where one was ratified.
        reason: Why it was gone back to.
    """

    number: int
    candidate: str
    commit: str
    tag: str
    packet: str = ""
    approved_by: tuple[str, ...] = ()
    attestation_digest: str = ""
    back_to: int | None = None
    reason: str = ""


def packet_of(item: str) -> str:
    """Return the packet that an item is or lies in: ``p3`` of ``p3.2``."""
    return item.partition(".")[0]


def is_rules(item: str) -> bool:
    """Return whether an item is a pending change of the lab's rules."""
    return item.startswith("lab-")
