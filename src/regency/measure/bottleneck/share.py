"""What part of the way is human, what that bounds (Amdahl), and how much nobody reviewed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regency.measure.bottleneck.items import Counted, Estimate, Item, Sign, Stream, Wish
from regency.measure.bottleneck.resample import blocks, quantiles
from regency.measure.bottleneck.spans import Span, common, total

Floats = NDArray[np.float64]
FEWEST = 5  # decisions taken together, for an interval


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The human share of the way, and the speed-up that it bounds.

    Attributes:
        share: Human share of the time from start to end of what got through: between what only a
            human was waited for, and all that no machine is known to have worked in, with sampling
            error on both sides. No single value is known.
        speedup: At most so many times faster if machines took no time at all (Amdahl 1967: one
            over the human share).
        paused_s: Seconds of it that the work was paused by a human.
        stopped_s: Seconds of it that nothing ran.
        items: How many got through.
        says: What the two ends mean, in a sentence.
    """

    share: Estimate
    speedup: Estimate
    paused_s: float
    stopped_s: float
    items: int
    says: str


def ceiling(stream: Stream, wish: Wish) -> Ceiling:
    """Return the human share of the path and its ceiling.

    Items that were decided together are drawn together.
    """
    begin = stream.until - wish.window_s
    through = [
        i for i in stream.items if _path(stream, i) and (_path(stream, i) or (0, 0))[1] > begin
    ]
    rows = np.array([_parts(stream, i) for i in through], float).reshape(-1, 4)
    whole, _, paused, stopped = rows.sum(axis=0) if len(rows) else np.zeros(4)
    git = stream.source == "git"
    says = _GIT if git else _LAB
    if whole <= 0:
        none = Estimate(None, None, None)
        return Ceiling(none, none, 0.0, 0.0, len(rows), "Nothing has gone the whole way yet.")
    most = rows[:, 0] if git else rows[:, 1:].sum(axis=1)
    low, high = _ends(rows[:, 0], rows[:, 1], most, [i.batch for i in through], wish)
    share = Estimate(None, low, min(high, 1.0))
    return Ceiling(share, _inverse(share), float(paused), float(stopped), len(rows), says)


_GIT = (
    "Lower end: from the last change to the merge; upper end: all of it, since git does not say "
    "what part of the writing a machine did."
)
_LAB = (
    "Lower end: from shown to decided; upper end: also what was paused, and what nothing ran in, "
    "because a human starts the runs."
)


def counted(stream: Stream, wish: Wish) -> Counted:
    """Return the signs of review in the window, and bounds for the share without any review."""
    begin = stream.until - wish.window_s
    signs = Counter(i.sign for i in stream.items if _counts(stream, i, begin))
    number = signs.total()
    if not number:
        return Counted()
    most = 1 - signs[Sign.REVIEWED] / number
    # A missing sign proves nothing: only a record that takes every decision down has no doubt.
    bounds = Estimate(most, most, most) if stream.signed else Estimate(None, 0.0, most)
    return Counted({str(s): signs[s] for s in Sign if signs[s]}, bounds)


def _counts(stream: Stream, item: Item, begin: float) -> bool:
    """Return whether an item is one that a review was due for: taken in, or shown."""
    if stream.signed:
        return item.arrived is not None and (item.served or stream.until) > begin
    return item.served is not None and item.served > begin


def _path(stream: Stream, item: Item) -> Span | None:
    start, end = (item.times[n] for n in stream.path)
    return (start, end) if start is not None and end is not None and end > start else None


def _parts(stream: Stream, item: Item) -> tuple[float, float, float, float]:
    """Return seconds of the whole way, of the human wait, and else paused and stopped."""
    path = _path(stream, item) or (0.0, 0.0)
    start, end = (item.times[n] for n in stream.human)
    wait = (start, end) if start is not None and end is not None else (0.0, 0.0)
    before = ((path[0], max(path[0], wait[0] or path[1])),)
    paused = total(common(before, stream.paused))
    stopped = total(common(before, stream.stopped))
    return path[1] - path[0], max(0.0, wait[1] - wait[0]), paused, stopped


def _ends(
    whole: Floats, least: Floats, most: Floats, batches: Sequence[str], wish: Wish
) -> tuple[float, float]:
    """Return the lower end of the lower share and the upper end of the upper one."""
    _, group = np.unique(np.array(batches), return_inverse=True)
    sums = [np.bincount(group, weights=w) for w in (whole, least, most)]
    if len(sums[0]) < FEWEST:
        return 0.0, 1.0
    places = blocks(len(sums[0]), wish.draws, np.random.default_rng(wish.seed + 6))
    ways, lows, highs = (s[places].sum(axis=1) for s in sums)
    low = quantiles(lows / ways, (0.025,))[0]
    return low, max(quantiles(highs / ways, (0.975,))[0], low)


def _inverse(share: Estimate) -> Estimate:
    low = 1 / share.high if share.high else None
    return Estimate(None, low, 1 / share.low if share.low else None)
