"""Deciding: at a terminal in a real lab, from anywhere in a simulated one."""

import json

import pytest
from terminal import piped, typed

from regency.lab import Lab
from toy_lab import git


def test_a_pipe_cannot_decide_in_a_real_lab(tested):
    for verb in ("approve", "reject", "request-changes"):
        done = piped("review", verb, "p1", "--reason", "fine", "--dir", str(tested), stdin="y\n")
        assert done.code == 3
        assert "needs a human at a terminal" in done.err
    with Lab.open(tested) as lab:
        entries = list(lab.recorder.log.entries())
    said = [entry.body["item"] for entry in entries if entry.kind == "decision.refused"]
    assert said[-3:] == [f"regency review {v}" for v in ("approve", "reject", "request-changes")]
    assert json.loads(piped("review", "--dir", str(tested), "--json").out)["items"]


def test_approving_at_a_terminal_makes_a_generation(tested, copied):
    lab = copied(tested)
    done = typed(
        "review", "approve", "p1", "--dir", str(lab), keys="read it\ny\n", wait_for="Reason"
    )
    assert done.code == 0, done.out
    assert "generation/1" in done.out
    tag = git(lab, "cat-file", "-p", "generation/1")
    assert "Ada Tester" in tag
    assert "X = 2.5" in git(lab, "show", "generation/1:model.py")
    assert "Nothing waits" in piped("review", "--dir", str(lab)).out
    shown = piped("show", "generation/1", "--dir", str(lab))
    assert "approved by  Ada Tester" in shown.out
    assert "read it" in shown.out


def test_not_confirming_changes_nothing(tested, copied):
    lab = copied(tested)
    done = typed(
        "review", "approve", "p1", "--reason", "x", "--dir", str(lab), keys="n\n", wait_for="[y/N]"
    )
    assert done.code == 130
    assert "generation/1" not in git(lab, "tag")


def test_rejecting_brings_the_last_generation_back(simulated, copied):
    lab = copied(simulated)
    done = piped("review", "reject", "p1", "--reason", "no", "--dir", str(lab))
    assert done.code == 0, done.err
    assert (
        json.loads(piped("status", "--dir", str(lab), "--json").out)["champion"]["candidate"]
        == "c0"
    )
    done = piped("review", "approve", "p1", "--reason", "yes", "--dir", str(lab))
    assert done.code == 3
    assert "rejected" in done.err


def test_a_simulated_lab_decides_without_a_terminal_and_says_so(simulated, copied):
    lab = copied(simulated)
    assert "SIMULATED" in piped("status", "--dir", str(lab)).out
    done = piped("review", "approve", "p1", "--reason", "read it", "--dir", str(lab))
    assert done.code == 0, done.err
    assert "simulated/1" in git(lab, "tag")


def test_requesting_changes_keeps_the_packet_open(simulated, copied):
    lab = copied(simulated)
    done = piped("review", "request-changes", "p1", "--reason", "smaller", "--dir", str(lab))
    assert done.code == 0, done.err
    assert "p1" in piped("review", "--dir", str(lab)).out
    assert "smaller" in piped("review", "show", "p1", "--dir", str(lab)).out


def test_no_reason_and_nobody_to_ask(simulated):
    done = piped("review", "approve", "p1", "--dir", str(simulated))
    assert done.code == 2
    assert "reason" in done.err


def test_show_for_a_human_has_change_evidence_and_risk(tested):
    done = typed("review", "show", "p1", "--dir", str(tested))
    for words in ("+X = 2.5", "1.0 → 2.5", "Evidence", "% sure", "risk", "claim", "Decide"):
        assert words in done.out, words


def test_explain_gives_every_condition(tested):
    found = json.loads(piped("review", "explain", "p1", "--dir", str(tested), "--json").out)
    assert found["rule"] == "a person reads it"
    assert [c["passed"] for c in found["conditions"]] == [True, False]
    assert (found["needed"], found["given"], found["allowed"]) == (1, 0, False)


def test_an_edited_rule_waits_for_a_human(made, copied):
    lab = copied(made)
    settings = lab / "regency.toml"
    settings.write_text(
        settings.read_text().replace("max_changed_lines = 20", "max_changed_lines = 9")
    )
    (item,) = json.loads(piped("review", "--dir", str(lab), "--json").out)["items"]
    assert item["kind"] == "lab"
    done = piped("review", "show", item["id"], "--dir", str(lab))
    assert "-max_changed_lines = 20" in done.out
    assert "+max_changed_lines = 9" in done.out


@pytest.mark.parametrize("verb", ["show", "explain"])
def test_unknown_items(tested, verb):
    done = piped("review", verb, "p9", "--dir", str(tested))
    assert done.code == 2
    assert done.err.startswith("regency: there is no packet 'p9'")


