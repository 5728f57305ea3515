import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_lab import seeds

from regency.config import JudgeTable
from regency.errors import BadInput
from regency.judge import experience, nominate
from regency.judge.scale import Scale
from regency.records import Answer, Purpose, Trial

BASE = nominate.Baseline("c0", 3.0, 8)
SURE = nominate.Baseline("c0", 3.0, nominate.BASELINE_RUNS)


def search(lab, candidate="c1", sd=1.0, base=BASE, together=False, **settings):
    table, noise = JudgeTable(**settings), nominate.Noise(sd, sd / np.sqrt(2))
    stage = nominate.search(candidate, base, noise, table, lab.scale, seeds, together=together)
    return lab.drive(stage)


def test_a_hopeless_candidate_costs_one_trial(make_lab):
    result = search(make_lab(effects={"c1": -20}))
    assert (len(result.trials), result.promising) == (1, False)
    assert (result.verdict.answer, result.verdict.gate) == (Answer.NOT_BETTER, "search")
    assert result.verdict.reason == "It scored no better than the champion in search."
    assert result.gain == result.verdict.effect < -15


def test_a_plain_gain_costs_two(make_lab):
    lab = make_lab(effects={"c1": 20})
    result = search(lab, base=SURE)
    assert (len(result.trials), result.promising, result.verdict) == (2, True, None)
    assert [r.key for r in lab.requests] == ["search/1/c1/0", "search/1/c1/1"]
    assert {(r.purpose, r.split) for r in lab.requests} == {(Purpose.SEARCH, "search")}


def test_a_modest_gain_is_looked_at_to_the_end(make_lab):
    result = search(make_lab(effects={"c1": 2.0}, noise={"c1": 0.01}), search_trials=4)
    assert (len(result.trials), result.promising) == (4, True)
    assert result.gain_se == pytest.approx(np.sqrt(0.5) * np.sqrt(1 / 4 + 1 / 8))


def test_a_gain_below_the_smallest_effect_is_not_promising(make_lab):
    result = search(make_lab(effects={"c1": 2.0}, noise={"c1": 0}), smallest_effect=2.5)
    assert not result.promising
    assert "smallest effect" in result.verdict.reason


def test_a_gain_within_luck_says_so(make_lab):
    result = search(make_lab(effects={"c1": 0.2}, noise={"c1": 0}))
    assert result.verdict.reason == "Its gain in search is within what luck alone gives."


def test_an_invalid_trial_is_the_candidates_verdict(make_lab):
    result = search(make_lab(faults={"c1": "Phase train wrote no model."}))
    assert result.verdict.answer is Answer.INVALID
    assert result.verdict.reason == "Phase train wrote no model."
    assert (result.gain, result.promising) == (None, False)


def test_without_any_noise_a_gain_is_promising_after_two(make_lab):
    for effect, promising in [(0.001, True), (0.0, False), (-0.001, False)]:
        lab = make_lab(effects={"c1": effect}, noise={"c1": 0})
        assert search(lab, sd=0.0).promising is promising
        assert len(lab.requests) == (2 if promising else 1)


def test_candidates_that_change_nothing_cost_little_and_are_rarely_nominated(make_lab):
    results = []
    for start in range(40):
        base = nominate.Baseline("c0", 3 + np.random.default_rng(start).normal() / 4, 8)
        results += [search(make_lab(start), f"c{n}", base=base) for n in range(50)]
    assert 1.3 < np.mean([len(r.trials) for r in results]) < 1.8
    assert np.mean([r.promising for r in results]) < 0.15


@pytest.mark.parametrize(("effect", "least"), [(1.5, 0.97), (2.0, 1.0), (5.0, 1.0)])
def test_true_gains_are_nominated(make_lab, effect, least):
    promising = [search(make_lab(s, effects={"c1": effect})).promising for s in range(200)]
    assert np.mean(promising) >= least - 0.05


@given(st.integers(0, 1000), st.floats(-3, 5))
def test_maximize_is_minimize_with_the_sign_turned(make_lab, start, effect):
    low = search(make_lab(start, "minimize", {"c1": effect}))
    high = search(
        make_lab(start, "maximize", {"c1": effect}),
        base=dataclasses.replace(BASE, mean=-BASE.mean),
    )
    assert (high.gain, high.promising, high.verdict) == (low.gain, low.promising, low.verdict)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_improvement_is_positive_when_better(new, old):
    assert Scale("minimize").improvement(new, old) == Scale("maximize").improvement(-new, -old)
    assert (Scale("minimize").improvement(new, old) > 0) == (new < old)
    assert Scale("minimize").improvement(new, old) == -Scale("minimize").improvement(old, new)


