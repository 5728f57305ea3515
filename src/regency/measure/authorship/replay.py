"""Replays a history commit by commit, so that every line ever added has one birth and one end.

One walk answers for every revision at once what `git blame` answers for one file of one: where
each line comes from. The rules are those of `git blame`: unchanged lines keep their origin, a
renamed file keeps its lines, a merge takes each line from the first parent that has it.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from regency.errors import RepositoryError
from regency.measure.authorship.moves import moved_lines
from regency.repo.changes import FileChange, between, changes, merges
from regency.repo.history import FILE_MODES, Commit, History

_SNIFFED_BYTES = 8000  # where git looks for a zero byte that makes a file binary


@dataclass(slots=True)
class Birth:
    """Consecutive lines that a commit added to a file.

    Attributes:
        path: The file.
        first: Number of the first one, from 1.
        ids: Number of the first one among all lines ever added.
        lines: Their text.
        length: Lines of the whole file.
    """

    path: str
    first: int
    ids: int
    lines: Sequence[bytes]
    length: int = 0


class Attribute(Protocol):
    """Says who wrote the lines that a commit added."""

    def __call__(
        self, number: int, births: Sequence[Birth], changed: Sequence[FileChange]
    ) -> Sequence["array[int]"]:
        """Return, for each of ``births`` of the commit ``number``, the authors of its lines."""


@dataclass(slots=True)
class Lines:
    """Every line ever added, by number.

    Attributes:
        born: Number of the commit that added it.
        author: Number of its author.
        ended: 1 + number of the commit that removed it; 0: it lives, or no commit was seen to.
    """

    born: "array[int]" = field(default_factory=lambda: array("I"))
    author: "array[int]" = field(default_factory=lambda: array("I"))
    ended: "array[int]" = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file at some commit: its blob, and its lines' numbers; None: git takes it for binary."""

    blob: str
    lines: "array[int] | None"


State = dict[str, Entry]


@dataclass(slots=True)
class Replayed:
    """What a replay found.

    Attributes:
        lines: Every line ever added.
        files: The files of the last commit.
        lost: Lines that a merge dropped without any commit saying so.
    """

    lines: Lines
    files: State
    lost: int = 0


