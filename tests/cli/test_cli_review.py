"""Deciding: at a terminal in a real lab, from anywhere in a simulated one."""

import json

import pytest
from terminal import piped, typed

from toy_lab import git


def test_a_pipe_cannot_decide_in_a_real_lab(tested):
    for verb in ("approve", "reject", "request-changes"):
        done = piped("review", verb, "p1", "--reason", "fine", "--dir", str(tested), stdin="y\n")
        assert done.code == 3
        assert "needs a human at a terminal" in done.err
    found = json.loads(
        piped("log", "--kind", "decision.refused", "--json", "--dir", str(tested)).out
    )
    said = [entry["body"]["item"] for entry in found["entries"]]
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
