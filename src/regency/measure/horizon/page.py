"""The report as one page."""

import math

from regency.charts import (
    Figure,
    Heading,
    Items,
    Page,
    Part,
    Prose,
    Sheet,
    Warned,
    draw,
    duration,
)
from regency.measure.horizon import words
from regency.measure.horizon.figures import Name, figures
from regency.measure.horizon.report import AgentHorizon, Report

CAPTIONS: dict[Name, str] = {
    "trend": "Every horizon with its 95 % interval. What is shaded was never measured.",
    "curves": "A flatter curve means that long tasks are not much harder than short ones.",
    "data": "Where the bars leave the band, the curve's shape does not fit.",
    "influence": "If one family or one assumption moves the point far, the number rests on it.",
}


def page(report: Report, command: str) -> Page:
    """Return the page.

    Args:
        report: What was measured.
        command: What made it, for printing under each figure.
    """
    parts: list[Part] = [*_warned(report)]
    for name, chart in figures(report).items():
        figure = f"{command} --figure {name} --out {name}.svg"
        parts.append(Figure(draw(chart), CAPTIONS[name], figure))
    parts += [Heading("Horizons"), _horizons(report, command), *_joint(report, command)]
    if report.trends:
        parts += [Heading("Trend"), _trends(report, command)]
        for trend in report.trends:
            parts.append(Items(tuple(words.trend_lines(trend))))
    parts += _variants(report, command)
    parts += [Heading("How it was measured"), Items(tuple(words.method(report)))]
    return Page(
        title="How long a task can agents do?",
        summary=words.headline(report),
        parts=tuple(parts),
        footer="A horizon is the length of the tasks, measured by the time that skilled people "
        "need, on which an agent succeeds with a given chance. It holds for tasks like these.",
    )


def _warned(report: Report) -> list[Part]:
    agent = words.best(report)
    return [Warned(f"{agent.name}: {text}") for text in agent.warnings] if agent else []


def _horizons(report: Report, command: str) -> Sheet:
    numbers = ("released", "50 %", "80 %", "longer tasks")
    return Sheet(
        columns=("agent", *numbers),
        rows=tuple(_row(agent) for agent in reversed(report.agents)),
        caption="Lengths with 95 % intervals; * extrapolated; longer tasks: how many lie beyond "
        "the 50 % horizon, with their share of the weight.",
        command=f"{command} --json",
        right=numbers,
    )


def _row(agent: AgentHorizon) -> tuple[str, ...]:
    beyond = agent.beyond
    return (
        agent.name,
        str(agent.released or ""),
        f"{words.marked(agent)} {words.ends(agent.p50)}".strip(),
        "" if math.isnan(agent.p80.value) else words.length(agent.p80),
        f"{beyond.tasks} ({beyond.share:.0%})" if beyond else "",
    )


def _joint(report: Report, command: str) -> list[Part]:
    numbers = ("typical 50 %", "typical 80 %", "marginal 80 %")
    rows = tuple(
        (
            agent.name,
            words.length(agent.joint.typical_p50),
            words.length(agent.joint.typical_p80),
            words.length(agent.joint.marginal_p80),
        )
        for agent in reversed(report.agents)
        if agent.joint
    )
    if not rows:
        return []
    caption = "Typical: on a task of median difficulty. Marginal: on a task drawn at random."
    sheet = Sheet(("agent", *numbers), rows, caption, f"{command} --json", numbers)
    return [Heading("Joint fit: tasks and families differ in difficulty"), sheet]


def _trends(report: Report, command: str) -> Sheet:
    return Sheet(
        columns=("trend", "agents", "doubling time"),
        rows=tuple(
            (t.name, str(len(t.agents)), words.doubling(t.doubling_days)) for t in report.trends
        ),
        caption="Least squares of the logarithm on the date, through the best agent of each time.",
        command=f"{command} --json",
        right=("agents",),
    )


def _variants(report: Report, command: str) -> list[Part]:
    agent = words.best(report)
    if agent is None or not agent.variants:
        return []
    rows = [("as above", "", duration(agent.p50.value), duration(agent.p80.value))]
    rows += [(v.name, v.group, _said(v.p50), _said(v.p80)) for v in agent.variants]
    sheet = Sheet(
        columns=("assumption", "kind", "50 %", "80 %"),
        rows=tuple(rows),
        caption="Sources are left out one at a time; of families, those that matter most.",
        command=f"{command} --json",
        right=("50 %", "80 %"),
    )
    return [Heading(f"{agent.name} under other assumptions"), Prose(CAPTIONS["influence"]), sheet]


def _said(minutes: float) -> str:
    return duration(minutes) if minutes > 0 else "none"
