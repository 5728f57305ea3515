import math
from itertools import pairwise

import numpy as np
import pytest

from regency.config import JudgeTable
from regency.errors import BadInput
from regency.stats import evalues


def test_pairs_of_different_seeds_and_one_repeat_in_one_round(lab):
    calibration = lab.calibrate(JudgeTable(calibration_pairs=5))
    assert lab.rounds == [6]
    assert len(lab.requests) == 11 == len({r.key for r in lab.requests})
    assert len({r.seed for r in lab.requests}) == 10
    assert {(r.split, r.purpose) for r in lab.requests} == {("search", "calibrate")}
    assert (calibration.pairs, calibration.runs) == (5, 10)
    assert calibration.repeatable
    assert calibration.seed_gap == 0


def test_noise_is_the_root_mean_square_of_paired_differences(lab):
    calibration = lab.calibrate()
    trials = [lab.run(request).score for request in lab.requests[:8]]
    expected = [a - b for a, b in list(pairwise(trials))[::2]]
    assert np.abs(calibration.differences) == pytest.approx(np.abs(expected))
    assert calibration.noise_sd == pytest.approx(math.sqrt(np.mean(np.square(expected))))
    assert calibration.search_mean == pytest.approx(np.mean(trials))
    assert calibration.e_process == evalues.RIGHT_HAAR_T


def test_the_machines_changing_speed_is_in_the_noise_of_runs_and_not_of_pairs(make_lab):
    labs = [make_lab(start, drift=3.0).calibrate() for start in range(200)]
    assert np.mean([c.noise_sd**2 for c in labs]) == pytest.approx(1, abs=0.15)
    assert np.mean([c.run_sd**2 for c in labs]) == pytest.approx(9.5 - 9 / 7, rel=0.2)


def test_noise_is_estimated_without_bias_in_variance(make_lab):
    squares = [make_lab(start).calibrate().noise_sd ** 2 for start in range(300)]
    assert np.mean(squares) == pytest.approx(1, abs=0.15)


def test_a_metric_without_noise_counts_pairs_won_and_says_why(make_lab):
    calibration = make_lab(noise={"c0": 0.0}).calibrate()
    assert calibration.noise_sd == 0
    assert calibration.e_process == evalues.SIGN
    assert "same with every seed" in calibration.why


def test_a_score_in_steps_counts_pairs_won_too(make_lab):
    lab = make_lab(noise={"c0": 1e-20})
    steps = iter([0, 0, 1, 1, 2, 2, 0, 1, 0])
    run = lab.run

    def stepped(request, weather):
        trial = run(request, weather)
        return type(trial)(
            **{f: getattr(trial, f) for f in trial.__slots__} | {"score": next(steps)}
        )

    lab.run = stepped
    calibration = lab.calibrate()
    assert calibration.e_process == evalues.SIGN
    assert calibration.noise_sd == 0.5
    assert "in steps" in calibration.why


@pytest.mark.parametrize("key", ["calibrate/1/c0/2/b", "calibrate/1/c0/repeat"])
def test_a_champion_that_does_not_run_is_bad_input_that_names_the_fault(make_lab, key):
    lab = make_lab(faults={key: "Phase train used 3.1 of 2 CPU-seconds."})
    with pytest.raises(BadInput, match=r"used 3\.1 of 2 CPU-seconds.*Mend the starting point"):
        lab.calibrate()
