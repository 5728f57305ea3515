"""The confirm split: how often it was used, drawn anew by its owner, and tests that outlive it."""

import pytest

from regency.errors import BadInput, ConfigError
from regency.judge import confirm
from regency.judge.scale import Scale
from regency.lab import Lab, create, dossier, ruleset, views
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Actor, ActorKind, Agent, Answer, Decision, FileEdit, Proposal, plain
from toy_lab import MODEL, SETTINGS, make_toy_repo

SIM = Actor(ActorKind.SIMULATED_HUMAN, "Sim")
JUDGE = Actor(ActorKind.SYSTEM, "judge")
DATA = '\n[data]\ncommand = ["python", "make.py", "{private}", "{draw}"]\nfiles = ["make.py"]\n'
MAKE = """\
import pathlib, sys

if sys.argv[2] == "13":
    sys.exit("no luck with 13")
for split in ("search", "confirm"):
    place = pathlib.Path(sys.argv[1], split, "words.bin")
    place.parent.mkdir()
    place.write_text(f"{split} {sys.argv[2]}")
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "lab"
    root.mkdir()
    (root / "make.py").write_text(MAKE)
    make_toy_repo(root, SETTINGS + DATA)
    create(root, Wish(simulated=True)).close()
    return root


def change_rules(folder, old, new):
    settings = folder / "regency.toml"
    text = settings.read_text()
    assert old in text
    settings.write_text(text.replace(old, new))
    with Lab.open(folder) as lab:
        item, _ = ruleset.pending_rules(lab)
        return lab.decide(Decision(item, "approve", SIM, "Needed.")).message


def draw(folder, number):
    return change_rules(folder, "[data]\n", f"[data]\ndraw = {number}\n")


def better(x):
    edit = FileEdit("model.py", MODEL.replace("X = 1.0", f"X = {x}").encode())
    return Proposal((edit,), "Moved X.", Agent("tester", "human"))


def test_an_owner_draws_a_fresh_split_and_it_counts_from_there(folder):
    with Lab.open(folder) as lab:
        before = dict(lab.epoch.data)
        assert views.status(lab, "agent")["confirm_uses"] == 0
        lab.tell([better(2.0)])
        lab.run(Plan())
        assert lab.store.confirm_uses() == 1
        assert dossier.candidate(lab, "c1", "human")["verdicts"][-1]["test"]["used"] == 1
    assert "epoch 1 has begun" in draw(folder, 1)
    with Lab.open(folder) as lab:
        assert lab.epoch.data.keys() == before.keys()
        assert lab.epoch.data["confirm/words.bin"] != before["confirm/words.bin"]
        assert (lab.home.data / "confirm" / "words.bin").read_text() == "confirm 1"
        assert lab.store.confirm_uses() == 0
        ((again, _),) = lab.tell([better(2.9)])
        lab.run(Plan())
        assert lab.store.confirm_uses() >= 1
        verdicts = dossier.candidate(lab, again.id, "human")["verdicts"]
        assert 1 <= verdicts[-1]["test"]["used"] <= lab.store.confirm_uses()
        # What was tested on the old split is told as it was.
        assert dossier.candidate(lab, "c1", "human")["verdicts"][-1]["test"]["used"] == 1
        assert lab.recorder.log.verify().ok


def test_other_changes_of_the_rules_keep_the_split_and_its_count(folder):
    with Lab.open(folder) as lab:
        lab.tell([better(2.0)])
        lab.run(Plan())
        data = dict(lab.epoch.data)
    change_rules(folder, "search_trials = 2", "search_trials = 3")
    with Lab.open(folder) as lab:
        assert dict(lab.epoch.data) == data
        assert lab.store.confirm_uses() == 1


def test_a_draw_that_fails_changes_nothing(folder):
    with pytest.raises(BadInput, match=r"no luck with 13\. Correct \[data\]"):
        draw(folder, 13)
    with Lab.open(folder) as lab:
        assert lab.epoch.number == 0
        assert (lab.home.data / "confirm" / "words.bin").read_text() == "confirm 0"


def test_a_command_that_is_not_told_cannot_draw_anew(folder):
    with pytest.raises(ConfigError, match="needs a command that is told of it"):
        change_rules(folder, ', "{draw}"]', ', "1"]\ndraw = 1')


def test_a_test_begun_under_other_rules_is_closed_not_continued(folder):
    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=0))
        lab.tell([better(2.0)])
        calibration = lab.store.calibration()
        nomination = confirm.start(
            1, 0, "c1", "c0", calibration, lab.config.judge, 1.0, Scale(), epoch=0
        )
        assert nomination.epoch == 0
        later = confirm.start(
            2, 0, "c1", "c0", calibration, lab.config.judge, 1.0, Scale(), epoch=7
        )
        lab.recorder.record(JUDGE, [("nomination", plain(later))])
        trials = lab.store.counts().trials
        lab.run(Plan())
        verdict = lab.store.verdicts("c1")[0]
        assert (verdict.answer, verdict.looks) == (Answer.SUPERSEDED, 0)
        assert verdict.reason.startswith("The rules changed during the test")
        assert lab.store.counts().trials == trials
        account = dossier.candidate(lab, "c1", "human")["verdicts"][0]["account"]
        assert account == ("The test ended before its first pair.",)
