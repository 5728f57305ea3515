"""How `mutate` chooses: units, ways that pay, steps that adapt, sites that change nothing."""

import math
import random

from regency.propose.mutate import MutateProposer
from regency.propose.mutate.arms import ARMS, Arms
from regency.propose.mutate.hunks import hunk_of
from regency.propose.mutate.learner import Learner
from regency.propose.mutate.literals import Move, fine_moves
from regency.propose.mutate.surface import Surface
from regency.propose.mutate.unit import Unit
from regency.testing.proposers import attempt_of, example_brief

FILE = b"RATE = 0.3\nWIDTH = 1.7\n\n\ndef f(x):\n    return x * RATE + WIDTH\n"


def site(name):
    sites = Surface({"a.py": FILE}, statements=True, siblings=True).sites.values()
    return next(s for s in sites if s.name == name)


def test_with_noise_effects_are_in_units_of_it():
    unit = Unit()
    assert [unit.of(gain, 0.5) for gain in (1.0, -2.0, 0.0)] == [2.0, -4.0, 0.0]
    assert not unit.clear


def test_without_noise_large_and_small_effects_stay_apart():
    unit = Unit()
    effects = [unit.of(gain, 0.0) for gain in (1.0, 1.0, 1.0, 0.25, 8.0)]
    assert unit.clear
    assert effects == [4.0, 4.0, 4.0, 1.0, 32.0]
    assert Unit().of(0.0, 0.0) == 0.0


def test_the_way_that_pays_is_taken_more_often():
    arms, rng = Arms(), random.Random(1)
    for _ in range(40):
        for arm in ARMS:
            arms.observe(arm, paid=arm == "new")
    drawn = [arms.draw(rng, clear=True) for _ in range(200)]
    assert drawn.count("new") > 190
    assert arms.share("new") > 0.8 > arms.share("any")


def test_a_noisy_lab_starts_with_the_learners_own_guess():
    arms, rng = Arms(), random.Random(1)
    assert {arms.draw(rng, clear=False) for _ in range(50)} == {"best"}
    assert len({arms.draw(rng, clear=True) for _ in range(200)}) == len(ARMS)


def test_fine_moves_are_as_long_as_asked():
    for text, scale in (("0.3", "log"), ("-0.3", "log"), ("0.97", "one")):
        for step in (0.5, -0.1, 0.01):
            (move,) = fine_moves(text, scale, [step])
            before = -math.log1p(-0.97) if scale == "one" else math.log(0.3)
            assert abs((move.at - before) - step) < 0.25 * abs(step)
            assert float(move.new) < 0 if text.startswith("-") else float(move.new) > 0


def test_a_step_narrows_when_it_fails_and_widens_when_it_pays():
    learner, rate = Learner(), site("RATE")
    bold = hunk_of(rate, next(m for m in rate.moves if m.new == "0.9"))
    for _ in range(6):
        learner.observe(bold, -3.0)
    narrow = learner.sites[rate.key].step
    assert narrow < 0.6 * math.log(3)
    assert any(abs(m.at - rate.at) < 1.1 * narrow for m in learner.fine(rate))
    learner.observe(bold, 3.0)
    assert learner.sites[rate.key].step > narrow


def test_a_site_that_never_changes_the_score_is_left_alone():
    learner, rate = Learner(), site("RATE")
    for move in rate.moves[:6]:
        learner.observe(hunk_of(rate, move), 0.0)
    assert not learner.movable(rate)
    assert learner.worth(rate, rate.moves[0]) < 0.2
    learner.observe(hunk_of(rate, rate.moves[0]), 4.0)
    assert learner.worth(rate, rate.moves[0]) > 0.2


def test_several_numbers_move_at_once_and_are_named():
    agent, news, said = MutateProposer(), (), []
    for number in range(1, 60):
        brief = example_brief(seed=number, news=news, noise_sd=0.0)
        proposal = agent.propose(brief, {"model.py": FILE})
        gain = 1.0 if proposal.notes["arm"] == "joint" else -1.0
        news = (attempt_of(proposal, number, gain),)
        said.append(proposal)
    joint = [p for p in said if p.notes["arm"] == "joint"]
    assert len(joint) > 10
    assert all("RATE" in p.rationale and "WIDTH" in p.rationale for p in joint)
    assert all(len(p.claims) == 2 for p in joint)


def test_moves_of_zero_go_both_ways():
    zero = next(iter(Surface({"a.py": b"X = 0.0\n"}, statements=False, siblings=False)
                     .sites.values()))  # fmt: skip
    assert Move("from zero", "-0.1") in zero.moves
