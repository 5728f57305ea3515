import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.config import GuardTable, JudgeTable
from regency.errors import BadInput
from regency.judge import confirm
from regency.judge.scale import Scale
from regency.judge.verdict import explain
from regency.records import Answer, Purpose
from regency.stats import evalues, sequential


def test_the_level_is_fixed_at_the_start(lab):
    calibration = lab.calibrate()
    first = confirm.start(1, 0, "c1", "c0", calibration, JudgeTable(), 0.3, Scale())
    assert first.level == pytest.approx(0.05 * sequential.share(1))
    assert (first.max_pairs, first.e_process, first.gain) == (32, evalues.RIGHT_HAAR_T, 0.3)
    assert (
        confirm.start(1, 2, "c1", "c0", calibration, JudgeTable(), 0, Scale()).level
        == 3 * first.level
    )


@pytest.mark.parametrize("index", [1, 30, 10_000])
def test_a_cap_that_forbids_crossing_is_raised(make_lab, index):
    for noise in (1, 0):
        calibration = make_lab(noise={"c0": noise}).calibrate()
        small = confirm.start(
            index, 0, "c1", "c0", calibration, JudgeTable(confirm_pairs=2), 0, Scale()
        )
        endless = [1e9 + 1e3 * (n % 2) for n in range(small.max_pairs)]
        e = evalues.evidence(small.e_process, endless, calibration.differences)
        assert e * small.level >= 1 - 1e-6
        assert small.max_pairs > 2


def test_better(make_lab):
    lab = make_lab(effects={"c1": 6.0})
    verdict = lab.test("c1", lab.calibrate())
    assert (verdict.answer, verdict.gate, verdict.champion) == (Answer.BETTER, "confirm", "c0")
    assert verdict.e_value >= 1 / verdict.level
    assert 0 < verdict.low < 6.0 < verdict.high
    assert verdict.low < verdict.effect < verdict.high
    assert "at most 1 test in 230 gets so far" in explain(verdict, "val_bpb")
    assert not any(character.isdigit() for character in verdict.reason)


def test_worse_and_equal_are_given_up_early(make_lab):
    lab = make_lab(effects={"c1": -3.0})
    verdict = lab.test("c1", lab.calibrate())
    assert (verdict.answer, verdict.looks) == (Answer.NOT_BETTER, 3)
    looks = [lab.test("c2", lab.calibrate()).looks for lab in map(make_lab, range(100))]
    assert np.mean(looks) < 8


def test_a_small_improvement_is_undecided_rather_than_denied(make_lab):
    answers = set()
    for start in range(20):
        lab = make_lab(start, effects={"c1": 0.3}, noise={"c0": 1, "c1": 1})
        answers.add(lab.test("c1", lab.calibrate()).answer)
    assert Answer.UNDECIDED in answers


def test_the_smallest_effect_turns_a_sure_trifle_down(make_lab):
    lab = make_lab(effects={"c1": 0.5}, noise={"c0": 0.3, "c1": 0.3})
    table = JudgeTable(smallest_effect=2.0)
    assert lab.test("c1", lab.calibrate(table), settings=table).answer is Answer.NOT_BETTER


def test_fresh_seeds_for_both_arms_in_one_batch_in_random_order(make_lab):
    lab = make_lab(effects={"c1": 1.0})
    calibration = lab.calibrate()
    lab.requests.clear()
    verdict = lab.test("c1", calibration, index=3)
    pairs = [lab.requests[n : n + 2] for n in range(0, len(lab.requests), 2)]
    assert len(pairs) == verdict.looks >= 5
    for n, pair in enumerate(pairs):
        expected = {f"confirm/1/3/{n}/candidate", f"confirm/1/3/{n}/champion"}
        assert {request.key for request in pair} == expected
        assert {request.candidate for request in pair} == {"c0", "c1"}
    assert {(r.split, r.purpose) for r in lab.requests} == {("confirm", Purpose.CONFIRM)}
    assert len({r.seed for r in lab.requests}) == len(lab.requests)
    assert {pair[0].candidate for pair in pairs} == {"c0", "c1"}


@pytest.mark.parametrize("width", [2, 3, 5, 40])
def test_pairs_run_at_once_are_looked_at_in_order(make_lab, width):
    for effect in (0.0, 1.5, 6.0):
        one, many = (make_lab(7, effects={"c1": effect}) for _ in range(2))
        expected = one.test("c1", one.calibrate())
        assert many.test("c1", many.calibrate(), width=width) == expected
        assert max(many.rounds[1:]) == min(width, 32)


def test_driven_again_after_a_crash_it_asks_for_the_same(make_lab):
    first, again = (make_lab(3, effects={"c1": 2.0}) for _ in range(2))
    assert first.test("c1", first.calibrate()) == again.test("c1", again.calibrate())
    assert first.requests == again.requests


