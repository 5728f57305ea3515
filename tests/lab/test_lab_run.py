"""A whole lab at work: real git, real sandbox, real ledger."""

import os
import signal
import subprocess
import sys
import time

import pytest

from regency.errors import BadInput, LabBusy, LedgerError, Refused
from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Actor, ActorKind, Agent, Answer, Decision, FileEdit, Proposal
from toy_lab import AGENT, SETTINGS, better_model, git, make_toy_lab, make_toy_repo

SIM = Actor(ActorKind.SIMULATED_HUMAN, "Sim")
QUIET = SETTINGS
BUSY = SETTINGS + AGENT


def proposal(text: str, path: str = "model.py", **more: object) -> Proposal:
    edits = (FileEdit(path, text.encode()),)
    return Proposal(edits, "Moved X.", Agent("tester", "human"), **more)


@pytest.fixture
def folder(tmp_path):
    return make_toy_lab(tmp_path / "toy", simulated=True, settings=QUIET)


def promoted(folder, x: float = 2.5) -> str:
    """Tell the lab a better candidate, run, and return the packet it made."""
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(x))])
        assert lab.run(Plan()).promoted
        return lab.store.packets("open")[-1].packet.id


def decide(folder, item: str, answer: str, by: Actor = SIM, reason: str = "Looks right.") -> str:
    with Lab.open(folder) as lab:
        return lab.decide(Decision(item, answer, by, reason)).message


def test_a_better_candidate_becomes_champion_and_a_person_makes_it_a_generation(folder):
    packet = promoted(folder)
    champion = git(folder, "rev-parse", "regency/champion").strip()
    assert "simulated/1" in decide(folder, packet, "approve")
    assert git(folder, "rev-parse", "simulated/1^{commit}").strip() == champion
    text = git(folder, "cat-file", "-p", "simulated/1")
    assert "Sim" in text and "Looks right." in text and "X" in text
    assert "Ledger checkpoint" in text
    with Lab.open(folder) as lab:
        assert lab.store.generation().number == 1
        assert lab.recorder.log.verify().ok
        verdict = lab.store.verdict("c1")
        assert verdict is not None and verdict.answer is Answer.BETTER
        assert verdict.low is not None and verdict.low > 0
        assert 1 / verdict.level <= verdict.e_value


def test_the_users_branch_and_working_tree_are_left_alone(folder):
    before = git(folder, "rev-parse", "HEAD"), git(folder, "status", "--porcelain")
    decide(folder, promoted(folder), "approve")
    assert (git(folder, "rev-parse", "HEAD"), git(folder, "status", "--porcelain")) == before


def test_rejecting_returns_to_the_last_generation_and_blocks_the_packet(folder):
    packet = promoted(folder)
    assert "champion is" in decide(folder, packet, "reject", reason="Too risky.")
    with Lab.open(folder) as lab:
        assert lab.store.champion() == "c0"
        assert lab.store.generation().number == 0
    with pytest.raises(Refused, match="rejected"):
        decide(folder, packet, "approve")
    start = git(folder, "rev-parse", "HEAD")
    assert git(folder, "rev-parse", "regency/champion") == start


def test_requesting_changes_keeps_the_packet_open(folder):
    packet = promoted(folder)
    decide(folder, packet, "request-changes", reason="Say why.")
    with Lab.open(folder) as lab:
        assert lab.store.packet(packet).status == "open"


def test_agents_real_people_and_authors_cannot_decide_here(folder):
    packet = promoted(folder)
    for kind in (ActorKind.AGENT, ActorKind.SYSTEM, ActorKind.HUMAN):
        with pytest.raises(Refused, match="only a simulated-human"):
            decide(folder, packet, "approve", Actor(kind, "x"))
    message = decide(folder, packet, "approve", Actor(ActorKind.SIMULATED_HUMAN, "tester"))
    assert "simulated/1" not in message
    with Lab.open(folder) as lab:
        assert lab.store.generation().number == 0


