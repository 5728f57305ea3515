"""Which e-process is chosen, what is said of it, and what is learned from tests."""

import dataclasses

import numpy as np
import pytest

from regency.judge import choice
from regency.judge.experience import HIGHEST_BAR, LOWEST_BAR, Experience, learned_bar
from regency.judge.scale import BOUNDED, Scale
from regency.records import Answer, Verdict
from regency.stats import evalues, shapes

SCALE = Scale("maximize")
KNOWN = (0.5, -1.0, 0.2, 0.7)


def past(draw, tests=60, pairs=8):
    rng = np.random.default_rng(1)
    return [shapes.moments(draw(rng, pairs).tolist()) for _ in range(tests)]


def gaussian(rng, pairs):
    return 3 * rng.normal() + rng.normal(size=pairs)


def heavy(rng, pairs):
    return rng.standard_t(1.5, size=pairs)


def left(rng, pairs):
    return 1 - rng.exponential(size=pairs)


def right(rng, pairs):
    return rng.exponential(size=pairs)


@pytest.mark.parametrize(
    ("draw", "process", "said"),
    [
        (gaussian, evalues.RIGHT_HAAR_T, "no sign in the 60 tests so far"),
        (heavy, evalues.SYMMETRIC, "heavier tails"),
        (left, evalues.T_AND_SIGN, "a few far below it"),
        (right, evalues.SYMMETRIC, "heavier tails"),
    ],
)
def test_the_shape_of_past_pairs_decides_and_is_named(draw, process, said):
    chosen = choice.choose(KNOWN, SCALE, past(draw))
    assert chosen.e_process == process
    assert said in chosen.why
    assert bool(chosen.caveat) == (draw is left)


def test_a_promise_that_does_not_hold_is_taken_back_in_words():
    caveat = choice.choose(KNOWN, SCALE, past(left)).caveat
    assert caveat.startswith("Not promised here is that the mean of a promoted candidate is better")
    assert "`[score] bounds`" in caveat
    steps = choice.choose((0.0, 0.0, 1.0), SCALE, past(left))
    assert (steps.e_process, steps.caveat) == (evalues.SIGN, caveat)


def test_bounds_go_before_everything_that_was_seen():
    chosen = choice.choose(KNOWN, Scale(low=0, high=1, items=20), past(left))
    assert (chosen.e_process, chosen.caveat) == (BOUNDED, "")


def test_few_tests_decide_nothing():
    chosen = choice.choose(KNOWN, SCALE, past(left, tests=2, pairs=4))
    assert (chosen.e_process, chosen.caveat) == (evalues.RIGHT_HAAR_T, "")


def test_a_calibration_keeps_its_numbers_and_changes_its_e_process(make_lab):
    calibration = make_lab().calibrate()
    learned = Experience(SCALE)
    assert learned.informed(calibration) == calibration
    learned.tests.extend(past(left))
    informed = learned.informed(calibration)
    assert (informed.e_process, informed.caveat) == (evalues.T_AND_SIGN, choice.TYPICAL_ONLY)
    same = {"e_process": calibration.e_process, "why": calibration.why, "caveat": ""}
    assert dataclasses.replace(informed, **same) == calibration


def test_a_nomination_says_why_and_what_not(make_lab):
    lab = make_lab()
    calibration = choice.informed(lab.calibrate(), lab.scale, past(left))
    verdict = lab.test("c1", calibration)
    nomination = lab.nominations[-1]
    assert verdict.caveat == nomination.caveat
    assert len(verdict.differences) == verdict.looks > 0
    assert nomination.e_process == evalues.T_AND_SIGN
    assert (nomination.why, nomination.caveat) == (calibration.why, choice.TYPICAL_ONLY)
    assert nomination.max_pairs == 32


def test_a_leaning_lab_takes_nine_pairs_for_a_sure_gain(make_lab):
    lab = make_lab(effects={"c1": 20.0})
    calibration = choice.informed(lab.calibrate(), lab.scale, past(left))
    verdict = lab.test("c1", calibration)
    assert (verdict.answer, verdict.looks) == (Answer.BETTER, 9)
    assert verdict.low is not None
    assert verdict.low > 0


def verdict(answer, *differences):
    return Verdict("c1", answer, "confirm", "", differences=differences)


def test_tests_that_paid_lower_the_bar_and_those_that_did_not_raise_it():
    learned = Experience(SCALE)
    fresh = learned.bar
    for _ in range(30):
        learned.tested(verdict(Answer.NOT_BETTER, -1.0, 0.5, 0.1))
    assert LOWEST_BAR < fresh < learned.bar <= HIGHEST_BAR
    assert len(learned.tests) == 30
    for _ in range(60):
        learned.tested(verdict(Answer.BETTER, 1.0, 1.5, 1.1))
    assert learned.bar == learned_bar([True] * 40) == LOWEST_BAR


def test_a_test_that_was_cut_off_teaches_nothing_of_what_pays():
    learned = Experience(SCALE)
    learned.tested(verdict(Answer.SUPERSEDED, 1.0, 2.0))
    learned.tested(verdict(Answer.INVALID))
    assert (len(learned.paid), len(learned.tests)) == (0, 1)
