"""Cosignatures of witnesses, which vouch that a log was only ever extended (C2SP tlog-cosignature).

A witness keeps the last checkpoint it has seen of a log and cosigns a new one only with a proof
that it extends the old. `WitnessKey` signs as one, for tests and for people who run their own.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from regency.errors import LedgerError
from regency.ledger.keys import COSIGNATURE, LabKey, VerifierKey
from regency.ledger.note import Checkpoint, parts, signature_line

_LATEST = 253_402_300_799  # end of the year 9999; no later time can be written down


@dataclass(frozen=True, slots=True)
class Cosigned:
    """That a witness saw a checkpoint.

    Attributes:
        witness: Its name.
        time: When, UTC, RFC 3339.
    """

    witness: str
    time: str


def cosigned(note: str, witnesses: Sequence[VerifierKey]) -> tuple[Cosigned, ...]:
    """Return the cosignatures of ``witnesses`` on a signed checkpoint, in their order.

    Raises:
        LedgerError: Not a signed note with a checkpoint, or a cosignature does not hold.
    """
    text, signatures = parts(note)
    Checkpoint.parse(text)
    found = []
    for witness in witnesses:
        for name, raw in signatures:
            if name == witness.name and raw[:4] == witness.key_id:
                found.append(Cosigned(name, _time(text, raw[4:], witness)))
                break
    return tuple(found)


def cosign(note: str, key: LabKey, unix_s: int) -> str:
    """Return ``note`` with the cosignature of the witness ``key`` at time ``unix_s`` added.

    Raises:
        LedgerError: Not a signed note with a checkpoint.
    """
    text, _ = parts(note)
    Checkpoint.parse(text)
    witness = VerifierKey(key.name, key.verifier.public, COSIGNATURE)
    signature = struct.pack(">Q", unix_s) + key.sign(_message(text, unix_s))
    return note + signature_line(key.name, witness.key_id + signature)


def _time(text: str, signature: bytes, witness: VerifierKey) -> str:
    if len(signature) != 72:
        raise LedgerError(f"the cosignature of {witness.name} is malformed.")
    unix_s = int(struct.unpack(">Q", signature[:8])[0])
    if unix_s > _LATEST or not witness.verify(_message(text, unix_s), signature[8:]):
        raise LedgerError(
            f"the cosignature of {witness.name} does not hold: the checkpoint was changed, or "
            "another witness of that name made it."
        )
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _message(text: str, unix_s: int) -> bytes:
    return f"cosignature/v1\ntime {unix_s}\n{text}".encode()
