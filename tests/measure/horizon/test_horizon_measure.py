"""The whole measure: known horizons, other assumptions, and what must be said aloud."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from regency.charts import compose, draw
from regency.errors import BadInput
from regency.measure.horizon import (
    Agent,
    AgentHorizon,
    Cell,
    Interval,
    Runs,
    Settings,
    Task,
    measure,
    words,
)
from regency.measure.horizon.figures import figures
from regency.measure.horizon.page import page
from toy_runs import made

TODAY = dt.date(2026, 1, 1)
QUICK = Settings(draws=200, today=TODAY)


@pytest.fixture(scope="module")
def report():
    return measure(made(), QUICK)


def of(report, name):
    return next(agent for agent in report.agents if agent.name == name)


def test_known_horizons_are_found(report):
    for agent, horizon in zip(report.agents, (3, 5, 7), strict=True):
        assert math.log2(agent.p50.value) == pytest.approx(horizon, abs=0.8)
        assert agent.p50.low < 2**horizon < agent.p50.high
        eighty = horizon - math.log(4) / 0.6
        assert math.log2(agent.p80.value) == pytest.approx(eighty, abs=1.2)
        assert agent.slope == pytest.approx(-0.6, abs=0.2)
        assert agent.frontier


def test_a_known_trend_is_found(report):
    (trend,) = report.trends  # all agents are of 2023 and later
    assert trend.doubling_days.value == pytest.approx(100, rel=0.2)
    assert trend.doubling_days.low < 100 < trend.doubling_days.high
    assert trend.agents == ("a0", "a1", "a2")
    last = trend.forecasts[-1]
    assert last.day == dt.date(2023, 6, 1) + dt.timedelta(400 + 365)
    assert all("xtrapolation" in text for text in words.forecasts(trend))


def test_the_lower_lambda_is_told_to_do_no_harm(report):
    assert report.scale_change < 1e-3
    strong = measure(made(), dataclasses.replace(QUICK, penalty=0.1, draws=0))
    assert strong.scale_change > 0.01
    assert any("λ shapes" in text for text in words.method(strong))


def test_leaving_out_is_fitting_without(report):
    runs = made()
    kept = [t for t in runs.tasks if t.suite != "long"]
    names = {t.id for t in kept}
    cells = tuple(c for c in runs.cells if c.task in names)
    part = dataclasses.replace(runs, tasks=tuple(kept), cells=cells)
    # weights within a family count what the agent ran: leaving out keeps those of the whole
    alone = measure(part, dataclasses.replace(QUICK, draws=0, weighting="equal"))
    whole = measure(runs, dataclasses.replace(QUICK, draws=0, weighting="equal"))
    found = next(v for v in of(whole, "a1").variants if v.name == "without suite long")
    assert found.p50 == pytest.approx(of(alone, "a1").p50.value, rel=1e-6)


def test_variants_name_every_assumption(report):
    names = [v.name for v in report.agents[0].variants]
    assert "probit" in names
    assert "λ = 0.1" in names
    assert any("lapses" in name for name in names)
    assert {"without suite short", "without suite long"} <= set(names)
    assert {"without times by baseline", "without times by estimate"} <= set(names)
    assert sum(v.group == "family" for v in report.agents[0].variants) == 5


def test_cheating_counted_three_ways():
    runs = made(agents=1)
    cells = tuple(
        dataclasses.replace(c, cheats=min(1, c.runs - int(c.successes)), scores=())
        for c in runs.cells
    )
    report = measure(dataclasses.replace(runs, cells=cells), dataclasses.replace(QUICK, draws=0))
    agent = report.agents[0]
    failure, dropped, success = (v for v in agent.variants if v.group == "cheating")
    assert failure.p50 == pytest.approx(agent.p50.value, rel=1e-6)
    assert failure.p50 < dropped.p50 < success.p50
    assert report.cheats == sum(c.cheats for c in cells)


def test_few_long_tasks_are_an_extrapolation():
    report = measure(made(agents=1, horizons=[10.5]), QUICK)
    agent = report.agents[0]
    assert agent.extrapolated
    assert agent.beyond.tasks < 12
    assert any("Extrapolated" in text for text in agent.warnings)
    assert "at least" in words.headline(report)
    assert not of(measure(made(), QUICK), "a0").extrapolated


def test_few_short_tasks_are_an_extrapolation_downwards():
    agent = measure(made(agents=1, horizons=[-2.0]), QUICK).agents[0]
    assert agent.below
    assert any("downwards" in text for text in agent.warnings)


def constant(score):
    tasks = tuple(Task(f"t{n}", f"f{n}", 2.0**n, 2.0**n) for n in range(8))
    cells = tuple(Cell("a", t.id, 3 * score, 3) for t in tasks)
    return Runs((Agent("a", dt.date(2024, 1, 1)),), tasks, cells)


def test_runs_of_one_kind_have_no_silent_number():
    none, every = (measure(constant(score), QUICK).agents[0] for score in (0, 1))
    assert (none.p50.value, every.p50.value) == (0, math.inf)
    assert "Every run failed" in none.warnings[0]
    assert "Every run succeeded" in every.warnings[0]
    assert measure(constant(0), QUICK).trends == ()


def test_doing_better_on_longer_tasks_is_no_horizon():
    runs = made(agents=1, slope=0.6)
    agent = measure(runs, QUICK).agents[0]
    assert math.isnan(agent.p50.value)
    assert "does not do worse" in agent.warnings[0]
    assert "No agent has a horizon" in words.headline(measure(runs, QUICK))


def test_dates_in_the_future_are_in_no_trend():
    runs = made(agents=4)
    late = (*runs.agents[:3], dataclasses.replace(runs.agents[3], released=dt.date(2031, 1, 1)))
    report = measure(dataclasses.replace(runs, agents=late), QUICK)
    assert "a3" not in report.trends[0].agents
    assert any("2031-01-01" in text for text in report.remarks)


def test_published_horizons_take_the_place_of_earlier_agents():
    old = [
        AgentHorizon(f"o{n}", dt.date(2019 + n, 1, 1), Interval(0.05 * 4**n), Interval(math.nan))
        for n in range(3)
    ]
    report = measure(made(), QUICK, old)
    whole, later = report.trends
    assert whole.agents == ("o0", "o1", "o2", "a0", "a1", "a2")
    assert math.isnan(whole.doubling_days.low)
    assert any("published" in text for text in whole.remarks)
    assert later.doubling_days.low < later.doubling_days.value


def test_horizons_above_the_limit_are_in_no_trend():
    report = measure(made(), dataclasses.replace(QUICK, longest=2.0**6, draws=0))
    assert report.trends == ()
    four = measure(made(agents=4), dataclasses.replace(QUICK, longest=2.0**6.2, draws=0))
    assert four.trends[0].agents == ("a0", "a1", "a2")
    assert any("a3" in text for text in four.trends[0].remarks)


def test_no_runs():
    with pytest.raises(BadInput, match="not a single run"):
        measure(Runs((), (), ()), QUICK)


def test_times_known_to_a_span():
    random = np.random.default_rng(1)
    edges = [(1, 15), (15, 60), (60, 240), (240, math.inf)]
    tasks, cells = [], []
    for n in range(400):
        x = random.normal(5.5, 2)
        low, high = edges[int(np.digitize(2**x, [15, 60, 240]))]
        won = float(random.random() < stats.logistic.cdf(-0.8 * (x - 6)))
        tasks.append(Task(f"t{n}", f"f{n % 40}", low, high))
        cells.append(Cell("a", f"t{n}", won, 1))
    runs = Runs((Agent("a"),), tuple(tasks), tuple(cells))
    report = measure(runs, dataclasses.replace(QUICK, draws=100, hierarchical=False))
    agent = report.agents[0]
    assert math.log2(agent.p50.value) == pytest.approx(6, abs=0.7)
    assert agent.p50.low < 64 < agent.p50.high
    assert any("span" in text for text in report.remarks)


def test_all_of_it_can_be_drawn(report):
    charts = figures(report)
    assert list(charts) == ["trend", "curves", "data", "influence"]
    for chart in charts.values():
        assert draw(chart).startswith("<svg")
    html = compose(page(report, "regency measure horizon x.csv"))
    assert html.count("<svg") == 4
    assert html.count("<code>regency measure horizon x.csv") >= 7
    for runs in (constant(0), constant(1), made(agents=1, slope=0.6)):
        odd = measure(dataclasses.replace(runs, agents=(Agent(runs.agents[0].name),)), QUICK)
        assert compose(page(odd, "x"))
