"""Turns births and ends of lines into what was added when, and what lived when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from regency.measure.authorship.authors import Authors, Category
from regency.measure.authorship.replay import Lines
from regency.measure.authorship.survival import DAY_S, Survival, survival
from regency.measure.authorship.tally import ORDER, Tally
from regency.repo.history import Commit

WEEK_S = 7 * DAY_S
_MONDAY = 4 * DAY_S  # 1970-01-05
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Span:
    """Lines that were added in some span of time.

    Attributes:
        name: A week's Monday, or a release.
        start: Its start or, of a release, its date; Unix seconds.
        added: The lines.
    """

    name: str
    start: int
    added: Tally


@dataclass(frozen=True, slots=True)
class Table:
    """Every line ever added, as columns.

    Attributes:
        born: Number of the commit.
        born_s: When, Unix seconds.
        ended_s: When it ended, Unix seconds; the largest integer: it lives.
        category: Place of its category in `ORDER`.
        vanished: Whether a merge dropped it without a trace.
    """

    born: NDArray[np.int64]
    born_s: NDArray[np.int64]
    ended_s: NDArray[np.int64]
    category: NDArray[np.int64]
    vanished: NDArray[np.bool_]


def table(
    lines: Lines, alive: NDArray[np.bool_], commits: Sequence[Commit], authors: Authors
) -> Table:
    """Return the columns of every line ever added.

    Args:
        lines: The lines.
        alive: Which of them live at the end.
        commits: The history.
        authors: Who wrote them.
    """
    times = np.array([c.committed for c in commits], dtype=np.int64)
    kinds = np.array([ORDER.index(a.category) for a in authors], dtype=np.int64)
    born = np.frombuffer(lines.born, dtype=np.uint32).astype(np.int64)
    ended = np.frombuffer(lines.ended, dtype=np.uint32).astype(np.int64)
    born_s = times[born]
    vanished = ~alive & (ended == 0)
    ended_s = np.where(ended > 0, np.maximum(times[ended - 1], born_s), _NEVER)
    ended_s = np.where(vanished, born_s, ended_s)
    author = np.frombuffer(lines.author, dtype=np.uint32)
    return Table(born, born_s, ended_s, kinds[author], vanished)


def weeks(columns: Table) -> list[Span]:
    """Return the lines added in each week that added any, oldest first."""
    if not len(columns.born):
        return []
    week = (columns.born_s - _MONDAY) // WEEK_S
    first = int(week.min())
    counts = _by_category(week - first, columns.category, int(week.max()) - first + 1)
    spans = []
    for place in np.nonzero(counts.sum(axis=1))[0]:
        start = (first + int(place)) * WEEK_S + _MONDAY
        spans.append(Span(day(start), start, Tally(*(int(n) for n in counts[place]))))
    return spans


def releases(
    columns: Table, commits: Sequence[Commit], tags: Sequence[tuple[str, str, int]]
) -> list[Span]:
    """Return the lines that each release added to the ones before it; the last span has no tag."""
    owner = _first_release(commits, tags)
    counts = _by_category(owner[columns.born], columns.category, len(tags) + 1)
    made = [
        Span(name, time, Tally(*(int(n) for n in counts[place])))
        for place, (name, _, time) in enumerate(tags)
    ]
    rest = Tally(*(int(n) for n in counts[-1]))
    newest = max((c.committed for c in commits), default=0)
    return made + ([Span("(unreleased)", newest, rest)] if rest.lines else [])


def living(columns: Table, end_s: int, points: int = 120) -> list[tuple[int, Tally]]:
    """Return the lines that lived at moments spread evenly over the history.

    Args:
        columns: The lines.
        end_s: The last moment, Unix seconds.
        points: How many moments at most.
    """
    if not len(columns.born):
        return []
    moments = np.unique(np.linspace(columns.born_s.min(), end_s, points).astype(np.int64))
    counts = np.zeros((len(moments), len(ORDER)), dtype=np.int64)
    for place in range(len(ORDER)):
        here = columns.category == place
        births, ends = np.sort(columns.born_s[here]), np.sort(columns.ended_s[here])
        counts[:, place] = np.searchsorted(births, moments, side="right") - np.searchsorted(
            ends, moments, side="right"
        )
    return [(int(m), Tally(*(int(n) for n in row))) for m, row in zip(moments, counts, strict=True)]


def lifetimes(columns: Table, end_s: int, left_out: frozenset[int]) -> dict[Category, Survival]:
    """Return how long the lines of each category live.

    Args:
        columns: The lines.
        end_s: When watching ended, Unix seconds.
        left_out: Numbers of commits whose lines are older than they seem.
    """
    kept = ~columns.vanished
    if left_out:
        kept &= ~np.isin(columns.born, list(left_out))
    ended = columns.ended_s <= end_s
    until = np.where(ended, columns.ended_s, max(end_s, int(columns.born_s.max(initial=0))))
    days = np.maximum(until - columns.born_s, 0) // DAY_S
    found = {}
    for place, category in enumerate(ORDER):
        here = kept & (columns.category == place)
        found[category] = survival(days[here], ended[here], columns.born[here])
    return found


def day(time_s: int) -> str:
    """Return a moment as an ISO date, UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time_s)).date().isoformat()


def _by_category(
    place: NDArray[np.int64], category: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    flat = np.bincount(place * len(ORDER) + category, minlength=size * len(ORDER))
    return flat.reshape(size, len(ORDER))


def _first_release(
    commits: Sequence[Commit], tags: Sequence[tuple[str, str, int]]
) -> NDArray[np.int64]:
    """Return for each commit the place of the first tag that contains it."""
    numbers = {c.commit: n for n, c in enumerate(commits)}
    owner = np.full(len(commits), len(tags), dtype=np.int64)
    for place, (_, commit, _) in enumerate(tags):
        open_ends = [numbers[commit]] if commit in numbers else []
        while open_ends:
            number = open_ends.pop()
            if owner[number] == len(tags):
                owner[number] = place
                open_ends += [numbers[p] for p in commits[number].parents if p in numbers]
    return owner
