import base64
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from regency.errors import BadInput, LedgerError
from regency.ledger import (
    COSIGNATURE,
    Anchor,
    Checkpoint,
    Cosigned,
    LabKey,
    VerifierKey,
    cosign,
    cosigned,
    open_checkpoint,
    sign_note,
)
from regency.ledger.replay import Replay

KEY = LabKey("regency.example/lab", bytes(32))
SEED = bytes(range(32))
WITNESS = LabKey("witness.example/w1", SEED)
TEXT = Checkpoint("regency.example/lab", 0, Replay(KEY.verifier).leaves.root()).text
NOTE = sign_note(TEXT, KEY)


def public(key=WITNESS):
    return VerifierKey(key.name, key.verifier.public, COSIGNATURE)


def by_hand(text, seconds):
    """A cosignature made from the specification's words alone."""
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    signature = private.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    raw = public().key_id + struct.pack(">Q", seconds) + signature
    return f"— {WITNESS.name} {base64.b64encode(raw).decode()}\n"


def test_a_cosignature_is_the_specifications():
    note = cosign(NOTE, WITNESS, 1_679_315_147)
    assert note == NOTE + by_hand(TEXT, 1_679_315_147)
    assert cosigned(note, [public()]) == (Cosigned(WITNESS.name, "2023-03-20T12:25:47Z"),)
    assert open_checkpoint(note, KEY.verifier).size == 0
    assert cosigned(NOTE, [public()]) == ()
    text = public().text
    assert VerifierKey.parse(text, COSIGNATURE) == public()
    with pytest.raises(BadInput, match="type 1"):
        VerifierKey.parse(text)
    with pytest.raises(BadInput, match="type 4"):
        VerifierKey.parse(KEY.verifier.text, COSIGNATURE)


def test_what_no_witness_signed_is_refused():
    later = NOTE + by_hand(TEXT.replace("\n0\n", "\n1\n"), 5)
    with pytest.raises(LedgerError, match="does not hold"):
        cosigned(later, [public()])
    line = by_hand(TEXT, 5).split()[-1]
    raw = base64.b64decode(line)
    for forged in (raw[:-1], raw[:4] + b"\xff" * 8 + raw[12:], raw[:11] + b"\x06" + raw[12:]):
        note = f"{NOTE}— {WITNESS.name} {base64.b64encode(forged).decode()}\n"
        with pytest.raises(LedgerError):
            cosigned(note, [public()])
    with pytest.raises(LedgerError):
        cosign(sign_note("no checkpoint\n", KEY), WITNESS, 1)


def test_a_check_says_who_cosigned_and_who_did_not():
    note = cosign(NOTE, WITNESS, 60)
    replay = Replay(KEY.verifier, [Anchor("kept.txt", note)], [public()])
    report = replay.report()
    assert report.ok
    assert report.witnesses == (Cosigned(WITNESS.name, "1970-01-01T00:01:00Z"),)
    absent = public(LabKey("witness.example/w2", SEED))
    report = Replay(KEY.verifier, [Anchor("kept.txt", note)], [absent]).report()
    assert report.problems == ("the witness witness.example/w2 cosigned nothing that is here.",)
    spoilt = NOTE + by_hand(TEXT + "x", 60)
    problems = Replay(KEY.verifier, [Anchor("kept.txt", spoilt)], [public()]).report().problems
    assert "kept.txt: the cosignature of witness.example/w1" in problems[0]
