"""When reviewers fall behind, or since when they have: from demand and capacity, never certain."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck import queue
from regency.measure.bottleneck.items import Estimate, Unit, Wish, unit_for
from regency.measure.bottleneck.load import Traffic
from regency.measure.bottleneck.resample import between, blocks, means, quantiles

Floats = NDArray[np.float64]
FEWEST_UNITS = 8
CHANCE = 0.01  # of a break where there is none; what follows rests on the part after it
SURE = 0.975
BAI = 11.0  # 95 % quantile of where Brownian motion with drift on both sides is highest
STEEPEST = 5.0  # log change over the whole window; beyond it a draw says nothing
FAR = 1e18  # seconds: an arrival that never comes
MOST_AHEAD = 2000  # arrivals simulated ahead in one draw


@dataclass(frozen=True, slots=True)
class Ahead:
    """The backlog expected at one moment to come: middle and ends of its interval."""

    moment: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of the backlog if things go on as in the window.

    Attributes:
        state: ``behind``, ``falls behind``, ``keeps up`` or ``cannot tell``.
        says: The same in a sentence, without dates.
        since: Where demand outgrew capacity and did not come back: when, Unix seconds.
        growth: How much demand exceeds capacity since then, changes a unit.
        trend: Change of demand, as a factor over the window.
        crossing: When demand reaches capacity if its trend goes on; None: no bound.
        chances: Units ahead → chance that demand has reached capacity by then.
        ahead: The backlog to come.
        extrapolated: Whether the crossing lies beyond the data.
        far: Whether it lies further beyond than half the window is long.
    """

    state: str
    says: str
    since: Estimate
    growth: Estimate
    trend: Estimate
    crossing: Estimate
    chances: tuple[tuple[int, float], ...] = ()
    ahead: tuple[Ahead, ...] = ()
    extrapolated: bool = False
    far: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """Where demand outgrew capacity: when, with draws of that; what exceeds since then."""

    since: Estimate
    growth: Estimate
    behind: bool


NOTHING = Estimate(None, None, None)


def forecast(flow: Traffic, wish: Wish) -> tuple[Forecast, Break | None]:
    """Return the forecast, and the break that it found.

    Arrivals are counted by unit and given a log-linear trend (Poisson, by iterated least squares);
    its error comes from blocks of residuals. Capacity stays as it was, with its bootstrap error.
    A break is looked for in the work that each arrival adds, less the time since the one before
    (Page 1954); it counts where no reshuffled sequence but one in a hundred shows one as strong.
    """
    unit = unit_for(flow.end - flow.start)
    counts = _counts(flow, unit)
    if not flow.enough or len(counts) < FEWEST_UNITS:
        said = "Too few decisions or too short a time: nothing can be said of what is to come."
        return Forecast("cannot tell", said, NOTHING, NOTHING, NOTHING, NOTHING), None
    rng = np.random.default_rng(wish.seed + 3)
    broken = _break(flow, unit, wish, rng)
    lines = _trends(counts, wish.draws, rng, unit.block(len(counts)))
    spent = means(flow.spent, wish.draws, rng)
    speeds = flow.reviewers * unit.seconds / spent
    ends = _crossings(lines, speeds, len(counts), unit)
    made = _told(flow, unit, counts, lines, ends, broken)
    if made.state == "behind" and broken is not None:
        counts, lines = _since(flow, unit, counts, broken, wish, rng)
    ahead = _ahead(flow, unit, counts, lines, rng)
    return replace(made, ahead=ahead), broken


def without_limit(found: Forecast) -> Forecast:
    """Return a forecast where it is not shown that reviewers' time is what limits.

    How much more they could decide is not known then, so nothing can be said of falling behind.
    """
    if found.state == "keeps up" or not found.chances:
        return replace(found, ahead=())
    said = (
        "Whether reviewers fall behind cannot be told: waits do not follow the backlog as in a "
        "queue, so how much more they could decide is not known."
    )
    none = Estimate(None, None, None)
    return Forecast("cannot tell", said, none, none, found.trend, none)


def _counts(flow: Traffic, unit: Unit) -> Floats:
    """Return arrivals in each whole unit, counted back from the end."""
    number = int((flow.end - flow.start) / unit.seconds + 1e-9)
    edges = flow.end - unit.seconds * np.arange(number, -1, -1)
    return np.histogram(flow.arrivals, edges)[0].astype(float) if number else np.empty(0)


def _trends(
    counts: Floats, draws: int, rng: np.random.Generator, length: int | None = None
) -> Floats:
    """Return the log-linear trend of counts, draws x (log level at the end, slope a unit).

    The first row is the fit itself; ``length`` is that of the blocks of residuals.
    """
    first = _fitted(counts[None, :])
    mean = np.exp(first[:, :1] + first[:, 1:] * _back(len(counts)))
    room = math.sqrt(len(counts) / max(len(counts) - 2, 1))
    left = (counts - mean[0]) / np.sqrt(mean[0]) * room
    picked = left[blocks(len(counts), draws, rng, length)]
    drawn = np.maximum(mean + np.sqrt(mean) * picked, 0.0)
    return np.vstack([first, _fitted(drawn)])


