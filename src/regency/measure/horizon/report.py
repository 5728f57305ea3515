"""What the measure answers: plain values."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.measure.horizon.records import Interval
from regency.measure.horizon.table import Weighting


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure.

    Attributes:
        penalty: λ of the classic fit.
        weighting: ``invsqrt`` (METR's) or ``equal``.
        draws: Of the bootstrap; 0: no intervals.
        seed: Of the bootstrap.
        since: The second trend begins here.
        until: Agents released later are in no trend.
        longest: Horizons above this, minutes, are in no trend: METR's rule since May 2026.
        forecast: Days after the newest agent for which the trend is extrapolated.
        hierarchical: Whether to make the joint fit.
        today: Release dates after it are wrong.
    """

    penalty: float = 1e-5
    weighting: Weighting = "invsqrt"
    draws: int = 1000
    seed: int = 42
    since: dt.date = dt.date(2023, 1, 1)
    until: dt.date | None = None
    longest: float = 960.0
    forecast: tuple[int, ...] = (182, 365)
    hierarchical: bool = True
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())


@dataclass(frozen=True, slots=True)
class Beyond:
    """The evidence on one side of a horizon: how much was measured there.

    Attributes:
        tasks: Tasks longer than the horizon.
        share: Their share of the agent's weight.
        families: Their families.
        longest: Minutes of the longest task of all.
    """

    tasks: int
    share: float
    families: int
    longest: float


@dataclass(frozen=True, slots=True)
class Variant:
    """The horizons under another assumption, minutes; ``group`` says which kind of assumption."""

    group: str
    name: str
    p50: float
    p80: float


@dataclass(frozen=True, slots=True)
class Joint:
    """The horizons by the hierarchical fit, minutes: see `hierarchy`."""

    typical_p50: Interval
    typical_p80: Interval
    marginal_p50: Interval
    marginal_p80: Interval


@dataclass(frozen=True, slots=True)
class Bin:
    """What was seen of tasks of about one length.

    Attributes:
        minutes: Geometric mean of their lengths.
        rate: Weighted share of successes.
        low: Lower end of its 95 % interval, which counts tasks and not runs.
        high: Upper end.
        tasks: How many.
    """

    minutes: float
    rate: float
    low: float
    high: float
    tasks: int


@dataclass(frozen=True, slots=True)
class AgentHorizon:
    """One agent's horizons.

    Attributes:
        name: The agent.
        released: Its release date.
        p50: Task length at which it succeeds half of the time, minutes, with 95 % interval.
        p80: The same at 80 %.
        intercept: Of the classic curve; NaN where there is none.
        slope: Of it, per doubling of the length.
        average_score: Weighted.
        runs: How many; 0: the horizons were published, not computed here.
        tasks: Tasks it ran.
        families: Their families.
        beyond: Evidence beyond p50.
        extrapolated: Whether too little was measured beyond p50 for more than a lower bound.
        below: Whether too little was measured below it for more than an upper bound.
        frontier: Whether it was the best when it came out.
        joint: By the hierarchical fit.
        variants: Under other assumptions.
        curve: Minutes, chance of success, and the ends of its 95 % interval.
        bins: What was seen, by length.
        warnings: What must be known of these numbers.
    """

    name: str
    released: dt.date | None
    p50: Interval
    p80: Interval
    intercept: float = math.nan
    slope: float = math.nan
    average_score: float = math.nan
    runs: int = 0
    tasks: int = 0
    families: int = 0
    beyond: Beyond | None = None
    extrapolated: bool = False
    below: bool = False
    frontier: bool = False
    joint: Joint | None = None
    variants: tuple[Variant, ...] = ()
    curve: tuple[tuple[float, float, float, float], ...] = ()
    bins: tuple[Bin, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """The trend on a day on which nothing was measured: always an extrapolation."""

    day: dt.date
    minutes: Interval
    shape: str


@dataclass(frozen=True, slots=True)
class TrendReport:
    """One trend.

    Attributes:
        name: Which agents it is of.
        agents: Their names.
        doubling_days: With 95 % interval.
        scatter: Standard deviation of the agents about the line, in doublings.
        line: Day number, the line's minutes, and the ends of its interval.
        forecasts: Extrapolations.
        influence: Name of a family or source → doubling time without it, days.
        remarks: What must be known of it.
    """

    name: str
    agents: tuple[str, ...]
    doubling_days: Interval
    scatter: float
    line: tuple[tuple[float, float, float, float], ...]
    forecasts: tuple[Forecast, ...] = ()
    influence: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How much tasks of one length differ in difficulty, by the hierarchical fit.

    Attributes:
        family_sd: Of families, logits.
        task_sd: Of tasks within families, logits.
        factor: One standard deviation of both, as a factor of length, for the median slope.
        alike: Correlation of runs of one agent on one task.
    """

    family_sd: float
    task_sd: float
    factor: float
    alike: float


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer.

    Attributes:
        agents: By release date.
        trends: All agents, and those since a date.
        settings: How it was measured.
        difficulty: By the hierarchical fit.
        scale_change: Largest relative change of any p50 if all weights were ten times as large:
            near 0 when λ does no harm.
        cheats: Runs that are marked as cheating; None: not recorded.
        remarks: On the data as a whole.
    """

    agents: tuple[AgentHorizon, ...]
    trends: tuple[TrendReport, ...]
    settings: Settings
    difficulty: Difficulty | None = None
    scale_change: float = math.nan
    cheats: int | None = None
    remarks: tuple[str, ...] = ()
