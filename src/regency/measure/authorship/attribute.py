"""Decides who wrote the lines that a commit added, and counts how far the sources agree."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from regency.measure.authorship.authors import (
    RANK,
    Author,
    Authors,
    Category,
    Source,
    painted,
)
from regency.measure.authorship.evidence import Evidence, LineRecord
from regency.measure.authorship.faults import Faults
from regency.measure.authorship.recover import Found, Recovery
from regency.measure.authorship.replay import Birth
from regency.repo.changes import FileChange
from regency.repo.history import Commit


@dataclass(slots=True)
class Pair:
    """Two sources on the same lines: how many, of one category, of one agent; a conflict."""

    sources: tuple[Source, Source]
    lines: int = 0
    category: int = 0
    agent: int = 0
    conflict: str = ""


@dataclass(slots=True)
class Recovered:
    """What recovery brought: commits and lines by patch-id and by content, expected mistakes."""

    commits: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    donors: set[str] = field(default_factory=set)
    wrong: float = 0.0


class Attributor:
    """Attributes the new lines of one commit after another.

    Args:
        commits: The history, parents first.
        said: For each commit, what it says of itself, strongest first.
        evidence: Hands out the records by line.
        recovery: Knows old commits' records.
        authors: Gives authors their numbers.
        faults: Takes what is off.
        edge: Numbers of the commits at which a shallow clone ends.
    """

    def __init__(
        self,
        commits: Sequence[Commit],
        said: Mapping[int, Sequence[Author]],
        evidence: Evidence,
        recovery: Recovery,
        authors: Authors,
        faults: Faults,
        edge: frozenset[int],
    ) -> None:
        self._commits, self._said, self._evidence = commits, said, evidence
        self._recovery, self._authors, self._faults = recovery, authors, faults
        self._edge = edge
        self.agreement: dict[tuple[Source, Source], Pair] = {}
        self.claimed: Counter[Source] = Counter()
        self.recovered = Recovered()

    def __call__(
        self, number: int, births: Sequence[Birth], changed: Sequence[FileChange]
    ) -> list["array[int]"]:
        """Return, for each of ``births``, the numbers of its lines' authors."""
        records = self._evidence.at(number)
        if records:
            self._check(number, records, births, changed)
            rows = {r.source: _painted_rows(r, births) for r in records}
            made = _overlaid(list(rows.values()))
        else:
            rows, made = self._looked_for(number, births, changed)
        said = self._said.get(number, ()) if number not in self._edge else ()
        if said or len(rows) > 1:
            self._compare(number, rows, said, births)
        if not rows and said:
            author = self._authors.number(said[0])
            made = [array("I", [author]) * len(b.lines) for b in births]
        for source, by in rows.items():
            self.claimed[source] += sum(len(r) - r.count(0) for r in by)
        return made

    def _looked_for(
        self, number: int, births: Sequence[Birth], changed: Sequence[FileChange]
    ) -> tuple[dict[Source, list["array[int]"]], list["array[int]"]]:
        blank = [array("I", bytes(4 * len(b.lines))) for b in births]
        if not births or not len(self._recovery) or number in self._edge:
            return {}, blank
        found = self._recovery.find(births, changed, self._commits[number].committed)
        if not found.by:
            return {}, blank
        self._count(found)
        return {Source.GIT_AI: found.rows}, found.rows

    def _count(self, found: Found) -> None:
        commits, lines = self.recovered.commits, self.recovered.lines
        commits[found.by] = commits.get(found.by, 0) + 1
        lines[found.by] = lines.get(found.by, 0) + found.lines
        self.recovered.donors |= found.donors
        self.recovered.wrong += found.wrong

    def _compare(
        self,
        number: int,
        rows: Mapping[Source, Sequence["array[int]"]],
        said: Sequence[Author],
        births: Sequence[Birth],
    ) -> None:
        """Count the lines that two sources speak of."""
        every = {a.source: self._authors.number(a) for a in said if a.source}
        whole: dict[Source, list[array[int]]] = dict(rows)  # type: ignore[arg-type]
        for source, author in every.items():
            self.claimed[source] += sum(len(b.lines) for b in births)
            if source not in whole:
                whole[source] = [array("I", [author]) * len(b.lines) for b in births]
        for one, other in combinations(sorted(whole, key=lambda s: RANK[s]), 2):
            pairs: Counter[tuple[int, int]] = Counter()
            for left, right in zip(whole[one], whole[other], strict=True):
                pairs.update(zip(left, right, strict=True))
            self._tally(number, (one, other), pairs)

    def _tally(
        self, number: int, sources: tuple[Source, Source], pairs: Counter[tuple[int, int]]
    ) -> None:
        for (left, right), count in pairs.items():
            one, other = self._authors[left], self._authors[right]
            if Category.UNKNOWN in (one.category, other.category):
                continue
            pair = self.agreement.setdefault(sources, Pair(sources))
            pair.lines += count
            same = one.category is other.category
            pair.category += count * same
            pair.agent += count * (same and _same_agent(one, other))
            if not same and not pair.conflict:
                pair.conflict = (
                    f"{self._commits[number].commit[:12]}: {one.category} or {other.category}"
                )

    def _check(
        self,
        number: int,
        records: Sequence[LineRecord],
        births: Sequence[Birth],
        changed: Sequence[FileChange],
    ) -> None:
        """Report claims on lines that the commit did not add."""
        commit = self._commits[number].commit[:12]
        lengths = {b.path: b.length for b in births}
        added = _added(births, changed)
        for record in records:
            for path, claims in record.claims.items():
                length = lengths.get(path, 0)
                if length and any(last > length for _, last, _ in claims):
                    self._faults.add("range past the end of its file", f"{commit} {path}")
                elif not _covered(claims, added.get(path, ())):
                    where = f"{commit} {path}"
                    self._faults.add("claims lines that the commit did not add", where)


def _added(
    births: Sequence[Birth], changed: Sequence[FileChange]
) -> Mapping[str, Sequence[tuple[int, int]]]:
    """Return the ranges of lines that a commit added to each file, moved ones too."""
    made: dict[str, list[tuple[int, int]]] = {}
    for change in changed:
        ranges = [(h.new_start, h.new_start + len(h.added) - 1) for h in change.hunks if h.added]
        made.setdefault(change.path, []).extend(ranges)
    for birth in births if not changed else ():
        made.setdefault(birth.path, []).append((birth.first, birth.first + len(birth.lines) - 1))
    return made


def _painted_rows(record: LineRecord, births: Sequence[Birth]) -> list["array[int]"]:
    return [painted(record.claims.get(b.path, []), b.first, len(b.lines)) for b in births]


def _overlaid(rows: Sequence[Sequence["array[int]"]]) -> list["array[int]"]:
    """Return the strongest claim on each line."""
    made = list(rows[0])
    for weaker in rows[1:]:
        made = [
            array("I", [a or b for a, b in zip(top, below, strict=True)]) if 0 in top else top
            for top, below in zip(made, weaker, strict=True)
        ]
    return made


def _covered(claims: Sequence[tuple[int, int, int]], added: Sequence[tuple[int, int]]) -> bool:
    claimed = sum(last - first + 1 for first, last, _ in claims)
    inside = sum(
        max(0, min(last, end) - max(first, start) + 1)
        for first, last, _ in claims
        for start, end in added
    )
    return inside >= claimed


def _same_agent(one: Author, other: Author) -> bool:
    return not one.agent or not other.agent or one.agent == other.agent
