"""Forty ways to win without improving: each works on an unprotected evaluator and fails on ours."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hacks import stage
from hacks.corpus import ROWS, Attack, Scheme, naive_score
from hacks.honest import HONEST, Honest
from hacks.labs import TASKS, Ours, edits_of
from hacks.schemes import SCHEMES
from hacks.stage import PROGRAMS, Servers
from hacks.table import PAGE, table


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with stage.servers() as made:
        yield made


@pytest.fixture(scope="session")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ours]]:
    with stage.labs(tmp_path_factory.mktemp("labs")) as made:
        yield made


@pytest.fixture(scope="session")
def honest_scores() -> dict[str, float]:
    return {}


@pytest.mark.parametrize("attack", PROGRAMS, ids=lambda a: a.id)
def test_it_works_on_an_unprotected_evaluator(
    attack: Attack,
    labs: dict[str, Ours],
    servers: Servers,
    honest_scores: dict[str, float],
    tmp_path: Path,
):
    if attack.naive not in honest_scores:
        program = TASKS[attack.task].program
        honest_scores[attack.naive] = naive_score(attack.naive, program, tmp_path / "honest")
    program = stage.text_of(attack, labs[attack.task], servers)
    score, honest = (
        naive_score(attack.naive, program, tmp_path / "attack"),
        honest_scores[attack.naive],
    )
    assert attack.wins(score, honest), (score, honest)


@pytest.mark.parametrize("attack", PROGRAMS, ids=lambda a: a.id)
def test_it_fails_on_ours(attack: Attack, labs: dict[str, Ours], servers: Servers):
    gate, said = stage.tried(attack, labs[attack.task], servers)
    assert gate.startswith(attack.gate), (gate, said)
    assert re.search(attack.said, said), said


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.id)
def test_the_scheme_works_where_nothing_stands_against_it(scheme: Scheme, tmp_path: Path):
    assert scheme.naive(tmp_path)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.id)
def test_the_scheme_fails_on_ours(scheme: Scheme, tmp_path: Path):
    assert scheme.ours(tmp_path) == scheme.gate


@pytest.mark.parametrize("candidate", HONEST, ids=lambda h: h.name)
def test_honest_candidates_pass(candidate: Honest, labs: dict[str, Ours]):
    lab = labs[candidate.task]
    edits = edits_of(candidate.files)
    assert lab.screened(edits) == ""
    trial = lab.trial(edits, "confirm", probed=True)
    assert (trial.fault, trial.score is None) == ("", False)
    if candidate.better:
        honest = lab.baseline("confirm")
        assert trial.score is not None
        assert TASKS[candidate.task].wins(trial.score, honest), (trial.score, honest)


def test_every_row_has_an_attack():
    assert sorted(ROWS) == list(range(1, 41))
    missing = set(ROWS) - {attack.row for attack in (*PROGRAMS, *SCHEMES)}
    assert not missing


def test_there_are_enough_honest_candidates():
    assert len({candidate.name for candidate in HONEST}) >= 25
    assert len({json.dumps(c.files, sort_keys=True) for c in HONEST}) == len(HONEST)


def test_the_page_shows_the_table():
    assert table() in PAGE.read_text(), "run `PYTHONPATH=tests python tests/hacks/table.py`"
