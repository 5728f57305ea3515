import base64

import pytest
from pymerkle import InmemoryTree

from regency.errors import BadInput, LedgerError
from regency.ledger import (
    COSIGNATURE,
    Anchor,
    Extension,
    Inclusion,
    LabKey,
    Log,
    VerifierKey,
    cosign,
    encode,
    verify_proof,
)
from regency.records import Actor, ActorKind
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
KEY = LabKey("regency.example/lab", bytes(32))
WITNESS = LabKey("witness.example", bytes(32))


def new_log(count):
    log = Log(Store(":memory:"), KEY)
    log.append_many([(SYSTEM, "note", {"number": number}) for number in range(count)])
    return log


@pytest.mark.parametrize("size", [1, 2, 7, 8, 300])
def test_a_proof_of_an_entry_needs_nothing_but_the_key(size):
    log = new_log(size)
    oracle = InmemoryTree(algorithm="sha256")
    for entry in log.entries():
        oracle.append_entry(encode(entry))
    for seq in {0, size // 2, size - 1}:
        text = log.prove(seq)
        report = verify_proof(text, KEY.verifier)
        assert (report.ok, report.problem, report.size) == (True, "", size)
        assert report.entry.body == {"number": seq}
        assert report.root == oracle.get_root().hex()
        theirs = oracle.prove_inclusion(seq + 1)
        assert [*Inclusion.parse(text).hashes] == [bytes(h) for h in theirs.path[1:]]


def test_a_forged_proof_of_an_entry():
    proof = Inclusion.parse(new_log(9).prove(4))
    other = encode(next(iter(new_log(9).entries(5))))
    forgeries = {
        "another entry": Inclusion(4, proof.hashes, proof.checkpoint, other),
        "another place": Inclusion(5, proof.hashes, proof.checkpoint, proof.extra),
        "another path": Inclusion(4, proof.hashes[::-1], proof.checkpoint, proof.extra),
        "no entry": Inclusion(4, proof.hashes, proof.checkpoint),
        "rubbish": Inclusion(4, proof.hashes, proof.checkpoint, b"x"),
        "shorter log": Inclusion(
            4, proof.hashes, Inclusion.parse(new_log(8).prove(4)).checkpoint, proof.extra
        ),
    }
    for what, forged in forgeries.items():
        report = verify_proof(forged.text, KEY.verifier)
        assert not report.ok, what
        assert report.problem
    stranger = LabKey("regency.example/lab", bytes(range(32)))
    assert "not signed by" in verify_proof(proof.text, stranger.verifier).problem


def test_every_changed_character_of_a_proof_is_found():
    text = new_log(6).prove(2)
    for place in range(len(text)):
        changed = text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]
        assert not verify_proof(changed, KEY.verifier).ok, place


def test_an_extension_from_a_checkpoint():
    for old, size in ((0, 5), (3, 3), (4, 9), (6, 300)):
        log = new_log(old)
        kept = Anchor("kept.txt", log.checkpoint())
        log.append_many([(SYSTEM, "note", {"number": number}) for number in range(old, size)])
        text = log.prove_extension(old)
        report = verify_proof(text, KEY.verifier, kept)
        assert (report.ok, report.old, report.size) == (True, old, size)
        assert Extension.parse(text).text == text
        if old:
            rewritten = Anchor("kept.txt", rewritten_log(old).checkpoint())
            assert "was rewritten" in verify_proof(text, KEY.verifier, rewritten).problem
        wrong = Anchor("kept.txt", new_log(old + 1).checkpoint())
        assert not verify_proof(text, KEY.verifier, wrong).ok
    with pytest.raises(BadInput, match="--since"):
        verify_proof(text, KEY.verifier)
    with pytest.raises(LedgerError):
        new_log(3).prove_extension(4)
    for bad in ("old 1", "old x\n\nc", "old 1\nAAAA\n\nc"):
        with pytest.raises(LedgerError):
            Extension.parse(bad)


def rewritten_log(count):
    log = Log(Store(":memory:"), KEY)
    log.append_many([(SYSTEM, "note", {"forged": number}) for number in range(count)])
    return log


def test_a_witness_may_be_asked_for():
    public = VerifierKey(WITNESS.name, WITNESS.verifier.public, COSIGNATURE)
    proof = Inclusion.parse(new_log(3).prove(1))
    assert "not cosigned by witness.example" in (
        verify_proof(proof.text, KEY.verifier, None, [public]).problem
    )
    seen = Inclusion(1, proof.hashes, cosign(proof.checkpoint, WITNESS, 60), proof.extra)
    (one,) = verify_proof(seen.text, KEY.verifier, None, [public]).witnesses
    assert one.witness == "witness.example"
    assert base64.b64encode(proof.extra).decode() in seen.text
