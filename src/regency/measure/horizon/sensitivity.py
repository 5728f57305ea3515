"""What the horizons would be under other assumptions: shape, λ, cheating, sources, families."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from regency.measure.horizon import curves, fits, logistic
from regency.measure.horizon.bootstrap import Fit
from regency.measure.horizon.logistic import length
from regency.measure.horizon.records import Runs, Task
from regency.measure.horizon.report import AgentHorizon, Settings, TrendReport, Variant
from regency.measure.horizon.table import Array, Cheating, Table, tabulate
from regency.measure.horizon.trend import fitted

SHOWN_FAMILIES = 5
SHAPE, PENALTY, CHEATING, SOURCE, FAMILY = "shape", "λ", "cheating", "source", "family"
CHEATED: tuple[tuple[Cheating, str], ...] = (
    ("failure", "cheating counts as failure"),
    ("dropped", "runs that cheated dropped"),
    ("success", "cheating counts as success"),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Curves with groups of tasks left out in turn.

    Attributes:
        names: Name of each group.
        kinds: `SOURCE` or `FAMILY`, of each group.
        beta: A × G × 2.
        full: A × 2, with nothing left out.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    beta: Array
    full: Array

    def variants(self, agent: int) -> Iterator[Variant]:
        """Yield an agent's horizons without each source, and without its weightiest families."""
        p50, p80 = (length(self.beta[agent], q) for q in (0.5, 0.8))
        whole = float(length(self.full[agent][None], 0.5)[0])
        moved = np.abs(np.log(p50 / whole))
        order = np.argsort(-np.where(np.isfinite(moved), moved, -1.0))
        families = [g for g in order if self.kinds[g] == FAMILY and moved[g] > 0]
        sources = [g for g, kind in enumerate(self.kinds) if kind == SOURCE]
        for g in [*sources, *families[:SHOWN_FAMILIES]]:
            yield Variant(self.kinds[g], self.names[g], float(p50[g]), float(p80[g]))


def left_out(runs: Runs, table: Table, fit: Fit) -> LeftOut:
    """Return every agent's curve without each family, each suite and each kind of timing."""
    names, kinds, masks = [], [], []
    for kind, label, of in _groupings():
        values = [of(task) for task in runs.tasks]
        distinct = sorted(set(values) - {""})
        if len(set(values)) < 2:
            continue
        for value in distinct:
            names.append(f"without {label}{value}")
            kinds.append(kind)
            masks.append([v == value for v in values])
    groups = np.array(masks, dtype=bool).reshape(len(masks), len(runs.tasks))
    full = fits.points(table, fit)
    return LeftOut(tuple(names), tuple(kinds), fits.without(table, groups, fit), full)


def _groupings() -> tuple[tuple[str, str, Callable[[Task], str]], ...]:
    return (
        (SOURCE, "suite ", lambda task: task.suite),
        (SOURCE, "times by ", lambda task: task.timing),
        (FAMILY, "", lambda task: task.family),
    )


def trend_without(line: TrendReport, agents: Sequence[AgentHorizon], left: LeftOut) -> TrendReport:
    """Return a trend with its doubling time without each group; the frontier stays as it is."""
    by_name = {agent.name: n for n, agent in enumerate(a for a in agents if a.runs)}
    held = {agent.name: agent for agent in agents}
    if not line.agents or any(name not in by_name for name in line.agents):
        return line
    days = [held[name].released for name in line.agents]
    rows = [by_name[name] for name in line.agents]
    found: dict[str, float] = {}
    for g, name in enumerate(left.names):
        minutes = length(left.beta[rows, g], 0.5)
        if np.isfinite(minutes).all() and (minutes > 0).all():
            x = [float(day.toordinal()) for day in days if day is not None]
            found[name] = fitted(x, [float(m) for m in minutes]).doubling_days
    usual = line.doubling_days.value
    order = sorted(found, key=lambda name: -abs(math.log(abs(found[name] / usual))))
    kinds = dict(zip(left.names, left.kinds, strict=True))
    kept = [name for name in order if kinds[name] == SOURCE]
    kept += [name for name in order if kinds[name] == FAMILY][:SHOWN_FAMILIES]
    return dataclasses.replace(line, influence={name: found[name] for name in kept})


def shapes(table: Table, agent: int, penalty: float) -> Iterator[Variant]:
    """Yield an agent's horizons under other curves and under METR's earlier λ."""
    x, g, n, s = fits.spread(table, agent)
    if not 0 < s.sum() < n.sum() * (1 - 1e-12):
        return
    probit = curves.fit(x, g, n[None], s[None], penalty, "probit")[0]
    yield _variant(SHAPE, "probit", probit, link="probit")
    lapsing, lapse = curves.with_lapses(x, g, n, s, penalty)
    yield _variant(SHAPE, f"logit with {lapse:.1%} lapses", lapsing, lapse=lapse)
    for other in (logistic.EARLIER_REGULARISATION, logistic.REGULARISATION):
        if other != penalty:
            beta = curves.fit(x, g, n[None], s[None], other)[0]
            yield _variant(PENALTY, f"λ = {other:g}", beta)


def _variant(
    group: str, name: str, beta: Array, *, link: curves.Link = "logit", lapse: float = 0.0
) -> Variant:
    p50, p80 = (curves.quantile(beta, q, link, lapse) for q in (0.5, 0.8))
    return Variant(group, name, p50, p80)


def cheating(runs: Runs, agent: int, settings: Settings) -> Iterator[Variant]:
    """Yield an agent's horizons with cheating counted three ways, where it is recorded."""
    name = runs.agents[agent].name
    cells = tuple(cell for cell in runs.cells if cell.agent == name)
    if not any(cell.cheats for cell in cells):
        return
    own = dataclasses.replace(runs, agents=(runs.agents[agent],), cells=cells)
    for how, words in CHEATED:
        table = tabulate(own, settings.weighting, how)
        beta = fits.points(table, fits.fitter(table, settings.penalty))[0]
        yield _variant(CHEATING, words, beta)


def scale_change(table: Table, penalty: float) -> float:
    """Return the largest relative change of any p50 if all weights were ten times as large.

    Weights that sum to 1 make λ matter more than it seems: METR's 0.1 raised recent horizons by up
    to a fifth before that was noticed in March 2026.
    """
    usual, scaled = (
        length(fits.points(table, fits.fitter(table, p)), 0.5) for p in (penalty, penalty / 10)
    )
    change = np.abs(scaled / usual - 1)
    return float(np.nanmax(np.where(np.isfinite(change), change, np.nan), initial=0.0))
