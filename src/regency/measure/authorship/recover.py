"""Finds the records that a rewritten history left behind on its old commits.

Rebasing, squashing, cherry-picking and amending make new commits; notes stay with the old ones.
First by exact patch: an old commit with the same files and the same removed and added lines, white
space aside, hands its record over whole. It is the idea of `git patch-id --stable`, but without
the lines around a change, so that a rebase over a neighbouring change still matches. Then by
content: runs of added lines that an old commit added too, each with a confidence that grows with
the letters and digits in the run.
"""

import hashlib
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from regency.measure.authorship.authors import Authors, Segment, painted
from regency.measure.authorship.replay import Birth
from regency.repo.changes import FileChange

CONFIDENCE = 0.9
HALVING = 10.0  # letters and digits that halve the chance of a run being the same by accident
OTHER_PATH = 0.95
_ANCHOR = 4  # letters and digits that a line needs to start a run
_ANCHORS = 32
LARGEST_LINES = 1_000_000
_SPACE = re.compile(rb"\s+")
_WORD = re.compile(rb"[^A-Za-z0-9]")


@dataclass(slots=True)
class Added:
    """The lines that an old commit added to one file: hashes, and their authors' numbers."""

    donor: int
    path: str
    hashes: "array[int]"
    authors: "array[int]"


@dataclass(frozen=True, slots=True)
class Donor:
    """An old commit that has a record: its id, when it was made, and the digest of its patch."""

    commit: str
    time: int
    patch: str


@dataclass(slots=True)
class Found:
    """What was recovered for one commit.

    Attributes:
        rows: For each stretch of new lines their authors; 0: nothing was found, or nobody known.
        by: ``patch-id`` or ``content``; empty: nothing was found.
        donors: The old commits.
        wrong: How many of the lines found by content are expected to be wrong.
        lines: Lines that were found, whether or not their author is known.
    """

    rows: list["array[int]"] = field(default_factory=list)
    by: str = ""
    donors: set[str] = field(default_factory=set)
    wrong: float = 0.0
    lines: int = 0


