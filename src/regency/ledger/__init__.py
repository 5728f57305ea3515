"""The append-only record: entries, their Merkle tree, signatures and attestations.

The only home of cryptography. Knows no tables: a store is handed in.
"""

from regency.ledger.blobs import Blobs
from regency.ledger.dsse import open_statement, sign_statement, statement
from regency.ledger.entry import LARGEST, canonical, encode, parse
from regency.ledger.keys import LabKey, VerifierKey
from regency.ledger.log import Journal, Log, Writer, verify_export
from regency.ledger.note import Checkpoint, Inclusion, open_checkpoint, open_note, sign_note
from regency.ledger.replay import NOT_ANCHORED, VerifyReport

__all__ = [
    "LARGEST",
    "NOT_ANCHORED",
    "Blobs",
    "Checkpoint",
    "Inclusion",
    "Journal",
    "LabKey",
    "Log",
    "VerifierKey",
    "VerifyReport",
    "Writer",
    "canonical",
    "encode",
    "open_checkpoint",
    "open_note",
    "open_statement",
    "parse",
    "sign_note",
    "sign_statement",
    "statement",
    "verify_export",
]
