from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.config import Rule
from regency.errors import ConfigError
from regency.oversee import policy
from regency.oversee.expression import KINDS, read
from regency.records import Actor, ActorKind, Decision

FACTS = {
    "risk": 0.3, "minutes": 4.0, "lines": 10, "files": 1, "gain_sd": 6.5, "trust": "blind",
    "autonomy": "supervised", "kind": "packet", "agents": ["mutate"],
    "touches": ["train.py", "network"], "assurance": "none",
}  # fmt: skip


def rule(when: str, approvals: int = 1, assurance: str = "local", name: str = "") -> Rule:
    return Rule.model_validate(
        {"name": name, "when": when, "need": {"approvals": approvals, "assurance": assurance}}
    )


def approval(
    name: str, kind: ActorKind = ActorKind.HUMAN, assurance: str = "local", answer: str = "approve"
) -> Decision:
    return Decision("p1", answer, Actor(kind, name), "fine", assurance)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("risk < 0.5 and trust == 'blind'", True),
        ("risk < 0.5 and trust != 'blind'", False),
        ("0.1 < risk <= 0.3", True),
        ("not (files > 1 or 'network' not in touches)", True),
        ("trust in ['blind', 'self-reported'] and kind in ('packet',)", True),
        ("gain_sd > -2 and lines == 10", True),
        ("'mutate' in agents", True),
        ("true", True),
        ("not true or False", False),
    ],
)
def test_expressions(text: str, value: bool):
    assert read(text).holds(FACTS) is value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rsik < 0.5", "unknown name 'rsik': known are agents"),
        ("risk", "neither true nor false"),
        ("risk < 'low'", "compares number with text"),
        ("trust < 'z'", "compares text with text"),
        ("risk in touches and 'a' in trust", "compares text with text"),
        ("__import__('os').system('x')", "not allowed"),
        ("risk.__class__ == 1", "not allowed"),
        ("[x for x in agents] == 1", "not allowed"),
        ("(lambda: true)() == 1", "not allowed"),
        ("risk + 1 < 2", "not allowed"),
        ("9**9**9 < risk", "not allowed"),
        ("risk if true else lines", "not allowed"),
        ("agents[0] == 'x'", "not allowed"),
        ("f'{risk}' == 'x'", "not allowed"),
        ("trust == b'blind'", "not allowed"),
        ("risk is 1", "compares"),
        ("risk <", "not a condition"),
        ("", "not a condition"),
        ("risk < 1\nrisk > 2", "not a condition"),
        ("(" * 3000, "longer than"),
        ("not " * 100 + "true", "nested"),
        ("true and 1", "neither true nor false"),
    ],
)
def test_what_is_not_in_the_language(text: str, message: str):
    with pytest.raises(ConfigError, match=message):
        read(text)
    with pytest.raises(ConfigError, match=r"number 1"):
        policy.check([rule(text)])


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_an_error_that_says_so(text: str):
    with suppress(ConfigError):
        assert read(text).holds(FACTS) in (True, False)


def test_facts_cover_every_name():
    assert set(FACTS) == set(KINDS)


def test_the_first_match_decides():
    rules = [
        rule("risk > 0.9", 3),
        rule("risk < 0.5 and files == 1", 1, name="small"),
        rule("true"),
    ]
    ruling = policy.rule_on(rules, FACTS, [approval("ada")], set())
    assert (ruling.allowed, ruling.rule, ruling.needed, ruling.given) == (True, "small", 1, 1)
    looked = [(c.text, c.passed) for c in ruling.conditions]
    assert looked[:3] == [("risk > 0.9", False), ("risk < 0.5", True), ("files == 1", True)]
    assert "risk is 0.3" in ruling.conditions[0].reason
    assert not policy.rule_on(rules, FACTS, [], set()).allowed


def test_no_match_is_a_denial_that_names_the_rule_to_add():
    ruling = policy.rule_on([rule("risk < 0.1")], FACTS, [approval("ada")], set())
    assert not ruling.allowed
    assert ruling.rule == ""
    example = ruling.message.partition('when = "')[2].partition('"')[0]
    assert read(example).holds(FACTS)
    assert not policy.rule_on([], FACTS, [approval("ada")], set()).allowed


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ([approval("ada")], 1),
        ([approval("ada"), approval("ada")], 1),
        ([approval("ada"), approval("bob")], 2),
        ([approval("mutate", ActorKind.AGENT), approval("x", ActorKind.SYSTEM)], 0),
        ([approval("eve")], 0),
        ([approval("ada", answer="reject")], 0),
        ([approval("sim", ActorKind.SIMULATED_HUMAN)], 1),
    ],
)
def test_who_counts(given, counts: int):
    ruling = policy.rule_on([rule("true", 2)], FACTS, given, {"eve", "mutate"})
    assert ruling.given == counts
    assert ruling.allowed == (counts >= 2)
    refused = [c for c in ruling.conditions if "approval of" in c.text and not c.passed]
    assert all(c.reason for c in refused)


@pytest.mark.parametrize(
    ("needed", "had", "allowed"),
    [("local", "local", True), ("key", "local", False), ("key", "key", True),
     ("key", "present", True), ("present", "key", False), ("local", "unheard of", False)],
)  # fmt: skip
def test_the_ladder_of_assurance(needed: str, had: str, allowed: bool):
    given = [approval("ada", assurance=had)]
    assert policy.rule_on([rule("true", 1, needed)], FACTS, given, set()).allowed is allowed


def test_nobody_is_enough_only_without_supervision_and_with_blind_scores():
    free = [rule("true", 0)]
    assert not policy.rule_on(free, FACTS, [], set()).allowed
    loose = FACTS | {"autonomy": "autonomous"}
    assert policy.rule_on(free, loose, [], set()).allowed
    said = policy.rule_on(free, loose | {"trust": "self-reported"}, [], set())
    assert not said.allowed
    assert "self-reported" in said.message
