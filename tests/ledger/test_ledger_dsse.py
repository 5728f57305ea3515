import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from regency.errors import LedgerError
from regency.ledger import LabKey, open_statement, sign_statement, statement
from regency.ledger.dsse import PAYLOAD, pae

KEY = LabKey("lab", bytes(range(32)))
CONTENT = statement([("commit", {"gitCommit": "ab" * 20})], "https://example.com/x", {"by": "é"})


def test_the_example_of_the_dsse_protocol():
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_securesystemslib_verifies_our_envelope():
    envelope = Envelope.from_dict(json.loads(sign_statement(CONTENT, KEY)))
    public = Ed25519PublicKey.from_public_bytes(KEY.verifier.public)
    keyid = next(iter(envelope.signatures))
    key = SSlibKey.from_crypto(public, keyid=keyid)
    assert envelope.verify([key], 1)
    assert envelope.payload_type == PAYLOAD
    assert json.loads(envelope.payload) == CONTENT
    assert envelope.pae() == pae(PAYLOAD, envelope.payload)


def test_statements_come_back_and_changed_ones_do_not():
    envelope = sign_statement(CONTENT, KEY)
    assert open_statement(envelope, KEY.verifier) == CONTENT
    with pytest.raises(LedgerError, match="not signed by other"):
        open_statement(envelope, LabKey("other", bytes(32)).verifier)
    changed = json.loads(envelope)
    changed["payload"] = changed["payload"][:-8] + "AAAAAA=="
    with pytest.raises(LedgerError):
        open_statement(json.dumps(changed), KEY.verifier)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"payload": 3}', "null"])
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(LedgerError, match="not a DSSE envelope"):
        open_statement(text, KEY.verifier)


def test_something_signed_that_is_no_statement_is_refused():
    with pytest.raises(LedgerError, match="not an in-toto statement"):
        open_statement(sign_statement({"x": 1}, KEY), KEY.verifier)
