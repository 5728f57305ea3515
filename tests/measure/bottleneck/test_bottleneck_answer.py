"""The whole answer on streams with known truth."""

import json
import math

import numpy as np
import pytest
from review_streams import WEEK, of_times, random_stream, stream
from scipy.stats import spearmanr

from regency.measure.bottleneck import figures, words
from regency.measure.bottleneck.answer import measure
from regency.measure.bottleneck.items import Estimate, Wish
from regency.measure.bottleneck.load import rank_correlation
from regency.measure.bottleneck.resample import between, blocks
from regency.records import plain

QUICK = Wish(draws=120)


def holds(found: Estimate, truth: float) -> bool:
    low = -math.inf if found.low is None else found.low
    high = math.inf if found.high is None else found.high
    return low <= truth <= high


def test_intervals_of_demand_and_capacity_hold_nearly_always():
    held = [0, 0, 0]
    for seed in range(20):
        load = measure(random_stream(30, 0.025, seed), QUICK).load
        for n, (found, truth) in enumerate(
            ((load.utilisation, 0.75), (load.arrivals, 30.0), (load.capacity, 40.0))
        ):
            held[n] += holds(found, truth)
    assert min(held) >= 16, held


def test_regular_work_is_measured_exactly():
    came = np.arange(1, 130) * 0.2
    report = measure(stream(came, np.full(129, 0.1)), QUICK)
    assert report.load.capacity.value == pytest.approx(10)
    assert report.load.wait_s == pytest.approx(0.1 * WEEK)
    assert report.load.occupied == pytest.approx(0.5, abs=0.01)
    half = next(s for s in report.stages if s.human).median_s
    assert half.value == pytest.approx(0.1 * WEEK)


def test_three_reviewers_are_counted_by_name():
    load = measure(random_stream(30, 0.08, 1, reviewers=3), QUICK).load
    assert load.reviewers == 3
    assert holds(load.utilisation, 0.8)


def test_waits_that_are_no_queue_do_not_prove_a_limit():
    rng = np.random.default_rng(4)
    came = np.sort(rng.random(600)) * 26
    report = measure(of_times(came, came + rng.exponential(0.3, 600), [0] * 600), QUICK)
    assert not report.load.limiting
    assert report.load.utilisation.low == 0
    assert "at most" in words.headline(report)


def test_more_reviewers_than_the_waits_allow_are_not_believed():
    made = random_stream(40, 0.02, 3)
    assert measure(made, QUICK).load.limiting
    assert not measure(made, Wish(draws=120, reviewers=20)).load.limiting


def test_ranks_are_those_of_scipy():
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, 5, 50), rng.random(50)
    assert rank_correlation(one, two) == pytest.approx(spearmanr(one, two).statistic)


def test_a_window_after_the_last_decision_says_when_that_was():
    made = stream([1, 2, 3], [0.1, 0.1, 0.1], weeks=200)
    said = measure(made, QUICK).problems
    assert any("the last decision was on 1970-01-22" in p for p in said)


def test_a_known_break_is_found_and_the_backlog_grows():
    report = measure(
        random_stream(lambda w: np.where(w < 16, 20.0, 60.0), 0.03, 7), Wish(draws=200)
    )
    assert report.forecast.state == "behind"
    since = report.forecast.since
    assert since.value is not None and abs(since.value / WEEK - 16) < 1
    assert report.regime_start == since.value
    assert holds(report.forecast.growth, 60 - 1 / 0.03)
    assert report.forecast.ahead[-1].low > report.load.backlog
    assert report.load.utilisation.low is not None and report.load.utilisation.low > 1


def test_steady_demand_does_not_fall_behind():
    states = {measure(random_stream(15, 0.02, s), QUICK).forecast.state for s in range(8)}
    assert "behind" not in states


def test_growing_demand_is_told_ahead_as_an_extrapolation():
    found = measure(
        random_stream(lambda w: 15 * np.exp(w * 0.04), 0.02, 3), Wish(draws=200)
    ).forecast
    assert found.state == "falls behind"
    assert found.extrapolated
    assert found.trend.low is not None and found.trend.low > 1
    assert holds(found.crossing, math.log(50 / 15) / 0.04 * WEEK)


def test_options_save_what_running_the_truth_saves():
    truth = 1 - (1 / (50 * 1.1 - 40)) / (1 / (50 - 40))  # M/M/1: mean wait 1 / (μ - λ)
    held = 0
    for seed in range(8):
        report = measure(random_stream(40, 0.02, seed), QUICK)
        option = next(o for o in report.options if o.name == "10 % more review time")
        held += holds(option.share, truth)
        assert option.saved_s.low is not None and option.saved_s.low > 0
    assert held >= 6


def test_one_more_hour_needs_minutes_and_wider_minutes_give_a_wider_answer():
    made = random_stream(40, 0.02, 2)
    assert measure(made, QUICK).hours is None
    exact = measure(made, Wish(draws=120, minutes=(30, 30)))
    wide = measure(made, Wish(draws=120, minutes=(10, 90)))
    assert exact.hours is not None and exact.hours[0] == pytest.approx(25, rel=0.15)
    shares = [next(o for o in r.options if "hour" in o.name).share for r in (exact, wide)]
    assert shares[1].high - shares[1].low > shares[0].high - shares[0].low  # type: ignore[operator]


def test_few_decisions_give_no_forecast_and_no_options():
    report = measure(stream([1, 2, 3], [0.1, 0.1, 0.1]), QUICK)
    assert report.forecast.state == "cannot tell"
    assert report.options == ()
    assert report.load.utilisation == Estimate(None, None, None)
    assert any("Only 3 decisions" in p for p in report.problems)


@pytest.mark.parametrize("case", ["empty", "none decided"])
def test_nothing_to_go_by_is_said(case):
    made = stream([], []) if case == "empty" else of_times([1.0, 2.0], [99.0, 99.0], [0, 0])
    report = measure(made, QUICK)
    assert report.problems
    json.dumps(plain(report), allow_nan=False)
    assert "<svg" in figures.page(report, "x") or not report.history


def test_the_same_seed_gives_the_same_answer_and_json_has_no_nan():
    made = random_stream(20, 0.03, 5)
    one, two = (json.dumps(plain(measure(made, QUICK)), allow_nan=False) for _ in range(2))
    assert one == two
    assert one != json.dumps(plain(measure(made, Wish(draws=120, seed=1))))


def test_blocks_are_runs_of_a_ring_and_every_place_is_as_likely():
    found = blocks(10, 4000, np.random.default_rng(0), length=5)
    steps = np.diff(found.reshape(-1, 5), axis=1) % 10
    assert (steps == 1).all()
    share = np.bincount(found.ravel(), minlength=10) / found.size
    assert share == pytest.approx(np.full(10, 0.1), abs=0.01)


def test_unbounded_draws_give_no_bound():
    found = between(1.0, [1.0] * 50 + [math.inf] * 50)
    assert (found.low, found.high) == (1.0, None)


def test_texts_of_the_page_cannot_bring_markup():
    made = random_stream(20, 0.03, 5)
    hostile = type(made)(**{
        **{f: getattr(made, f) for f in made.__slots__}, "name": "<script>x</script>",
    })  # fmt: skip
    page = figures.page(measure(hostile, QUICK), "regency <b>")
    assert "<script>" not in page and "<b>" not in page
    assert page.count("<svg") == 4
