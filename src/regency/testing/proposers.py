# ruff: noqa: PT017 (assertions are what a conformance suite is made of)
"""Conformance suite for proposers: what any agent must keep to, as one function to call in a test.

It asks the proposer a few times and judges nothing it proposes.
"""

import json
from collections.abc import Callable, Mapping

from regency.errors import NothingLeft
from regency.propose.proposer import Proposer
from regency.records import Attempt, Brief, Proposal, build, plain

EXAMPLE: Mapping[str, bytes] = {
    "model.py": b'"""An example."""\n\nRATE = 0.01\nSIZE = 32\n\n\ndef area(side=2.0):\n'
    b"    return side * side * RATE\n",
    "fixed.py": b"LIMIT = 3\n",
}


def example_brief(
    *,
    seed: int = 1,
    editable: tuple[str, ...] = ("model.py",),
    news: tuple[Attempt, ...] = (),
    noise_sd: float = 0.01,
) -> Brief:
    """Return a brief for `EXAMPLE`, or for any other tree with other ``editable`` paths."""
    return Brief(
        goal="Lower the loss.",
        program="",
        metric="loss",
        direction="minimize",
        editable=editable,
        max_changed_lines=100,
        parent="c0",
        champion="c0",
        champion_score=1.0,
        noise_sd=noise_sd,
        news=news,
        seed=seed,
    )


def attempt_of(
    proposal: Proposal, number: int, gain: float | None, answer: str = "not better"
) -> Attempt:
    """Return what a lab would report of ``proposal`` as candidate ``c<number>``.

    The notes go through JSON, as they do in a lab.
    """
    return Attempt(
        candidate=f"c{number}",
        parent="c0",
        agent=proposal.agent.name,
        rationale=proposal.rationale,
        answer="invalid" if gain is None else answer,
        gain=gain,
        notes=json.loads(json.dumps(plain(proposal.notes))),
    )


def check_proposer(make: Callable[[], Proposer], *, rounds: int = 5) -> None:
    """Hold a proposer to the contract.

    Args:
        make: Makes the proposer afresh, as a lab would after a restart.
        rounds: How many proposals to ask for in a row.

    Raises:
        AssertionError: It breaks the contract; the message says where.
    """
    proposer = make()
    assert isinstance(proposer, Proposer), "it has no method propose(brief, tree)"
    news: tuple[Attempt, ...] = ()
    for number in range(1, rounds + 1):
        tree = dict(EXAMPLE)
        proposal = proposer.propose(example_brief(seed=number, news=news), tree)
        assert tree == EXAMPLE, "propose changed the tree it was given"
        check_proposal(proposal, EXAMPLE, ("model.py",))
        gain = None if number % 3 == 0 else 0.01 * number
        news = (attempt_of(proposal, number, gain),)
    check_nothing_editable(make())


def check_proposal(
    proposal: Proposal, tree: Mapping[str, bytes], editable: tuple[str, ...]
) -> None:
    """Hold one proposal made for ``tree`` to the contract; raises AssertionError."""
    paths = [edit.path for edit in proposal.edits]
    assert paths, "a proposal needs at least one edit"
    assert len(set(paths)) == len(paths), "one path is edited twice"
    assert set(paths) <= set(editable), f"it edits {sorted(set(paths) - set(editable))}"
    assert any(e.content != tree.get(e.path) for e in proposal.edits), "it changes nothing"
    assert proposal.rationale.strip(), "the rationale is empty"
    assert proposal.agent.name, "the agent has no name"
    assert proposal.agent.kind, "the agent has no kind"
    text = json.dumps(plain(proposal.notes))
    assert len(text) < 4096, "the notes are larger than 4 KB"
    without_bytes = plain(proposal.notes)
    assert json.loads(text) == without_bytes, "the notes do not survive JSON"
    assert build(Proposal, plain(proposal)) == proposal, "the proposal is not a plain record"


def check_nothing_editable(proposer: Proposer) -> None:
    """Check that a proposer with nothing to edit says so with `NothingLeft`."""
    try:
        proposer.propose(example_brief(editable=()), EXAMPLE)
    except NothingLeft as error:
        assert str(error).strip(), "the error says nothing"
    else:
        raise AssertionError("it proposed something although nothing is editable")
