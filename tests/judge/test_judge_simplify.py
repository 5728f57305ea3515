"""Simpler is better: what gets a test, what is shown, and what it may cost in all."""

import numpy as np
import pytest

from regency.config import JudgeTable
from regency.judge import confirm, simplify
from regency.judge.nominate import SearchResult
from regency.judge.scale import BOUNDED, Scale
from regency.judge.verdict import explain
from regency.records import Agent, Answer, Candidate, Verdict
from regency.stats import evalues

QUIET = {"c0": 1.0, "c1": 1.0}


def result(candidate="c1", gain=0.0, se=0.1, *, promising=False):
    return SearchResult(candidate, gain, se, (), promising, None, "c0")


def test_a_change_that_costs_nothing_is_promoted_as_simpler(make_lab):
    answers = []
    for start in range(20):
        lab = make_lab(start, effects={"c1": 0.0}, noise=QUIET)
        verdict = lab.test("c1", lab.calibrate(), margin=3.0)
        answers.append(verdict.answer)
        if verdict.simpler:
            assert verdict.reason.startswith("Simpler: fewer lines")
            assert (verdict.margin, verdict.e_value >= 1 / verdict.level) == (3.0, True)
            assert -3.0 <= verdict.low < 0
            assert "If worse by over 3, at most 1 test in 230" in explain(verdict)
    assert answers.count(Answer.BETTER) >= 17


def test_one_that_is_worse_than_the_margin_is_not(make_lab):
    rng = range(200)
    labs = [make_lab(start, effects={"c1": -3.0}, noise=QUIET) for start in rng]
    promoted = [lab.test("c1", lab.calibrate(), margin=3.0).answer for lab in labs]
    assert promoted.count(Answer.BETTER) <= 4  # 0.9 expected at most; more with chance 0.002


def test_one_that_is_better_is_promoted_as_better(make_lab):
    lab = make_lab(effects={"c1": 6.0})
    verdict = lab.test("c1", lab.calibrate(), margin=3.0)
    assert (verdict.answer, verdict.simpler, verdict.margin) == (Answer.BETTER, False, 0.0)


def test_without_a_margin_no_better_is_not_enough(make_lab):
    lab = make_lab(effects={"c1": 0.0}, noise=QUIET)
    assert lab.test("c1", lab.calibrate()).answer is Answer.NOT_BETTER


def test_without_noise_an_equal_score_is_soon_enough(make_lab):
    lab = make_lab(effects={"c1": 0.0}, noise={"c0": 0, "c1": 0})
    verdict = lab.test("c1", lab.calibrate(), margin=0.1)
    assert (verdict.simpler, verdict.looks) == (True, 9)


@pytest.mark.parametrize(
    ("scale", "e_process"),
    [
        (Scale("minimize"), evalues.RIGHT_HAAR_T),
        (Scale("maximize"), evalues.RIGHT_HAAR_T),
        (Scale("minimize", ratio=True), evalues.RIGHT_HAAR_T),
        (Scale("maximize", low=0.0, high=2.0, items=50), BOUNDED),
        (Scale("minimize", low=0.0, high=2.0, items=50), BOUNDED),
        (Scale("maximize"), evalues.SIGN),
    ],
)
def test_evidence_grows_for_equals_and_falls_for_worse_on_every_scale(scale, e_process):
    rng = np.random.default_rng(3)
    way = -1 if scale.goal == "minimize" else 1
    new, old = rng.normal(1.0, 0.02, (2, 30))
    equal = list(zip(new, old, strict=True))
    worse = [(a - way * 0.3, b) for a, b in equal]
    assert simplify.evidence(scale, e_process, equal, (), 0.2) > 100
    assert simplify.evidence(scale, e_process, worse, (), 0.2) < 1
    nomination = confirm.start(
        1, 0, "c1", "c0", calibration(e_process), JudgeTable(confirm_pairs=40), 0.0, scale,
        margin=0.2,
    )  # fmt: skip
    assert simplify.hopeless(scale, worse, nomination)
    assert not simplify.hopeless(scale, equal[:6], nomination)


def calibration(e_process):
    from regency.records import Calibration

    return Calibration("c0", 3, 0.02, (0.02, -0.01, 0.0), 1.0, 6, False, 0.1, e_process, "")


def test_only_fewer_lines_are_simpler():
    made = [Candidate("c1", "", "", "c0", Agent("a", "b"), "", lines_added=n) for n in (0, 2)]
    assert not any(simplify.is_simpler(candidate) for candidate in made)
    fewer = Candidate("c1", "", "", "c0", Agent("a", "b"), "", lines_added=1, lines_removed=2)
    assert simplify.is_simpler(fewer)


def test_a_generation_shares_one_margin():
    table = JudgeTable(smallest_effect=0.02)
    assert simplify.margin_left(table, []) == 0.02
    assert simplify.margin_left(JudgeTable(smallest_effect=0.02, simpler_margin=0.0), []) == 0
    assert simplify.margin_left(JudgeTable(simpler_margin=0.1), []) == 0.1

    def promoted(low, margin):
        return Verdict("c1", Answer.BETTER, "confirm", "", low=low, margin=margin)

    assert simplify.margin_left(table, [promoted(-0.012, 0.02)]) == pytest.approx(0.008)
    assert simplify.margin_left(table, [promoted(0.01, 0.02)]) == 0.02
    assert simplify.margin_left(table, [promoted(0.01, 0.0)]) == 0.02
    assert simplify.margin_left(table, [promoted(-0.019, 0.02)]) == 0
    assert simplify.margin_left(table, [promoted(None, 0.02)]) == 0


def test_what_is_worth_a_test():
    assert simplify.worth_testing(result(gain=-0.01), 0.1, 0.1, 32)
    assert not simplify.worth_testing(result(gain=-0.2), 0.1, 0.1, 32)
    assert not simplify.worth_testing(result(gain=None), 0.1, 0.1, 32)
    assert not simplify.worth_testing(result(gain=0.0), 0.0, 0.0, 32)
    assert not simplify.worth_testing(result(gain=0.0), 0.1, 1.0, 32)  # would take 138 pairs


def test_at_equal_evidence_the_smaller_change_is_tested():
    def lines(name):
        added = {"c1": 40, "c2": 2, "c3": 1, "c4": 1}[name]
        return Candidate(name, "", "", "c0", Agent("a", "b"), "", lines_added=added)

    pool = [result("c1", 1.0), result("c2", 0.96), result("c3", 0.9), result("c4", 1.0, se=0.5)]
    assert simplify.smallest(pool[0], pool, lines).candidate == "c2"
    assert simplify.smallest(pool[2], pool[2:], lines).candidate == "c3"
