"""Decisions on packets and their changes in a whole lab, and what follows from them."""

import subprocess
import sys
from pathlib import Path

import pytest

import toy_lab
from regency.errors import BadInput, Refused
from regency.lab import Lab, create, rejections
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import PART, Actor, ActorKind, Agent, Answer, Decision, FileEdit, Proposal
from toy_lab import SETTINGS, git, make_toy_lab

ADA, BOB = (Actor(ActorKind.SIMULATED_HUMAN, name) for name in ("Ada", "Bob"))
TWO = toy_lab.MODEL.replace(
    "X = 1.0\n", "X = 1.0\n\nif len(sys.argv) > 9:\n    raise SystemExit\n\nY = 2.0\n"
)
TWO = TWO.replace("loss = (X - 3) ** 2", "loss = (X - 3) ** 2 + Y")
TEAM = SETTINGS.replace("approvals = 1", "approvals = 2")


def model(x: float = 1.0, y: float = 2.0) -> str:
    return TWO.replace("X = 1.0", f"X = {x}").replace("Y = 2.0", f"Y = {y}")


def proposal(text: str, agent: str = "tester") -> Proposal:
    return Proposal((FileEdit("model.py", text.encode()),), "Moved it.", Agent(agent, "external"))


@pytest.fixture
def make(tmp_path, monkeypatch):
    def made(settings: str = SETTINGS, *proposals: Proposal) -> Path:
        monkeypatch.setattr(toy_lab, "MODEL", TWO)
        folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=settings)
        for one in proposals:
            run(folder, one)
        return folder

    return made


def run(folder: Path, *proposals: Proposal):
    with Lab.open(folder) as lab:
        if proposals:
            lab.tell(proposals)
        return lab.run(Plan())


def decide(folder: Path, item: str, answer: str, by: Actor = ADA, reason: str = "Read it."):
    with Lab.open(folder) as lab:
        return lab.decide(Decision(item, answer, by, reason))


def now(folder: Path) -> dict:
    with Lab.open(folder) as lab:
        return {
            "champion": lab.store.champion(),
            "text": lab.files(lab.store.champion())["model.py"].decode(),
            "generation": lab.store.generation(),
            "packets": {s.packet.id: s.status for s in lab.store.packets()},
            "rejected": [one.item for one in lab.store.said("reject")],
        }


def change_of(folder: Path, word: str, packet: str = "p1") -> str:
    with Lab.open(folder) as lab:
        changes = lab.store.packet(packet).packet.changes
        return next(change.id for change in changes if f"{word} " in change.title)


def test_approving_every_change_makes_the_generation(make):
    folder = make(SETTINGS, proposal(model(2.5, 0.5)))
    assert len({change_of(folder, "X"), change_of(folder, "Y")}) == 2
    first = decide(folder, change_of(folder, "X"), "approve")
    assert first.generation is None
    assert change_of(folder, "Y") in first.message
    assert now(folder)["generation"].number == 0
    second = decide(folder, change_of(folder, "Y"), "approve", BOB)
    assert second.generation is not None
    assert second.generation.approved_by == ("Ada", "Bob")
    with pytest.raises(BadInput, match=r"has no change 'p1\.9'"):
        decide(folder, "p1.9", "approve")


def test_rejecting_a_change_drops_it_and_the_rest_is_judged_again(make):
    folder = make(SETTINGS, proposal(model(2.5, 0.5)))
    said = decide(folder, change_of(folder, "Y"), "reject", reason="Y must stay.").message
    state = now(folder)
    assert (state["champion"], state["packets"]) == ("c0", {"p1": "rejected"})
    assert "judged again" in said
    summary = run(folder)
    state = now(folder)
    assert summary.promoted == (state["champion"],)
    assert state["text"] == model(2.5)
    assert state["packets"] == {"p1": "rejected", "p2": "open"}
    with Lab.open(folder) as lab:
        packet = lab.store.packet("p2").packet
        verdict = lab.store.verdict(state["champion"])
        assert verdict is not None and verdict.champion == "c0"
        assert [v.candidate for v in packet.evidence] == [state["champion"]]
        assert packet.changes[0].agents == {"tester": 1}
        assert lab.store.candidate(state["champion"]).record.agent.kind == PART
        assert lab.recorder.log.verify().ok
    assert decide(folder, "p2", "approve").generation is not None


def test_a_rest_that_does_not_hold_leaves_the_last_generation(make):
    folder = make(SETTINGS, proposal(model(2.5, 2.0).replace("import json", "import json  # ok")
                                     .replace("Y = 2.0", "Y = 2.0\nZ = 1")))  # fmt: skip
    decide(folder, change_of(folder, "X"), "reject", reason="Not X.")
    assert run(folder).promoted == ()
    state = now(folder)
    assert state["champion"] == "c0"
    with Lab.open(folder) as lab:
        part = next(s.record.id for s in lab.store.children("c1"))
        verdict = lab.store.verdict(part)
        assert verdict is not None and verdict.gate == "confirm"
        assert verdict.answer in (Answer.NOT_BETTER, Answer.UNDECIDED)


