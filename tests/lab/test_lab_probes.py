"""Probes in a whole lab: verdict and cost are in the ledger, the champion is held to them too."""

from pathlib import Path

import pytest

from regency.errors import BadInput
from regency.lab import Lab, create
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Agent, Answer, FileEdit, Proposal
from toy_lab import MODEL, SETTINGS, better_model, git, make_toy_lab, make_toy_repo

REPEAT = (
    '[[probes]]\nname = "same-again"\nkind = "repeat"\nphase = "work"\noutput = "result.json"\n\n'
)
PROBED = SETTINGS.replace("[judge]", f"{REPEAT}[judge]")
# Better, but only because it draws its luck from elsewhere than from its seed.
UNSEEDED = better_model(2.5).replace("random.seed(int(sys.argv[1]))", "random.seed()")


def promoted(lab: Lab, text: str) -> tuple[str, ...]:
    edit = FileEdit("model.py", text.encode())
    lab.tell([Proposal((edit,), "r", Agent("a", "x"))])
    return lab.run(Plan()).promoted


def test_a_failed_probe_is_the_verdict_and_the_champion_stays(tmp_path: Path):
    with Lab.open(make_toy_lab(tmp_path / "lab", settings=PROBED)) as lab:
        assert promoted(lab, UNSEEDED) == ()
        assert promoted(lab, better_model(2.0)) == ("c2",)
        verdict = lab.store.verdict("c1")
        assert verdict is not None
        assert (verdict.answer, verdict.gate) == (Answer.INVALID, "confirm")
        assert verdict.reason == "Invalid in a fresh run, at probe 'same-again'."
        assert verdict.fault == "probe 'same-again': the same run again gave another 'result.json'"
        probed = [t for t in lab.store.trials("c2") if "probe_cpu_s" in t.scores]
        assert [t.key.split("/")[3] for t in probed] == ["0", "2", "5"][: len(probed) or 1]
        assert not [t for t in lab.store.trials("c1", "search") if t.fault]


def test_a_champion_that_fails_a_probe_is_named_at_once(tmp_path: Path):
    root = make_toy_repo(tmp_path / "other", PROBED)
    unseeded = MODEL.replace("random.seed(int(sys.argv[1]))", "random.seed()")
    (root / "model.py").write_text(unseeded)
    git(root, "commit", "--quiet", "-am", "Unseeded")
    create(root, Wish()).close()
    with Lab.open(root) as lab, pytest.raises(BadInput, match="same-again"):
        lab.run(Plan(candidates=1))