def test_a_decision_needs_a_reason_and_a_known_item(folder):
    packet = promoted(folder)
    with pytest.raises(BadInput, match="reason"):
        decide(folder, packet, "approve", reason="  ")
    with pytest.raises(BadInput, match="p99"):
        decide(folder, "p99", "approve")
    with pytest.raises(BadInput, match="no decision"):
        decide(folder, packet, "maybe")


def test_a_second_packet_opens_when_the_champion_is_ahead_of_the_new_generation(folder):
    first = promoted(folder, 2.0)
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(2.8))])
        lab.run(Plan())
        second = lab.store.packets("open")[-1].packet
        assert second.id != first and second.base_generation == 0
    decide(folder, first, "approve")
    with Lab.open(folder) as lab:
        states = {s.packet.id: s.status for s in lab.store.packets()}
        assert states[first] == "approved" and states[second.id] == "stale"
        fresh = lab.store.packets("open")[-1].packet
        assert fresh.base_generation == 1
        assert fresh.head_candidate == second.head_candidate
    with pytest.raises(Refused, match="stale"):
        decide(folder, second.id, "approve")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (proposal("x = 1\n", "regency.toml"), "not editable"),
        (proposal("x = 1\n", "../out.py"), "leads out"),
        (proposal("def (:\n"), "does not compile"),
        (proposal("# " + "x" * (2 << 20)), "bytes"),
        (Proposal((FileEdit("model.py", b"\0\1"),), "b", Agent("a", "x")), "UTF-8"),
        (proposal("import sys\n"), "output"),
        (proposal("raise SystemExit(3)\n"), "exit"),
        (proposal("import sys\nopen(sys.argv[2], 'w').write('{\"loss\": NaN}')\n"), "finite"),
        (proposal("import sys\nopen(sys.argv[2], 'w').write('{\"gain\": 1}')\n"), "loss"),
        (proposal("import sys\nopen(sys.argv[2], 'w').write('nonsense')\n"), "JSON"),
        (proposal("import os\nos.fork()\n"), "exit"),
        (proposal("x = bytearray(64 << 30)\n"), "memory"),
    ],
)
def test_a_candidates_fault_is_its_verdict_and_the_run_goes_on(folder, bad, said):
    with Lab.open(folder) as lab:
        lab.tell([bad, proposal(better_model(2.9))])
        summary = lab.run(Plan())
        assert summary.promoted == ("c2",)
        verdict = lab.store.verdict("c1")
        assert verdict is not None and verdict.answer is Answer.INVALID
        assert said in verdict.reason, verdict.reason


def test_the_same_files_are_not_tried_twice(folder):
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(0.5)), proposal(better_model(0.5))])
        lab.run(Plan())
        verdict = lab.store.verdict("c2")
        assert verdict is not None and "already tried as c1" in verdict.reason
        assert not lab.store.trials("c2")


def test_a_second_run_is_refused(folder):
    with Lab.open(folder) as one, Lab.open(folder) as other:
        with one.home.running(), pytest.raises(LabBusy, match=str(os.getpid())):
            other.run(Plan())


def test_a_paused_lab_does_not_run_until_a_human_resumes(folder):
    with Lab.open(folder) as lab:
        lab.pause(SIM, "Lunch.")
        with pytest.raises(Refused, match="Lunch"):
            lab.run(Plan())
        with pytest.raises(Refused, match="human"):
            lab.resume(Actor(ActorKind.AGENT, "a"), "I want to.")
        lab.resume(SIM, "Back.")
        assert lab.run(Plan()).reason


