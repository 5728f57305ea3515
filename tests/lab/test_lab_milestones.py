"""A lab's candidates as runs on its milestones."""

import pytest

from regency.errors import BadInput, ConfigError
from regency.lab import Lab, milestones
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal
from toy_lab import SETTINGS, better_model, make_toy_lab

MILESTONES = """
[[milestones]]
name = "near"
score = 2.0
human_minutes = 30
source = "baseline"

[[milestones]]
name = "there"
score = 0.05
human_minutes = 240
"""


def proposal(text, agent):
    edits = (FileEdit("model.py", text.encode()),)
    return Proposal(edits, "Moved X.", Agent(agent, "human", model="m1" if agent == "b" else ""))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab that starts at 4, with candidates near 2.25, 0.25, far off, and one that fails."""
    folder = make_toy_lab(
        tmp_path_factory.mktemp("milestones") / "toy",
        simulated=True,
        settings=SETTINGS + MILESTONES,
    )
    with Lab.open(folder) as opened:
        for x, agent in ((0.5, "a"), (1.7, "a"), (2.5, "b")):
            opened.tell([proposal(better_model(x), agent)])
        opened.tell([proposal("raise SystemExit(3)\n", "b")])
        opened.run(Plan())
        opened.tell([proposal(better_model(2.95), "a")])
        opened.run(Plan())
    with Lab.open(folder) as opened:
        yield opened


def test_candidates_are_runs_on_milestones(lab):
    runs = milestones.runs(lab, {})
    assert {t.id: (t.family, t.low, t.timing) for t in runs.tasks} == {
        "toy/near": ("toy", 30, "baseline"),
        "toy/there": ("toy", 240, "estimate"),
    }
    cells = {(c.agent, c.task): (c.successes, c.runs) for c in runs.cells}
    near, there = (
        sum(c[1] for k, c in cells.items() if k[1] == t) for t in ("toy/near", "toy/there")
    )
    assert cells["a", "toy/near"][0] == 1  # 1.7 comes to 1.69; 0.5 is worse than the start
    assert cells["b (m1)", "toy/near"] == (1, 2)  # 2.5 comes to 0.25; the broken one failed
    assert sum(c[0] for k, c in cells.items() if k[1] == "toy/there") == 1  # 2.95 alone
    assert there == 5
    assert near == 4, "a candidate made from one that was near is no run on being near"
    assert any("candidates" in text for text in runs.remarks)


def test_a_lab_without_milestones_or_candidates(tmp_path):
    plain = make_toy_lab(tmp_path / "plain", simulated=True)
    with Lab.open(plain) as lab, pytest.raises(BadInput, match="milestones"):
        milestones.runs(lab, {})
    fresh = make_toy_lab(tmp_path / "fresh", simulated=True, settings=SETTINGS + MILESTONES)
    with Lab.open(fresh) as lab, pytest.raises(BadInput, match="no candidate"):
        milestones.runs(lab, {})


@pytest.mark.parametrize("minutes", ["0", "-5", "inf", '"soon"'])
def test_times_that_cannot_be(tmp_path, minutes):
    settings = SETTINGS + MILESTONES.replace("= 30", f"= {minutes}")
    with pytest.raises(ConfigError, match="human_minutes"):
        make_toy_lab(tmp_path / "toy", settings=settings)
