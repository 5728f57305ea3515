"""What more hours, smaller packets or another policy would have bought, by running it again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck import queue
from regency.measure.bottleneck.items import Estimate, Wish
from regency.measure.bottleneck.load import Traffic, rank_correlation
from regency.measure.bottleneck.resample import between, blocks, quantiles

Floats = NDArray[np.float64]
WEEK_S = 604_800.0
MOST = 1500  # arrivals run again; the newest
SLACK = 1.1
FEW = 60  # draws for correlations
SLOW_DRAWS = 100  # draws for policies that need a loop of their own

MODEL = (
    "A model: reviewers take the next change as soon as they have finished one, first come first "
    "served; demand and review times are drawn in blocks from those observed, with the backlog "
    "that there was; every row is run on the same draws."
)


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that could be done, and what it would have bought.

    Attributes:
        name: What.
        assumes: On what assumption.
        wait_s: Mean seconds from waiting to decided.
        saved_s: Seconds saved of that, against things as they are.
        share: The same as a share of the wait as it is.
        backlog: How many would wait at the end.
    """

    name: str
    assumes: str
    wait_s: Estimate
    saved_s: Estimate
    share: Estimate
    backlog: Estimate


@dataclass(frozen=True, slots=True)
class Run:
    """Draws of demand and work: when changes come, draws x changes, and how long each takes."""

    came: Floats
    spent: Floats
    reviewers: int


@dataclass(frozen=True, slots=True)
class _Plan:
    name: str
    assumes: str
    play: Callable[[Run], tuple[Floats, Floats]]  # → arrivals and departures of what is read
    slow: bool = False


def options(flow: Traffic, wish: Wish, minutes: tuple[float, float] | None) -> tuple[Option, ...]:
    """Return what each option would have bought, things as they are first.

    Args:
        flow: What was observed.
        wish: How many draws, and hours if they are known.
        minutes: Minutes that one review takes, lowest and highest; None: unknown.

    Returns:
        Nothing where too little was observed.
    """
    if not flow.enough:
        return ()
    run = drawn(flow, wish)
    base = _played(_AS_IT_IS, run)
    made = [_option(_AS_IT_IS, base, base)]
    for plan in _plans(hours(flow, wish, minutes)):
        part = _first(run, SLOW_DRAWS) if plan.slow else run
        against = base[: len(part.came)]
        made.append(_option(plan, _played(plan, part), against))
    return tuple(made)


def bounded(option: Option) -> Option:
    """Return an option where it is not shown that waits come from a queue: it may save nothing."""
    saved, share = (Estimate(None, 0.0, e.high) for e in (option.saved_s, option.share))
    return replace(option, saved_s=saved, share=share)


def fits(flow: Traffic, wish: Wish, follows: Estimate) -> bool:
    """Return whether the model gives what was observed.

    Both the mean wait (but for a tenth), and how far waits follow the backlog, have to be such as
    the model gives: reviewers who have other things to do wait for the one, too many reviewers
    for the other.

    Args:
        flow: What was observed.
        wish: How many draws.
        follows: Rank correlation of waits with the backlog found, as observed.
    """
    wait = _observed(flow)
    if wait is None or follows.low is None or follows.high is None:
        return False
    run = drawn(flow, wish)
    gone = queue.finished(run.came, run.spent, run.reviewers)
    low, high = _ends(_waits(flow, run, gone))
    least, most = _ends([_follows(c, g) for c, g in zip(run.came[:FEW], gone[:FEW], strict=True)])
    near = low / SLACK <= wait <= high * SLACK
    return near and least <= follows.high and follows.low <= most


def _waits(flow: Traffic, run: Run, gone: Floats) -> Floats:
    """Return the mean wait of what comes and is decided in the window, of each draw."""
    there = min(flow.backlog, MOST)
    done = (gone <= run.came[:, -1:])[:, there:]
    number = np.maximum(done.sum(axis=1), 1)
    return np.asarray(((gone - run.came)[:, there:] * done).sum(axis=1) / number)


def _follows(came: Floats, gone: Floats) -> float:
    return rank_correlation(queue.backlog(came, gone, np.nextafter(came, -np.inf)), gone - came)


def _ends(drawn: Floats | Sequence[float]) -> tuple[float, float]:
    low, high = quantiles(drawn, (0.025, 0.975))
    return low, high