def test_pause_and_resume(made, copied):
    lab = copied(made)
    assert piped("pause", "--reason", "lunch", "--dir", str(lab)).code == 0
    done = piped("run", "--dir", str(lab))
    assert done.code == 3
    assert "lunch" in done.err
    assert "PAUSED: lunch" in piped("status", "--dir", str(lab)).out
    assert piped("resume", "--dir", str(lab)).code == 3
    assert typed("resume", "--dir", str(lab)).code == 0
    assert json.loads(piped("status", "--dir", str(lab), "--json").out)["paused"] is None


def test_approving_changed_rules_opens_an_epoch(made, copied):
    lab = copied(made)
    settings = lab / "regency.toml"
    text = settings.read_text().replace("max_changed_lines = 20", "max_changed_lines = 9")
    settings.write_text(text)
    (item,) = json.loads(piped("review", "--dir", str(lab), "--json").out)["items"]
    decide = ("review", "approve", item["id"], "--reason", "smaller", "--dir", str(lab))
    assert piped(*decide).code == 3
    done = typed(*decide, keys="y\n", wait_for="[y/N]")
    assert done.code == 0, done.out
    found = json.loads(piped("status", "--dir", str(lab), "--json").out)
    assert found["epoch"] == 1
    assert found["waiting"] == []


def test_one_change_of_a_packet_is_decided_on(simulated, copied):
    lab = copied(simulated)
    shown = piped("review", "show", "p1.1", "--dir", str(lab))
    assert shown.code == 0, shown.err
    done = piped("review", "reject", "p1.1", "--reason", "no", "--dir", str(lab))
    assert done.code == 0, done.err
    assert "p1.1 is rejected" in done.out
    again = piped("review", "approve", "p1.1", "--reason", "yes", "--dir", str(lab))
    assert again.code == 3
    assert "p1 is rejected already by Ada Tester" in again.err
    assert "Nothing was recorded" in again.err
    missing = piped("review", "show", "p1.9", "--dir", str(lab))
    assert missing.code == 2
    brief = piped("brief", "--dir", str(lab))
    assert "They wrote: no" in brief.out


def test_explain_a_change_of_the_rules(made, copied):
    lab = copied(made)
    settings = lab / "regency.toml"
    settings.write_text(settings.read_text().replace("approvals = 1", "approvals = 2"))
    (item,) = json.loads(piped("review", "--dir", str(lab), "--json").out)["items"]
    found = json.loads(piped("review", "explain", item["id"], "--dir", str(lab), "--json").out)
    assert (found["needed"], found["given"], found["allowed"]) == (1, 0, False)
    assert "strictest" in found["rule"]


def test_a_denial_shows_the_rule_to_add(tmp_path, simulated):
    from regency.cli import packets, paper
    from regency.config import parse
    from regency.oversee import policy
    from regency.records import plain

    facts = {"risk": 0.33, "trust": "blind", "kind": "packet", "autonomy": "supervised",
             "minutes": 1.0, "lines": 2, "files": 1, "gain_sd": 9.0, "agents": [],
             "touches": []}  # fmt: skip
    ruling = policy.rule_on([], facts, [], set())
    out = paper.console()
    with out.capture() as capture:
        packets.draw_ruling(plain(ruling), out)
    said = capture.get()
    assert "[[oversight.rules]]" in said and "denied by default" in said
    settings = (simulated / "regency.toml").read_text()
    rules = parse(settings.partition("[[oversight.rules]]")[0] + ruling.add).oversight.rules
    assert policy.rule_on(rules, facts, [], set()).rule == "up to risk 0.4"


def test_going_back_needs_a_person_and_says_what_it_did(tested, copied):
    lab = copied(tested)
    keys = {"keys": "y\n", "wait_for": "[y/N]"}
    done = typed("review", "approve", "p1", "--reason", "fine", "--dir", str(lab), **keys)
    assert done.code == 0, done.out
    assert piped("rollback", "0", "--reason", "x", "--dir", str(lab)).code == 3
    done = typed("rollback", "0", "--reason", "it broke", "--dir", str(lab), **keys)
    assert done.code == 0, done.out
    assert "generation/2 has the files of generation 0" in done.out
    assert "it broke" in git(lab, "cat-file", "-p", "generation/2")
    assert piped("rollback", "7", "--reason", "x", "--dir", str(lab)).code == 3
    assert typed("rollback", "7", "--reason", "x", "--dir", str(lab), **keys).code == 2


def test_init_asks_who_approves(tmp_path):
    folder = tmp_path / "mine"
    done = typed("init", str(folder), "--starter", keys="team\n", wait_for="as a team?")
    assert done.code == 0, done.out
    assert "approvals = 2" in (folder / "regency.toml").read_text()
    done = piped("init", str(tmp_path / "other"), "--starter")
    assert done.code == 0, done.err
    assert "approvals = 2" not in (tmp_path / "other" / "regency.toml").read_text()