class Replay:
    """One walk over a history.

    Args:
        history: Whose.
        commits: Its commits, parents first; the last one is the one asked for.
        attribute: Says who wrote new lines.
        moves: Whether lines that a commit moves keep their origin.
    """

    def __init__(
        self, history: History, commits: Sequence[Commit], attribute: Attribute, *, moves: bool
    ) -> None:
        self._history, self._commits, self._attribute = history, commits, attribute
        self._moves = moves
        self._numbers = {c.commit: n for n, c in enumerate(commits)}
        self._waiting = [0] * len(commits)  # children that still need the commit's state
        for commit in commits:
            for parent in self._parents(commit):
                self._waiting[parent] += 1
        self._states: dict[int, State] = {}
        self.lines = Lines()

    def run(self) -> Replayed:
        """Walk the whole history.

        Raises:
            RepositoryError: An object is missing, or git failed.
        """
        tip = self._commits[-1].commit
        plain, merged = changes(self._history, tip), merges(self._history, tip)
        for number, commit in enumerate(self._commits):
            stream = merged if len(commit.parents) > 1 else plain
            found, changed = next(stream, ("", []))
            if found != commit.commit:
                raise RepositoryError(
                    f"{self._history.place} changed while it was read: run the command again."
                )
            self._step(number, commit, changed)
        for stream in (plain, merged):
            for _ in stream:  # lets git say what it has to say at its end
                pass
        return self._finished()

    def _parents(self, commit: Commit) -> list[int]:
        return [self._numbers[p] for p in commit.parents if p in self._numbers]

    def _step(self, number: int, commit: Commit, changed: Sequence[FileChange]) -> None:
        parents = self._parents(commit)
        others = [self._states[parent] for parent in parents[1:]]
        state = self._inherited(parents)
        self._states[number] = state
        if others:
            unsettled = self._taken(number, state, others, changed)
            if unsettled:
                self._conflicts(number, commit, state, others, unsettled)
        else:
            self._apply(number, state, changed)
        for parent in parents[1:]:
            self._release(parent)

    def _inherited(self, parents: Sequence[int]) -> State:
        if not parents:
            return {}
        first = parents[0]
        if self._waiting[first] == 1:
            self._waiting[first] = 0
            return self._states.pop(first)
        self._waiting[first] -= 1
        return dict(self._states[first])

    def _release(self, parent: int) -> None:
        self._waiting[parent] -= 1
        if self._waiting[parent] <= 0:
            self._states.pop(parent, None)

    def _apply(self, number: int, state: State, changed: Sequence[FileChange]) -> None:
        """Apply what a commit with one parent changed."""
        bases = [self._base(state, change) for change in changed]
        moved = moved_lines(changed, bases) if self._moves else {}
        births: list[Birth] = []
        for place, (change, base) in enumerate(zip(changed, bases, strict=True)):
            kept = {at[1:]: ids for at, ids in moved.items() if at[0] == place} if moved else {}
            if change.status in "RD" or change.mode not in FILE_MODES:
                state.pop(change.old_path, None)
            if change.mode in FILE_MODES:
                lines = self._new_lines(change, base, births, kept)
                state[change.path] = Entry(change.blob, lines)
            elif base is not None:
                self._end(number, base)
        self._bear(number, births, changed)
        self._end_removed(number, changed, bases, moved)

    def _base(self, state: State, change: FileChange) -> "array[int] | None":
        if change.old_mode not in FILE_MODES or change.status == "A":
            return array("I")
        entry = state.get(change.old_path)
        return entry.lines if entry else array("I")

    def _new_lines(
        self,
        change: FileChange,
        base: "array[int] | None",
        births: list[Birth],
        kept: Mapping[tuple[int, int], "array[int]"],
    ) -> "array[int] | None":
        """Return the lines of a changed file; new ones get numbers and are put on ``births``."""
        if change.binary or base is None:
            return self._was_binary(change, births) if base is None else None
        hunks = change.hunks[-1:] if change.status == "T" else change.hunks
        made, at, known = array("I"), 0, len(births)
        for index, hunk in enumerate(hunks):
            start = hunk.old_start - 1
            made.extend(base[at:start])
            at = start + len(hunk.removed)
            for offset, ids, count in _runs(index, len(hunk.added), kept):
                if ids is not None:
                    made.extend(ids)
                    continue
                born = self._reserve(count)
                text = hunk.added[offset : offset + count]
                births.append(Birth(change.path, hunk.new_start + offset, born, text))
                made.extend(range(born, born + count))
        made.extend(base[at:])
        for birth in births[known:]:
            birth.length = len(made)
        return made

    def _was_binary(self, change: FileChange, births: list[Birth]) -> "array[int] | None":
        """Return the lines of a file that was binary; if it is text now, all of them are new."""
        if change.blob == change.old_blob:
            return None
        content = next(self._history.contents([change.blob]))[1]
        if content is None or b"\0" in content[:_SNIFFED_BYTES]:
            return None
        text = content.split(b"\n")
        lines = text[:-1] if text[-1] == b"" else text
        born = self._reserve(len(lines))
        births.append(Birth(change.path, 1, born, lines, len(lines)))
        return array("I", range(born, born + len(lines)))

    def _reserve(self, count: int) -> int:
        first = len(self.lines.born)
        blank = bytes(4 * count)
        for column in (self.lines.born, self.lines.author, self.lines.ended):
            column.frombytes(blank)
        return first

    def _bear(self, number: int, births: Sequence[Birth], changed: Sequence[FileChange]) -> None:
        rows = self._attribute(number, births, changed)
        for birth, authors in zip(births, rows, strict=True):
            end = birth.ids + len(birth.lines)
            self.lines.author[birth.ids : end] = authors
            self.lines.born[birth.ids : end] = array("I", [number]) * (end - birth.ids)

    def _end_removed(
        self,
        number: int,
        changed: Sequence[FileChange],
        bases: Sequence["array[int] | None"],
        moved: Mapping[tuple[int, int, int], "array[int]"],
    ) -> None:
        living = {line for ids in moved.values() for line in ids}
        for change, base in zip(changed, bases, strict=True):
            if base is None or change.status == "C":
                continue
            for hunk in change.hunks:
                gone = base[hunk.old_start - 1 : hunk.old_start - 1 + len(hunk.removed)]
                self._end(number, [x for x in gone if x not in living] if living else gone)
            if change.binary:
                self._end(number, base)

    def _end(self, number: int, lines: Sequence[int]) -> None:
        ended = self.lines.ended
        for line in lines:
            if not ended[line]:
                ended[line] = number + 1

    def _taken(
        self, number: int, state: State, others: Sequence[State], changed: Sequence[FileChange]
    ) -> list[FileChange]:
        """Take whole files from the parent that has them; return those that no parent has so."""
        unsettled = []
        for change in changed:
            before = state.get(change.path)
            if change.mode not in FILE_MODES:
                state.pop(change.path, None)
                if before and before.lines:
                    self._end(number, before.lines)
                continue
            entry = _same(others, change)
            if entry is None:
                unsettled.append(change)
                continue
            state[change.path] = entry
            if before and before.lines:
                left = set(entry.lines or ())
                self._end(number, [line for line in before.lines if line not in left])
        return unsettled

    def _conflicts(
        self,
        number: int,
        commit: Commit,
        state: State,
        others: Sequence[State],
        unsettled: Sequence[FileChange],
    ) -> None:
        """Take each line of files that a merge made itself from the first parent that has it."""
        paths = [change.path for change in unsettled]
        plain = all(any(path in s for s in (state, *others)) for path in paths)
        made: dict[str, list[int]] = {}
        texts: dict[str, FileChange] = {}
        for parent, before in zip(commit.parents, (dict(state), *others), strict=False):
            found = between(self._history, parent, commit.commit, paths if plain else ())
            for change in found:
                if change.path in paths and not change.binary:
                    _inherit(made.setdefault(change.path, []), change, before)
                    texts.setdefault(change.path, change)
        births: list[Birth] = []
        for path, change in ((c.path, c) for c in unsettled):
            before_entry = state.get(path)
            lines = self._merged(made[path], texts[path], births) if path in made else None
            state[path] = Entry(change.blob, lines)
            if before_entry and before_entry.lines:
                left = set(lines or ())
                self._end(number, [x for x in before_entry.lines if x not in left])
        self._bear(number, births, ())

    def _merged(
        self, inherited: Sequence[int], change: FileChange, births: list[Birth]
    ) -> "array[int]":
        """Give numbers to those lines of a merged file that no parent has."""
        text = {h.new_start + n: line for h in change.hunks for n, line in enumerate(h.added)}
        made = array("I")
        for place, known in enumerate(inherited, start=1):
            if known >= 0:
                made.append(known)
                continue
            born = self._reserve(1)
            births.append(Birth(change.path, place, born, [text.get(place, b"")], len(inherited)))
            made.append(born)
        return made

    def _finished(self) -> Replayed:
        files = self._states[len(self._commits) - 1]
        alive = bytearray(len(self.lines.born))
        for entry in files.values():
            for line in entry.lines or ():
                alive[line] = 1
                self.lines.ended[line] = 0
        lost = sum(
            not living and not end for living, end in zip(alive, self.lines.ended, strict=True)
        )
        return Replayed(self.lines, files, lost)


