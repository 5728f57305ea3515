"""An agent that tries to decide: from inside the sandbox, and as a process of the same user."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from regency.errors import Refused
from regency.lab import Lab, views
from regency.lab.lab import Plan
from regency.records import Actor, ActorKind, Agent, Decision, FileEdit, Proposal
from toy_lab import MODEL, SETTINGS, better_model, make_toy_lab

INSIDE = """
import os, pty, sqlite3, subprocess
found = {}
lab = "FOLDER"
for name in (lab, "/.regency/lab.db", "/.regency/private/ledger.key", "/regency.toml"):
    name = name if name == lab else lab + name
    try:
        found[name] = os.listdir(name) if name == lab else open(name, "rb").read(8).hex()
    except OSError as error:
        found[name] = type(error).__name__
try:
    queue = sqlite3.connect(lab + "/.regency/lab.db")
    found["queue"] = queue.execute("update packets set status = 'approved'").rowcount
except Exception as error:
    found["queue"] = type(error).__name__
approve = ["PYTHON", "-m", "regency.cli", "review", "approve", "p1", "--reason", "x", "--dir", lab]
for command in (approve, ["/bin/sh", "-c", "echo hi"]):
    try:
        found[command[0]] = subprocess.run(command, capture_output=True, timeout=5).returncode
    except BaseException as error:
        found[command[0]] = type(error).__name__
try:
    found["terminal"] = pty.fork()[0] >= 0
except BaseException as error:
    found["terminal"] = type(error).__name__
print("FOUND", json.dumps(found, default=str))
"""


def proposal(text: str, path: str = "model.py") -> Proposal:
    return Proposal((FileEdit(path, text.encode()),), "Moved X.", Agent("eve", "external"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A real lab where c1 was promoted and waits as p1; not to be changed."""
    settings = SETTINGS.replace("max_changed_lines = 20", "max_changed_lines = 99")
    lab = make_toy_lab(tmp_path_factory.mktemp("attacked") / "toy", settings=settings)
    with Lab.open(lab) as opened:
        opened.tell([proposal(better_model(2.5))])
        assert opened.run(Plan()).promoted
    return lab


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lab", symlinks=True))


def untouched(folder: Path) -> None:
    with Lab.open(folder) as lab:
        assert lab.store.said() == ()
        assert lab.store.generation().number == 0
        assert lab.store.packet("p1").status == "open"
        assert lab.recorder.log.verify().ok


def test_a_candidate_can_neither_see_the_lab_nor_start_anything(folder):
    attack = INSIDE.replace("FOLDER", str(folder)).replace("PYTHON", sys.executable)
    code = MODEL.replace("X = 1.0", "X = 2.9") + attack
    with Lab.open(folder) as lab:
        ((candidate, verdict),) = lab.tell([proposal(code)])
        assert verdict is None, verdict
        lab.run(Plan())
        (trial, *_) = lab.store.trials(candidate.id)
        said = [line for line in trial.outcomes[0].stdout.splitlines() if line.startswith("FOUND")]
        assert said, (trial.fault, trial.outcomes[0].stderr[-500:])
        seen = json.loads(said[0].removeprefix("FOUND "))
    assert all(isinstance(value, str) and "Error" in value for value in seen.values()), seen
    untouched(folder)


@pytest.mark.parametrize("kind", [ActorKind.AGENT, ActorKind.SYSTEM, ActorKind.SIMULATED_HUMAN])
def test_no_kind_of_actor_but_a_human_decides_and_the_attempt_is_on_record(folder, kind):
    with Lab.open(folder) as lab:
        for answer in ("approve", "reject", "request-changes"):
            with pytest.raises(Refused, match="only a human"):
                lab.decide(Decision("p1", answer, Actor(kind, "eve"), "Let me."))
        with pytest.raises(Refused):
            lab.roll_back(0, Actor(kind, "eve"), "Let me.")
        kinds = [e.kind for e in lab.recorder.log.entries() if e.kind == "decision.refused"]
        assert len(kinds) >= 3
    untouched(folder)