def trial(score, split="search"):
    return Trial("k", "c5", Purpose.SEARCH, split, 0, score)


def test_a_new_champions_baseline_asks_for_what_is_missing_and_ignores_confirm(make_lab):
    lab = make_lab(effects={"c5": 1.0}, noise={"c5": 0})
    existing = [trial(2.0), trial(2.0), trial(99.0, "confirm"), trial(None)]
    base = lab.drive(nominate.baseline("c5", existing, 6, seeds, 2))
    assert base == nominate.Baseline("c5", 2.0, 6, 2)
    assert [r.key for r in lab.requests] == [f"baseline/2/c5/{n}" for n in range(4)]
    assert lab.rounds == [4]
    assert {r.split for r in lab.requests} == {"search"}


def test_a_baseline_that_is_complete_asks_for_nothing_and_least_is_four(make_lab):
    lab = make_lab()
    lab.drive(nominate.baseline("c5", [trial(2.0)] * 4, 1, seeds, 1))
    assert lab.requests == []
    assert lab.drive(nominate.baseline("c5", [], 1, seeds, 1)).runs == 4


def test_a_baseline_survives_one_fault_but_not_all(make_lab):
    lab = make_lab(faults={"baseline/1/c5/0": "Out of memory."})
    assert lab.drive(nominate.baseline("c5", [], 4, seeds, 1)).runs == 3
    with pytest.raises(BadInput, match="c5 does not run"):
        make_lab(faults={"c5": "Out of memory."}).drive(nominate.baseline("c5", [], 4, seeds, 1))


def result(name, gain, se, promising=True):
    return nominate.SearchResult(name, gain, se, (), promising, None, "c0")


def test_the_sure_gain_goes_before_the_lucky_one():
    sure, lucky, weak = result("a", 1.0, 0.1), result("b", 1.5, 0.7), result("c", 9, 1, False)
    assert nominate.choose([lucky, sure, weak], 0) is sure
    assert nominate.choose([weak], 0) is None
    assert nominate.choose([], 0) is None


def test_caution_grows_with_the_tests_spent():
    doubtful, sure = result("a", 3.0, 1.0), result("b", 1.5, 0.1)
    assert nominate.choose([doubtful, sure], 0) is doubtful
    assert nominate.choose([doubtful, sure], 100) is sure


def test_pooled_noise_is_not_fooled_by_who_got_a_second_trial(make_lab):
    lab = make_lab(1)
    calibration = lab.calibrate()
    results = [search(lab, f"c{n}") for n in range(1500)]
    alone = experience.pooled_noise(calibration, [], lab.scale)
    assert alone.pair_sd == pytest.approx(calibration.noise_sd)
    assert alone.run_sd == pytest.approx(calibration.run_sd)
    noise = experience.pooled_noise(calibration, results, lab.scale)
    assert noise.pair_sd == pytest.approx(1, abs=0.15)
    assert noise.run_sd == pytest.approx(np.sqrt(0.5), abs=0.1)


def test_pairs_that_share_a_core_come_after_a_cheap_first_look(make_lab):
    lab = make_lab(effects={"c1": 20})
    result = search(lab, together=True, search_trials=3)
    beside = "search/1/c1/1/champion"
    assert [r.key for r in lab.requests] == ["search/1/c1/0", "search/1/c1/1", beside]
    assert lab.requests[-1].candidate == "c0"
    assert (len(result.trials), result.promising) == (2, True)
    scores = {r.key: lab.run(r).score for r in list(lab.requests)}
    assert result.differences == (scores[beside] - scores["search/1/c1/1"],)
    assert result.gain == result.differences[0]
    assert result.gain_se == 1.0


def test_what_a_busy_machine_does_to_both_runs_of_a_pair_is_not_taken_for_a_gain(make_lab):
    def fooled(together):
        labs = [make_lab(start, noise={"c0": 0.1, "c1": 0.1}, drift=1.0) for start in range(60)]
        noise, table = nominate.Noise(0.1, 1.0), JudgeTable(search_trials=3)
        results = [
            lab.drive(
                nominate.search("c1", BASE, noise, table, lab.scale, seeds, together=together)
            )
            for lab in labs
        ]
        return [abs(r.gain) for r in results if len(r.trials) > 1]

    assert 3 * np.mean(fooled(together=True)) < np.mean(fooled(together=False))


