import json

import pytest
from terminal import conversed, piped, typed

from git_project import CORE, started

ONLY = "Only the rate is changed."


@pytest.fixture
def project(tmp_path):
    made = started(tmp_path / "project")
    text = CORE.replace("0.1", "0.2").replace("sum(values)", "sum(values) + 1")
    made.commit(ONLY, core_dot_py=text)
    return made


@pytest.fixture
def asked(project):
    return ("review", "--dir", str(project.folder), "--range", "start..HEAD")


def test_a_range_is_told_in_a_pipe_and_a_contradicted_claim_ends_with_1(asked):
    done = piped(*asked)
    assert done.code == 1, done.err
    assert "1 commit, 1 file, +2 −2 lines" in done.out
    assert f"“{ONLY}” contradicted: it also changes total" in done.out
    assert "1 core.py  4 lines" in done.out
    assert "constant RATE: 0.1 → 0.2" in done.out
    assert "no record says who" in done.out
    assert "not run: give --check COMMAND" in done.out
    assert "\x1b" not in done.out


def test_json_has_all_of_it(asked):
    found = json.loads(piped(*asked, "--json").out)
    assert found["claims"][0]["check"]["result"] == "fails"
    assert found["parts"][0]["change"]["facts"][0]["kind"] == "constant"
    assert found["parts"][0]["change"]["diff"].startswith("diff --git")


def test_one_part_with_its_diff(asked):
    done = piped(*asked, "--part", "1")
    assert "+RATE = 0.2" in done.out
    assert "risk 0.30 claim fails" in done.out
    assert piped(*asked, "--part", "2").err.strip() == (
        "regency: there is no part '2': they are 1 to 1."
    )


def test_what_agents_wrote_cannot_steer_the_terminal(project, asked):
    evil = "x = '\x1b[31mred\x1b[0m \u202egnp'\n"
    project.commit("Only \x1b]0;title\x07 the rate is changed.", evil_dot_py=evil)
    for more in ((), ("--part", "1"), ("--part", "2"), ("--all",)):
        done = typed(*asked, *more)
        assert "\x1b]0;" not in done.out
        assert "\x1b[31mred" not in done.out
        assert "\u202e" not in done.out


def test_a_decision_needs_a_person_at_a_terminal(asked):
    done = piped(*asked, "--decide", "approve", "--reason", "fine")
    assert done.code == 3
    assert "needs a human at a terminal" in done.err


def test_a_person_reads_and_decides_and_it_is_on_record(project, asked):
    assert typed(*asked).code == 1
    done = conversed(
        *asked, "--decide", "reject", steps=(("Reason", "not only the rate\r"), ("?", "y\r"))
    )
    assert done.code == 0, done.out
    assert "On record: reject of" in done.out
    assert "local: whoever has this account can say that" in done.out
    note = json.loads(project.git("notes", "--ref=regency-review", "show", "HEAD"))
    assert note["reason"] == "not only the rate"
    assert note["measured_min"] >= 0
    again = piped(*asked)
    assert "reject by Rita Reader <rita@example.org> (local)" in again.out


def test_one_part_is_decided_on_and_the_page_says_which_are_left(project, asked):
    project.commit("More", other_dot_py="WAIT = 3\n")
    steps = (("?", "y\r"),)
    done = conversed(*asked, "--part", "2", "--decide", "approve", "--reason", "x", steps=steps)
    assert done.code == 0, done.out
    assert "On record: approve of part 2 of" in done.out
    out = piped(*asked).out
    assert "approve of part 2 by Rita Reader" in out
    assert "1 of 2 approved; not: 1 open" in out
    done = conversed(*asked, "--part", "9", "--decide", "approve", "--reason", "x", steps=())
    assert done.code == 2
    assert "there is no part '9'" in done.out


def test_saying_no_keeps_nothing(project, asked):
    done = conversed(*asked, "--decide", "approve", "--reason", "x", steps=(("?", "n\r"),))
    assert done.code != 0
    assert "regency-review" not in project.git("for-each-ref")


def test_bad_use_is_one_line(project, tmp_path):
    for arguments, word in (
        (("--range", "x"), "BASE..HEAD"),
        (("--range", "nowhere..HEAD"), "nowhere"),
        (("--part", "1"), "--range"),
        (("--all",), "--range BASE..HEAD too"),
        (("--range", "start..HEAD", "--check-time", "soon"), "soon"),
    ):
        done = piped("review", "--dir", str(project.folder), *arguments)
        assert done.code == 2, (arguments, done)
        assert word in done.err
        assert done.err.count("\n") == 1
    assert piped("review", "--dir", str(tmp_path), "--range", "a..b").code == 2
