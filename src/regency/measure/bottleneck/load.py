"""How much reviewing is asked for, how much there is, and whether the one limits the other."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck import queue
from regency.measure.bottleneck.items import Estimate, Item, Stream, Unit, Wish
from regency.measure.bottleneck.resample import between, blocks, means

Floats = NDArray[np.float64]
NAMED = 0.8  # share of decisions whose decider must be known for reviewers to be counted by name
FEWEST = 12  # decisions; with fewer, rates are told and nothing is built on them
TINY = 1e-9
SETTLED = 0.95


@dataclass(frozen=True, slots=True)
class Traffic:
    """A stream within a window, as plain sequences; seconds.

    Attributes:
        start: Start of the window.
        end: Its end.
        arrivals: When each arrived, of all times, ascending.
        departures: When each departed or left; infinite: still there.
        gaps: Between arrivals in the window.
        spent: Review time of each decision in the window, in the order of decisions.
        backlog: How many waited at the start of the window.
        held: Backlog that each item of the window that was decided found, and how long it took.
        reviewers: How many work side by side.
        counted: How they were counted, in words.
    """

    start: float
    end: float
    arrivals: Floats
    departures: Floats
    gaps: Floats
    spent: Floats
    backlog: int
    held: tuple[Floats, Floats]
    reviewers: int
    counted: str

    @property
    def enough(self) -> bool:
        """Whether anything can be built on it."""
        return len(self.gaps) >= FEWEST and len(self.spent) >= FEWEST and self.spent.sum() > 0


@dataclass(frozen=True, slots=True)
class Load:
    """Demand and capacity of reviewing.

    Attributes:
        unit: What rates are counted by.
        reviewers: How many reviewers work side by side.
        counted: How they were counted.
        arrivals: Changes that begin to wait, a unit.
        decisions: Changes decided, a unit.
        capacity: Changes that the reviewers decide a unit while something waits.
        utilisation: Demand over capacity; above 1 the backlog grows without end. Only an upper end
            is known where waits are not shown to come from a queue.
        occupied: Share of the time in which something waited.
        wait_s: Mean seconds that those waited that were decided.
        follows: Rank correlation of the wait of a change with the backlog that it found.
        limiting: Whether waits are shown to come from a queue: that is above 0 beyond doubt, and
            the model's waits are those observed.
        backlog: How many wait at the end.
        oldest_s: How long the oldest of them has.
    """

    unit: Unit
    reviewers: int
    counted: str
    arrivals: Estimate
    decisions: Estimate
    capacity: Estimate
    utilisation: Estimate
    occupied: float | None
    wait_s: float | None
    follows: Estimate
    limiting: bool
    backlog: int
    oldest_s: float | None


def settled(stream: Stream, wish: Wish) -> float:
    """Return until when enough is seen of what arrived.

    Where only what was decided is seen, of what arrived lately only the quickest is there: counted,
    it would look as if demand fell and waits were short. So the window ends where nineteen in
    twenty would be decided by now, at the earliest in the middle of what was asked for.
    """
    begin = max(stream.since, stream.until - wish.window_s)
    if stream.complete:
        return stream.until
    waits = sorted(
        i.served - i.arrived
        for i in stream.items
        if i.arrived is not None and i.served is not None and begin <= i.served <= stream.until
    )
    late = waits[int(SETTLED * len(waits))] if waits else 0.0
    return max(stream.until - late, (begin + stream.until) / 2)


def traffic(stream: Stream, wish: Wish, end: float, start: float | None = None) -> Traffic:
    """Return a stream from ``start`` to ``end``; ``start``: default, as the wish says."""
    begin = max(stream.since, stream.until - wish.window_s) if start is None else start
    items = [i for i in stream.items if i.arrived is not None and i.arrived <= end]
    came = np.array([i.arrived for i in items], float)
    gone = np.array([_gone(i, stream.until) for i in items], float)
    inside = np.array([i.served is not None and begin <= i.served <= end for i in items])
    served = [i for i in items if i.served is not None and i.served <= end]
    reviewers, names, counted = _reviewers(served, begin, wish)
    done = np.array([i.served for i in served], float)
    spent = queue.services(np.array([i.arrived for i in served], float), done, names)
    recent = np.sort(came[came > begin])
    found = queue.backlog(came, gone, np.nextafter(came, -np.inf))
    return Traffic(
        begin, end, came, gone, np.diff(recent, prepend=begin),
        np.maximum(spent[np.sort(done) >= begin], 0.0),
        int(np.sum((came <= begin) & (gone > begin))),
        (found[inside].astype(float), (gone - came)[inside]) if items else _nothing(),
        reviewers, counted,
    )  # fmt: skip


def load(flow: Traffic, wish: Wish, unit: Unit, fits: Callable[[Estimate], bool]) -> Load:
    """Return demand and capacity, with bootstrap intervals.

    Args:
        flow: What was observed.
        wish: How many draws.
        unit: What rates are counted by.
        fits: Told how far waits follow the backlog; says whether the model of `whatif` gives that,
            and the waits that were observed.
    """
    units = max((flow.end - flow.start) / unit.seconds, TINY)
    waits = (flow.arrivals <= flow.end) & (flow.departures > flow.end)
    there = flow.arrivals[waits]
    took = flow.held[1]
    busy = (_occupied(flow), float(took.mean()) if len(took) else None)
    decided = len(flow.spent) / units
    rest = (unit, flow.reviewers, flow.counted)
    now = (len(there), float(flow.end - there.min()) if len(there) else None)
    if not flow.enough:
        none = Estimate(None, None, None)
        came = Estimate(len(flow.gaps) / units, None, None)
        gone = Estimate(decided, None, None)
        return Load(*rest, came, gone, none, none, *busy, none, False, *now)
    rates, speeds = rate_draws(flow, unit, wish)
    follows = _follows(flow, wish)
    limiting = bool(follows.low and follows.low > 0 and fits(follows))
    came = between(len(flow.gaps) / units, rates)
    speed = flow.reviewers * unit.seconds / flow.spent.mean()
    used = between(len(flow.gaps) / units / speed, rates / speeds)
    spread = between(decided, decided * _noise(flow, unit, wish))
    return Load(
        *rest, came, spread, between(speed, speeds),
        used if limiting else Estimate(None, 0.0, used.high), *busy, follows, limiting, *now,
    )  # fmt: skip


def rate_draws(flow: Traffic, unit: Unit, wish: Wish) -> tuple[Floats, Floats]:
    """Return bootstrap draws of arrivals and of capacity, per unit."""
    rng = np.random.default_rng(wish.seed)
    gaps = means(flow.gaps, wish.draws, rng)
    spent = means(flow.spent, wish.draws, rng)
    rates = unit.seconds / np.maximum(gaps, TINY)
    return rates, flow.reviewers * unit.seconds / np.maximum(spent, TINY)


def _gone(item: Item, until: float) -> float:
    times = [t for t in (item.served, item.left) if t is not None and t <= until]
    return min(times, default=math.inf)


def _reviewers(served: Sequence[Item], begin: float, wish: Wish) -> tuple[int, list[str], str]:
    """Return how many work side by side, who did each, and how that is known."""
    named = Counter(i.reviewer for i in served if i.reviewer and (i.served or 0) >= begin)
    recent = sum((i.served or 0) >= begin for i in served)
    if wish.reviewers is not None:
        came = np.array([i.arrived for i in served], float)
        names = queue.assigned(came, np.array([i.served for i in served], float), wish.reviewers)
        return wish.reviewers, names, "as given"
    if not recent or named.total() < NAMED * recent:
        return 1, [""] * len(served), "all as one: too few decisions name who made them"
    shares = np.array(list(named.values())) / named.total()
    alike = float(np.exp(-np.sum(shares * np.log(shares))))  # Hill (1973), order 1
    said = f"{len(named)} by name, who share the work as {alike:.1f} equal ones would"
    return max(1, round(alike)), [i.reviewer for i in served], said


def _occupied(flow: Traffic) -> float | None:
    span = flow.end - flow.start
    if span <= 0 or not len(flow.arrivals):
        return None
    gone = np.minimum(flow.departures, flow.end)
    busy = queue.occupied(flow.arrivals, gone, 1, flow.start, flow.end)
    return busy / span


def _follows(flow: Traffic, wish: Wish) -> Estimate:
    found, took = flow.held
    if len(found) < FEWEST:
        return Estimate(None, None, None)
    rng = np.random.default_rng(wish.seed + 1)
    ranks = np.stack([_ranks(found), _ranks(took)])
    drawn = ranks[:, blocks(len(found), wish.draws, rng)]
    return between(float(_correlation(ranks[0], ranks[1])), _correlation(drawn[0], drawn[1]))


def rank_correlation(one: NDArray[Any], two: NDArray[Any]) -> float:
    """Return Spearman's rank correlation of two sequences."""
    return float(_correlation(_ranks(one), _ranks(two)))


def _ranks(values: NDArray[Any]) -> Floats:
    """Return mid-ranks: equal values share the mean of their places."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place])


def _correlation(one: Floats, two: Floats) -> Floats:
    a, b = (v - v.mean(axis=-1, keepdims=True) for v in (one, two))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.asarray((a * b).sum(axis=-1) / np.maximum(size, TINY))


def _noise(flow: Traffic, unit: Unit, wish: Wish) -> Floats:
    """Return draws of the relative error of the number of decisions, from counts by unit."""
    edges = np.arange(flow.end, flow.start, -unit.seconds)[::-1]
    gone = flow.departures[(flow.departures > flow.start) & (flow.departures <= flow.end)]
    counts = np.histogram(gone, edges)[0] if len(edges) > 2 else np.array([len(gone)])
    rng = np.random.default_rng(wish.seed + 2)
    drawn = counts[blocks(len(counts), wish.draws, rng, unit.block(len(counts)))].mean(axis=1)
    return np.asarray(drawn / max(counts.mean(), TINY))


def _nothing() -> tuple[Floats, Floats]:
    return np.empty(0), np.empty(0)
