"""A report in plain sentences, the same at a terminal and on a page."""

import math

from regency.charts import duration
from regency.measure.horizon.records import Interval
from regency.measure.horizon.report import AgentHorizon, Report, TrendReport

DAYS_A_MONTH = 30.4375


def value(interval: Interval) -> str:
    """Return a length without its interval."""
    if math.isnan(interval.value):
        return "none"
    if math.isinf(interval.value):
        return "beyond all"
    return duration(interval.value) if interval.value > 0 else "0"


def marked(agent: AgentHorizon) -> str:
    """Return p50 without its interval, with a star where it is extrapolated."""
    return value(agent.p50) + ("*" if agent.extrapolated or agent.below else "")


def ends(interval: Interval) -> str:
    """Return the ends of an interval of lengths; empty without one."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return ""
    return f"[{duration(interval.low)}, {duration(interval.high)}]"


def length(interval: Interval) -> str:
    """Return a length with its interval."""
    return f"{value(interval)} {ends(interval)}".strip()


def best(report: Report) -> AgentHorizon | None:
    """Return the agent to speak of first: the newest at the frontier, else the longest horizon."""
    ahead = [agent for agent in report.agents if agent.frontier]
    if ahead:
        return ahead[-1]
    known = [a for a in report.agents if 0 < a.p50.value < math.inf]
    return max(known, key=lambda a: a.p50.value, default=None)


def main_trend(report: Report) -> TrendReport | None:
    """Return the trend to speak of first: the newer one."""
    return report.trends[-1] if report.trends else None


def headline(report: Report) -> str:
    """Return the answer in a sentence or two."""
    agent, trend = best(report), main_trend(report)
    said = []
    if agent is None:
        return "No agent has a horizon that these runs can tell: see the remarks."
    if agent.extrapolated and not math.isnan(agent.p50.low):
        said.append(
            f"{agent.name} succeeds half of the time on tasks that take people at least "
            f"{duration(agent.p50.low)}. The estimate, {duration(agent.p50.value)}, is "
            "extrapolated."
        )
    else:
        said.append(
            f"{agent.name} succeeds half of the time on tasks that take people {length(agent.p50)}."
        )
    if trend:
        said.append(f"Horizons of {trend.name}: {doubling(trend.doubling_days)}.")
    return " ".join(said)


def doubling(days: Interval) -> str:
    """Return a doubling time in words."""
    if not math.isfinite(days.value) or days.value <= 0:
        return "they do not grow"
    months = days.value / DAYS_A_MONTH
    text = f"doubling every {days.value:.0f} days"
    if not math.isnan(days.low):
        text += f" [{days.low:.0f}, {days.high:.0f}]"
    return f"{text} ({months:.1f} months)"


def forecasts(trend: TrendReport) -> list[str]:
    """Return the extrapolations of a trend, marked as such."""
    return [
        f"Extrapolation to {item.day}, where nothing was measured: {length(item.minutes)} "
        f"with the {item.shape}."
        for item in trend.forecasts
    ]


def trend_lines(trend: TrendReport) -> list[str]:
    """Return everything that is said of a trend but its doubling time."""
    names = ", ".join(trend.agents)
    count = f"{len(trend.agents)} agents at the frontier"
    said = [f"{count}, scattered by {trend.scatter:.2f} doublings: {names}."]
    if trend.influence:
        low, high = min(trend.influence.values()), max(trend.influence.values())
        said.append(
            f"Without one source or family the doubling time is {low:.0f} to {high:.0f} days."
        )
    return [*said, *trend.remarks, *forecasts(trend)]


def method(report: Report) -> list[str]:
    """Return how it was measured, and what the numbers rest on."""
    settings = report.settings
    drawn = f"{settings.draws:,} joint draws of families, tasks and runs, seed {settings.seed}"
    fitted = f"λ = {settings.penalty:g}, weights {settings.weighting}, {drawn}"
    said = [f"Logistic fit by METR's method (arXiv 2503.14499): {fitted}. Brackets: 95 %."]
    if not math.isnan(report.scale_change):
        said.append(
            f"With λ ten times smaller, p50 changes by at most {report.scale_change:.2%}: "
            + ("λ does no harm." if report.scale_change < 0.01 else "λ shapes these results.")
        )
    hard = report.difficulty
    if hard:
        said.append(
            f"Joint fit: tasks of one length differ in difficulty by a factor of "
            f"{hard.factor:.1f} in length (one standard deviation; families "
            f"{hard.family_sd:.2f}, tasks {hard.task_sd:.2f} logits); runs of one agent on one "
            f"task correlate by a further {hard.alike:.2f}."
        )
        said.append(
            "Typical horizon: on a task of median difficulty. Marginal horizon: on a task drawn "
            "at random, hard ones included; at 50 % they are equal, at 80 % it is shorter."
        )
    if report.cheats is not None:
        said.append(f"{report.cheats:,} runs are marked as cheating and count as failures.")
    return [*said, *report.remarks]
