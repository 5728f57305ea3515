"""Attestations: in-toto Statements in signed DSSE envelopes."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

from regency.errors import LedgerError
from regency.ledger.entry import canonical
from regency.ledger.keys import LabKey, VerifierKey
from regency.records import Json

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"


def statement(
    subjects: Sequence[tuple[str, Mapping[str, str]]],
    predicate_type: str,
    predicate: Mapping[str, Json],
) -> dict[str, Json]:
    """Return an in-toto Statement v1.

    Args:
        subjects: Name and digests (algorithm → hexadecimal) of each thing it is about.
        predicate_type: URI of what is said.
        predicate: What is said.
    """
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": dict(digest)} for name, digest in subjects],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return what a DSSE signature is over: the pre-authentication encoding (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_statement(content: Mapping[str, Json], key: LabKey) -> str:
    """Return the DSSE envelope of a statement, as JSON; its payload is canonical JSON."""
    payload = canonical(content)
    signature = {"keyid": _key_id(key.verifier), "sig": _encode(key.sign(pae(PAYLOAD, payload)))}
    envelope = {"payload": _encode(payload), "payloadType": PAYLOAD, "signatures": [signature]}
    return canonical(envelope).decode()


def open_statement(envelope: str, key: VerifierKey) -> dict[str, Json]:
    """Return the statement in a DSSE ``envelope`` after checking that ``key`` signed it.

    Raises:
        LedgerError: Not an envelope with a statement, or not signed by ``key``.
    """
    try:
        parsed = json.loads(envelope)
        payload = base64.b64decode(parsed["payload"], validate=True)
        signatures = [base64.b64decode(s["sig"], validate=True) for s in parsed["signatures"]]
        message = pae(parsed["payloadType"], payload)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise LedgerError(f"not a DSSE envelope ({error}): {envelope[:80]!r}") from error
    if not any(key.verify(message, signature) for signature in signatures):
        raise LedgerError(f"the attestation is not signed by {key.name}, or was changed since.")
    return _statement(parsed["payloadType"], payload)


def _statement(payload_type: str, payload: bytes) -> dict[str, Json]:
    try:
        content = json.loads(payload) if payload_type == PAYLOAD else None
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("_type") != STATEMENT:
        raise LedgerError(f"the envelope holds a {payload_type}, not an in-toto statement.")
    return content


def _key_id(key: VerifierKey) -> str:
    return f"{key.name}+{key.key_id.hex()}"


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
