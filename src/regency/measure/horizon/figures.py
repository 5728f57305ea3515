"""The report as charts."""

import math
from collections.abc import Mapping
from typing import Literal

from regency.charts import (
    Axis,
    Chart,
    Line,
    Mark,
    Point,
    Points,
    Rule,
    Shade,
    duration,
)
from regency.measure.horizon import words
from regency.measure.horizon.report import AgentHorizon, Report, TrendReport

Name = Literal["trend", "curves", "data", "influence"]
MOST_CURVES = 6
LONG = "Task length, by the time that people need"


def figures(report: Report) -> Mapping[Name, Chart]:
    """Return every chart that the report has data for, the most important first."""
    made: dict[Name, Chart | None] = {
        "trend": over_time(report) or by_agent(report),
        "curves": curves(report),
        "data": data(report),
        "influence": influence(report),
    }
    return {name: chart for name, chart in made.items() if chart}


def over_time(report: Report) -> Chart | None:
    """Return horizons against release dates, with the trend; None without dates."""
    dated = [a for a in report.agents if a.released and 0 < a.p50.value < math.inf]
    if len(dated) < 2:
        return None
    trend = words.main_trend(report)
    newest = max(_day(a) for a in dated)
    marks: list[Mark] = []
    notes = ["Bars are 95 % intervals from joint draws of families, tasks and runs."]
    if trend:
        marks += _trend(trend, newest)
        notes += trend.remarks
    marks += _agents(dated)
    title = "Task length at which agents succeed half of the time"
    if trend:
        title = f"Task length at 50 % success: {words.doubling(trend.doubling_days)}"
    return Chart(
        title=title,
        summary="Each agent at its release date; time as people need it, logarithmic.",
        x=Axis("Release date", "date"),
        y=_lengths(dated),
        marks=tuple(marks),
        notes=tuple(notes),
        height=540,
    )


def _lengths(agents: list[AgentHorizon]) -> Axis:
    """Return an axis that fits the estimates; endless intervals run out of it."""
    values = [a.p50.value for a in agents]
    lows = [a.p50.low for a in agents if a.p50.low > 0]
    highs = [a.p50.high for a in agents if math.isfinite(a.p50.high)]
    low = max(min(lows, default=min(values)), min(values) / 30)
    high = min(max(highs, default=max(values)), max(values) * 30)
    return Axis(LONG, "duration", low=min(low, *values) / 1.5, high=max(high, *values) * 1.6)


def _trend(trend: TrendReport, newest: float) -> list[Mark]:
    known = [row for row in trend.line if row[0] <= newest]
    beyond = [row for row in trend.line if row[0] >= known[-1][0]] if known else list(trend.line)
    sure = all(not math.isnan(row[2]) for row in trend.line)
    said = f"Trend, {trend.name}" + (", 95 % interval" if sure else "")
    made: list[Mark] = []
    if len(beyond) > 1:
        made.append(Shade(newest, None, "x", "extrapolation"))
    for part, dashed in ((known, False), (beyond, True)):
        if len(part) < 2:
            continue
        band = tuple((x, low, high) for x, _, low, high in part) if sure else ()
        points = tuple((x, y) for x, y, _, _ in part)
        label = f"{said}, extrapolated" if dashed else said
        made.append(Line(label, points, band, colour="#0072b2", dashed=dashed))
    return made


def _agents(agents: list[AgentHorizon]) -> list[Mark]:
    thin = [a for a in agents if a.extrapolated or a.below]
    ahead = [a for a in agents if a.frontier and a not in thin]
    others = [a for a in agents if not a.frontier and a not in thin]
    series = [
        Points("Best at its release", _points(ahead), "#d55e00"),
        Points("Extrapolated: too few tasks there", _points(thin), "#a64d85", True, "diamond"),
        Points("Other agents", _points(others), "#5b5b5b", True, "square"),
    ]
    return [marks for marks in series if marks.points]


def _points(agents: list[AgentHorizon]) -> tuple[Point, ...]:
    return tuple(_point(agent) for agent in reversed(agents))


def _point(agent: AgentHorizon) -> Point:
    known = not math.isnan(agent.p50.low)
    return Point(
        _day(agent),
        agent.p50.value,
        max(agent.p50.low, 1e-9) if known else None,
        agent.p50.high if known else None,
        label=agent.name,
        note=f"{agent.name}, {agent.released}: {words.length(agent.p50)}",
    )


