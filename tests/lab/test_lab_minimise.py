"""Minimising in a whole lab: real git, real sandbox, real ledger."""

import json
import signal
import subprocess
import sys
import time

import pytest

from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import PART, Agent, Answer, FileEdit, Proposal
from toy_lab import MODEL, SETTINGS, git, make_toy_lab

JUNK = MODEL.replace("X = 1.0\n", "X = 2.9\nUNUSED = 7\nWORDS = 'never read'\n").replace(
    "random.seed(int(sys.argv[1]))\n",
    "random.seed(int(sys.argv[1]))\nfor _ in range(3):\n    UNUSED += 1\n",
)
HELD = SETTINGS.replace("generations = 5", "generations = 1")


def proposal(text: str) -> Proposal:
    return Proposal((FileEdit("model.py", text.encode()),), "Moved X.", Agent("tester", "external"))


@pytest.fixture
def folder(tmp_path):
    return make_toy_lab(tmp_path / "toy", simulated=True, settings=HELD)


def test_at_the_bound_junk_is_dropped_and_the_smaller_tree_is_champion(folder):
    with Lab.open(folder) as lab:
        lab.tell([proposal(JUNK)])
        summary = lab.run(Plan())
        head, part = summary.promoted
        assert lab.store.champion() == part
        record = lab.store.candidate(part).record
        assert (record.parent, record.agent.kind) == (head, PART)
        assert lab.files(part)["model.py"].decode() == MODEL.replace("X = 1.0", "X = 2.9")
        verdict = lab.store.verdict(part)
        assert verdict is not None and verdict.answer is Answer.AS_GOOD
        first, second = (state.packet for state in lab.store.packets("open"))
        assert (second.minimised_from, second.lines_before, second.lines) == (head, 6, 2)
        assert first.minimised_from == "" and first.lines == 6
        assert "UNUSED" not in "".join(change.diff for change in second.changes)
        assert second.changes[0].agents == {"tester": 1}
        assert second.minutes < first.minutes
        assert [v.answer for v in second.evidence] == [Answer.BETTER, Answer.AS_GOOD]
        assert lab.recorder.log.verify().ok
        again = lab.run(Plan())
        assert again.promoted == ()
    assert git(folder, "rev-parse", "regency/champion").strip() == record.commit
    message = git(folder, "log", "-1", "--format=%B", "regency/champion")
    assert f"Regency-Candidate: {part}" in message
    assert "Assisted-by" not in message
    parents = git(folder, "rev-list", "--parents", "-1", record.commit).split()
    assert len(parents) == 2


def test_nothing_to_drop_is_found_once(folder):
    with Lab.open(folder) as lab:
        lab.tell([proposal(MODEL.replace("X = 1.0", "X = 2.9"))])
        assert len(lab.run(Plan()).promoted) == 1
        done = lab.store.minimised()
        assert done is not None and done.candidate == done.head == "c1"
        size = lab.recorder.log.size
        lab.run(Plan())
        kinds = [entry.kind for entry in lab.recorder.log.entries(size)]
        assert kinds == ["run.started", "run.stopped"]


def test_exploring_goes_on_while_it_is_held(folder):
    with Lab.open(folder) as lab:
        lab.tell([proposal(JUNK), proposal(MODEL.replace("X = 1.0", "X = 0.5"))])
        lab.run(Plan())
        verdict = lab.store.verdict("c2")
        assert verdict is not None and verdict.gate == "search"


def test_it_can_be_left_to_be_asked_for(tmp_path):
    asked = HELD.replace("[oversight]\n", '[oversight]\nminimise = { when = "asked" }\n')
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=asked)
    with Lab.open(folder) as lab:
        lab.tell([proposal(JUNK)])
        assert lab.run(Plan()).promoted == ("c1",)
        assert lab.store.minimised() is None
        done = lab.minimise(Plan())
        assert done.promoted and lab.store.champion() == done.promoted[0]
        assert "already" in lab.minimise(Plan()).reason


def test_no_agent_can_pass_for_regency_itself(folder):
    with Lab.open(folder) as lab:
        forged = Proposal((FileEdit("model.py", b"x = 1\n"),), "r", Agent("regency", PART))
        ((_, verdict),) = lab.tell([forged])
        assert verdict is not None and verdict.answer is Answer.INVALID
        assert "Regency's own" in verdict.reason


def test_kill_nine_while_minimising_loses_and_doubles_nothing(folder):
    with Lab.open(folder) as lab:
        lab.tell([proposal(JUNK)])
    code = "import sys; from regency.lab import Lab; from regency.lab.lab import Plan; "
    code += "Lab.open(sys.argv[1]).run(Plan())"
    for keys in (1, 5, 9):
        run = subprocess.Popen([sys.executable, "-c", code, str(folder)])
        while len(_keys(folder, "minimise/")) < keys and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
    with Lab.open(folder) as lab:
        lab.run(Plan())
        part = lab.store.champion()
        assert lab.store.candidate(part).record.agent.kind == PART
        assert lab.files(part)["model.py"].decode() == MODEL.replace("X = 1.0", "X = 2.9")
        assert lab.recorder.log.verify().ok
        trees = [lab.store.candidate(s.record.id).record.tree for s in lab.store.children("c1")]
        assert len(set(trees)) == len(trees)
    keys = _keys(folder, "")
    assert len(set(keys)) == len(keys)


def _keys(folder, prefix: str) -> list[str]:
    with Lab.open(folder) as lab:
        found = [e.body["key"] for e in lab.recorder.log.entries() if e.kind == "trial"]
        return [key for key in found if json.dumps(key) and key.startswith(prefix)]
