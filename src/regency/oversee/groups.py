"""A net difference taken apart into changes that can be decided on their own.

Lines belong together when they lie in one top-level statement or definition, or mention a name that
the difference adds or removes. Pure functions over two trees; decides nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regency.oversee.outline import outline
from regency.repo import diff

WHOLE = "whole"  # the tag of a piece that is a whole file: new, deleted or binary
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(
    b"and as assert async await break class continue def del elif else except finally for from "
    b"global if import in is lambda nonlocal not or pass raise return try while with yield None "
    b"True False self".split()
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive changed lines of one file, as an opcode of `regency.repo.diff.opcodes`."""

    path: str
    code: diff.Opcode


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that are decided together."""

    pieces: tuple[Piece, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it touches, sorted."""
        return tuple(sorted({piece.path for piece in self.pieces}))

    def ranges(self, path: str) -> list[tuple[int, int]]:
        """Return its lines after the change, as (first, last) from 1; none where it deletes."""
        codes = (piece.code for piece in self.pieces if piece.path == path)
        return [(c + 1, d) for _, _, _, c, d in codes if d > c]


def groups(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Group]:
    """Return the difference between two trees in separately decidable groups, by place."""
    pieces = [piece for path in sorted({*before, *after}) if before.get(path) != after.get(path)
              for piece in _pieces(path, before.get(path), after.get(path))]  # fmt: skip
    marks = [_marks(piece, before, after) for piece in pieces]
    fresh = _fresh(before, after, pieces)
    owner = list(range(len(pieces)))
    first: dict[object, int] = {}
    for place, found in enumerate(marks):
        for mark in found:
            if isinstance(mark, tuple) or mark in fresh:
                _join(owner, first.setdefault(mark, place), place)
    together: dict[int, list[Piece]] = {}
    for place, piece in enumerate(pieces):
        together.setdefault(_root(owner, place), []).append(piece)
    return [Group(tuple(found)) for found in together.values()]


def with_only(
    group: Group, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return ``before`` with nothing but ``group`` applied."""
    result = dict(before)
    for path in group.paths:
        chosen = {piece.code for piece in group.pieces if piece.path == path}
        whole = any(code[0] == WHOLE for code in chosen)
        content = after.get(path) if whole else _partly(chosen, before[path], after[path])
        if content is None:
            del result[path]
        else:
            result[path] = content
    return result


def _partly(chosen: set[diff.Opcode], before: bytes, after: bytes) -> bytes:
    old, new = diff.split_lines(before), diff.split_lines(after)
    lines: list[bytes] = []
    for code in _codes(old, new):
        _, a, b, c, d = code
        lines += new[c:d] if code in chosen else old[a:b]
    return b"".join(lines)


def _codes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[diff.Opcode]:
    """Yield opcodes, those that replace n lines by n others as n opcodes of one line each."""
    for tag, a, b, c, d in diff.opcodes(old, new):
        if tag == "replace" and b - a == d - c:
            yield from ((tag, a + n, a + n + 1, c + n, c + n + 1) for n in range(b - a))
        else:
            yield tag, a, b, c, d


def _pieces(path: str, before: bytes | None, after: bytes | None) -> list[Piece]:
    old, new = diff.split_lines(before), diff.split_lines(after)
    whole = diff.is_binary(before) or diff.is_binary(after) or before is None or after is None
    changed = [code for code in _codes(old, new) if code[0] != "equal"]
    if whole or not changed:
        return [Piece(path, (WHOLE, 0, len(old), 0, len(new)))]
    return [Piece(path, code) for code in changed]


def _marks(
    piece: Piece, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[tuple[str, str, int] | bytes]:
    """Return what ties a piece to others: the words in it, and the statements it lies in."""
    path, (_, a, b, c, d) = piece.path, piece.code
    old = diff.split_lines(before.get(path))[a:b]
    new = diff.split_lines(after.get(path))[c:d]
    marks: list[tuple[str, str, int] | bytes] = [*sorted(_words(old) | _words(new))]
    for side, files, first, last in (("before", before, a + 1, b), ("after", after, c + 1, d)):
        if first <= last:
            starts = _statements(path, files.get(path), first, last)
            marks += [(path, side, start) for start in starts]
    return marks


def _statements(path: str, content: bytes | None, first: int, last: int) -> list[int]:
    found = outline(content or b"") if path.endswith(".py") else None
    if found is None:
        return [0]  # not to be taken apart within the file
    return [start for start, end in found.spans if start <= last and end >= first]


def _fresh(
    before: Mapping[str, bytes], after: Mapping[str, bytes], pieces: Sequence[Piece]
) -> set[bytes]:
    """Return the names that the difference brings in or takes away altogether."""
    paths = {piece.path for piece in pieces}
    then, now = (_words([files[p] for p in paths if p in files]) for files in (before, after))
    return (then ^ now) - _KEYWORDS


def _words(lines: Sequence[bytes]) -> set[bytes]:
    return {word for line in lines for word in _WORD.findall(line)}


def _root(owner: list[int], place: int) -> int:
    while owner[place] != place:
        place = owner[place]
    return place


def _join(owner: list[int], one: int, other: int) -> None:
    roots = sorted((_root(owner, one), _root(owner, other)))
    owner[roots[1]] = roots[0]
