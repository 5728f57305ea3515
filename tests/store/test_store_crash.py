import multiprocessing
import os
import signal
import sqlite3
import time

import pytest

from regency.errors import BadInput, LabBusy, LedgerError
from regency.records import Actor, ActorKind
from regency.store import Store, database

PROCESS = multiprocessing.get_context("fork")
SYSTEM = Actor(ActorKind.SYSTEM, "regency")


def append_for_ever(open_lab, path, started):
    lab = open_lab(path)
    for number in range(lab.store.counts().trials, 10**9):
        item = (SYSTEM, "note", {"number": number, "text": "x" * 500})
        lab.log.append_many([item] * 4)
        started.set()


def append_some(open_lab, path, name, times):
    lab = open_lab(path)
    for number in range(times):
        lab.log.append_many([(SYSTEM, "note", {"by": name, "number": number})] * 3)


def test_kill_leaves_all_or_nothing_of_a_transaction(open_lab, tmp_path):
    path, seen = tmp_path / "lab.db", 0
    for attempt in range(10):
        started = PROCESS.Event()
        process = PROCESS.Process(target=append_for_ever, args=(open_lab, path, started))
        process.start()
        assert started.wait(20)
        time.sleep(0.003 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        lab = open_lab(path)
        report = lab.log.verify()
        assert report.problems == ()
        assert report.size % 4 == 0
        assert report.size > seen
        seen = report.size
        lab.store.close()


def test_two_processes_append_at_once(open_lab, tmp_path):
    path = tmp_path / "lab.db"
    many = [
        PROCESS.Process(target=append_some, args=(open_lab, path, name, 40)) for name in ("a", "b")
    ]
    for process in many:
        process.start()
    for process in many:
        process.join()
        assert process.exitcode == 0
    lab = open_lab(path)
    assert lab.log.verify().problems == ()
    written = [(e.body["by"], e.body["number"]) for e in lab.log.entries()]
    assert len(written) == 2 * 40 * 3
    # Every transaction's entries stand together.
    assert all(len(set(written[at : at + 3])) == 1 for at in range(0, len(written), 3))
    lab.store.close()


def test_a_full_disk_is_told_and_nothing_is_half_written(lab):
    lab.candidate(0)
    root = lab.log.root
    with lab.store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(BadInput, match="the disk is full: free some space"):
        lab.log.append_many([(SYSTEM, "note", {"text": "x" * 60_000})] * 4)
    assert lab.log.root == root
    with lab.store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    lab.add("note", text="room again")
    assert lab.log.verify().ok


def test_a_read_only_store_is_told(lab):
    lab.candidate(0)
    with lab.store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
    with pytest.raises(BadInput, match="it is read-only: make it writable"):
        lab.candidate(1)
    assert lab.log.size == 1


def test_a_store_held_by_another_process_is_told(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(database, "_WAIT_MS", 50)
    store = Store(lab.path)
    with lab.store.writing(), pytest.raises(LabBusy, match="another process"), store.writing():
        pass
    store.close()


@pytest.mark.parametrize("name", ["no/such/folder/lab.db", "postgresql://host/lab"])
def test_what_cannot_be_opened(tmp_path, name):
    where = name if "://" in name else tmp_path / name
    with pytest.raises(BadInput):
        Store(where)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "lab.db").write_bytes(b"not a database, surely not" * 100)
    with pytest.raises(LedgerError, match="damaged"):
        Store(tmp_path / "lab.db")


def test_commits_are_synchronous_and_written_ahead(lab):
    with lab.store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    with sqlite3.connect(lab.path) as other:
        assert other.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    other.close()


def test_an_error_inside_a_transaction_undoes_it(lab):
    def break_off():
        with lab.store.writing() as writer:
            writer.add([], [(0, bytes(32))])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert lab.store.nodes([0]) == {}
    lab.candidate(0)
