"""Attacks on the record and on the human's decision: by a candidate inside the sandbox, where the
boundary holds, and by an agent under the user's own account, where only keys and anchors do."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from regency.errors import Refused
from regency.lab import Lab, assurance
from regency.lab.assurance import Enrolment
from regency.lab.lab import Plan
from regency.lab.proofs import check_export
from regency.ledger import NOT_ANCHORED, Log, verify_export
from regency.records import Actor, ActorKind, Agent, Decision, FileEdit, Proposal, Signature, plain
from regency.store import Store
from ssh_keys import SecurityKey
from toy_lab import SETTINGS, git, make_toy_lab

ADA = Actor(ActorKind.HUMAN, "Ada Tester")
THIEF = """\
import json, os, sqlite3, subprocess, sys

STATE = {state!r}
won = []

def attempt(what):
    def run(action):
        try:
            action()
        except BaseException:
            return
        won.append(what)
    return run

@attempt(1)
def read_the_key():
    assert open(STATE + "/private/ledger.key").read()

@attempt(2)
def read_the_seeds():
    assert open(STATE + "/private/seed.key", "rb").read()

@attempt(4)
def write_the_ledger():
    with sqlite3.connect("file:" + STATE + "/lab.db?mode=rw", uri=True) as database:
        database.execute("update entries set text = replace(text, 'c0', 'c9')")

@attempt(8)
def append_to_the_file():
    with open(STATE + "/lab.db", "r+b") as file:
        file.write(b"x")

@attempt(16)
def approve_as_the_human():
    command = [sys.executable, "-m", "regency.cli", "review", "approve", "p1", "--reason", "yes"]
    assert subprocess.run(command, cwd=os.path.dirname(STATE)).returncode == 0

@attempt(32)
def decide_through_the_library():
    from regency.lab import Lab
    Lab.open(os.path.dirname(STATE))

@attempt(64)
def use_the_users_ssh_agent_or_keys():
    import socket
    if os.path.exists({ssh!r}):
        assert open({ssh!r}).read()
    else:
        socket.socket(socket.AF_UNIX).connect(os.environ["SSH_AUTH_SOCK"])

@attempt(128)
def remove_the_state():
    os.rename(STATE, STATE + ".gone")

with open(sys.argv[2], "w") as file:
    json.dump({{"loss": 1000 + sum(won)}}, file)
"""


@pytest.fixture
def folder(tmp_path):
    return make_toy_lab(tmp_path / "toy")


def tried(lab, text):
    """Judge a candidate and return its trials."""
    edits = (FileEdit("model.py", text.encode()),)
    lab.tell([Proposal(edits, "Faster.", Agent("thief", "human"))])
    lab.run(Plan(workers=1))
    return lab.store.trials("c1")


@pytest.fixture
def wide(tmp_path):
    """A lab that takes candidates of many lines."""
    settings = SETTINGS.replace("max_changed_lines = 20", "max_changed_lines = 200")
    return make_toy_lab(tmp_path / "wide", settings=settings)


def test_a_candidate_reaches_neither_ledger_nor_key_nor_decision(wide, tmp_path):
    secret = tmp_path / "id_ed25519"
    secret.write_text("a private key")
    state = wide / ".regency"
    before = (state / "private" / "ledger.key").read_bytes()
    with Lab.open(wide) as lab:
        size = lab.recorder.log.size
        trials = tried(lab, THIEF.format(state=str(state), ssh=str(secret)))
        # The score is a thousand and one bit for each attack that won.
        assert [trial.score for trial in trials] == [1000.0] * len(trials)
        assert trials
        kinds = {entry.kind for entry in lab.recorder.log.entries(size)}
        assert "decision" not in kinds
        assert lab.recorder.log.verify().problems == ()
    assert (state / "private" / "ledger.key").read_bytes() == before
    assert secret.read_text() == "a private key"


def test_the_same_attacks_win_outside_the_sandbox(wide, tmp_path):
    """So the test above can fail: under the user's own account each of these files is open."""
    secret = tmp_path / "id_ed25519"
    secret.write_text("a private key")
    text = THIEF.format(state=str(wide / ".regency"), ssh=str(secret))
    subprocess.run([sys.executable, "-c", text, "1", str(tmp_path / "out")], check=True)
    won = int(json.loads((tmp_path / "out").read_text())["loss"]) - 1000
    assert won & (1 | 2 | 4 | 64 | 128) == 1 | 2 | 4 | 64 | 128


