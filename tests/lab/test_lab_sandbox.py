import subprocess
import sys

from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal
from regency.sandbox.engines import NamespaceSandbox
from toy_lab import better_model, make_toy_lab


def judge_one(lab: Lab, goal: float) -> None:
    edits = (FileEdit("model.py", better_model(goal).encode()),)
    lab.tell([Proposal(edits, f"X = {goal}", Agent("a", "x"))])
    lab.run(Plan(workers=1))


def shown(folder) -> str:
    command = [sys.executable, "-m", "regency.cli", "status", "--dir", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return " ".join(done.stdout.split())


def test_what_a_run_was_given_is_on_record_and_in_status(tmp_path, monkeypatch):
    folder = make_toy_lab(tmp_path / "lab")
    report = NamespaceSandbox.report
    with monkeypatch.context() as patch:  # that survivors end is shown in tests/sandbox
        patch.setattr(NamespaceSandbox, "report", lambda s: {**report(s), "survivors_ended": 2})
        patch.setattr(NamespaceSandbox, "level", "D")
        with Lab.open(folder) as lab:
            judge_one(lab, 5.0)
            assert lab.store.sandboxes() == ({"level": "D", "survivors_ended": 2},)
    assert "ended 2 processes that an earlier run had left" in shown(folder)
    assert "NO ISOLATION" in shown(folder)
    with Lab.open(folder) as lab:
        judge_one(lab, 6.0)  # the next run had all that the epoch was opened with
        assert lab.store.sandboxes() == ()
        assert not lab.recorder.log.verify().problems
    assert "level A" in shown(folder)
    assert "ended" not in shown(folder)