@given(st.integers(0, 10_000), st.floats(-2, 8))
@settings(max_examples=40)
def test_maximize_is_minimize_with_the_sign_turned(make_lab, start, effect):
    low = make_lab(start, "minimize", {"c1": effect})
    high = make_lab(start, "maximize", {"c1": effect})
    assert low.test("c1", low.calibrate()) == high.test("c1", high.calibrate())


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0, 3.0, 8.0]))
@settings(max_examples=40)
def test_better_exactly_when_the_bar_is_reached(make_lab, start, effect):
    lab = make_lab(start, effects={"c1": effect})
    verdict = lab.test("c1", lab.calibrate())
    assert (verdict.answer is Answer.BETTER) == (verdict.e_value * verdict.level >= 1)
    assert (verdict.answer is Answer.BETTER) == (verdict.low is not None and verdict.low > 0)


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ("phase 'predict': it ended with exit code 97", "phase 'predict'"),
        ("probe 'order': differs in row 12", "probe 'order'"),
        ("its output 'log_probs.npy' has the shape [97]", "its output 'log_probs.npy'"),
        ("the scorer refused the output: expected 97 in row 3", "the scorer"),
        ("the guard harm refused the output: 97", "the guard harm"),
        ("No number named 'loss' came out: 97", "its score"),
    ],
)
def test_a_fault_of_the_candidate_is_its_verdict_and_says_nothing_of_what_it_read(
    make_lab, fault, where
):
    lab = make_lab(effects={"c1": 1.0}, faults={"confirm/1/1/2/candidate": fault})
    verdict = lab.test("c1", lab.calibrate())
    assert (verdict.answer, verdict.looks, verdict.fault) == (Answer.INVALID, 2, fault)
    assert verdict.reason == f"Invalid in a fresh run, at {where}."
    assert fault[1:] in explain(verdict)


def test_a_fault_of_the_champion_voids_the_pair_once(make_lab):
    lab = make_lab(effects={"c1": 4.0}, faults={"confirm/1/1/1/champion": "Killed."})
    verdict = lab.test("c1", lab.calibrate(), width=3)
    assert verdict.answer is Answer.BETTER
    again = [r.key for r in lab.requests if "again" in r.key]
    assert sorted(again) == [f"confirm/1/1/1/again/{arm}" for arm in ("candidate", "champion")]
    lab.faults["confirm/1/1/1/again/champion"] = "Killed again."
    with pytest.raises(BadInput, match=r"failed twice in pair 1.*Killed again\. Check"):
        lab.test("c1", lab.calibrate())


def test_superseded_between_looks(make_lab):
    lab = make_lab(effects={"c1": 1.0})
    moved = iter([False, False, True])
    verdict = lab.test("c1", lab.calibrate(), superseded=lambda: next(moved))
    assert (verdict.answer, verdict.looks) == (Answer.SUPERSEDED, 2)
    at_once = lab.test("c1", lab.calibrate(), superseded=lambda: True)
    assert (at_once.looks, at_once.effect, at_once.low) == (0, None, None)


def test_a_guard_that_fails_stops_the_promotion(make_lab):
    sizes = {"c0": {"model_bytes": 100.0}, "c1": {"model_bytes": 151.0}}
    guard = GuardTable(name="size", of="model_bytes", max_ratio=1.5)
    lab = make_lab(effects={"c1": 8.0}, scores=sizes)
    verdict = lab.test("c1", lab.calibrate(), guards=[guard])
    assert verdict.answer is Answer.NOT_BETTER
    assert verdict.reason == "It did not pass the guard size."
    assert verdict.looks == 2  # a size has no noise: no need to wait for the score
    sizes["c1"]["model_bytes"] = 150.0
    verdict = lab.test("c1", lab.calibrate(), guards=[guard])
    assert verdict.answer is Answer.BETTER
    assert [finding.passed for finding in verdict.findings] == [True]


def test_without_noise_pairs_won_decide(make_lab):
    lab = make_lab(effects={"c1": 0.001, "c2": -0.001}, noise={"c0": 0, "c1": 0, "c2": 0})
    calibration = lab.calibrate()
    better = lab.test("c1", calibration)
    assert (better.answer, better.looks) == (Answer.BETTER, 9)
    assert better.low == pytest.approx(0.001)
    assert lab.test("c2", calibration).answer is Answer.NOT_BETTER
    assert lab.test("c0", calibration).answer is Answer.NOT_BETTER


@pytest.mark.parametrize(("effect", "most"), [(2.0, 16), (3.0, 11), (5.0, 7), (10.0, 5), (20.0, 4)])
def test_large_improvements_take_few_pairs(make_lab, effect, most):
    looks = []
    for start in range(100):
        lab = make_lab(start, effects={"c1": effect})
        verdict = lab.test("c1", lab.calibrate())
        looks.append(verdict.looks if verdict.answer is Answer.BETTER else math.inf)
    assert np.quantile(looks, 0.75) <= most
    assert np.mean(np.isfinite(looks)) > 0.9


def test_the_test_has_no_number_from_confirm_in_any_reason(make_lab):
    reasons = set()
    for start in range(30):
        lab = make_lab(start, effects={"c1": 0.5})
        reasons.add(lab.test("c1", lab.calibrate()).reason)
    assert len(reasons) >= 2
    assert not any(character.isdigit() for reason in reasons for character in reason)


def test_explanations_of_open_intervals(make_lab):
    lab = make_lab(effects={"c1": 3.0})
    verdict = lab.test("c1", lab.calibrate())
    assert "at least +0.1" in explain(dataclasses.replace(verdict, low=0.1, high=None))
    assert "at most +0.1" in explain(dataclasses.replace(verdict, low=None, high=0.1))
    assert "too few pairs" in explain(dataclasses.replace(verdict, low=None, high=None))
    searched = dataclasses.replace(verdict, gate="search", reason="No gain.")
    assert explain(searched) == "No gain."
