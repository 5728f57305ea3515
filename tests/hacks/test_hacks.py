"""Forty ways to win without improving: each works on an unprotected evaluator and fails on ours."""

import json
import os
import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hacks import data
from hacks.attacks_harness import HARNESS
from hacks.attacks_time import ATTACKS
from hacks.attacks_training import TRAINING
from hacks.corpus import ROWS, Attack, Context, Scheme, naive_score
from hacks.guards import guarded
from hacks.honest import HONEST, Honest
from hacks.labs import TASKS, Ours, edits_of
from hacks.schemes import SCHEMES
from regency.sandbox.engines import NamespaceSandbox

PROGRAMS = [*ATTACKS, *HARNESS, *TRAINING]
ANSWERS = json.dumps(data.labels(data.rows(1)))


class Giver(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(100)
        self.request.sendall(ANSWERS.encode())


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Answers for whoever asks, by TCP and by unix socket, on this machine."""
    path = str(tmp_path_factory.mktemp("s") / "socket")
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    made = [socketserver.ThreadingTCPServer(("127.0.0.1", 0), Giver), UnixServer(path, Giver)]
    for server in made:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made[0].server_address[1], path
    for server in made:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ours]]:
    """Every task as a lab of ours; the secrets that attacks look for lie around on the host."""
    folder = tmp_path_factory.mktemp("labs")
    os.environ["LABELS"] = ANSWERS
    with NamespaceSandbox() as sandbox:
        made = {name: Ours.make(name, folder / name, sandbox) for name in TASKS}
        yield made
        for lab in made.values():
            lab.evaluator.reader.close()
    del os.environ["LABELS"]


@pytest.fixture(scope="session")
def honest_scores() -> dict[str, float]:
    return {}


def context_of(lab: Ours, servers: tuple[int, str]) -> Context:
    return Context(lab.folder / "private", *servers)


@pytest.mark.parametrize("attack", PROGRAMS, ids=lambda a: a.id)
def test_it_works_on_an_unprotected_evaluator(
    attack: Attack,
    labs: dict[str, Ours],
    servers: tuple[int, str],
    honest_scores: dict[str, float],
    tmp_path: Path,
):
    if attack.naive not in honest_scores:
        honest_scores[attack.naive] = naive_score(
            attack.naive, TASKS[attack.task].program, tmp_path / "honest"
        )
    program = attack.files(context_of(labs[attack.task], servers))["program.py"]
    score = naive_score(attack.naive, str(program), tmp_path / "attack")
    honest = honest_scores[attack.naive]
    assert score >= honest * attack.factor and score != 0, (score, honest)


@pytest.mark.parametrize("attack", PROGRAMS, ids=lambda a: a.id)
def test_it_fails_on_ours(attack: Attack, labs: dict[str, Ours], servers: tuple[int, str]):
    lab = labs[attack.task]
    edits = edits_of(attack.files(context_of(lab, servers)), attack.modes)
    if attack.twice:
        lab.stopped(edits)
    if attack.gate == "guard":
        gate, said = guarded(lab, edits)
    else:
        gate, said = lab.stopped(edits, probed=attack.probed)
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