@pytest.mark.parametrize(
    "command",
    [
        ("review", "approve", "p1", "--reason", "x"),
        ("review", "reject", "p1.1", "--reason", "x"),
        ("review", "request-changes", "p1", "--reason", "x"),
        ("rollback", "0", "--reason", "x"),
        ("resume",),
    ],
)
def test_a_process_without_a_terminal_is_refused_and_recorded(folder, command):
    if command == ("resume",):
        with Lab.open(folder) as lab:
            lab.pause(Actor(ActorKind.SYSTEM, "test"), "Wait.")
    done = subprocess.run(
        [sys.executable, "-m", "regency.cli", *command, "--dir", str(folder)],
        input="y\n" * 9, text=True, capture_output=True, check=False, start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "needs a human at a terminal" in done.stderr
    with Lab.open(folder) as lab:
        (refused,) = [e for e in lab.recorder.log.entries() if e.kind == "decision.refused"]
        assert refused.actor.kind is ActorKind.SYSTEM
        assert (lab.store.paused() is not None) is (command == ("resume",))
    untouched(folder)


@pytest.mark.parametrize(
    "edit",
    [
        "update packets set status = 'approved'",
        "delete from packets",
        "insert into decisions (seq, item) values (1, 'p1')",
        "update entries set text = replace(text, '2.5', '2.6') where kind = 'packet'",
        "delete from entries where kind = 'packet'",
    ],
)
def test_an_edited_queue_is_found_out(folder, edit):
    with contextlib.closing(sqlite3.connect(folder / ".regency" / "lab.db")) as database:
        changed = database.execute(edit)
        database.commit()
    assert changed.rowcount
    done = subprocess.run(
        [sys.executable, "-m", "regency.cli", "ledger", "verify", "--dir", str(folder)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr


def test_agents_cannot_loosen_the_rules_by_a_proposal(folder):
    rules = (folder / "regency.toml").read_text().replace("approvals = 1", "approvals = 0")
    with Lab.open(folder) as lab:
        ((_, verdict),) = lab.tell([proposal(rules, "regency.toml")])
        assert verdict is not None and "not editable" in verdict.reason
        assert [rule.need.approvals for rule in lab.config.oversight.rules] == [1]


LOUD = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    print(type(error).__name__, error)
"""


def test_what_was_refused_to_an_agent_is_on_record_and_a_risk_of_what_it_writes(folder):
    code = MODEL.replace("X = 1.0", "X = 2.9") + LOUD
    eve = Actor(ActorKind.AGENT, "eve")
    with Lab.open(folder) as lab:
        for item in ("p1", "p1.1"):
            with pytest.raises(Refused, match="only a human"):
                lab.decide(Decision(item, "approve", eve, "Let me."))
        ((candidate, verdict),) = lab.tell([proposal(code)])
        assert verdict is None, verdict
        assert lab.run(Plan()).promoted
        denied = [e for e in lab.recorder.log.entries() if e.kind == "denied"]
        assert [(e.actor.kind, e.body["agent"], e.body["candidate"]) for e in denied] == [
            (ActorKind.SYSTEM, "eve", candidate.id)
        ]
        shown = lab.store.packets("open")[-1].packet.changes
        factors = {f.name: f.reason for change in shown for f in change.factors}
        assert candidate.id in factors["sandbox denials"]
        assert (
            "eve tried 2 times what agents may not (to decide: approve p1.1)" in factors["attempts"]
        )
        for view, wanted in (("human", True), ("agent", False)):
            told = json.dumps(views.log(lab, view, kind="denied"))
            assert ("eve" in told) is wanted
        refused = views.status(lab, "human")["refused"]
        assert (refused["decisions"], refused["others"]) == (2, 1)
        assert views.status(lab, "agent")["refused"] is None
    untouched(folder)


def test_a_session_that_looks_for_the_lab_is_on_record(folder):
    with Lab.open(folder) as lab:
        body = {"session": 3, "transcript": "$ regency review approve p1 --reason mine"}
        lab._note_down(Actor(ActorKind.AGENT, "eve"), [("agent.session", body)])
        (denied,) = [e for e in lab.recorder.log.entries() if e.kind == "denied"]
        assert denied.actor.kind is ActorKind.SYSTEM
        assert denied.body["where"] == "session 3"
        packet = lab.camera().take("c1")
        assert any(f.name == "attempts" for c in packet.changes for f in c.factors)


def test_rules_edited_by_a_process_of_the_user_wait_for_a_person(folder):
    settings = folder / "regency.toml"
    settings.write_text(settings.read_text().replace("approvals = 1", "approvals = 0"))
    with Lab.open(folder) as lab:
        assert [rule.need.approvals for rule in lab.config.oversight.rules] == [1]
        lab.run(Plan())
        assert lab.store.generation().number == 0


def test_a_real_lab_cannot_become_a_simulated_one(folder):
    with Lab.open(folder) as lab:
        assert not lab.simulated
        lab.recorder.record(Actor(ActorKind.SYSTEM, "eve"), [("lab.created", {"simulated": True})])
    with Lab.open(folder) as lab:
        assert not lab.simulated
        with pytest.raises(Refused, match="only a human"):
            lab.decide(Decision("p1", "approve", Actor(ActorKind.SIMULATED_HUMAN, "e"), "Yes."))
