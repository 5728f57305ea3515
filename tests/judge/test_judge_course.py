import dataclasses

import pytest

from regency.charts import draw
from regency.config import GuardTable, JudgeTable
from regency.judge import confirm
from regency.judge.account import account
from regency.judge.course import course
from regency.judge.figures import figures
from regency.records import Answer, Verdict


@pytest.fixture
def tested(make_lab):
    """A function that tests a candidate and returns the verdict and its course."""

    def test(effect, start=0, table=None, guards=(), margin=0.0, **lab_settings):
        lab = make_lab(start, effects={"c1": effect}, **lab_settings)
        table = table or JudgeTable()
        calibration = lab.calibrate(table)
        nomination = confirm.start(1, 0, "c1", "c0", calibration, table, 1.0, lab.scale)
        scores = {}
        run = lab.run

        def watched(request, weather=0.0):
            trial = run(request, weather)
            if request.key.startswith("confirm/"):
                scores[tuple(request.key.split("/")[3:])] = trial.score
            return trial

        lab.run = watched
        verdict = lab.test("c1", calibration, settings=table, guards=guards, margin=margin)
        pairs = [
            (scores[str(n), "candidate"], scores[str(n), "champion"]) for n in range(verdict.looks)
        ]
        made = course(
            nomination, calibration, lab.scale, pairs,
            smallest_effect=table.smallest_effect, generation=0, used=1, margin=verdict.margin,
        )  # fmt: skip
        return verdict, made

    return test


@pytest.mark.parametrize("effect", [-2.0, 0.0, 0.6, 2.0, 6.0])
def test_the_course_ends_where_the_verdict_does(tested, effect):
    verdict, made = tested(effect)
    last = made.looks[-1]
    assert len(made.looks) == verdict.looks
    assert last.e_value == pytest.approx(verdict.e_value)
    assert last.mean == pytest.approx(verdict.effect)
    assert (last.low, last.high) == (pytest.approx(verdict.low), pytest.approx(verdict.high))
    assert (last.e_value >= made.bar) == (verdict.answer is Answer.BETTER)
    values = [look.e_value for look in made.looks]
    assert values == sorted(values)


def test_what_was_missing_is_the_pairs_it_would_have_taken(tested):
    for start in range(30):
        verdict, made = tested(0.5, start)
        said = " ".join(account(verdict, made, "loss"))
        if verdict.answer is Answer.UNDECIDED:
            break
    assert verdict.answer is Answer.UNDECIDED
    assert made.needed > made.max_pairs - 1
    assert "not refuted" in said
    assert f"after {made.needed} in all" in said
    assert f"{made.looks[-1].e_value:,.3g} of the 230 needed" in said


def test_a_promotion_says_what_it_rests_on(tested):
    verdict, made = tested(6.0)
    assert made.needed is None
    assert "asked for 230" in account(verdict, made, "loss")[0]


def test_a_guard_is_told_with_its_numbers(tested):
    sizes = {"c0": {"model_bytes": 100.0}, "c1": {"model_bytes": 151.0}}
    guard = GuardTable(name="size", of="model_bytes", max_ratio=1.5)
    verdict, made = tested(8.0, guards=[guard], scores=sizes)
    said = " ".join(account(verdict, made, "loss"))
    assert "because of a guard" in said
    assert "model_bytes: 151 against 100" in said


def test_worse_and_too_small_are_told_apart(tested):
    verdict, made = tested(-3.0)
    assert "worse on average" in account(verdict, made, "loss")[0]
    verdict, made = tested(0.5, table=JudgeTable(smallest_effect=2.0), noise={"c0": 0.3, "c1": 0.3})
    assert "below the smallest effect" in account(verdict, made, "loss")[0]


def test_what_was_never_tested_promises_nothing():
    early = [("screen", Answer.INVALID), ("search", Answer.NOT_BETTER)]
    for gate, answer in (*early, ("search", Answer.SUPERSEDED), ("confirm", Answer.SUPERSEDED)):
        assert account(Verdict("c1", answer, gate, "Why."), None, "loss")


@pytest.mark.parametrize("effect", [-3.0, 6.0])
def test_figures_hold_every_pair_and_the_bar(tested, effect):
    verdict, made = tested(effect)
    effects, evidence = figures(made, "loss", f"c1: {verdict.answer} <&>")
    points = next(mark for mark in effects.marks if getattr(mark, "label", "") == "one pair")
    assert [(p.x, p.y) for p in points.points] == [(look.pair, look.effect) for look in made.looks]
    assert any(getattr(mark, "at", None) == made.bar for mark in evidence.marks)
    assert "&lt;&amp;&gt;" in draw(effects)
    assert "needed: 230" in draw(evidence)


def test_a_test_without_noise_can_be_drawn(tested):
    verdict, made = tested(0.001, noise={"c0": 0, "c1": 0})
    assert verdict.answer is Answer.BETTER
    assert all("NaN" not in draw(chart) for chart in figures(made, "loss", "c1"))
    shorter = dataclasses.replace(made, looks=made.looks[:1])
    assert all("NaN" not in draw(chart) for chart in figures(shorter, "loss", "c1"))


def test_a_simpler_candidate_is_told_by_the_evidence_that_it_rests_on(tested):
    verdict, made = tested(0.0, margin=3.0, noise={"c0": 1.0, "c1": 1.0})
    assert verdict.simpler
    assert made.margin == 3.0
    assert made.looks[-1].e_value == pytest.approx(verdict.e_value)
    assert verdict.e_value >= made.bar
    assert account(verdict, made, "loss")[0].startswith("Promoted as simpler: it has fewer lines")
    effects, evidence = figures(made, "loss", "c1")
    assert any(getattr(mark, "at", None) == -3.0 for mark in effects.marks)
    assert "if worse by over 3" in evidence.summary
