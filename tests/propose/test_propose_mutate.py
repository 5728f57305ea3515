import random
import time

import pytest

from regency.errors import ConfigError, NothingLeft
from regency.propose.mutate import MutateProposer
from regency.records import Attempt, plain
from regency.testing.proposers import (
    EXAMPLE,
    attempt_of,
    check_proposal,
    check_proposer,
    example_brief,
)

PROGRAM = b'''"""Doc."""
import numpy as np

RATE = 1e-3
WIDTH = 64
BETA = 0.9
ACT = "tanh"


def layer(x, w, gain=1.0):
    """Doc."""
    h = x @ w
    h = h * gain
    h -= h.mean()
    return np.tanh(h) if ACT == "tanh" else np.maximum(h, 0.0)
'''


def ask(agent, number, news=(), program=PROGRAM, sd=1.0):
    brief = example_brief(seed=number, editable=("m.py",), news=tuple(news), noise_sd=sd)
    return agent.propose(brief, {"m.py": program})


def test_keeps_to_the_contract():
    check_proposer(MutateProposer, rounds=12)


def test_settings_are_checked():
    assert MutateProposer(name="m", stack=False, max_hunks=2).agent.name == "m"
    for bad in ({"speed": 1}, {"stack": "yes"}, {"max_hunks": 0}, {"max_hunks": True}):
        with pytest.raises(ConfigError, match="agents"):
            MutateProposer(name="m", **bad)


def test_nothing_to_edit_is_said():
    agent = MutateProposer()
    with pytest.raises(NothingLeft, match="no editable Python"):
        agent.propose(example_brief(editable=("a.txt", "gone.py")), {"a.txt": b"X = 1"})
    with pytest.raises(NothingLeft, match="cannot be parsed"):
        agent.propose(example_brief(editable=("a.py",)), {"a.py": b"X = ("})
    with pytest.raises(NothingLeft, match="nothing that it can change"):
        agent.propose(example_brief(editable=("a.py",)), {"a.py": b"import os\n"})


def test_a_broken_file_does_not_hide_the_others():
    tree = {"a.py": b"X = (", "b.py": b"RATE = 0.5\n", "c.json": b"{}"}
    proposal = MutateProposer().propose(example_brief(editable=tuple(tree)), tree)
    assert [edit.path for edit in proposal.edits] == ["b.py"]


def test_never_the_same_program_twice_until_all_is_tried():
    agent, seen = MutateProposer(), set()
    program = b"RATE = 0.5\nflag = True\n"
    while len(seen) < 200:
        try:
            proposal = ask(agent, len(seen), program=program)
        except NothingLeft as error:
            assert "tried every edit" in str(error)  # noqa: PT017 (ends the loop)
            break
        content = proposal.edits[0].content
        assert content not in seen
        assert content != program
        seen.add(content)
    assert len(seen) < 200
    assert len(seen) > 8


def test_only_editable_paths_and_line_limit():
    agent = MutateProposer()
    for number in range(30):
        check_proposal(agent.propose(example_brief(seed=number), EXAMPLE), EXAMPLE, ("model.py",))
        proposal = ask(MutateProposer(), number)
        assert sum(len(h["new"].splitlines()) for h in proposal.notes["hunks"]) <= 100


def outcome(proposal, number):
    gain = random.Random(proposal.notes["result"]).gauss(0, 3)
    return attempt_of(proposal, number, None if gain < -3 else round(gain * 2) / 2)


def test_equal_state_and_seed_give_equal_proposals_and_replay_reaches_the_state():
    one, two, history, news = MutateProposer(), MutateProposer(), [], ()
    for number in range(1, 60):
        left, right = ask(one, number, news), ask(two, number, news)
        assert plain(left) == plain(right)
        news = (outcome(left, number),)
        history += news
    fresh = MutateProposer()
    assert plain(ask(fresh, 99, history)) == plain(ask(one, 99, news))
    assert fresh.learner.sites == one.learner.sites
    assert fresh.learner.groups == one.learner.groups
    assert fresh.stack.earned == one.stack.earned


def test_a_different_seed_gives_a_different_start():
    starts = {ask(MutateProposer(), seed).rationale for seed in range(12)}
    assert len(starts) > 4


def find(agent, part, limit=60):
    for number in range(limit):
        proposal = ask(agent, number)
        if part in proposal.claims[0]:
            return proposal
    raise AssertionError(part)


def test_hunks_that_earned_their_place_are_combined():
    scout = MutateProposer()
    rate, width = find(scout, "RATE in m.py"), find(scout, "WIDTH in m.py")
    agent = MutateProposer()
    both = ask(agent, 500, [attempt_of(rate, 1, 9.0), attempt_of(width, 2, 6.0)])
    assert both.notes["stack"]
    assert len(both.claims) == 2
    assert "only" not in " ".join(both.claims)
    assert rate.claims[0].replace(" only", "") in both.claims
    assert both.rationale.startswith("Combine 2 edits")


def test_a_hunk_is_carried_over_to_a_newer_parent():
    scout = MutateProposer()
    rate, width = find(scout, "RATE in m.py"), find(scout, "WIDTH in m.py")
    news = [attempt_of(rate, 1, 9.0, "better"), attempt_of(width, 2, 6.0)]
    parent = rate.edits[0].content.replace(b'"""Doc."""\nimport', b"# moved\n\nimport", 1)
    moved = ask(MutateProposer(), 500, news, program=parent)
    assert moved.claims == (width.claims[0],)
    assert rate.edits[0].content.split(b"\n")[3] in moved.edits[0].content


def test_stacking_can_be_switched_off():
    scout = MutateProposer()
    rate, width = find(scout, "RATE in m.py"), find(scout, "WIDTH in m.py")
    agent = MutateProposer(stack=False)
    proposal = ask(agent, 500, [attempt_of(rate, 1, 9.0), attempt_of(width, 2, 6.0)])
    assert len(proposal.notes["hunks"]) == 1


def test_foreign_and_damaged_notes_are_ignored():
    agent = MutateProposer()
    for number, notes in enumerate(
        ({}, {"by": "mutate"}, {"by": "mutate", "hunks": [{"site": 1}]},
         {"by": "mutate", "hunks": 3}, {"by": "other", "hunks": []})
    ):  # fmt: skip
        ask(agent, number, [Attempt(f"c{number}", "c0", "x", "", "invalid", None, notes)])
    assert not agent.learner.sites


def test_sites_that_break_lose_weight_fast():
    agent, news, counts = MutateProposer(stack=False), (), []
    for number in range(1, 41):
        proposal = ask(agent, number, news)
        counts.append("ACT" in proposal.claims[0] or "WIDTH" in proposal.claims[0])
        news = (attempt_of(proposal, number, None if counts[-1] else 0.0),)
    assert sum(counts[:20]) <= 6


def test_proposals_are_cheap_at_any_length_of_history():
    program = b"\n\n".join(
        PROGRAM.replace(b"RATE", b"RATE%d" % i).replace(b"layer", b"layer%d" % i) for i in range(13)
    )
    assert 200 <= program.count(b"\n") <= 260
    agent, costs, news = MutateProposer(), [], ()
    for number in range(1, 301):
        start = time.process_time()
        proposal = ask(agent, number, news, program=program)
        costs.append(time.process_time() - start)
        news = (outcome(proposal, number),)
    early, late = sorted(costs[10:110])[50], sorted(costs[200:])[50]
    assert late < 0.009  # 3 ms, with room for a busy machine
    assert late < 2 * early + 0.001
