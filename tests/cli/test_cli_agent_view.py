"""What is withheld from agents, whatever the record holds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from regency.lab import agent_view
from regency.records import Answer, Purpose, Trial, Verdict, plain

SECRET = 0.123456789


def verdict(gate):
    return plain(
        Verdict(
            "c1", Answer.BETTER, gate, "Better.", "c0", 1, SECRET, SECRET, SECRET, SECRET, 0.01, 5
        )
    )


def trial(purpose, split):
    return plain(
        Trial(
            "k",
            "c1",
            purpose,
            split,
            7,
            SECRET,
            {"loss": SECRET, "cpu_s": 1.0},
            artifacts={"m": "a"},
        )
    )


@given(st.floats(0, 1))
def test_no_number_of_the_confirm_split(noise_sd):
    for kind, body in (
        ("verdict", verdict("confirm")),
        ("trial", trial(Purpose.CONFIRM, "confirm")),
        ("trial", trial(Purpose.SEARCH, "confirm")),
    ):
        assert "0.1234" not in json.dumps(agent_view.body(kind, body, noise_sd))


def test_search_numbers_are_rounded_to_half_the_noise():
    assert agent_view.body("verdict", verdict("search"), 0.1)["effect"] == 0.1
    assert agent_view.body("trial", trial(Purpose.SEARCH, "search"), 0.1)["score"] == 0.1


def test_of_a_fault_in_gate_2_agents_learn_where_it_was():
    said = "phase 'predict': it ended with exit code 97"
    for split, expected in (
        ("search", said),
        ("confirm", "Invalid in a fresh run, at phase 'predict'."),
    ):
        body = {**trial(Purpose(split), split), "fault": said, "score": None}
        assert agent_view.body("trial", body, 0.1)["fault"] == expected
    body = {**verdict("confirm"), "fault": said}
    assert "97" not in json.dumps(agent_view.body("verdict", body, 0.1))


def test_seeds_are_withheld():
    assert "seed" not in agent_view.body("trial", trial(Purpose.SEARCH, "search"), 0.1)


def test_unknown_kinds_are_told_by_name_only():
    assert agent_view.body("audit.sample", {"what": "c4"}, 0.1) == {}