def test_the_first_look_stays_cheap_until_drift_is_known(make_lab):
    least = nominate.LEAST_COMPANY
    for run_sd, company, runs in ((0.3, 0, 1), (0.3, least, 2), (0.1, least, 1), (1.0, 0, 2)):
        lab, noise = make_lab(effects={"c1": -20}), nominate.Noise(0.1, run_sd, company)
        stage = nominate.search("c1", BASE, noise, JudgeTable(), lab.scale, seeds, together=True)
        lab.drive(stage)
        assert len(lab.requests) == runs


def test_a_champion_that_fails_beside_it_is_not_counted(make_lab):
    lab = make_lab(effects={"c1": 20}, faults={"search/1/c1/1/champion": "Killed."})
    result = search(lab, together=True)
    assert (result.promising, result.differences) == (True, ())
    assert result.gain > 15


def test_pooled_noise_counts_pairs_of_search(make_lab):
    lab = make_lab(2, effects={f"c{n}": 1.5 for n in range(600)})
    calibration = lab.calibrate()
    results = [search(lab, f"c{n}", together=True) for n in range(600)]
    noise = experience.pooled_noise(calibration, results, lab.scale)
    assert noise.pair_sd == pytest.approx(1, abs=0.15)
    assert noise.run_sd == pytest.approx(np.sqrt(0.5), abs=0.1)


def test_a_machine_that_drifts_is_seen_by_the_champions_runs_and_then_the_first_look_is_a_pair(
    make_lab,
):
    lab = make_lab(3, effects={f"c{n}": 1.5 for n in range(100)}, drift=2.0)
    calibration = dataclasses.replace(lab.calibrate(), run_sd=0.7)
    results = [search(lab, f"c{n}", together=True) for n in range(100)]
    noise = experience.pooled_noise(calibration, results, lab.scale)
    assert noise.run_sd == pytest.approx(np.sqrt(0.5 + 4), rel=0.25)
    assert noise.company > nominate.LEAST_COMPANY
    assert 0.6 < noise.pair_sd < 1.4
    lab.requests.clear()
    stage = nominate.search("c5", BASE, noise, JudgeTable(), lab.scale, seeds, together=True)
    found = lab.drive(stage)
    assert [r.key for r in lab.requests[:2]] == [
        "search/1/c5/0/candidate",
        "search/1/c5/0/champion",
    ]
    assert len(found.differences) == len(found.beside) == len(found.trials)


def test_a_baseline_of_few_runs_grows_with_each_second_look(make_lab):
    lab = make_lab(effects={"c1": 3.0})
    result = search(lab)
    assert [r.key for r in lab.requests[1:3]] == [
        "search/1/c1/1/candidate",
        "search/1/c1/1/champion",
    ]
    assert (len(result.beside), result.differences) == (1, ())
    assert nominate.refined(BASE, result).runs == 9
    expected = (8 * BASE.mean + result.beside[0]) / 9
    assert nominate.refined(BASE, result).mean == pytest.approx(expected)
    other = dataclasses.replace(BASE, candidate="c7")
    assert nominate.refined(other, result) is other
    assert search(lab, base=SURE).beside == ()


def test_noise_of_times_is_that_of_their_ratios(make_lab):
    base, scale = nominate.Baseline("c0", 300.0, 8), Scale("minimize", ratio=True)
    looks = nominate.Looks("c1", base, nominate.Noise(0.05, 0.04), JudgeTable(), scale)
    for score in (270.0, 275.0, 280.0, 272.0):
        found = looks.take(Trial("k", "c1", Purpose.SEARCH, "search", 0, score), None)
    steps = np.abs(np.diff(np.log([275, 280, 272]))) / np.sqrt(2)
    assert found.alone == pytest.approx(tuple(steps))


def test_a_score_without_a_place_on_the_scale_is_invalid(make_lab):
    scale = Scale("minimize", ratio=True)
    looks = nominate.Looks("c1", BASE, nominate.Noise(0.1, 0.1), JudgeTable(), scale)
    found = looks.take(Trial("k", "c1", Purpose.SEARCH, "search", 0, -1.0), None)
    assert found.verdict.answer is Answer.INVALID
    assert "must be above zero" in found.verdict.reason


def test_a_large_gain_is_tested_at_once_and_a_small_one_when_search_finds_no_better():
    large, small = result("a", 10.0, 1.0), result("b", 2.5, 0.7)
    assert nominate.ripe(large, 0, 1.0)
    assert not nominate.ripe(small, 0, 1.0)
    assert not nominate.ripe(small, 30, 1.0)
    assert nominate.ripe(small, 60, 1.0)
    assert not nominate.ripe(result("c", 0.5, 0.6), 1000, 1.0)
    assert nominate.ripe(small, 0, 0.0)