def by_agent(report: Report) -> Chart | None:
    """Return horizons agent by agent, for those that have no dates."""
    known = [a for a in report.agents if 0 < a.p50.value < math.inf]
    if not known:
        return None
    points = tuple(
        Point(
            a.p50.value,
            place,
            left=None if math.isnan(a.p50.low) else max(a.p50.low, 1e-9),
            right=None if math.isnan(a.p50.low) else a.p50.high,
            note=f"{a.name}: {words.length(a.p50)}",
        )
        for place, a in enumerate(known)
    )
    axis = _lengths(known)
    return Chart(
        title="Task length at which agents succeed half of the time",
        summary="Bars are 95 % intervals from joint draws of families, tasks and runs.",
        x=axis,
        y=Axis("", "category", categories=tuple(a.name for a in known)),
        marks=(Points("", points),),
        height=150 + 28 * len(known),
    )


def curves(report: Report) -> Chart | None:
    """Return the success curves of the newest agents at the frontier."""
    chosen = [a for a in report.agents if a.frontier and a.curve]
    chosen = (chosen or [a for a in report.agents if a.curve])[-MOST_CURVES:]
    if not chosen:
        return None
    lines = [Line(a.name, tuple((m, p) for m, p, _, _ in a.curve)) for a in chosen]
    return Chart(
        title="Chance of success by task length",
        summary="Fitted curves; the horizon is where a curve crosses 50 %.",
        x=Axis(LONG, "duration"),
        y=Axis("Chance of success", "percent", low=0, high=1),
        marks=(Rule(0.5), Rule(0.8, label="80 %"), *lines),
        height=420,
    )


def data(report: Report) -> Chart | None:
    """Return the first agent's curve beside what was seen."""
    agent = words.best(report)
    if agent is None or not agent.curve:
        return None
    sure = all(not math.isnan(row[2]) for row in agent.curve)
    band = tuple((m, low, high) for m, _, low, high in agent.curve) if sure else ()
    points = tuple(
        Point(b.minutes, b.rate, b.low, b.high, label=f"{b.tasks}",
              note=f"{b.tasks} tasks of about {duration(b.minutes)}: {b.rate:.0%}")
        for b in agent.bins
    )  # fmt: skip
    marks: list[Mark] = []
    if agent.beyond and agent.beyond.longest > agent.p50.value:
        marks.append(Rule(agent.p50.value, "x", f"p50 {duration(agent.p50.value)}"))
    line = Line("Fitted curve, 95 % interval", tuple((m, p) for m, p, _, _ in agent.curve), band)
    return Chart(
        title=f"{agent.name}: the curve and what was seen",
        summary="Tasks of about one length together, with their number; bars count tasks.",
        x=Axis(LONG, "duration"),
        y=Axis("Chance of success", "percent", low=0, high=1),
        marks=(*marks, line, Points("Seen", points)),
        height=420,
    )


def influence(report: Report) -> Chart | None:
    """Return the first agent's horizon under every other assumption."""
    agent = words.best(report)
    if agent is None or not agent.variants:
        return None
    rows = [Point(agent.p50.value, 0, note=words.length(agent.p50))]
    if not math.isnan(agent.p50.low):
        rows[0] = Point(agent.p50.value, 0, left=agent.p50.low, right=agent.p50.high,
                        note=words.length(agent.p50))  # fmt: skip
    names = ["METR's method"]
    if agent.joint:
        joint = agent.joint.typical_p50
        names.append("joint fit, typical task")
        rows.append(Point(joint.value, 1, left=joint.low, right=joint.high))
    shown = [v for v in agent.variants if 0 < v.p50 < math.inf]
    for variant in shown:
        rows.append(Point(variant.p50, len(names), note=f"{duration(variant.p50)}"))
        names.append(variant.name)
    return Chart(
        title=f"{agent.name}: what its horizon rests on",
        summary="Length at 50 % success by other curves, weights, and with tasks left out.",
        x=Axis(LONG, "duration"),
        y=Axis("", "category", categories=tuple(names)),
        marks=(Rule(agent.p50.value, "x"), Points("", tuple(rows))),
        height=130 + 24 * len(names),
    )


def _day(agent: AgentHorizon) -> float:
    return float(agent.released.toordinal()) if agent.released else math.nan