def test_what_was_rejected_is_refused_when_it_comes_again_and_told_in_briefs(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    decide(folder, "p1", "reject", reason="X is the customer's.")
    assert now(folder)["champion"] == "c0"
    with Lab.open(folder) as lab:
        ((_, verdict),) = lab.tell([proposal("# again\n" + model(2.5, 1.0))])
        assert verdict is not None and verdict.answer is Answer.INVALID
        assert "X is the customer's." in verdict.reason and "p1.1" in verdict.reason
        ((_, other),) = lab.tell([proposal(model(2.4))])
        assert other is None
        brief, _ = lab.ask()
        (review,) = brief.reviews
        assert (review.answer, review.reason) == ("reject", "X is the customer's.")
        assert "X 1.0 → 2.5" in review.what


def test_requests_reach_agents_and_the_packet_stays_open(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    decide(folder, "p1.1", "request-changes", reason="Say why.")
    with Lab.open(folder) as lab:
        brief, _ = lab.ask()
        assert [r.reason for r in brief.reviews] == ["Say why."]
        assert rejections.reviews(lab)[0].answer == "request-changes"
    assert now(folder)["packets"] == {"p1": "open"}


def test_an_older_packet_that_holds_what_was_rejected_goes_too_and_one_that_does_not_stays(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    run(folder, proposal(model(2.5, 0.5)))
    decide(folder, change_of(folder, "Y", "p2"), "reject")
    assert now(folder)["packets"] == {"p1": "open", "p2": "rejected"}
    decide(folder, "p1", "approve")
    state = now(folder)
    assert state["generation"].candidate == "c1" == state["champion"]


def test_rejecting_what_an_older_packet_holds_as_well(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    run(folder, proposal(model(2.5, 0.5)))
    decide(folder, change_of(folder, "X", "p2"), "reject")
    assert now(folder)["packets"] == {"p1": "rejected", "p2": "rejected"}
    run(folder)
    assert now(folder)["text"] == model(1.0, 0.5)


def test_two_people_change_by_change_and_the_last_word_counts(make):
    folder = make(TEAM, proposal(model(2.5, 0.5)))
    assert "1 missing" in decide(folder, "p1", "approve").message
    assert decide(folder, "p1", "approve").generation is None
    decide(folder, "p1", "request-changes")
    assert "2 missing" in decide(folder, change_of(folder, "X"), "approve", BOB).message
    assert decide(folder, change_of(folder, "Y"), "approve", BOB).generation is None
    done = decide(folder, "p1", "approve")
    assert done.generation is not None
    assert set(done.generation.approved_by) == {"Ada", "Bob"}


def test_an_author_of_one_change_counts_for_the_others_only(make):
    folder = make(SETTINGS, proposal(model(2.5), agent="Ada"))
    run(folder, proposal(model(2.5, 0.5), agent="other"))
    ruling = decide(folder, "p2", "approve").ruling
    assert ruling is not None and ruling.change == change_of(folder, "X", "p2")
    assert any("wrote a part" in condition.reason for condition in ruling.conditions)
    assert decide(folder, "p2", "approve", BOB).generation is not None


CODE = """
import sys
from regency.errors import RegencyError
from regency.lab import Lab
from regency.records import Actor, ActorKind, Decision
folder, name, answer = sys.argv[1:]
with Lab.open(folder) as lab:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        by = Actor(ActorKind.SIMULATED_HUMAN, name)
        print(lab.decide(Decision("p1", answer, by, f"said {name}")).message)
    except RegencyError as error:
        print("refused:", error)
"""


def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    people = [
        subprocess.Popen([sys.executable, "-c", CODE, str(folder), name, answer], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name, answer in (("Ada", "approve"), ("Bob", "reject"))
    ]  # fmt: skip
    for one in people:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in people:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate()[0] for one in people]
    (lost,) = [text for text in said if text.startswith("refused")]
    winner = "Ada" if said[1] is lost else "Bob"
    assert f"already by {winner}" in lost and f"said {winner}" in lost
    assert "Nothing was recorded" in lost
    with Lab.open(folder) as lab:
        assert [d.by.name for d in lab.store.said()] == [winner]
        assert lab.recorder.log.verify().ok


def test_a_decision_on_a_stale_packet_says_why(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    run(folder, proposal(model(2.9)))
    decide(folder, "p1", "approve")
    with pytest.raises(Refused, match=r"p2 is stale already \(Its base is no longer simulated/1"):
        decide(folder, "p2", "approve")


def test_rolling_back_makes_a_new_generation_of_the_old_files(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    decide(folder, "p1", "approve")
    run(folder, proposal(model(2.9)))
    with Lab.open(folder) as lab:
        with pytest.raises(Refused, match="human"):
            lab.roll_back(0, Actor(ActorKind.AGENT, "a"), "No.")
        with pytest.raises(BadInput, match="no generation 7"):
            lab.roll_back(7, ADA, "No.")
        made = lab.roll_back(0, ADA, "It was wrong in use.")
        assert (made.number, made.back_to, made.candidate) == (2, 0, "c0")
        assert lab.store.champion() == "c0"
        assert lab.store.packets("open") == ()
    assert "back to generation 0" in git(folder, "cat-file", "-p", "simulated/2")
    assert "It was wrong in use." in git(folder, "cat-file", "-p", "simulated/2")
    start = git(folder, "rev-parse", "simulated/0^{commit}")
    assert git(folder, "rev-parse", "simulated/2^{commit}") == start
    assert git(folder, "rev-parse", "regency/champion") == start
    assert run(folder, proposal(model(2.7))).promoted


def edit_rules(folder: Path, old: str, new: str) -> str:
    from regency.lab.ruleset import pending_rules

    settings = folder / "regency.toml"
    text = settings.read_text()
    assert old in text
    settings.write_text(text.replace(old, new))
    with Lab.open(folder) as lab:
        waiting = pending_rules(lab)
        assert waiting is not None
        return waiting[0]


def test_an_epoch_measures_again_what_no_human_ratified(make):
    folder = make(SETTINGS, proposal(model(2.5)))
    item = edit_rules(folder, "search_trials = 2", "search_trials = 3")
    said = decide(folder, item, "approve").message
    state = now(folder)
    assert state["champion"] == "c0" and state["packets"] == {"p1": "stale"}
    assert "judged again" in said
    run(folder)
    state = now(folder)
    assert state["text"] == model(2.5)
    with Lab.open(folder) as lab:
        packet = lab.store.packet("p2").packet
        assert packet.epoch == 1
        assert [v.candidate for v in packet.evidence] == [state["champion"]]
        assert packet.changes[0].agents == {"tester": 1}


def test_nobody_loosens_alone_what_takes_two(make):
    folder = make(TEAM)
    item = edit_rules(folder, "approvals = 2", "approvals = 1")
    assert "1 missing" in decide(folder, item, "approve").message
    with Lab.open(folder) as lab:
        assert lab.epoch.number == 0
    assert "epoch 1 has begun" in decide(folder, item, "approve", BOB).message


def test_an_approval_counts_for_the_edit_that_was_read_and_no_other(make):
    folder = make(TEAM)
    first = edit_rules(folder, "approvals = 2", "approvals = 1")
    decide(folder, first, "approve")
    second = edit_rules(folder, "cpu_s = 5", "cpu_s = 50")
    assert second != first
    with pytest.raises(BadInput, match="look again"):
        decide(folder, first, "approve", BOB)
    assert "1 missing" in decide(folder, second, "approve", BOB).message


def test_a_rule_file_that_is_gone_is_no_rule(make):
    folder = make(SETTINGS)
    (folder / "program.md").unlink()
    with Lab.open(folder) as lab:
        from regency.lab.ruleset import pending_rules

        waiting = pending_rules(lab)
        assert waiting is not None
        with pytest.raises(Refused, match=r"program\.md"):
            lab.decide(Decision(waiting[0], "approve", ADA, "Fine."))
        assert lab.epoch.number == 0


FREE = SETTINGS.replace("approvals = 1", "approvals = 0").replace(
    'trust = "self-reported"\nread = "result.json"',
    'command = ["python", "score.py"]\nanswers = ["answers"]',
)
SCORE = """import argparse, json, pathlib
parser = argparse.ArgumentParser()
for name in ("--out", "--private", "--split"):
    parser.add_argument(name)
print((pathlib.Path(parser.parse_args().out) / "result.json").read_text())
"""


@pytest.mark.parametrize(
    ("autonomy", "sample", "numbers"),
    [("supervised", 0.0, [0]), ("autonomous", 1.0, [0, 1]), ("sampled", 0.0, [0, 1]),
     ("sampled", 1.0, [0])],
)  # fmt: skip
def test_what_nobody_needs_to_read_is_ratified_only_where_autonomy_allows(
    tmp_path, monkeypatch, autonomy, sample, numbers
):
    monkeypatch.setattr(toy_lab, "MODEL", TWO)
    settings = FREE.replace(
        "[oversight]\n", f'[oversight]\nautonomy = "{autonomy}"\nsample = {sample}\n'
    )
    settings += '\n[data]\ncommand = ["python", "data.py", "{private}"]\n'
    root = toy_lab.make_toy_repo(tmp_path / "toy", settings)
    (root / "score.py").write_text(SCORE)
    (root / "data.py").write_text("import sys\nopen(sys.argv[1] + '/answers', 'w').write('3')\n")
    git(root, "add", "."), git(root, "commit", "--quiet", "-m", "Score")
    create(root, Wish(simulated=True)).close()
    run(root, proposal(model(2.5)))
    with Lab.open(root) as lab:
        assert [g.number for g in lab.store.generations()] == numbers
        assert all(g.approved_by == () for g in lab.store.generations()[1:])
        for decision in lab.store.said():
            assert (decision.by.kind, decision.assurance) == (ActorKind.SYSTEM, "none")
            assert "Nobody read it" in decision.reason
    checked = subprocess.run(
        [sys.executable, "-m", "regency.cli", "ledger", "verify", "--dir", str(root)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
