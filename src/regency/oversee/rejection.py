"""What a person turned down: what is left without it, and whether it is proposed again.

A change is known by what it does to statements, so that laying it out anew, commenting it or
mixing it with other edits hides nothing. Writing the same thing in other words does: a reviewer
sees that one again. Pure functions over trees; decides nothing.
"""

import ast
import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from regency.oversee.atoms import Atom, atoms, parsed
from regency.oversee.groups import WHOLE, Group, groups, with_only
from regency.repo import diff

Files = Mapping[str, bytes]
Mark = tuple[str, str, str]  # path, what stood there, what stands there now; layout taken away
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A change that a person turned down.

    Attributes:
        item: What was decided on, ``p3.2``.
        reason: In the person's words.
        marks: What it does, statement by statement.
    """

    item: str
    reason: str
    marks: frozenset[Mark]


def marks(before: Files, after: Files) -> frozenset[Mark]:
    """Return what a difference does, statement by statement; layout and comments leave none."""
    found = (_mark(atom, before, after) for atom in atoms(before, after))
    return frozenset(mark for mark in found if mark[1] != mark[2])


def without(change: str, base: Files, head: Files) -> dict[str, bytes]:
    """Return what is left of a net change without one part of it and what depends on that.

    Args:
        change: Unified diff, against ``base``, of the part to be dropped.
        base: The generation's files.
        head: The champion's, which may be later than the one that the diff was taken from.
    """
    every = groups(base, head)
    gone = [group for group in every if _overlaps(group, change)]
    left = [group for group in every if group not in gone]
    while dependent := _dependent(left, gone, base, head):
        gone += dependent
        left = [group for group in left if group not in dependent]
    return with_only(Group(tuple(p for group in left for p in group.pieces)), base, head)


def again(
    rejected: Sequence[Rejected], base: Files, parent: Files, after: Files
) -> Rejected | None:
    """Return what was turned down and is proposed once more, None if nothing is.

    Args:
        rejected: What was turned down.
        base: The last generation's files.
        parent: Files that the proposal was made from.
        after: Its files.
    """
    if not rejected:
        return None
    whole, step, had = marks(base, after), marks(parent, after), marks(base, parent)
    for one in rejected:
        if one.marks and one.marks <= whole | step and not one.marks <= had:
            return one
    return None


def applied_diff(change: str, before: Files) -> dict[str, bytes]:
    """Return ``before`` with a unified diff applied that was made against it."""
    files = dict(before)
    for part in diff.parse(change):
        path = part.new_path or part.old_path
        lines = diff.split_lines(before.get(path))
        made, at = list[bytes](), 0
        for hunk in part.hunks:
            start = max(hunk.old_start - (hunk.old_lines > 0), 0)
            made += lines[at:start] + _new_side(hunk.lines)
            at = start + hunk.old_lines
        if part.new_path:
            files[path] = b"".join(made + lines[at:])
        else:
            files.pop(path, None)
    return files


def _new_side(lines: Sequence[str]) -> list[bytes]:
    found: list[bytes] = []
    for line in lines:
        if line.startswith("\\") and found:
            found[-1] = found[-1].removesuffix(b"\n")
        elif line[:1] in (" ", "+", ""):
            found.append(line[1:].encode("utf-8", "surrogatepass") + b"\n")
    return found


def _mark(atom: Atom, before: Files, after: Files) -> Mark:
    old = diff.split_lines(before.get(atom.path))[slice(*atom.old)]
    new = diff.split_lines(after.get(atom.path))[slice(*atom.new)]
    return atom.path, _plain(atom.path, old), _plain(atom.path, new)


def _plain(path: str, lines: Iterable[bytes]) -> str:
    """Return statements without layout and comments, other text without blanks."""
    raw = b"".join(lines)
    if path.endswith(".py"):
        text = textwrap.dedent(raw.decode("utf-8", "replace")).strip("\n")
        tree = parsed(text.encode()) or parsed(f"{text}\n    pass".encode())
        if tree is not None:
            return ast.unparse(tree)
    return " ".join(raw.decode("utf-8", "replace").split())


def _overlaps(group: Group, change: str) -> bool:
    """Return whether a group changes the same lines of the base as a unified diff does."""
    for part in diff.parse(change):
        path = part.old_path or part.new_path
        spans = [span for hunk in part.hunks for span in _changed(hunk)]
        for piece in (piece for piece in group.pieces if piece.path == path):
            tag, first, last, *_ = piece.code
            if tag == WHOLE or any(_meet((first, last), span) for span in spans):
                return True
    binary = (p for p in group.paths if f"diff --git a/{p} b/{p}\nBinary files " in change)
    return any(binary)


def _changed(hunk: diff.Hunk) -> list[tuple[int, int]]:
    """Return the lines of the old side that a hunk replaces, half-open, from 0."""
    at = max(hunk.old_start - (hunk.old_lines > 0), 0)
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for line in (*hunk.lines, " "):
        if line[:1] in ("-", "+"):
            start = at if start is None else start
            at += line[:1] == "-"
        elif line[:1] != "\\":
            if start is not None:
                spans.append((start, at))
                start = None
            at += 1
    return spans


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one == other or (one[0] < other[1] and other[0] < one[1])


def _dependent(
    left: Collection[Group], gone: Collection[Group], base: Files, head: Files
) -> list[Group]:
    """Return the groups that use a name which only the dropped ones bring in."""
    kept = with_only(Group(tuple(p for group in left for p in group.pieces)), base, head)
    brought = _names(head, gone) - _defined(kept)
    return [group for group in left if _names(head, [group], used=True) & brought]


def _names(head: Files, found: Iterable[Group], *, used: bool = False) -> set[str]:
    """Return the names that groups define, or all words that they use."""
    names: set[str] = set()
    for piece in (piece for group in found for piece in group.pieces):
        content = head.get(piece.path)
        text = b"".join(diff.split_lines(content)[piece.code[3] : piece.code[4]])
        plain = text.decode("utf-8", "replace")
        names |= set(_WORD.findall(plain)) if used else _targets(plain)
        if not used and piece.code[0] == WHOLE and content is not None:
            names.add(piece.path.rpartition("/")[2].removesuffix(".py"))
    return names


def _targets(text: str) -> set[str]:
    """Return what lines of Python define: functions, classes, modules, names set."""
    head = r"(?m)^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^\s*(\w+)\s*(?::[^=\n]+)?=(?!=)"
    head += r"|\bimport\s+([\w.]+)|\bas\s+(\w+)"
    found = (name for match in re.findall(head, text) for name in match)
    return {part for name in found for part in name.split(".") if part}


def _defined(files: Files) -> set[str]:
    names: set[str] = set()
    for path, content in files.items():
        names |= _targets(content.decode("utf-8", "replace"))
        names.add(path.rpartition("/")[2].removesuffix(".py"))
    return names