def _same(others: Sequence[State], change: FileChange) -> Entry | None:
    found = (other.get(change.path) for other in others)
    return next((entry for entry in found if entry and entry.blob == change.blob), None)


def _inherit(made: list[int], change: FileChange, before: State) -> None:
    """Fill the lines of a merged file that one more parent has; -1: none has it yet."""
    entry = before.get(change.old_path)
    base = entry.lines if entry and entry.lines is not None else array("I")
    lines: list[int] = []
    at = 0
    for hunk in change.hunks:
        start = hunk.old_start - 1
        lines.extend(base[at:start])
        at = start + len(hunk.removed)
        lines.extend([-1] * len(hunk.added))
    lines.extend(base[at:])
    if not made:
        made.extend(lines)
        return
    for place, line in enumerate(lines[: len(made)]):
        if made[place] < 0:
            made[place] = line


def _runs(
    index: int, count: int, kept: Mapping[tuple[int, int], "array[int]"]
) -> Iterator[tuple[int, "array[int] | None", int]]:
    """Yield the parts of a hunk's new lines: where, the numbers of moved ones, how many."""
    if not kept:
        if count:
            yield 0, None, count
        return
    at = 0
    for (hunk, offset), ids in sorted(kept.items()):
        if hunk != index:
            continue
        if offset > at:
            yield at, None, offset - at
        yield offset, ids, len(ids)
        at = offset + len(ids)
    if at < count:
        yield at, None, count - at
