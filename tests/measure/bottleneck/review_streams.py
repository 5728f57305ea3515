"""Streams of reviews with known truth; weeks."""

import numpy as np

from regency.measure.bottleneck import queue
from regency.measure.bottleneck.items import Item, Stream

WEEK = 604_800.0


def stream(came, spent, reviewers: int = 1, weeks: float = 26, **more) -> Stream:
    """Return a stream of what comes at ``came`` and takes ``spent``, first come first served."""
    came, spent = np.asarray(came, float), np.asarray(spent, float)
    gone = queue.finished(came[None], spent[None], reviewers)[0]
    names = queue.assigned(came, gone, reviewers)
    return of_times(came, gone, names, weeks, **more)


def of_times(came, gone, names, weeks: float = 26, **more) -> Stream:
    """Return a stream of what comes and goes at given times."""
    items = []
    for n, (a, d, who) in enumerate(zip(came, gone, names, strict=True)):
        done = d * WEEK if d <= weeks else None
        start = a * WEEK
        items.append(
            Item(f"i{n}", (start, start, done), start, done, reviewer=f"r{who}", batch=str(n))
        )
    points = ("written", "ready", "merged")
    return Stream(
        "git", "made", "0", points, tuple(items), 0.0, weeks * WEEK, (1, 2), (0, 2), **more
    )


def random_stream(rate, mean: float, seed: int, reviewers: int = 1, weeks: float = 26) -> Stream:
    """Return a stream with exponential reviews; ``rate`` is weekly, or a function of the week."""
    rng = np.random.default_rng(seed)
    speed = rate if callable(rate) else lambda week: np.full_like(week, float(rate))
    top = float(speed(np.linspace(0, weeks, 100)).max())
    tried = np.sort(rng.random(rng.poisson(top * weeks))) * weeks
    came = tried[rng.random(len(tried)) * top < speed(tried)]
    return stream(came, rng.exponential(mean, len(came)), reviewers, weeks)