def ada_with(lab, token):
    wish = Enrolment("Ada Tester", token.public)
    message = assurance.enrolment_message(lab, wish)
    signature = Signature(message, token.sign(message, assurance.NAMESPACES["signers"]))
    assurance.enrol(lab, ADA, wish, signature)


def test_an_agent_who_uses_the_library_itself(folder):
    """It can open the lab as the user can; it cannot sign, and the record shows what it did."""
    decision = Decision("lab-1", "approve", ADA, "yes", assurance="present")
    with Lab.open(folder) as lab:
        ada_with(lab, SecurityKey())
        with pytest.raises(Refused, match="has to be signed"):
            lab.decide(decision)
        thief = SecurityKey()
        message = assurance.challenge(lab, decision)
        forged = Signature(message, thief.sign(message, assurance.NAMESPACES["decision"]))
        with pytest.raises(Refused, match="which is not enrolled"):
            lab.decide(replace(decision, signature=forged))
        with pytest.raises(Refused, match="which is not enrolled"):
            ada_with(lab, thief)
        kinds = [entry.kind for entry in lab.recorder.log.entries()]
        assert kinds.count("decision.refused") == 2
        # Past the one door, with the lab's own key, as nobody can keep the account itself from:
        lab.recorder.record(ADA, [("decision", plain(decision))])
        problems = lab.recorder.log.verify().problems
        assert len(problems) == 1
        assert "has to be signed" in problems[0]


def test_what_a_local_decision_does_not_stand_against(folder):
    """Without keys an agent under the account decides as its user: all we can do is say so."""
    with Lab.open(folder) as lab:
        decision = Decision("lab-1", "approve", ADA, "yes", digest="0")
        lab.recorder.record(ADA, [("decision", plain(decision))])
        report = lab.recorder.log.verify()
        assert report.ok
        assert "one decision is local: somebody used this account, nobody signed" in report.notes


def test_editing_the_database_is_found(folder):
    with Lab.open(folder) as lab:
        size = lab.recorder.log.size
    with sqlite3.connect(folder / ".regency" / "lab.db") as database:
        database.execute("update entries set text = replace(text, 'Starting', 'Startled')")
        database.execute("delete from entries where seq = ?", (size - 1,))
    with Lab.open(folder) as lab:
        problems = " ".join(lab.recorder.log.verify().problems)
        assert "the stored tree is not that of entries" in problems


def test_a_stolen_lab_key_rewrites_everything_but_what_was_pushed(folder, tmp_path):
    """The holder of the key can begin a record anew; the tags in a clone say that he did."""
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "clone")
    with Lab.open(folder) as lab:
        for entry in list(lab.recorder.log.entries()):
            body = dict(entry.body)
            if entry.kind == "champion":
                body["reason"] = "As it should have been."
            _add_to(tmp_path / "anew.db", lab, entry, body)
        _export(tmp_path / "anew.db", lab, tmp_path / "anew.jsonl")
        key = lab.recorder.key.verifier.text
    report = verify_export(tmp_path / "anew.jsonl", key)
    assert (report.ok, NOT_ANCHORED in report.notes) == (True, True)
    found = check_export(tmp_path / "anew.jsonl", key, {}, (), tmp_path / "clone")
    assert not found["ok"]
    assert "the tag generation/0 at 5 entries has another root" in found["problems"][0]


def _add_to(path: Path, lab, entry, body):
    store = Store(path)
    Log(store, lab.recorder.key).append(entry.actor, entry.kind, body)
    store.close()


def _export(path: Path, lab, target: Path):
    store = Store(path)
    Log(store, lab.recorder.key).export(target)
    store.close()
