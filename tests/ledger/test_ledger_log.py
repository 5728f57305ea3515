import json

import pytest

from regency.errors import BadInput, LedgerError
from regency.ledger import (
    NOT_ANCHORED,
    Inclusion,
    LabKey,
    Log,
    encode,
    open_checkpoint,
    verify_export,
)
from regency.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from regency.records import Actor, ActorKind
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
KEY = LabKey("regency.example/lab", bytes(32))
VERIFIER = KEY.verifier.text


def new_log(count=0, key=KEY):
    log = Log(Store(":memory:"), key)
    log.append_many([(SYSTEM, "note", {"number": number}) for number in range(count)])
    return log


def test_entries_come_back_in_order():
    log = new_log()
    assert log.append(SYSTEM, "note", {"x": 1 << 60}).body == {"x": str(1 << 60)}
    written = log.append_many([(SYSTEM, "note", {"x": (1, 2.5)}), (SYSTEM, "other", {})])
    assert log.append_many([]) == []
    assert [e.seq for e in written] == [1, 2]
    assert list(log.entries(1)) == written
    assert log.size == 3


def test_one_bad_entry_undoes_the_whole_batch():
    log = new_log(2)
    root = log.root
    for body in ({"x": "y" * 70_000}, {"x": b""}):
        with pytest.raises(LedgerError):
            log.append_many([(SYSTEM, "note", {}), (SYSTEM, "note", body)])
    assert (log.size, log.root) == (2, root)


def test_checkpoint_and_proofs_hold():
    log = new_log(11)
    early = open_checkpoint(log.checkpoint(), KEY.verifier)
    log.append(SYSTEM, "note", {})
    now = open_checkpoint(log.checkpoint(), KEY.verifier)
    assert (now.origin, now.size, now.root) == ("regency.example/lab", 12, log.root)
    proof = log.prove_extension(11)
    assert verify_consistency(11, 12, early.root, now.root, proof)
    for entry in log.entries():
        proof = Inclusion.parse(log.prove(entry.seq))
        head = open_checkpoint(proof.checkpoint, KEY.verifier)
        leaf = leaf_hash(encode(entry))
        assert verify_inclusion(leaf, entry.seq, head.size, proof.hashes, head.root)
    with pytest.raises(LedgerError, match="no entry 12"):
        log.prove(12)


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_an_export_verifies_offline(tmp_path, count):
    log = new_log(count)
    log.export(tmp_path / "log.jsonl")
    report = verify_export(tmp_path / "log.jsonl", VERIFIER)
    assert (report.ok, report.problems, report.size) == (True, (), count)
    assert report.root == log.root.hex()
    assert report.notes == (NOT_ANCHORED,)
    own = verify_export(tmp_path / "log.jsonl")
    assert own.ok
    assert own.notes[0] == "not anchored: the key holder could have rewritten this"
    assert len(own.notes) == 2


CHANGES = {
    "changed": lambda lines: [*lines[:3], lines[3].replace("2", "3", 1), *lines[4:]],
    "removed": lambda lines: [*lines[:3], *lines[4:]],
    "swapped": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "doubled": lambda lines: [*lines[:4], lines[3], *lines[4:]],
    "cut": lambda lines: lines[:-1],
    "shorter": lambda lines: [*lines[:-2], lines[-1]],
    "no header": lambda lines: lines[1:],
    "spaced": lambda lines: [*lines[:3], lines[3].replace(",", ", "), *lines[4:]],
    "rubbish": lambda lines: [*lines[:3], "\udcff", *lines[4:]],
    "empty": lambda _: [],
    "other origin": lambda lines: [lines[0].replace('"regency.example', '"other'), *lines[1:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_export_does_not_verify(tmp_path, change):
    path = tmp_path / "log.jsonl"
    new_log(6).export(path)
    lines = CHANGES[change](path.read_text().splitlines())
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    report = verify_export(path, VERIFIER)
    assert not report.ok
    assert report.problems


def test_a_rewritten_log_is_caught_by_its_key_or_by_an_anchor(tmp_path):
    path, anchor = tmp_path / "log.jsonl", new_log(4).checkpoint()
    stranger = LabKey("regency.example/lab", bytes(range(32)))
    new_log(6, stranger).export(path)
    assert not verify_export(path, VERIFIER).ok
    assert verify_export(path).ok
    new_log(6).export(path)
    assert verify_export(path, VERIFIER, [anchor]).notes == ()
    rewritten = new_log()
    rewritten.append_many([(SYSTEM, "note", {"forged": n}) for n in range(6)])
    rewritten.export(path)
    assert verify_export(path, VERIFIER).ok
    assert not verify_export(path, VERIFIER, [anchor]).ok
    assert not rewritten.verify([anchor]).ok
    new_log(3).export(path)
    assert "only 3 are here" in verify_export(path, VERIFIER, [anchor]).problems[-1]
    with pytest.raises(LedgerError):
        verify_export(path, VERIFIER, ["not a checkpoint"])


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(BadInput):
        verify_export(tmp_path / "none")
    with pytest.raises(BadInput):
        new_log(1).export(tmp_path / "none" / "log.jsonl")
    new_log(1).export(tmp_path / "log.jsonl")
    with pytest.raises(BadInput):
        verify_export(tmp_path / "log.jsonl", "not a key")
    header = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])
    assert header == {
        "format": "regency-ledger/1",
        "origin": "regency.example/lab",
        "verifier_key": VERIFIER,
    }
