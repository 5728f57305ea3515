"""A net difference taken apart into changes that can be decided on their own.

Hunks belong together when they lie in one top-level definition, or mention a name that the
difference adds or removes. Pure functions over two trees; decides nothing.
"""

import re
from collections.abc import Mapping, Sequence
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
    for code in diff.opcodes(old, new):
        _, a, b, c, d = code
        lines += new[c:d] if code in chosen else old[a:b]
    return b"".join(lines)


def _pieces(path: str, before: bytes | None, after: bytes | None) -> list[Piece]:
    codes = diff.opcodes(diff.split_lines(before), diff.split_lines(after))
    whole = diff.is_binary(before) or diff.is_binary(after) or before is None or after is None
    changed = [code for code in codes if code[0] != "equal"]
    if whole or not changed:
        old, new = len(diff.split_lines(before)), len(diff.split_lines(after))
        return [Piece(path, (WHOLE, 0, old, 0, new))]
    return [Piece(path, code) for code in changed]


def _marks(
    piece: Piece, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[tuple[str, str] | bytes]:
    _, a, b, c, d = piece.code
    old = diff.split_lines(before.get(piece.path))[a:b]
    new = diff.split_lines(after.get(piece.path))[c:d]
    marks: list[tuple[str, str] | bytes] = [*sorted(_words(old) | _words(new))]
    sides = ((after, c + 1, max(d, c + 1)), (before, a + 1, max(b, a + 1)))
    for files, first, last in sides:
        marks += [(piece.path, n) for n in _definitions(files.get(piece.path), first, last)]
    return marks


def _definitions(content: bytes | None, first: int, last: int) -> list[str]:
    found = outline(content or b"")
    if found is None:
        return []
    spans = ((n, d) for n, d in found.definitions.items() if "." not in n)
    return [name for name, d in spans if d.line <= last and d.end >= first]


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
