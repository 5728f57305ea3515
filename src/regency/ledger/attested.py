"""A generation's attestation held against what the log itself records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regency.errors import LedgerError
from regency.ledger.dsse import open_statement
from regency.ledger.entry import digest
from regency.ledger.keys import VerifierKey
from regency.ledger.note import open_checkpoint
from regency.records import Decision, Json, Verdict, build, plain

RULES = ("number", "config_digest", "files", "data", "level", "start")  # what an epoch fixes


@dataclass(slots=True)
class Recorded:
    """What the log recorded so far, by digest.

    Attributes:
        simulated: Whether its humans are simulated.
        packets: Packet id → digest of its body.
        evidence: Packet id → digest of its evidence.
        decisions: Digests of all decisions.
        epochs: Epoch → what it fixes.
        local: Decisions of people that nobody signed.
    """

    simulated: bool = False
    packets: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)
    epochs: dict[int, Mapping[str, Json]] = field(default_factory=dict)
    local: int = 0


def check(
    envelope: str,
    seq: int,
    generation: Mapping[str, Json],
    key: VerifierKey,
    recorded: Recorded,
    root_at: Callable[[int], bytes],
) -> None:
    """Check a generation's attestation.

    Args:
        envelope: The DSSE envelope.
        seq: Number of the generation's entry.
        generation: Its body.
        key: The log's public key.
        recorded: What was recorded before it.
        root_at: Size → root of the log at that size.

    Raises:
        LedgerError: It is not signed, or says what is not recorded.
    """
    statement = open_statement(envelope, key)
    said = statement["predicate"]
    subject = {"name": generation["tag"], "digest": {"gitCommit": generation["commit"]}}
    _same("subject", statement["subject"], [subject])
    for name in ("number", "tag", "candidate"):
        _same(f"generation's {name}", said["generation"][name], generation[name])
    _same("approvers", said["approved_by"], list(generation["approved_by"]))
    _packet(said, str(generation["packet"]), recorded)
    for decision in said["decisions"]:
        if digest(plain(build(Decision, decision))) not in recorded.decisions:
            raise LedgerError("its attestation has a decision that is not recorded.")
    _epoch(said["evaluation"], recorded)
    _head(said["ledger_head"], seq, key, root_at)


def evidence(verdicts: Json) -> str:
    """Return the digest of verdicts, whichever fields their version of the record had."""
    return digest([plain(build(Verdict, verdict)) for verdict in verdicts])


def _packet(said: Mapping[str, Json], packet: str, recorded: Recorded) -> None:
    _same("packet", said["packet"]["id"], packet)
    if said["packet"].get("digest"):  # absent from the first attestations
        _same("packet's digest", said["packet"]["digest"], recorded.packets.get(packet))
    _same("evidence", evidence(said["evidence"]), recorded.evidence.get(packet))


def _epoch(said: Mapping[str, Json], recorded: Recorded) -> None:
    fixed = recorded.epochs.get(int(said["number"]), {"number": None})
    for name, value in fixed.items():
        _same(f"rules in force, {name}", said.get(name), value)


def _head(note: str, seq: int, key: VerifierKey, root_at: Callable[[int], bytes]) -> None:
    head = open_checkpoint(note, key)
    if head.size > seq or head.root != root_at(head.size):
        raise LedgerError("its attestation names a head of the ledger that was never this one.")


def _same(what: str, said: Json, recorded: Json) -> None:
    if said != recorded:
        raise LedgerError(
            f"its attestation does not agree with the record on the {what}: {str(said)[:80]!r} "
            f"there, {str(recorded)[:80]!r} here."
        )
