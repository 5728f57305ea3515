"""Runs in, report out: the order of things."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from regency.measure.horizon import bootstrap, fits, hierarchy, seen, sensitivity, trends
from regency.measure.horizon.bootstrap import Fit
from regency.measure.horizon.hierarchy import Hierarchy
from regency.measure.horizon.logistic import length
from regency.measure.horizon.records import Agent, Interval, Runs
from regency.measure.horizon.report import (
    AgentHorizon,
    Beyond,
    Difficulty,
    Joint,
    Report,
    Settings,
)
from regency.measure.horizon.table import Array, Table, tabulate

FEW_TASKS, FEW_FAMILIES, FEW_SHARE = 12, 5, 0.10
FEW_BELOW = 5
FEW_IN_ALL = 10
Told = Callable[[str, int], None]  # what is being done, and how many agents × draws were drawn


def measure(
    runs: Runs | None,
    settings: Settings,
    published: Sequence[AgentHorizon] = (),
    told: Told = lambda _, __: None,
) -> Report:
    """Measure the horizons of all agents, and how fast they grow.

    Args:
        runs: What agents did; None: only published horizons.
        settings: How.
        published: Horizons that others computed: they join the trends, without interval.
        told: Is told how far it is.
    """
    if runs is None:
        found = trends.all_trends(published, {}, settings)
        return Report(*found, settings=settings, remarks=_future(found[0], settings))
    state = _State.of(runs, settings, told)
    own = [_agent(state, number, agent) for number, agent in enumerate(runs.agents)]
    points = [*published, *own]
    told("trend", 0)
    agents, lines = trends.all_trends(points, state.p50_draws(), settings)
    lines = tuple(sensitivity.trend_without(line, agents, state.left) for line in lines)
    return Report(
        agents=agents,
        trends=lines,
        settings=settings,
        difficulty=_difficulty(state.joint) if state.joint else None,
        scale_change=sensitivity.scale_change(state.table, settings.penalty),
        cheats=_cheats(runs),
        remarks=(*runs.remarks, *_remarks(state), *_future(agents, settings)),
    )


@dataclass(frozen=True, slots=True)
class _State:
    """What was fitted.

    Attributes:
        runs: As read.
        table: As arrays.
        settings: How.
        fit: The fit.
        beta: A × 2, point estimates.
        draws: A × D × 2.
        joint: The hierarchical fit.
        left: What was left out in turn.
    """

    runs: Runs
    table: Table
    settings: Settings
    fit: Fit
    beta: Array
    draws: Array
    joint: Hierarchy | None
    left: sensitivity.LeftOut

    @staticmethod
    def of(runs: Runs, settings: Settings, told: Told) -> "_State":
        table = tabulate(runs, settings.weighting)
        fit = fits.fitter(table, settings.penalty)
        told("fit", 0)
        beta = fits.points(table, fit)
        told("influence", 0)
        left = sensitivity.left_out(runs, table, fit)
        told("joint fit", 0)
        joint = hierarchy.fit(table) if settings.hierarchical else None
        told("draws", 0)
        draws = np.empty((len(table.agents), 0, 2))
        if settings.draws:
            draws = bootstrap.draw(
                table, settings.draws, settings.seed, fit, lambda n: told("draws", n)
            )
        return _State(runs, table, settings, fit, beta, draws, joint, left)

    def p50_draws(self) -> dict[str, Array]:
        """Return each agent's draws of p50, minutes."""
        if not self.settings.draws:
            return {}
        lengths = length(self.draws.reshape(-1, 2), 0.5).reshape(self.draws.shape[:2])
        return dict(zip(self.table.agents, lengths, strict=True))


def _agent(state: _State, number: int, agent: Agent) -> AgentHorizon:
    table = state.table
    ran, _, successes = fits.weighted(table, number)
    score = float(successes.sum())
    p50, p80 = (_horizon(state, number, q, score) for q in (0.5, 0.8))
    beyond = _beyond(state, number, p50.value)
    extrapolated = _thin(beyond) or p50.value > state.settings.longest
    return AgentHorizon(
        name=agent.name,
        released=agent.released,
        p50=p50,
        p80=p80,
        intercept=float(state.beta[number, 0]),
        slope=float(state.beta[number, 1]),
        average_score=score,
        runs=int(table.runs[number].sum()),
        tasks=len(ran),
        families=len(np.unique(table.family[ran])),
        beyond=beyond,
        extrapolated=bool(extrapolated and p50.value > 0),
        below=bool(p50.value > 0 and _shorter(state, number, p50.value) < FEW_BELOW),
        joint=_joint(state, number),
        variants=(
            *sensitivity.shapes(table, number, state.settings.penalty),
            *sensitivity.cheating(state.runs, number, state.settings),
            *state.left.variants(number),
        ),
        curve=seen.curve(table, state.beta[number], state.draws[number]),
        bins=seen.bins(table, number),
        warnings=tuple(_warnings(state, number, p50, beyond)),
    )


