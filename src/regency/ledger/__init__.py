"""The append-only record: entries, their Merkle tree, signatures and attestations.

The only home of cryptography. Knows no tables: a store is handed in.
"""

from regency.ledger.anchors import Anchor
from regency.ledger.audit import verify_export
from regency.ledger.blobs import Blobs
from regency.ledger.dsse import open_statement, sign_statement, statement
from regency.ledger.entry import LARGEST, canonical, encode, parse
from regency.ledger.keys import COSIGNATURE, LabKey, VerifierKey
from regency.ledger.log import Journal, Log, Writer
from regency.ledger.note import (
    Checkpoint,
    Extension,
    Inclusion,
    open_checkpoint,
    open_note,
    sign_note,
)
from regency.ledger.proof import ProofReport, verify_proof
from regency.ledger.report import NOT_ANCHORED, VerifyReport
from regency.ledger.witness import Cosigned, cosign, cosigned

__all__ = [
    "COSIGNATURE",
    "LARGEST",
    "NOT_ANCHORED",
    "Anchor",
    "Blobs",
    "Checkpoint",
    "Cosigned",
    "Extension",
    "Inclusion",
    "Journal",
    "LabKey",
    "Log",
    "ProofReport",
    "VerifierKey",
    "VerifyReport",
    "Writer",
    "canonical",
    "cosign",
    "cosigned",
    "encode",
    "open_checkpoint",
    "open_note",
    "open_statement",
    "parse",
    "sign_note",
    "sign_statement",
    "statement",
    "verify_export",
    "verify_proof",
]
