"""Which agents a trend is of, and what is said of it."""

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np

from regency.measure.horizon.records import Interval
from regency.measure.horizon.report import AgentHorizon, Forecast, Settings, TrendReport
from regency.measure.horizon.table import Array
from regency.measure.horizon.trend import FEWEST, Trend, fitted, frontier

PLACES = 60  # of the line in a chart


def all_trends(
    agents: Sequence[AgentHorizon], draws: Mapping[str, Array], settings: Settings
) -> tuple[tuple[AgentHorizon, ...], tuple[TrendReport, ...]]:
    """Return the agents, the frontier among them marked, and the trends.

    Args:
        agents: All of them.
        draws: Name → joint draws of its p50, of those that have any.
        settings: How.
    """
    ordered = sorted(agents, key=lambda a: (a.released or dt.date.max, a.name))
    dated = [a for a in ordered if a.released and usable(a, settings)]
    ahead = frontier([_day(a) for a in dated], [a.p50.value for a in dated])
    names = {dated[n].name for n in ahead}
    marked = tuple(dataclasses.replace(a, frontier=a.name in names) for a in ordered)
    found = [_trend("all agents", dated, draws, settings)]
    later = [a for a in dated if a.released and a.released >= settings.since]
    if len(later) < len(dated):
        found.append(_trend(f"{settings.since} and later", later, draws, settings))
    return marked, tuple(line for line in found if line)


def usable(agent: AgentHorizon, settings: Settings) -> bool:
    """Return whether an agent may be in a trend: a true date, a positive and finite horizon."""
    date = agent.released
    if date is None or date > settings.today or (settings.until and date > settings.until):
        return False
    return 0 < agent.p50.value < math.inf


def _trend(
    name: str,
    agents: Sequence[AgentHorizon],
    draws: Mapping[str, Array],
    settings: Settings,
) -> TrendReport | None:
    """Return the trend of the frontier among ``agents``; None if there are too few of them."""
    ahead = frontier([_day(a) for a in agents], [a.p50.value for a in agents])
    chosen = [agents[n] for n in ahead if agents[n].p50.value <= settings.longest]
    days = [_day(a) for a in chosen]
    if len(chosen) < FEWEST or len(set(days)) < FEWEST:
        return None
    joint = None
    if all(a.name in draws for a in chosen):
        joint = np.array([draws[a.name] for a in chosen])
    line = fitted(days, [a.p50.value for a in chosen], joint)
    last = max(_day(a) for a in agents)
    until = last + max(settings.forecast, default=0)
    at = np.linspace(min(days), until, PLACES)
    return TrendReport(
        name=name,
        agents=tuple(a.name for a in chosen),
        doubling_days=Interval(line.doubling_days, line.low, line.high),
        scatter=line.scatter,
        line=tuple(zip(at.tolist(), line.minutes(at).tolist(), *(e.tolist() for e in line.band(at)),
                       strict=True)),
        forecasts=tuple(_forecasts(line, chosen, last, settings)),
        remarks=tuple(_remarks(agents, ahead, chosen, joint, settings)),
    )  # fmt: skip


def _forecasts(
    line: Trend, chosen: Sequence[AgentHorizon], last: float, settings: Settings
) -> list[Forecast]:
    """Return the line extended, and a parabola extended: their distance is not noise."""
    x = np.array([_day(a) for a in chosen])
    y = np.log([a.p50.value for a in chosen])
    made = []
    for ahead in settings.forecast:
        at = np.array([last + ahead])
        day = dt.date.fromordinal(int(at[0]))
        low, high = line.band(at)
        straight = Interval(float(line.minutes(at)[0]), float(low[0]), float(high[0]))
        made.append(Forecast(day, straight, "same doubling time"))
        if len(set(x.tolist())) > FEWEST:
            bent = np.polyfit((x - last) / 365, y, 2)
            exponent = float(np.polyval(bent, ahead / 365))
            value = math.exp(exponent) if exponent < 700 else math.inf
            made.append(Forecast(day, Interval(value), "doubling time that changes steadily"))
    return made


def _remarks(
    agents: Sequence[AgentHorizon],
    ahead: Sequence[int],
    chosen: Sequence[AgentHorizon],
    joint: Array | None,
    settings: Settings,
) -> list[str]:
    said = []
    left = [agents[n].name for n in ahead if agents[n] not in chosen]
    if left:
        said.append(
            f"Left out, being above {settings.longest / 60:g} h where tasks are few: "
            f"{', '.join(left)}."
        )
    if joint is None and settings.draws:
        said.append("No interval: some horizons were published, so there are no joint draws.")
    thin = [a.name for a in chosen if a.extrapolated or a.below]
    if thin:
        said.append(f"Rests on extrapolated horizons: {', '.join(thin)}.")
    return said


def _day(agent: AgentHorizon) -> float:
    return float((agent.released or dt.date.max).toordinal())
