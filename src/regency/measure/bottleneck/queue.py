"""A queue of reviews: what is in it, what the reviewers did, and what they would have done.

The model, in a sentence: reviewers take the next change as soon as they have finished one, in the
order of arrival, and nothing else delays it. All times are seconds.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def backlog(arrivals: Floats, departures: Floats, at: Floats) -> NDArray[np.int_]:
    """Return how many had arrived and not departed at each moment of ``at``."""
    came = np.searchsorted(np.sort(arrivals), at, side="right")
    gone = np.searchsorted(np.sort(departures), at, side="right")
    return np.asarray(came - gone)


def level(arrivals: Floats, departures: Floats, start: float, end: float) -> tuple[Floats, Floats]:
    """Return the number in the queue between two moments, as a step function.

    Returns:
        The moments at which it changes, ``start`` first and ``end`` last, and the number from each
        of them (but the last) until the next.
    """
    moves = np.concatenate([arrivals, departures])
    inside = np.unique(np.clip(moves[(moves > start) & (moves < end)], start, end))
    edges = np.concatenate([[start], inside, [end]])
    return edges, backlog(arrivals, departures, edges[:-1]).astype(float)


def occupied(
    arrivals: Floats, departures: Floats, reviewers: float, start: float, end: float
) -> float:
    """Return reviewer-seconds between two moments in which there was something to review.

    Exact for reviewers who are never idle while something waits, whatever the order.
    """
    edges, number = level(arrivals, departures, start, end)
    return float(np.sum(np.diff(edges) * np.minimum(number, reviewers)))


def services(arrivals: Floats, departures: Floats, names: Sequence[str]) -> Floats:
    """Return how long each review took, in the order of departures, all of them finished.

    Each reviewer begins the next when it is there and the one before is done. Exact for reviewers
    who are never idle while something waits for them, whatever the order.

    Args:
        arrivals: When each arrived.
        departures: When each departed.
        names: Who reviewed each.
    """
    order = np.argsort(departures, kind="stable")
    free: dict[str, float] = defaultdict(lambda: -np.inf)
    spent = np.empty(len(order))
    for place, index in enumerate(order):
        who = names[index]
        spent[place] = departures[index] - max(arrivals[index], free[who])
        free[who] = departures[index]
    return spent


def assigned(arrivals: Floats, departures: Floats, reviewers: int) -> list[str]:
    """Return who may have reviewed each where nobody says: the reviewer who was free first.

    Exact for changes that are taken in the order of their arrival.

    Args:
        arrivals: When each arrived.
        departures: When each departed.
        reviewers: How many there are.
    """
    free = [(-np.inf, str(n)) for n in range(reviewers)]
    names = [""] * len(arrivals)
    for index in np.argsort(arrivals, kind="stable"):
        until, name = heapq.heappop(free)
        names[index] = name
        heapq.heappush(free, (max(until, float(departures[index])), name))
    return names


def finished(came: Floats, spent: Floats, reviewers: int) -> Floats:
    """Return when each change departs, first come first served.

    The recursion of Kiefer and Wolfowitz (1955): a change begins when the first of the reviewers
    is free.

    Args:
        came: Draws x changes: when each arrives, ascending in each draw.
        spent: Draws x changes: seconds of review that each takes.
        reviewers: How many work side by side.
    """
    draws, count = came.shape
    found = np.empty((draws, count))
    free = np.full((draws, reviewers), -np.inf)
    rows = np.arange(draws)
    for n in range(count):
        first = free.argmin(axis=1) if reviewers > 1 else 0
        done = np.maximum(came[:, n], free[rows, first]) + spent[:, n]
        free[rows, first] = done
        found[:, n] = done
    return found


def shortest_first(came: Floats, spent: Floats, reviewers: int) -> Floats:
    """Return the same where, of what waits, the quickest to review is taken first."""
    return np.stack([_shortest(c, s, reviewers) for c, s in zip(came, spent, strict=True)])


def _shortest(came: Floats, spent: Floats, reviewers: int) -> Floats:
    arrivals, needs = came.tolist(), spent.tolist()
    free = [arrivals[0]] * reviewers
    line: list[tuple[float, int]] = []
    found = np.empty(len(arrivals))
    coming = 0
    for _ in arrivals:
        now = heapq.heappop(free)
        if not line and coming < len(arrivals):
            now = max(now, arrivals[coming])
        while coming < len(arrivals) and arrivals[coming] <= now:
            heapq.heappush(line, (needs[coming], coming))
            coming += 1
        need, index = heapq.heappop(line)
        done = max(now, arrivals[index]) + need
        heapq.heappush(free, done)
        found[index] = done
    return found
