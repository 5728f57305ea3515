"""The whole answer: from a stream to a report."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from regency.measure.bottleneck import queue
from regency.measure.bottleneck.amounts import day
from regency.measure.bottleneck.forecast import Break, Forecast, forecast, without_limit
from regency.measure.bottleneck.items import Counted, Estimate, Item, Stream, Wish, unit_for
from regency.measure.bottleneck.load import Load, Traffic, load, settled, traffic
from regency.measure.bottleneck.share import Ceiling, ceiling, counted
from regency.measure.bottleneck.survival import Curve, kaplan_meier, quantile
from regency.measure.bottleneck.whatif import Option, bounded, fits, hours, options

QUANTILES = (0.5, 0.9)
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Stage:
    """How long the way from one point to another takes.

    Attributes:
        name: From where to where.
        human: Whether only humans are waited for in it.
        curve: The share that takes longer.
        median_s: Seconds within which half are through.
        late_s: Seconds within which nine in ten are.
    """

    name: str
    human: bool
    curve: Curve
    median_s: Estimate
    late_s: Estimate


@dataclass(frozen=True, slots=True)
class Moment:
    """The queue at one time: how many wait, the age of the oldest, and the mean age; seconds."""

    time: float
    waiting: int
    oldest_s: float
    mean_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """Where review holds the work up.

    Attributes:
        source: ``lab`` or ``git``.
        name: The lab's or repository's.
        revision: What was read.
        since: Start of what was observed, Unix seconds.
        until: Its end.
        settled: Where load, forecast and options end: earlier, where not all that waits is seen.
        complete: Whether all that waits is seen.
        window_start: Where the window begins that load, forecast and options rest on.
        regime_start: Where load and options begin: later, where demand broke away in the window.
        items: How many changes were seen.
        decided: How many of them were decided.
        stages: Durations.
        history: The backlog over time.
        load: Demand and capacity.
        hours: Review hours a week, lowest and highest, that the model takes there to be.
        forecast: What becomes of the backlog.
        options: What could be done.
        ceiling: The human share of the way.
        reviewed: Signs of review.
        problems: What is wrong with the source.
        unknown: What it cannot say.
    """

    source: str
    name: str
    revision: str
    since: float
    until: float
    settled: float
    complete: bool
    window_start: float
    regime_start: float
    items: int
    decided: int
    stages: tuple[Stage, ...]
    history: tuple[Moment, ...]
    load: Load
    hours: tuple[float, float] | None
    forecast: Forecast
    options: tuple[Option, ...]
    ceiling: Ceiling
    reviewed: Counted
    problems: tuple[str, ...]
    unknown: tuple[str, ...]


def measure(stream: Stream, wish: Wish) -> Report:
    """Return the answer for a stream; the same stream and wish give the same answer."""
    end = settled(stream, wish)
    flow = traffic(stream, wish, end)
    ahead, broken = forecast(flow, wish)
    now = _regime(stream, wish, flow, broken)
    minutes = wish.minutes or stream.minutes
    found = load(now, wish, unit_for(flow.end - flow.start), partial(fits, now, wish))
    choices = options(now, wish, minutes)
    return Report(
        source=stream.source,
        name=stream.name,
        revision=stream.revision,
        since=stream.since,
        until=stream.until,
        settled=end,
        complete=stream.complete,
        window_start=flow.start,
        regime_start=now.start,
        items=len(stream.items),
        decided=sum(i.served is not None for i in stream.items),
        stages=_stages(stream, flow.start),
        history=_history(traffic(stream, wish, stream.until), stream.since),
        load=found,
        hours=hours(now, wish, minutes),
        forecast=ahead if found.limiting else without_limit(ahead),
        options=choices if found.limiting else tuple(map(bounded, choices)),
        ceiling=ceiling(stream, wish),
        reviewed=counted(stream, wish),
        problems=(*stream.problems, *_doubts(stream, flow)),
        unknown=stream.unknown,
    )


def _regime(stream: Stream, wish: Wish, flow: Traffic, broken: Break | None) -> Traffic:
    """Return what follows the break in demand, if there was one and enough follows."""
    if broken is None or broken.since.value is None:
        return flow
    later = traffic(stream, wish, flow.end, broken.since.value)
    return later if later.enough else flow


def _stages(stream: Stream, begin: float) -> tuple[Stage, ...]:
    last = len(stream.stages) - 1
    pairs = [(n, n + 1) for n in range(last)] + ([stream.path] if last > 1 else [])
    return tuple(_stage(stream, pair, begin) for pair in dict.fromkeys(pairs))


def _stage(stream: Stream, pair: tuple[int, int], begin: float) -> Stage:
    found = ((i, _lasted(stream, i, pair, begin)) for i in stream.items)
    together = pair[1] >= stream.human[1]
    spans = [(*s, i.batch if together else "") for i, s in found if s is not None]
    curve = kaplan_meier(
        [s for s, _, _ in spans], [done for _, done, _ in spans], groups=[g for _, _, g in spans]
    )
    name = " → ".join(stream.stages[n] for n in pair)
    human = pair == stream.human
    return Stage(name, human, curve, *(quantile(curve, share) for share in QUANTILES))


def _lasted(
    stream: Stream, item: Item, pair: tuple[int, int], begin: float
) -> tuple[float, bool] | None:
    """Return how long an item spent between two stages, and whether it got there.

    Only what was on the way in the window counts. What left for another end is seen until then.
    """
    start, end = item.times[pair[0]], item.times[pair[1]]
    if start is None or start > stream.until:
        return None
    if end is not None and end <= stream.until:
        return (end - start, True) if end >= begin else None
    if any(t is not None and t <= stream.until for t in item.times[pair[1] :]):
        return None  # it got further, when it passed here is not known
    if item.left is not None and item.arrived is None:
        return None  # it was never on the way there
    seen = min(stream.until, math.inf if item.left is None else item.left)
    return (seen - start, False) if seen > start and seen >= begin else None


def _history(flow: Traffic, since: float) -> tuple[Moment, ...]:
    """Return the backlog at evenly spaced moments, from the first arrival on."""
    if not len(flow.arrivals):
        return ()
    start = min(max(since, float(flow.arrivals.min())), flow.end)
    moments = np.linspace(start, flow.end, MOST_POINTS) if flow.end > start else np.array([start])
    number = queue.backlog(flow.arrivals, flow.departures, moments)
    return tuple(
        _moment(flow, t, n) for t, n in zip(moments.tolist(), number.tolist(), strict=True)
    )


def _moment(flow: Traffic, time: float, number: int) -> Moment:
    there = flow.arrivals[(flow.arrivals <= time) & (flow.departures > time)]
    if not len(there):
        return Moment(time, number, 0.0, 0.0)
    return Moment(time, number, float(time - there.min()), float(time - there.mean()))


def _doubts(stream: Stream, flow: Traffic) -> list[str]:
    """Return what an answer lacks for want of data, one sentence each."""
    said = []
    if not stream.items:
        said.append("Nothing was ever proposed for review here, as far as the record shows.")
    elif not any(i.served is not None for i in stream.items):
        said.append("Nothing has been decided yet: all that is known of waits is that they last.")
    elif not len(flow.spent):
        last = max(i.served for i in stream.items if i.served is not None)
        said.append(
            f"No decision with a known wait lies in the window; the last decision was on "
            f"{day(last)} UTC. Give --at, or a longer --window."
        )
    elif not flow.enough:
        here = len(flow.spent)
        said.append(
            f"Only {here:,} decisions with a known wait lie in the window: rates are told without "
            "intervals, and no forecast and no options are built on them."
        )
    if stream.items and all(i.arrived is None for i in stream.items if i.served is not None):
        said.append(
            "No change here shows when it began to wait: only how many there were is known."
        )
    return said