def _horizon(state: _State, number: int, chance: float, score: float) -> Interval:
    slope = state.beta[number, 1]
    if math.isnan(slope):
        return Interval(0.0 if score == 0 else math.inf)
    if slope >= 0:
        return Interval(math.nan)
    value = float(length(state.beta[number][None], chance)[0])
    if not state.draws.shape[1]:
        return Interval(value)
    low, high = bootstrap.ends(length(state.draws[number], chance)[None])
    return Interval(value, float(low[0]), float(high[0]))


def _beyond(state: _State, number: int, minutes: float) -> Beyond:
    ran, trials, _ = fits.weighted(state.table, number)
    longer = state.table.minutes[ran] > minutes
    families = np.unique(state.table.family[ran][longer])
    longest = float(state.table.minutes[ran].max())
    return Beyond(int(longer.sum()), float(trials[longer].sum()), len(families), longest)


def _shorter(state: _State, number: int, minutes: float) -> int:
    ran, _, _ = fits.weighted(state.table, number)
    return int((state.table.minutes[ran] < minutes).sum())


def _thin(beyond: Beyond) -> bool:
    few = beyond.tasks < FEW_TASKS or beyond.families < FEW_FAMILIES
    return few or beyond.share < FEW_SHARE


def _joint(state: _State, number: int) -> Joint | None:
    joint = state.joint
    if joint is None or number not in joint.agents:
        return None
    place = joint.agents.index(number)
    if joint.beta[place, 1] >= 0:
        return None
    return Joint(
        joint.typical(place, 0.5),
        joint.typical(place, 0.8),
        joint.marginal(place, 0.5),
        joint.marginal(place, 0.8),
    )


def _difficulty(joint: Hierarchy) -> Difficulty:
    slope = float(np.median(np.abs(joint.beta[:, 1])))
    factor = 2.0 ** min(joint.difficulty_sd / max(slope, 1e-9), 1000.0)
    return Difficulty(joint.family_sd, joint.task_sd, factor, joint.alike)


def _warnings(state: _State, number: int, p50: Interval, beyond: Beyond) -> list[str]:
    slope, said = float(state.beta[number, 1]), []
    if p50.value == 0:
        return ["Every run failed: the horizon is below the shortest task, told as 0."]
    if p50.value == math.inf:
        return ["Every run succeeded: the horizon is beyond the longest task; nothing bounds it."]
    if slope >= 0:
        return ["It does not do worse on longer tasks: these runs say nothing of a horizon."]
    if _thin(beyond) or p50.value > state.settings.longest:
        said.append(
            f"Extrapolated: only {beyond.tasks} of its tasks, from {beyond.families} families and "
            f"with {beyond.share:.1%} of the weight, are longer than the estimate. Read the lower "
            "end of the interval as the finding."
        )
    shorter = _shorter(state, number, p50.value)
    if shorter < FEW_BELOW:
        said.append(
            f"Extrapolated downwards: only {shorter} of its tasks are shorter than the estimate. "
            "Read the upper end of the interval as the finding."
        )
    ran, _, _ = fits.weighted(state.table, number)
    families = len(np.unique(state.table.family[ran]))
    if families < FEW_IN_ALL:
        said.append(
            f"Only {families} families of tasks: the interval, which resamples families, is too "
            "narrow."
        )
    lost = int(np.isnan(state.draws[number, :, 1]).sum())
    if lost:
        said.append(f"{lost} of {state.settings.draws} draws had runs of one kind only: left out.")
    return said


def _remarks(state: _State) -> list[str]:
    table, said = state.table, []
    if table.censored:
        spans = int((table.low != table.high).sum())
        said.append(
            f"The times of {spans} of {len(table.tasks)} tasks are known only to a span: curves "
            "are averaged over it. The joint fit, and what counts as longer, take its middle."
        )
    if state.joint is None and state.settings.hierarchical:
        said.append("No agent both failed and succeeded: there is no joint fit.")
    return said


def _future(agents: Sequence[AgentHorizon], settings: Settings) -> tuple[str, ...]:
    late = [a for a in agents if a.released and a.released > settings.today]
    named = ", ".join(f"{agent.name} ({agent.released})" for agent in late)
    return (f"Released in the future, so in no trend: {named}. Mend the dates.",) if late else ()


def _cheats(runs: Runs) -> int | None:
    known = [cell.cheats for cell in runs.cells if cell.cheats is not None]
    return sum(known) if known else None