def test_an_edit_of_the_rules_is_not_in_force_until_a_human_approves_it(folder):
    from regency.lab import ruleset as decisions

    settings = folder / "regency.toml"
    settings.write_text(settings.read_text().replace("search_trials = 2", "search_trials = 3"))
    with Lab.open(folder) as lab:
        assert lab.config.judge.search_trials == 2
        waiting = decisions.pending_rules(lab)
        assert waiting is not None and list(waiting[1]) == ["regency.toml"]
        lab.decide(Decision(waiting[0], "approve", SIM, "One more trial."))
        assert lab.config.judge.search_trials == 3
        assert lab.epoch.number == 1
        assert lab.store.calibration() is None
        assert decisions.pending_rules(lab) is None


def test_rules_in_force_that_were_changed_on_disk_are_noticed(folder):
    copy = folder / ".regency" / "epochs" / "0" / "regency.toml"
    copy.write_text(copy.read_text() + "\n# more\n")
    with pytest.raises(LedgerError, match="not what the ledger recorded"):
        Lab.open(folder)


def test_the_lead_holds_nominations_until_a_human_decides(tmp_path):
    bound = QUIET.replace("generations = 5", "generations = 1")
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=bound)
    packet = promoted(folder, 2.0)
    with Lab.open(folder) as lab:
        lab.tell([proposal(better_model(2.9))])
        assert lab.run(Plan(wall_s=6)).promoted == ()
        assert lab.store.verdict("c2") is None
    decide(folder, packet, "approve")
    with Lab.open(folder) as lab:
        assert lab.run(Plan()).promoted == ("c2",)


def trials_of(folder) -> dict[str, float | None]:
    """Return every finished trial by its key, after checking the record."""
    with Lab.open(folder) as lab:
        assert lab.recorder.log.verify().ok
        entries = [e.body for e in lab.recorder.log.entries() if e.kind == "trial"]
        assert len({e["key"] for e in entries}) == len(entries)
        return {e["key"]: e["score"] for e in entries}


def test_kill_nine_loses_and_doubles_nothing(tmp_path):
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=BUSY)
    code = "import sys; from regency.lab import Lab; from regency.lab.lab import Plan; "
    code += "Lab.open(sys.argv[1]).run(Plan())"
    known: dict[str, float | None] = {}
    for more in (3, 10, 20):
        run = subprocess.Popen([sys.executable, "-c", code, str(folder)])
        with Lab.open(folder) as lab:
            while lab.store.counts().trials < len(known) + more and run.poll() is None:
                time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
        trials = trials_of(folder)
        assert all(trials[key] == score for key, score in known.items())
        assert len(trials) > len(known)
        known = trials


def test_a_failed_init_leaves_nothing_behind(tmp_path):
    folder = make_toy_repo(tmp_path / "toy", SETTINGS.replace('"model.py"]', '"nothing.py"]', 1))
    with pytest.raises(BadInput, match="matches no file"):
        create(folder, Wish())
    assert not (folder / ".regency").exists()
    assert sorted(p.name for p in folder.iterdir()) == [
        ".git", "model.py", "program.md", "regency.toml",
    ]  # fmt: skip


def test_a_simulated_lab_says_so_in_every_checkpoint(folder):
    with Lab.open(folder) as lab:
        assert lab.recorder.log.checkpoint().startswith("simulated.")
        assert lab.store.generation().tag == "simulated/0"


def test_a_lab_folder_that_vanishes_ends_the_run_with_a_clear_error(tmp_path):
    import shutil

    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=BUSY)
    with Lab.open(folder) as lab, pytest.raises((BadInput, LedgerError)):
        lab.run(
            Plan(wall_s=30),
            lambda e: (
                shutil.rmtree(folder, ignore_errors=True) if e.kind == "calibration" else None
            ),
        )


def test_the_dead_man_timer_pauses_the_lab(tmp_path):
    hours = QUIET.replace("[oversight]", "[oversight]\ndead_man_hours = 0.0001")
    folder = make_toy_lab(tmp_path / "toy", simulated=True, settings=hours)
    time.sleep(0.5)
    with Lab.open(folder) as lab:
        assert "No human has been here" in lab.run(Plan(wall_s=20)).reason
        with pytest.raises(Refused, match="paused"):
            lab.run(Plan())
