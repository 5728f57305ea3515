"""Signed notes, checkpoints and inclusion proofs as text, in the formats of C2SP."""

import base64
import binascii
import re
from dataclasses import dataclass

from regency.errors import LedgerError
from regency.ledger.keys import LabKey, VerifierKey

PROOF = "c2sp.org/tlog-proof@v1"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head without its signatures.

    Attributes:
        origin: Which log.
        size: Number of entries.
        root: Root hash, 32 bytes.
        extensions: Further lines.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text (C2SP tlog-checkpoint)."""
        lines = (self.origin, str(self.size), _encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return the checkpoint in a note's text.

        Raises:
            LedgerError: Not a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not lines[0] or not _is_decimal(lines[1]):
            raise LedgerError(f"not a checkpoint: {text[:80]!r}")
        return cls(lines[0], int(lines[1]), _hash(lines[2]), tuple(lines[3:-1]))


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry is in the log.

    Attributes:
        index: Which entry.
        hashes: Audit path, from the leaf's sibling up.
        checkpoint: The signed checkpoint, as text.
        extra: Anything; ours carry the entry itself, which the proof then vouches for.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    @property
    def text(self) -> str:
        """The proof as text (C2SP tlog-proof)."""
        extra = [f"extra {_encode(self.extra)}"] if self.extra else []
        lines = [PROOF, *extra, f"index {self.index}", *map(_encode, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "Inclusion":
        """Return the proof in ``text``.

        Raises:
            LedgerError: Not a tlog-proof.
        """
        head, _, checkpoint = text.partition("\n\n")
        lines, extra = head.split("\n"), b""
        if lines[1:] and lines[1].startswith("extra "):
            extra = _decode(lines.pop(1).removeprefix("extra "))
        word, _, index = "".join(lines[1:2]).partition(" ")
        if lines[0] != PROOF or word != "index" or not _is_decimal(index) or not checkpoint:
            raise LedgerError(f"not an inclusion proof: {text[:80]!r}")
        return cls(int(index), tuple(map(_hash, lines[2:])), checkpoint, extra)


@dataclass(frozen=True, slots=True)
class Extension:
    """That a log extends what it was at an earlier size.

    Attributes:
        old: The earlier size.
        hashes: Consistency proof (RFC 6962, 2.1.2).
        checkpoint: The later signed checkpoint, as text.
    """

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    @property
    def text(self) -> str:
        """The proof as text: what a witness is sent (C2SP tlog-witness, add-checkpoint)."""
        lines = [f"old {self.old}", *map(_encode, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "Extension":
        """Return the proof in ``text``.

        Raises:
            LedgerError: Not a consistency proof.
        """
        head, _, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        word, _, old = first.partition(" ")
        if word != "old" or not _is_decimal(old) or not checkpoint:
            raise LedgerError(f"not a consistency proof: {text[:80]!r}")
        return cls(int(old), tuple(map(_hash, lines)), checkpoint)


def sign_note(text: str, key: LabKey) -> str:
    """Return ``text`` as a note signed with ``key`` (C2SP signed-note).

    Args:
        text: Ends with a line break; no other control characters.
        key: Who signs.

    Raises:
        LedgerError: ``text`` cannot be a note's.
    """
    if not text.endswith("\n") or _CONTROL.search(text):
        raise LedgerError("a note's text ends with a line break and has no control characters.")
    signature = key.verifier.key_id + key.sign(text.encode())
    return f"{text}\n{signature_line(key.name, signature)}"


def signature_line(name: str, signature: bytes) -> str:
    """Return a note's line for a signature that begins with its key's id."""
    return f"— {name} {_encode(signature)}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of ``note`` after checking that ``key`` signed it.

    Raises:
        LedgerError: Not a note, not signed by ``key``, or its signature does not hold.
    """
    text, signatures = parts(note)
    ours = [s[4:] for name, s in signatures if name == key.name and s[:4] == key.key_id]
    if not ours:
        raise LedgerError(
            f"the note is not signed by {key.name} ({key.key_id.hex()}): use the verifier key of "
            "the log that it comes from."
        )
    if not all(key.verify(text.encode(), signature) for signature in ours):
        raise LedgerError(f"the signature of {key.name} does not hold: the note was changed.")
    return text


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in a signed ``note``.

    Raises:
        LedgerError: As `open_note`, or it holds no checkpoint.
    """
    return Checkpoint.parse(open_note(note, key))


def parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text, and the name and key id with signature of each of its signatures.

    Raises:
        LedgerError: Not a signed note.
    """
    text, gap, tail = note.rpartition("\n\n")
    lines = [_LINE.fullmatch(line) for line in tail.split("\n")[:-1]]
    if not gap or not lines or not tail.endswith("\n") or _CONTROL.search(note):
        raise LedgerError(f"not a signed note: {note[:80]!r}")
    found = [(line[1], _decode(line[2])) for line in lines if line]
    if len(found) != len(lines) or any(len(signature) < 5 for _, signature in found):
        raise LedgerError(f"a signature line of the note is malformed: {tail[:80]!r}")
    return f"{text}\n", found


def _is_decimal(text: str) -> bool:
    return bool(re.fullmatch("0|[1-9][0-9]{0,18}", text))


def _hash(text: str) -> bytes:
    raw = _decode(text)
    if len(raw) != 32:
        raise LedgerError(f"not a SHA-256 in base64: {text[:80]!r}")
    return raw


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LedgerError(f"not base64: {text[:80]!r}") from error
    if _encode(raw) != text:
        raise LedgerError(f"not base64 in its one proper form: {text[:80]!r}")
    return raw
