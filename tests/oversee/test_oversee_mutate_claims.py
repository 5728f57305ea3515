"""What the built-in agent says of its edits must hold, and must fail once more is changed."""

from importlib import import_module
from pathlib import Path

import pytest

import regency
from regency.oversee.claims import check_claims
from regency.records import Brief

TRAIN = Path(regency.__file__).parent / "labs" / "tiny_lm" / "files" / "train.py"


def brief(seed: int) -> Brief:
    return Brief(
        goal="", program="", metric="loss", direction="minimize", editable=("train.py",),
        max_changed_lines=300, parent="c0", champion="c0", champion_score=1.0, noise_sd=0.1,
        seed=seed,
    )  # fmt: skip


@pytest.fixture(scope="module")
def steps():
    before = {"train.py": TRAIN.read_bytes()}
    proposer = import_module("regency.propose.mutate").MutateProposer()
    found = []
    for seed in range(60):
        proposal = proposer.propose(brief(seed), before)
        found.append((proposal, before, {e.path: e.content for e in proposal.edits}))
    return found


def test_every_claim_of_mutate_holds(steps):
    kinds = set()
    for proposal, before, after in steps:
        assert proposal.claims
        for check in check_claims(proposal.claims, proposal.rationale, before, after):
            cut = "…`" in check.claim and check.result == "unknown"
            assert check.result == "holds" or cut, (check, proposal.rationale)
            kinds.add(check.claim.split()[0])
    assert {"changes"} < kinds


def test_the_same_claims_fail_when_more_is_smuggled_in(steps):
    for proposal, before, after in steps:
        smuggled = {"train.py": after["train.py"] + b"\nimport socket\n"}
        only = [claim for claim in proposal.claims if " only " in claim]
        for check in check_claims(only, "", before, smuggled):
            assert check.result == "fails" or "…`" in check.claim, check
