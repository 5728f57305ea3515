"""Who wrote the lines that a range of commits adds, as far as records say."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regency.measure.authorship.authors import (
    LINE_SOURCES,
    UNKNOWN,
    Author,
    Authors,
    Category,
    Source,
    painted,
)
from regency.measure.authorship.evidence import Evidence, find_records
from regency.measure.authorship.faults import Faults
from regency.measure.authorship.trailers import is_candidate, said_of
from regency.repo.changes import FileChange, changes
from regency.repo.history import Commit, History


@dataclass(frozen=True, slots=True)
class Added:
    """Lines that one commit adds to one file, by one author."""

    commit: str
    path: str
    author: Author
    lines: int


def added_by(history: History, commits: Sequence[Commit]) -> list[Added]:
    """Return who wrote the lines that ``commits`` add; merges add none of their own.

    Lines that a later commit of the range takes away again are counted too.

    Args:
        history: Whose.
        commits: A range, parents first.
    """
    if not commits:
        return []
    authors, faults = Authors(), Faults()
    ours = frozenset(n for n, commit in enumerate(commits) if is_candidate(commit))
    shelf = find_records(history, commits[-1].commit, LINE_SOURCES, faults)
    wanted = frozenset(Source)
    evidence = Evidence(history, commits, ours, shelf, authors, faults, wanted)
    numbers = {commit.commit: n for n, commit in enumerate(commits)}
    inner = {parent for commit in commits for parent in commit.parents} - set(numbers)
    found: list[Added] = []
    told = changes(history, commits[-1].commit, *(f"^{parent}" for parent in sorted(inner)))
    for commit, files in sorted(
        ((c, f) for c, f in told if c in numbers), key=lambda row: numbers[row[0]]
    ):
        found += _of_commit(commits[numbers[commit]], numbers[commit], files, evidence)
    return found


def _of_commit(
    commit: Commit, number: int, files: Sequence[FileChange], evidence: Evidence
) -> Iterator[Added]:
    records = evidence.at(number)
    said = next(iter(said_of(commit)), UNKNOWN)
    for file in files:
        counted: Counter[Author] = Counter()
        claims = [s for record in reversed(records) for s in record.claims.get(file.path, ())]
        for hunk in file.hunks:
            if records:
                row = painted(claims, hunk.new_start, len(hunk.added))
                counted.update(evidence.authors[author] for author in row)
            else:
                counted[said] += len(hunk.added)
        for author, lines in counted.items():
            if lines:
                yield Added(commit.commit, file.path, author, lines)


def name_of(author: Author) -> str:
    """Return an author as a reviewer reads it: the agent, ``a person``, ``unknown`` and so on."""
    if author.category is Category.AI:
        return author.agent or "an AI"
    return {Category.HUMAN: "a person", Category.AUTOMATION: "automation"}.get(
        author.category, "unknown"
    )