def _observed(flow: Traffic) -> float | None:
    """Return the mean wait of what came and was decided in the window, seconds."""
    inside = (flow.arrivals > flow.start) & (flow.departures <= flow.end)
    waits = (flow.departures - flow.arrivals)[inside]
    return float(waits.mean()) if len(waits) else None


def hours(
    flow: Traffic, wish: Wish, minutes: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return review hours a week that there are in all, lowest and highest; None: unknown."""
    if wish.hours is not None:
        return wish.hours, wish.hours
    if minutes is None or not flow.enough:
        return None
    reviews = flow.reviewers * WEEK_S / float(flow.spent.mean())
    return reviews * minutes[0] / 60, reviews * minutes[1] / 60


def drawn(flow: Traffic, wish: Wish) -> Run:
    """Return the draws that every option is run on."""
    rng = np.random.default_rng(wish.seed + 5)
    count = min(len(flow.gaps), MOST)
    gaps = flow.gaps[-count:][blocks(count, wish.draws, rng)]
    there = min(flow.backlog, MOST)
    came = np.concatenate([np.zeros((wish.draws, there)), np.cumsum(gaps, axis=1)], axis=1)
    spent = flow.spent[blocks(len(flow.spent), wish.draws, rng, size=came.shape[1])]
    return Run(came, spent, flow.reviewers)


def _plans(available: tuple[float, float] | None) -> list[_Plan]:
    made = []
    if available is not None:
        low, high = available
        if low < high * 0.99:
            said = f"now {low:.2g} to {high:.2g} hours a week, by the minutes a review takes"
        else:
            said = f"now {low:.2g} hours a week"
        both = [1 + 1 / hours for hours in (low, high)]
        made.append(_Plan("one more review hour a week", said, _faster(*both)))
    return [
        *made,
        _Plan("10 % more review time", "everybody gets so much faster", _faster(1.1, 1.1)),
        _Plan("one more reviewer", "as fast as the others", _one_more),
        _Plan("packets half the size", "as many of them; reading takes half as long", _halved),
        _Plan("quickest first", "how long each will take is known before", _quickest, slow=True),
        _Plan("read every second one", "the rest is promoted unread and audited", _sampled),
    ]


def _fifo(run: Run) -> tuple[Floats, Floats]:
    return run.came, queue.finished(run.came, run.spent, run.reviewers)


def _faster(most: float, least: float) -> Callable[[Run], tuple[Floats, Floats]]:
    """Return a run that is faster by a factor in between, one in each draw."""

    def play(run: Run) -> tuple[Floats, Floats]:
        factor = np.linspace(least, most, len(run.came))[:, None]
        return run.came, queue.finished(run.came, run.spent / factor, run.reviewers)

    return play


def _one_more(run: Run) -> tuple[Floats, Floats]:
    return run.came, queue.finished(run.came, run.spent, run.reviewers + 1)


def _halved(run: Run) -> tuple[Floats, Floats]:
    return run.came, queue.finished(run.came, run.spent / 2, run.reviewers)


def _quickest(run: Run) -> tuple[Floats, Floats]:
    return run.came, queue.shortest_first(run.came, run.spent, run.reviewers)


def _sampled(run: Run) -> tuple[Floats, Floats]:
    came, spent = run.came[:, ::2], run.spent[:, ::2]
    return came, queue.finished(came, spent, run.reviewers)


_AS_IT_IS = _Plan("as it is", "the model, to be held against what was observed", _fifo)


def _first(run: Run, draws: int) -> Run:
    return Run(run.came[:draws], run.spent[:draws], run.reviewers)


def _played(plan: _Plan, run: Run) -> Floats:
    """Return mean wait and backlog at the end of each draw, draws x 2."""
    came, gone = plan.play(run)
    end = run.came[:, -1:]
    return np.stack([(gone - came).mean(axis=1), (gone > end).sum(axis=1)], axis=1)


def _option(plan: _Plan, found: Floats, base: Floats) -> Option:
    saved = base[:, 0] - found[:, 0]
    share = saved / np.maximum(base[:, 0], 1e-9)
    columns = (found[:, 0], saved, share, found[:, 1])
    return Option(plan.name, plan.assumes, *(between(float(np.median(c)), c) for c in columns))
