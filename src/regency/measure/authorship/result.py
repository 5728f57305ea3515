"""What is to be measured, and what was found: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regency.measure.authorship.attribute import Pair, Recovered
from regency.measure.authorship.authors import Author, Category, Source
from regency.measure.authorship.faults import Fault
from regency.measure.authorship.recover import CONFIDENCE
from regency.measure.authorship.survival import Survival
from regency.measure.authorship.tally import Tally
from regency.measure.authorship.timeline import Span


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be measured, and which sources count.

    Attributes:
        revision: At which revision.
        sources: Which sources count.
        recover: Whether records are looked for on commits that were rewritten.
        confidence: Least confidence of a record recovered by content.
        moves: Whether moved lines keep their author.
        human_before: Commits before this moment (Unix seconds) count as people's; None: none.
        trace_files: Files with Agent Trace records.
        depth: How many folders deep the shares by folder go.
    """

    revision: str = "HEAD"
    sources: frozenset[Source] = frozenset(Source)
    recover: bool = True
    confidence: float = CONFIDENCE
    moves: bool = True
    human_before: int | None = None
    trace_files: tuple[Path, ...] = ()
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Skipped:
    """What has no lines to count, or was left out."""

    binary_files: int = 0
    links: int = 0
    submodules: int = 0
    lost_lines: int = 0
    older_lines: int = 0


@dataclass(frozen=True, slots=True)
class Notes:
    """The git-ai notes: all, on this history, on others that are there, and on missing commits."""

    all: int = 0
    here: int = 0
    elsewhere: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: its text, the commit it comes from, and who wrote it."""

    text: str
    commit: str
    author: Author


@dataclass(frozen=True, slots=True)
class Measured:
    """Who wrote a repository.

    Attributes:
        place: The repository.
        revision: The revision that was asked for.
        commit: Its commit.
        time_s: When that was made, Unix seconds.
        commits: How many commits led to it.
        alive: Its lines.
        folders: Its lines by folder.
        agents: AI's lines by agent.
        models: AI's lines by model.
        sources: Lines alive by the source that decided.
        claimed: Lines ever added of which each source speaks.
        agreement: Pairs of sources on the same lines.
        weeks: Lines added by week.
        releases: Lines added by release.
        living: Moments (Unix seconds), and the lines that lived then.
        survival: How long the lines of each category live.
        recovered: What was found on rewritten commits.
        notes: The notes.
        faults: What was off in what was read.
        skipped: What was left out.
        shallow: Whether the clone ends before the history does.
    """

    place: str
    revision: str
    commit: str
    time_s: int
    commits: int
    alive: Tally
    folders: Mapping[str, Tally]
    agents: Mapping[str, int]
    models: Mapping[str, int]
    sources: Mapping[str, int]
    claimed: Mapping[Source, int]
    agreement: tuple[Pair, ...]
    weeks: Sequence[Span]
    releases: Sequence[Span]
    living: Sequence[tuple[int, Tally]]
    survival: Mapping[Category, Survival]
    recovered: Recovered
    notes: Notes
    faults: tuple[Fault, ...]
    skipped: Skipped
    shallow: bool
