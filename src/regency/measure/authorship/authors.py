"""What can be known of a line's author, and the table that gives each such author a number."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """Who wrote a line. Nobody is human until a record says so."""

    AI = "ai"
    HUMAN = "human"
    AUTOMATION = "automation"
    UNKNOWN = "unknown"


class Source(StrEnum):
    """Where a claim comes from, strongest first: of several, the first one decides.

    The first three speak of single lines. A commit that one of them covers is left to it: what a
    weaker source says of the whole commit does not fill the lines that the stronger one left open.
    """

    REGENCY = "regency"
    GIT_AI = "git-ai"
    AGENT_TRACE = "agent-trace"
    ENTIRE = "entire"
    TRAILERS = "trailers"
    NAMES = "names"
    AIDER = "aider"
    AUTOMATION = "automation"
    DECLARED = "declared"


LINE_SOURCES = (Source.REGENCY, Source.GIT_AI, Source.AGENT_TRACE)
RANK = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Author:
    """An author as far as a source knows one.

    Attributes:
        category: Which kind.
        agent: Its name, such as ``claude``; empty if unknown or no agent.
        model: Its model; empty if unknown.
        source: What says so; None: nothing does.
        recovered: ``patch-id`` or ``content`` if the claim was found on another commit.
    """

    category: Category = Category.UNKNOWN
    agent: str = ""
    model: str = ""
    source: Source | None = None
    recovered: str = ""


UNKNOWN = Author()


class Authors:
    """Every author met so far; number 0 is the unknown one."""

    def __init__(self) -> None:
        self._known = [UNKNOWN]
        self._numbers = {UNKNOWN: 0}

    def __getitem__(self, number: int) -> Author:
        return self._known[number]

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Author]:
        return iter(self._known)

    def number(self, author: Author) -> int:
        """Return the author's number, a new one at the first meeting."""
        found = self._numbers.get(author)
        if found is None:
            found = self._numbers[author] = len(self._known)
            self._known.append(author)
        return found


Segment = tuple[int, int, int]  # first line, last line, number of the author


def painted(segments: list[Segment], first: int, count: int) -> "array[int]":
    """Return the authors of ``count`` lines from ``first`` on; of overlapping claims the last."""
    row = array("I", bytes(4 * count))
    for start, end, author in segments:
        low, high = max(start - first, 0), min(end - first + 1, count)
        if low < high:
            row[low:high] = array("I", [author]) * (high - low)
    return row
