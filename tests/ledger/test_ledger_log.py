import sqlite3

import pytest

from regency.errors import LedgerError
from regency.ledger import (
    Anchor,
    Extension,
    Inclusion,
    LabKey,
    Log,
    encode,
    open_checkpoint,
)
from regency.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from regency.records import Actor, ActorKind
from regency.store import Store

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
KEY = LabKey("regency.example/lab", bytes(32))


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
    proof = Extension.parse(log.prove_extension(11))
    assert verify_consistency(11, 12, early.root, now.root, proof.hashes)
    assert log.root_at(11) == early.root
    for entry in log.entries():
        proof = Inclusion.parse(log.prove(entry.seq))
        head = open_checkpoint(proof.checkpoint, KEY.verifier)
        leaf = leaf_hash(encode(entry))
        assert verify_inclusion(leaf, entry.seq, head.size, proof.hashes, head.root)
    with pytest.raises(LedgerError, match="no entry 12"):
        log.prove(12)


def test_the_store_is_checked_like_an_export(tmp_path):
    store = Store(tmp_path / "lab.db")
    log = Log(store, KEY)
    log.append_many([(SYSTEM, "note", {"number": number}) for number in range(300)])
    assert (log.verify().ok, log.verify().checked["entries"]) == (True, 300)
    with sqlite3.connect(tmp_path / "lab.db") as database:
        database.execute("update entries set text = replace(text, '280', '281') where seq = 280")
    report = log.verify([Anchor("kept.txt", log.checkpoint())])
    assert "entry 280 says that it is entry 281." in report.problems
    assert any("the stored tree is not that of entries 256 to 299" in p for p in report.problems)
    assert any(p.startswith("kept.txt at 300 entries has another root") for p in report.problems)
