"""Checking one proof offline: that an entry is in a log, or that a log extends an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.errors import BadInput, LedgerError
from regency.ledger.anchors import Anchor
from regency.ledger.entry import parse
from regency.ledger.keys import VerifierKey
from regency.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from regency.ledger.note import PROOF, Checkpoint, Extension, Inclusion, open_checkpoint
from regency.ledger.witness import Cosigned, cosigned
from regency.records import Entry


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What a check of a proof found.

    Attributes:
        ok: Whether it holds.
        problem: What does not; empty if it holds.
        what: ``inclusion`` or ``extension``.
        size: Entries that the proof's checkpoint counts.
        root: Its root hash, hexadecimal.
        entry: The entry that is proven to be in the log, None for an extension.
        old: Size that is extended, for an extension.
        witnesses: Who cosigned the checkpoint, and when.
    """

    ok: bool
    problem: str
    what: str
    size: int
    root: str
    entry: Entry | None = None
    old: int = 0
    witnesses: tuple[Cosigned, ...] = ()


def is_proof(text: str) -> bool:
    """Return whether ``text`` begins as a proof does."""
    return text.startswith((f"{PROOF}\n", "old "))


def verify_proof(
    text: str,
    key: VerifierKey,
    anchor: Anchor | None = None,
    witnesses: Sequence[VerifierKey] = (),
) -> ProofReport:
    """Check a proof with nothing but the log's public key.

    Args:
        text: A tlog-proof with its entry, or a consistency proof as a witness is sent it.
        key: The log's public key.
        anchor: The earlier checkpoint, which a consistency proof starts from.
        witnesses: Keys of witnesses whose cosignatures are wanted.

    Raises:
        BadInput: A consistency proof comes without the checkpoint that it starts from.
    """
    what = "extension" if text.startswith("old ") else "inclusion"
    try:
        if what == "inclusion":
            return _inclusion(Inclusion.parse(text), key, witnesses)
        if anchor is None:
            raise BadInput("a consistency proof starts from a checkpoint: give it with --since.")
        return _extension(Extension.parse(text), key, anchor, witnesses)
    except LedgerError as error:
        return ProofReport(ok=False, problem=str(error), what=what, size=0, root="")


def _inclusion(proof: Inclusion, key: VerifierKey, witnesses: Sequence[VerifierKey]) -> ProofReport:
    if not proof.extra:
        raise LedgerError("the proof does not carry its entry, so there is nothing to hold it to.")
    head = open_checkpoint(proof.checkpoint, key)
    entry, leaf = parse(proof.extra), leaf_hash(proof.extra)
    holds = verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root)
    if not holds or entry.seq != proof.index:
        raise LedgerError(f"entry {proof.index} is not in the log that the checkpoint is of.")
    return _report("inclusion", head, proof.checkpoint, witnesses, entry=entry)


def _extension(
    proof: Extension, key: VerifierKey, anchor: Anchor, witnesses: Sequence[VerifierKey]
) -> ProofReport:
    old, head = anchor.open(key), open_checkpoint(proof.checkpoint, key)
    if old.size != proof.old:
        raise LedgerError(f"the proof starts from {proof.old} entries, the anchor has {old.size}.")
    if not verify_consistency(old.size, head.size, old.root, head.root, proof.hashes):
        raise LedgerError(
            f"the log of {head.size} entries does not extend the {old.size} of the anchor: it "
            "was rewritten."
        )
    return _report("extension", head, proof.checkpoint, witnesses, old=old.size)


def _report(
    what: str,
    head: Checkpoint,
    note: str,
    witnesses: Sequence[VerifierKey],
    entry: Entry | None = None,
    old: int = 0,
) -> ProofReport:
    seen = cosigned(note, witnesses)
    missing = {witness.name for witness in witnesses} - {one.witness for one in seen}
    if missing:
        raise LedgerError(f"not cosigned by {', '.join(sorted(missing))}.")
    root = head.root.hex()
    return ProofReport(
        ok=True, problem="", what=what, size=head.size, root=root, entry=entry, old=old,
        witnesses=seen,
    )  # fmt: skip