class Recovery:
    """The old commits that still have records, ready to be asked.

    Args:
        authors: Gives authors their numbers.
        confidence: Least confidence at which a run counts.
    """

    def __init__(self, authors: Authors, confidence: float = CONFIDENCE) -> None:
        self._authors, self._confidence = authors, confidence
        self._donors: list[Donor] = []
        self._added: list[Added] = []
        self._by_patch: dict[str, list[int]] = {}
        self._by_line: dict[int, list[tuple[int, int]]] = {}
        self._of: dict[int, list[int]] = {}
        self.lines = 0

    def __len__(self) -> int:
        return len(self._donors)

    def add(
        self,
        commit: str,
        time: int,
        changed: Sequence[FileChange],
        claims: Mapping[str, list[Segment]],
    ) -> bool:
        """Take in an old commit; False: there are too many lines already, it was left out.

        Args:
            commit: Its id.
            time: Committer's time.
            changed: What it changed.
            claims: What its record says.
        """
        size = sum(len(h.added) for c in changed for h in c.hunks)
        if self.lines + size > LARGEST_LINES:
            return False
        self.lines += size
        donor = len(self._donors)
        self._donors.append(Donor(commit, time, patch_digest(changed)))
        self._by_patch.setdefault(self._donors[-1].patch, []).append(donor)
        for change in changed:
            self._take(donor, change, claims.get(change.path, []))
        return True

    def find(self, births: Sequence[Birth], changed: Sequence[FileChange], time: int) -> Found:
        """Return what old commits say of the lines that a commit added.

        Args:
            births: The new lines.
            changed: All that the commit changed; empty for a merge.
            time: Committer's time.
        """
        exact = self._by_patch.get(patch_digest(changed), []) if changed else []
        if exact and births:
            return self._exact(births, self._latest(exact, time))
        return self._content(births, time)

    def _take(self, donor: int, change: FileChange, claims: list[Segment]) -> None:
        place = len(self._added)
        added = Added(donor, change.path, array("q"), array("I"))
        for hunk in change.hunks:
            added.authors.extend(painted(claims, hunk.new_start, len(hunk.added)))
            for line in hunk.added:
                key = hash(line.strip())
                if _weight(line) >= _ANCHOR:
                    self._by_line.setdefault(key, []).append((place, len(added.hashes)))
                added.hashes.append(key)
        self._added.append(added)
        self._of.setdefault(donor, []).append(place)

    def _latest(self, donors: Iterable[int], time: int) -> int:
        """Return the last of ``donors`` that was made before ``time``, else the first of all."""
        ordered = sorted(donors, key=lambda d: self._donors[d].time)
        before = bisect_right([self._donors[d].time for d in ordered], time)
        return ordered[max(before - 1, 0)]

    def _exact(self, births: Sequence[Birth], donor: int) -> Found:
        found = Found(by="patch-id", donors={self._donors[donor].commit})
        pointers: dict[str, int] = {}
        by_path = {self._added[p].path: self._added[p] for p in self._of.get(donor, ())}
        for birth in births:
            row = array("I", bytes(4 * len(birth.lines)))
            added = by_path.get(birth.path)
            at = pointers.get(birth.path, 0)
            for place, line in enumerate(birth.lines if added else ()):
                at = _next(added, hash(line.strip()), at)
                if added and at < len(added.hashes):
                    row[place] = added.authors[at]
                    at += 1
            pointers[birth.path] = at
            found.rows.append(row)
            found.lines += len(row) if added else 0
        return found

    def _content(self, births: Sequence[Birth], time: int) -> Found:
        found = Found()
        for birth in births:
            row = array("I", bytes(4 * len(birth.lines)))
            hashes = [hash(line.strip()) for line in birth.lines]
            weights = [_weight(line) for line in birth.lines]
            at = 0
            while at < len(hashes):
                at = self._piece(birth, hashes, weights, at, time, row, found)
            found.rows.append(row)
        if found.lines:
            found.by = "content"
        return found

    def _piece(
        self, birth: Birth, hashes: list[int], weights: list[int], at: int, time: int,
        row: "array[int]", found: Found,
    ) -> int:  # fmt: skip
        """Match the longest run from line ``at`` on; return where to go on."""
        anchors = self._by_line.get(hashes[at], ()) if weights[at] >= _ANCHOR else ()
        best, best_score = None, 0.0
        for place, start in anchors[-_ANCHORS:]:
            added = self._added[place]
            length = _length(added, start, hashes, at)
            back = _back(added, start, hashes, at, row)
            sure = 1 - 2 ** -(sum(weights[at - back : at + length]) / HALVING)
            sure *= 1.0 if added.path == birth.path else OTHER_PATH
            late = self._donors[added.donor].time <= time
            score = sure + 1e-6 * late + 1e-12 * added.donor
            if score > best_score:
                best, best_score = (added, start - back, at - back, length + back, sure), score
        if best is None or best[4] < self._confidence:
            return at + 1
        added, source, target, length, sure = best
        row[target : target + length] = self._recovered(added.authors[source : source + length])
        found.lines += length
        found.wrong += length * (1 - sure)
        found.donors.add(self._donors[added.donor].commit)
        return target + length

    def _recovered(self, authors: "array[int]") -> "array[int]":
        numbers = {n: n and self._authors.number(replace(self._authors[n], recovered="content"))
                   for n in set(authors)}  # fmt: skip
        return array("I", [numbers[n] for n in authors])


def patch_digest(changed: Sequence[FileChange]) -> str:
    """Return a digest of what was changed, wherever in its files, white space aside."""
    digest = hashlib.sha256()
    for change in sorted(changed, key=lambda c: c.path):
        digest.update(f"\0{change.status} {change.path}\0".encode("utf-8", "surrogateescape"))
        if change.binary or not change.hunks:
            digest.update(change.blob.encode())
        for hunk in change.hunks:
            for mark, lines in ((b"-", hunk.removed), (b"+", hunk.added)):
                digest.update(b"".join(mark + _SPACE.sub(b"", line) + b"\n" for line in lines))
    return digest.hexdigest()


def _weight(line: bytes) -> int:
    return len(_WORD.sub(b"", line))


def _next(added: Added | None, key: int, at: int) -> int:
    """Return where the next line like ``key`` is, from ``at`` on."""
    while added and at < len(added.hashes) and added.hashes[at] != key:
        at += 1
    return at


def _length(added: Added, start: int, hashes: Sequence[int], at: int) -> int:
    most = min(len(added.hashes) - start, len(hashes) - at)
    length = 0
    while length < most and added.hashes[start + length] == hashes[at + length]:
        length += 1
    return length


def _back(added: Added, start: int, hashes: Sequence[int], at: int, row: "array[int]") -> int:
    back = 0
    while (
        back < min(start, at)
        and not row[at - back - 1]
        and added.hashes[start - back - 1] == hashes[at - back - 1]
    ):
        back += 1
    return back
