"""Rules for one person and for a team: written so that they can be satisfied."""

import itertools
import tomllib
from importlib import resources

import pytest

from regency.config import parse
from regency.errors import ConfigError
from regency.lab import Lab, create
from regency.lab.create import Wish, starter
from regency.lab.quorum import RULES, unsatisfied, with_rules
from regency.oversee import policy
from regency.records import Actor, ActorKind, Decision
from toy_lab import SETTINGS, make_toy_repo

LABS = resources.files("regency.labs")
TEXTS = [p.joinpath("files", "regency.toml") for p in LABS.iterdir()] + [
    LABS.joinpath("starter", "regency.toml")
]
TEXTS = [path for path in TEXTS if path.is_file()]


def people(count: int) -> list[Decision]:
    return [
        Decision("p1", "approve", Actor(ActorKind.HUMAN, f"h{n}"), "Read.") for n in range(count)
    ]


@pytest.mark.parametrize("path", TEXTS, ids=str)
@pytest.mark.parametrize("who", ["alone", "team"])
def test_every_item_can_be_approved_by_who_is_there_and_nothing_else_changes(path, who):
    text = path.read_text()
    made = with_rules(text, who)
    config = parse(made)
    assert unsatisfied(config, who) == ""
    one, other = tomllib.loads(text), tomllib.loads(made)
    one["oversight"].pop("rules", None)
    other["oversight"].pop("rules")
    assert one == other
    there = people(1 if who == "alone" else 2)
    for risk, trust in itertools.product((0.0, 0.5, 1.0), ("blind", "self-reported")):
        facts = {"risk": risk, "trust": trust, "kind": "packet", "autonomy": "supervised",
                 "minutes": 9.0, "lines": 9, "files": 1, "gain_sd": 5.0, "agents": [],
                 "touches": []}  # fmt: skip
        assert policy.rule_on(config.oversight.rules, facts, there, set()).allowed
        assert not policy.rule_on(config.oversight.rules, facts, [], set()).allowed
        risky = risk >= 0.5 or trust == "self-reported"
        alone = policy.rule_on(config.oversight.rules, facts, people(1), set())
        assert alone.allowed is (who == "alone" or not risky)
    facts = policy.facts_of_rules(["regency.toml"], 3, "blind", autonomy="supervised")
    assert policy.rule_on_rules(config.oversight.rules, facts, there).allowed
    assert not policy.rule_on_rules(config.oversight.rules, facts, there[1:]).allowed


def test_a_starter_and_a_bundled_lab_are_written_for_who_is_there(tmp_path):
    starter(tmp_path / "mine", "team")
    assert RULES["team"] in (tmp_path / "mine" / "regency.toml").read_text()
    create(tmp_path / "lm", Wish("tiny_lm", simulated=True, people="team")).close()
    with Lab.open(tmp_path / "lm") as lab:
        assert [rule.need.approvals for rule in lab.config.oversight.rules] == [1, 2, 2]
        assert not lab.repo.dirty()


def test_rules_that_could_never_be_satisfied_are_refused_before_anything_is_made(tmp_path):
    for number, (text, said) in enumerate([
        (SETTINGS.replace("approvals = 1", "approvals = 2"), "you are alone"),
        (SETTINGS.partition("[[oversight.rules]]")[0], "nothing can be approved"),
    ]):  # fmt: skip
        folder = make_toy_repo(tmp_path / str(number), text)
        with pytest.raises(ConfigError, match=said):
            create(folder, Wish(people="alone"))
        assert not (folder / ".regency").exists()
