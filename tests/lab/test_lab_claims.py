"""Claims on what was measured, in a real lab: verdicts for people, nothing of them for agents."""

import json

import pytest

from regency.lab import Lab, dossier, views
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal
from toy_lab import better_model, make_toy_lab

HONEST = (
    "Lowers the loss by 90 %.",
    "Brings loss down from 4 to 0.25.",
    "Improves the metric.",
    "Lowers the loss by 3.",
)
LIES = (
    "Raises the loss by 50 %.",
    "Halves the memory.",
    "Needs a tenth of the size, 90 % less memory.",
)
OPEN = ("The training loss falls by 99 %.", "Accuracy improves by 4 %.")
ON_CODE = "Sets X to 2.5."


@pytest.fixture(scope="module")
def promoted(tmp_path_factory):
    folder = make_toy_lab(tmp_path_factory.mktemp("claims") / "toy")
    words = "Moves X nearer to 3. The loss is 80 % lower."
    sent = Proposal(
        (FileEdit("model.py", better_model(2.5).encode()),),
        words, Agent("eve", "external"), claims=(*HONEST, *LIES, *OPEN, ON_CODE),
    )  # fmt: skip
    with Lab.open(folder) as lab:
        lab.tell([sent])
        assert lab.run(Plan()).promoted
        yield lab


def test_people_read_a_verdict_for_each_claim(promoted):
    (change,) = dossier.packet(promoted, "p1", "human")["changes"]
    found = {check["claim"]: check for check in change["claims"]}
    for wanted, claims in (("holds", HONEST), ("fails", LIES), ("unknown", OPEN)):
        for claim in claims:
            assert found[claim]["result"] == wanted, found[claim]
    assert found["The loss is 80 % lower."]["result"] == "holds"
    assert found[ON_CODE] | {"reason": ""} == {
        "claim": ON_CODE, "result": "holds", "reason": "", "measured": False,
    }  # fmt: skip
    assert all("measured" in found[claim]["reason"] for claim in (*HONEST, *LIES))
    assert [f["reason"] for f in change["factors"] if f["name"] == "claim fails"]
    assert any("memory_bytes measured" in question for question in change["questions"])


def test_agents_learn_nothing_from_it_wherever_they_look(promoted):
    packet = dossier.packet(promoted, "p1", "agent")
    shown = [
        json.dumps(packet),
        json.dumps(views.log(promoted, "agent")),
        json.dumps(views.review_list(promoted, "agent")),
    ]
    assert not any("measured 4" in text or "memory_bytes measured" in text for text in shown)
    verdicts = {c["claim"]: c["result"] for c in packet["changes"][0]["claims"]}
    assert {verdicts[claim] for claim in (*HONEST, *LIES)} == {"unknown"}
    assert verdicts[ON_CODE] == "holds"