def _since(
    flow: Traffic, unit: Unit, counts: Floats, broken: Break, wish: Wish, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return counts since the break and their level, without a trend: it is too short for one."""
    start = flow.start if broken.since.value is None else broken.since.value
    number = min(max(2, int((flow.end - start) / unit.seconds)), len(counts))
    recent = counts[-number:]
    drawn = recent[blocks(number, wish.draws, rng)].mean(axis=1)
    levels = np.log(np.maximum(np.concatenate([[recent.mean()], drawn]), 0.1))
    return recent, np.stack([levels, np.zeros(len(levels))], axis=1)


def _back(count: int) -> Floats:
    return np.arange(count, dtype=np.float64) - (
        count - 0.5
    )  # units before the end, at the middle of each


def _fitted(counts: Floats) -> Floats:
    """Return level and slope of each row, by iterated weighted least squares."""
    t = _back(counts.shape[1])
    level = np.log(np.maximum(counts.mean(axis=1), 0.1))
    slope: Floats = np.zeros(len(counts))
    steep = STEEPEST / counts.shape[1]
    for _ in range(30):
        eta = np.clip(level[:, None] + slope[:, None] * t, -20, 20)
        mean = np.exp(eta)
        answer = eta + (counts - mean) / mean
        w0, w1, w2 = mean.sum(1), (mean * t).sum(1), (mean * t * t).sum(1)
        y0, y1 = (mean * answer).sum(1), (mean * answer * t).sum(1)
        det = np.maximum(w0 * w2 - w1 * w1, 1e-12)
        slope = np.clip((w0 * y1 - w1 * y0) / det, -steep, steep)
        level = np.clip((y0 - w1 * slope) / w0, -20, 20)
    return np.asarray(np.stack([level, slope], axis=1), dtype=np.float64)


def _crossings(lines: Floats, speeds: Floats, count: int, unit: Unit) -> Floats:
    """Return seconds after the end until demand reaches capacity, for each draw; infinite: never.

    Negative where it has already, at the earliest the start of the window.
    """
    level, slope = lines[1:, 0], lines[1:, 1]
    gap = np.log(speeds) - level
    with np.errstate(divide="ignore", invalid="ignore"):
        units = np.where(slope > 0, gap / slope, np.where(gap > 0, np.inf, -count))
    return np.asarray(np.maximum(units, -count) * unit.seconds)


def _told(
    flow: Traffic, unit: Unit, counts: Floats, lines: Floats, ends: Floats, broken: Break | None
) -> Forecast:
    span = len(counts) * unit.seconds
    low, middle, high = quantiles(ends, (0.025, 0.5, 0.975))
    when = Estimate(*(flow.end + v if math.isfinite(v) else None for v in (middle, low, high)))
    chances = tuple((n, float(np.mean(ends <= n * unit.seconds))) for n in _steps(len(counts)))
    factor = np.exp(lines[:, 1] * len(counts))
    trend = between(float(factor[0]), factor[1:])
    now = float(np.mean(ends <= 0))
    if broken is not None and broken.behind:
        said = "Demand outgrew capacity and has stayed above it: the backlog grows."
        state, since, growth = "behind", broken.since, broken.growth
        return Forecast(state, said, since, growth, trend, NOTHING, chances)
    far = middle > span / 2
    rest = (NOTHING, NOTHING, trend, when, chances)
    if now >= SURE:
        said = "Demand is above what the reviewers do while they have something to review."
        return Forecast("behind", said, *rest)
    if high <= 2 * span:
        said = "Demand grows towards capacity and reaches it if the trend goes on."
        return Forecast("falls behind", said, *rest, (), True, far)
    if low > 2 * span:
        said = "Demand stays below capacity for as far ahead as the data can reach."
        return Forecast("keeps up", said, *rest, (), True, far)
    said = "The data cannot tell: demand may reach capacity, or never."
    return Forecast("cannot tell", said, *rest, (), True, far)


def _steps(count: int) -> tuple[int, ...]:
    return (max(1, count // 2), count, 2 * count)


# ── since when ─────────────────────────────────────────────────────────────────────────────────


def _break(flow: Traffic, unit: Unit, wish: Wish, rng: np.random.Generator) -> Break | None:
    gaps = flow.gaps
    work = _work(flow) / flow.reviewers
    steps = work - gaps
    places = blocks(len(steps), wish.draws, rng)
    at, strength = _split(steps[None, :])
    _, chance = _split(steps[places])
    if np.mean(chance >= strength[0]) > CHANCE:
        return None
    cut = int(at[0])
    before, after = steps[:cut], steps[cut:]
    if len(after) < 3 or len(before) < 3:
        return None
    excess = after[blocks(len(after), wish.draws, rng)].mean(axis=1)
    rate = unit.seconds / after_gap if (after_gap := float(gaps[cut:].mean())) > 0 else 0.0
    scale = rate / max(float(work[cut:].mean()), 1e-9)
    growth = between(float(after.mean()) * scale, excess * scale)
    behind = bool(np.mean(excess > 0) >= SURE and before.mean() < after.mean())
    return Break(_around(flow, before, after), growth, behind)


def _around(flow: Traffic, before: Floats, after: Floats) -> Estimate:
    """Return when the mean of the steps changed, with Bai's interval (1997, equation 13)."""
    times = flow.start + np.cumsum(flow.gaps)
    cut = len(before)
    jump = max(abs(float(after.mean() - before.mean())), 1e-12)
    early, late = (int(BAI * float(side.var()) / jump**2) + 1 for side in (before, after))
    ends = (cut, max(cut - early, 0), min(cut + late, len(times) - 1))
    return Estimate(*(float(times[n]) for n in ends))


def _work(flow: Traffic) -> Floats:
    """Return the work that each arrival brought: as it was for what is done, else as of late."""
    done, count = flow.spent, len(flow.gaps)
    late = float(done[-max(3, len(done) // 4) :].mean())
    work = np.full(count, late)
    known = done[-count:] if len(done) >= count else done
    work[: len(known)] = known
    return work


def _split(steps: Floats) -> tuple[NDArray[np.int_], Floats]:
    """Return where each row's mean changes most upwards, and how much, in standard deviations."""
    count = steps.shape[1]
    mean = steps.mean(axis=1, keepdims=True)
    below = -np.cumsum(steps - mean, axis=1)[:, :-1]
    n = np.arange(1, count)
    size = below / np.sqrt(n * (count - n) / count) / np.maximum(steps.std(axis=1)[:, None], 1e-12)
    edge = max(2, count // 20)
    size[:, :edge] = size[:, -edge:] = -np.inf
    at = size.argmax(axis=1)
    return at + 1, size[np.arange(len(size)), at]


# ── the backlog to come ────────────────────────────────────────────────────────────────────────


def _ahead(
    flow: Traffic, unit: Unit, counts: Floats, lines: Floats, rng: np.random.Generator
) -> tuple[Ahead, ...]:
    """Return the backlog at each unit ahead, from the queue run on with drawn demand and work."""
    length = max(1, min(round((flow.end - flow.start) / unit.seconds / 4), 13))
    units = np.arange(length)
    mean = np.exp(lines[1:, :1] + lines[1:, 1:] * (units + 0.5))
    fitted = np.exp(lines[0, 0] + lines[0, 1] * _back(len(counts)))
    left = (counts - fitted) / np.sqrt(fitted)
    drawn = rng.poisson(np.maximum(mean + np.sqrt(mean) * _extra(left, mean.shape, rng), 0.0))
    drawn = np.minimum(drawn, MOST_AHEAD // length)
    waiting = int(np.sum((flow.arrivals <= flow.end) & (flow.departures > flow.end)))
    came = _arrivals(drawn, min(waiting, MOST_AHEAD), rng)
    spent = flow.spent[blocks(len(flow.spent), len(came), rng, size=came.shape[1])] / unit.seconds
    gone = queue.finished(came, spent, flow.reviewers)
    extra = max(0, waiting - MOST_AHEAD)
    return tuple(_at(n, came, gone, flow.end, unit, extra) for n in range(1, length + 1))


def _extra(left: Floats, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return noise beyond Poisson's, as far as the residuals show any."""
    more = max(float(np.var(left)) - 1.0, 0.0)
    return rng.normal(0.0, math.sqrt(more), shape)


def _arrivals(drawn: NDArray[np.int_], waiting: int, rng: np.random.Generator) -> Floats:
    """Return when changes come, in units; what waits is there at 0, what never comes at `FAR`."""
    total = drawn.sum(axis=1)
    came = np.full((len(drawn), waiting + int(total.max(initial=0))), FAR)
    came[:, :waiting] = 0.0
    for row, (counts, end) in enumerate(zip(drawn, total, strict=True)):
        start = np.repeat(np.arange(len(counts)), counts)
        came[row, waiting : waiting + end] = np.sort(start + rng.random(end))
    return came if came.shape[1] else np.full((len(drawn), 1), FAR)


def _at(n: int, came: Floats, gone: Floats, end: float, unit: Unit, extra: int) -> Ahead:
    number = ((came <= n) & (gone > n)).sum(axis=1) + extra
    low, middle, high = quantiles(number, (0.025, 0.5, 0.975))
    return Ahead(end + n * unit.seconds, middle, low, high)
