"""Deletions in a real lab: one that costs nothing is promoted as simpler, one that costs is not."""

import pytest

import toy_lab
from regency.lab import Lab, create, dossier
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, Answer, FileEdit, Proposal
from toy_lab import SETTINGS, make_toy_repo

LONG = toy_lab.MODEL.replace(
    "random.seed", "SPARE = [X for _ in range(3)]\nSPARE.sort()\nX += 0.5\n\nrandom.seed"
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(toy_lab, "MODEL", LONG)
    settings = SETTINGS.replace("search_trials = 2", "search_trials = 2\nsimpler_margin = 0.05")
    root = make_toy_repo(tmp_path_factory.mktemp("simpler") / "lab", settings)
    patch.undo()
    create(root, Wish(simulated=True)).close()
    with Lab.open(root) as lab:
        tell(lab, LONG.replace("X += 0.5\n", ""))
        lab.run(Plan())
        tell(lab, LONG.replace("SPARE = [X for _ in range(3)]\nSPARE.sort()\n", ""))
        lab.run(Plan())
        yield lab


def tell(lab, text):
    edit = FileEdit("model.py", text.encode())
    lab.tell([Proposal((edit,), "Took lines out.", Agent("tester", "human"))])


def test_a_deletion_that_costs_is_not_promoted(judged):
    verdict = judged.store.verdict("c1")
    assert verdict.answer is Answer.NOT_BETTER
    assert not verdict.simpler


def test_a_deletion_that_costs_nothing_is_promoted_as_simpler(judged):
    verdict = judged.store.verdict("c2")
    assert verdict.simpler
    assert verdict.reason.startswith("Simpler: fewer lines")
    assert -0.05 <= verdict.low < verdict.high
    assert judged.store.champion() == "c2"
    (nomination,) = [n for n in judged.store.nominations() if n.candidate == "c2"]
    assert nomination.margin == 0.05
    packet = judged.store.packets("open")[-1].packet
    assert packet.head_candidate == "c2"
    account = dossier.candidate(judged, "c2", "human")["verdicts"][-1]["account"]
    assert account[0].startswith("Promoted as simpler")
    assert "not worse by more than 0.05" in account[0]


def test_the_generation_shares_what_it_may_cost(judged):
    assert [verdict.margin for verdict in judged.store.promoted()] == [0.05]
