"""Arithmetic of time spans: half-open pieces of a line, kept sorted and apart."""

from collections.abc import Iterable, Iterator

Span = tuple[float, float]  # start and end, seconds; the end is not in it


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same instants as sorted spans that neither touch nor overlap; empty ones go."""
    made: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return tuple(made)


def common(first: Iterable[Span], second: Iterable[Span]) -> tuple[Span, ...]:
    """Return the instants that are in both."""
    return tuple(_common(union(first), union(second)))


def minus(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return the instants of ``spans`` that are in none of ``holes``."""
    kept = union(spans)
    if not kept:
        return ()
    low, high = kept[0][0], kept[-1][1]
    return common(kept, _gaps(union(holes), low, high))


def total(spans: Iterable[Span]) -> float:
    """Return the seconds of all instants, each counted once."""
    return sum(end - start for start, end in union(spans))


def _common(first: tuple[Span, ...], second: tuple[Span, ...]) -> Iterator[Span]:
    one = two = 0
    while one < len(first) and two < len(second):
        start = max(first[one][0], second[two][0])
        end = min(first[one][1], second[two][1])
        if start < end:
            yield start, end
        if first[one][1] <= second[two][1]:
            one += 1
        else:
            two += 1


def _gaps(holes: tuple[Span, ...], low: float, high: float) -> Iterator[Span]:
    at = low
    for start, end in holes:
        yield at, min(start, high)
        at = max(at, end)
    yield at, high
