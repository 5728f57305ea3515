import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.errors import BadInput, LedgerError
from regency.ledger import (
    Checkpoint,
    Inclusion,
    LabKey,
    VerifierKey,
    open_checkpoint,
    open_note,
    sign_note,
)

# The example in the documentation of Go's golang.org/x/mod/sumdb/note.
GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = LabKey("regency.example/lab", bytes(range(32)))


def test_the_example_of_gos_note_package(tmp_path):
    path = tmp_path / "ledger.key"
    path.write_text(GO_KEY)
    path.chmod(0o600)
    key = LabKey.load(path)
    assert key.verifier.text == GO_VERIFIER
    assert sign_note(GO_TEXT, key) == GO_NOTE
    assert open_note(GO_NOTE, VerifierKey.parse(GO_VERIFIER)) == GO_TEXT


def test_a_key_is_private_and_comes_back(tmp_path):
    path = tmp_path / "private" / "ledger.key"
    key = LabKey.create(path, "lab")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert LabKey.load(path).verifier == key.verifier
    assert base64.b64encode(key.sign(b"x")).decode() not in repr(key)
    with pytest.raises(BadInput, match="exists"):
        LabKey.create(path, "lab")
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        LabKey.load(path)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+lab+00000000+AAAA", GO_KEY[12:], "\x00"])
def test_a_file_that_is_no_key_is_refused(tmp_path, text):
    path = tmp_path / "ledger.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BadInput):
        LabKey.load(path)
    with pytest.raises(BadInput):
        LabKey.load(tmp_path / "none")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_names_that_cannot_name_a_key(name):
    with pytest.raises(BadInput):
        LabKey(name, bytes(32))


@pytest.mark.parametrize(
    "text", ["", "lab", "lab+00000000+x", GO_VERIFIER[:-4], GO_VERIFIER.replace("c74f", "c74e")]
)
def test_verifier_keys_are_checked(text):
    with pytest.raises(BadInput):
        VerifierKey.parse(text)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])), st.integers(0, 10**6))
def test_a_changed_note_does_not_open(text, place):
    note = sign_note(text + "\n", KEY)
    assert open_note(note, KEY.verifier) == text + "\n"
    at = place % len(note)
    changed = note[:at] + ("a" if note[at] != "a" else "b") + note[at + 1 :]
    with pytest.raises(LedgerError):
        open_note(changed, KEY.verifier)


def test_other_signatures_are_skipped_but_ours_must_hold():
    note = sign_note("text\n", KEY)
    witness = LabKey("witness", bytes(32))
    both = note + sign_note("text\n", witness).rpartition("\n\n")[2]
    assert open_note(both, KEY.verifier) == open_note(both, witness.verifier) == "text\n"
    with pytest.raises(LedgerError, match="not signed by witness"):
        open_note(note, witness.verifier)
    spoilt = note.replace("text", "test")
    with pytest.raises(LedgerError, match="does not hold"):
        open_note(spoilt, KEY.verifier)


@pytest.mark.parametrize(
    "note", ["", "text\n", "text\n\n", "text\n\n— name\n", "a\x01\n\n— n AAAA\n"]
)
def test_what_is_no_note_is_refused(note):
    with pytest.raises(LedgerError):
        open_note(note, KEY.verifier)
    with pytest.raises(LedgerError):
        sign_note(note.rstrip("\n") + "\x07\n", KEY)


def test_checkpoints_and_their_extensions():
    checkpoint = Checkpoint("regency.example/lab", 7, bytes(32), ("more",))
    assert checkpoint.text == f"regency.example/lab\n7\n{'A' * 43}=\nmore\n"
    assert open_checkpoint(sign_note(checkpoint.text, KEY), KEY.verifier) == checkpoint


@pytest.mark.parametrize(
    "text", ["lab\n7\n", "lab\n07\nAAAA\n", f"\n7\n{'A' * 43}=\n", "lab\n-1\n\n"]
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(LedgerError):
        Checkpoint.parse(text)


def test_inclusion_text_and_its_extra_data():
    proof = Inclusion(73894, (b"\x01" * 32, b"\x02" * 32), "checkpoint\n")
    lines = proof.text.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 73894"]
    assert lines[4:6] == ["", "checkpoint"]
    assert Inclusion.parse(proof.text) == proof
    extra = Inclusion.parse(proof.text.replace("index", "extra AAAA\nindex"))
    assert (extra.extra, extra.hashes) == (bytes(3), proof.hashes)
    assert Inclusion.parse(extra.text) == extra
    for bad in ("", "index 1\n\nx", proof.text.replace("index 7", "index 07"), lines[0]):
        with pytest.raises(LedgerError):
            Inclusion.parse(bad)
