"""A difference between two trees taken down to what can be left out on its own.

Files fall into hunks, hunks into statements, and statements into the statements inside them. Pure
functions over bytes; decides nothing.
"""

import ast
import difflib
import itertools
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regency.oversee.groups import groups
from regency.repo import diff

Files = Mapping[str, bytes]
Span = tuple[int, int]  # half-open, lines from 0
Part = tuple[Span, Span, tuple[int, ...]]
_DEEPEST = 6  # levels of statements within a hunk


@dataclass(frozen=True, slots=True, order=True)
class Atom:
    """The smallest part of a difference: lines of one file before, and what stands there after.

    Attributes:
        path: The file.
        old: Lines before, half-open, from 0.
        new: Lines after.
        nest: Numbers of the hunk and of the statements that it lies in, outermost first.
        whole: Whether it is a whole file: new, deleted or binary.
    """

    path: str
    old: Span
    new: Span
    nest: tuple[int, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with the comments and blank lines above it, and the statements inside it."""

    lines: Span
    first: int  # its own first line, decorators included
    name: str
    inside: "tuple[Statement, ...]" = ()


Statements = Sequence[Statement]


def atoms(before: Files, after: Files) -> list[Atom]:
    """Return the smallest parts of the difference between two trees, by place."""
    changed = (p for p in sorted({*before, *after}) if before.get(p) != after.get(p))
    return [atom for path in changed for atom in _of_file(path, before.get(path), after.get(path))]


def applied(chosen: Collection[Atom], before: Files, after: Files) -> dict[str, bytes]:
    """Return ``before`` with nothing but the ``chosen`` parts of the difference applied."""
    result = dict(before)
    for path, parts in itertools.groupby(sorted(chosen), key=lambda atom: atom.path):
        found = list(parts)
        content = after.get(path) if found[0].whole else _merged(found, before[path], after[path])
        if content is None:
            result.pop(path, None)
        else:
            result[path] = content
    return result


def levels(parts: Sequence[Atom], before: Files, after: Files) -> Iterator[list[list[Atom]]]:
    """Yield ``parts`` in units to be left out together, from the coarsest to the finest.

    By file; by what names tie together; by hunk; by statement, from the outside in.

    Args:
        parts: Some or all of `atoms`.
        before: Files before.
        after: Files after.
    """
    yield _units(parts, [(atom.path,) for atom in parts])
    yield _units(parts, _tied(parts, before, after))
    for depth in range(1, _DEEPEST + 2):
        yield _units(parts, [(atom.path, *atom.nest[:depth]) for atom in parts])


def parsed(content: bytes) -> ast.Module | None:
    """Return Python source as a tree, None if it is not valid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _units(parts: Sequence[Atom], keys: Sequence[object]) -> list[list[Atom]]:
    found: dict[object, list[Atom]] = {}
    for atom, key in zip(parts, keys, strict=True):
        found.setdefault(key, []).append(atom)
    return list(found.values())


def _tied(parts: Sequence[Atom], before: Files, after: Files) -> list[object]:
    """Return the number of the separately decidable change that each part lies in."""
    pieces = [(number, piece) for number, group in enumerate(groups(before, after))
              for piece in group.pieces]  # fmt: skip
    found: list[object] = []
    for atom in parts:
        inside = (n for n, p in pieces if p.path == atom.path
                  and p.code[1] <= atom.old[0] and atom.old[1] <= p.code[2]
                  and p.code[3] <= atom.new[0] and atom.new[1] <= p.code[4])  # fmt: skip
        found.append(next(inside, atom))
    return found


def _of_file(path: str, before: bytes | None, after: bytes | None) -> list[Atom]:
    old, new = diff.split_lines(before), diff.split_lines(after)
    binary = diff.is_binary(before) or diff.is_binary(after)
    codes = [code for code in diff.opcodes(old, new) if code[0] != "equal"]
    if binary or before is None or after is None or not codes:
        return [Atom(path, (0, len(old)), (0, len(new)), whole=True)]
    then, now = (_statements(path, content) for content in (before, after))
    return [
        Atom(path, lines, fresh, (number, *nest))
        for number, (_, a, b, c, d) in enumerate(codes)
        for lines, fresh, nest in _split((a, b), (c, d), then, now)
    ]


def _merged(chosen: Sequence[Atom], before: bytes, after: bytes) -> bytes:
    old, new = diff.split_lines(before), diff.split_lines(after)
    lines, at = list[bytes](), 0
    for atom in chosen:
        lines += old[at : atom.old[0]] + new[atom.new[0] : atom.new[1]]
        at = atom.old[1]
    return b"".join(lines + old[at:])


def _statements(path: str, content: bytes) -> tuple[Statement, ...]:
    tree = parsed(content) if path.endswith(".py") else None
    return _block(tree.body, 0) if tree else ()


def _block(body: Sequence[ast.stmt], floor: int) -> tuple[Statement, ...]:
    """Return statements, each beginning with the comments and blank lines since the last."""
    found = []
    for node in body:
        inside: Sequence[ast.stmt] = getattr(node, "body", ())
        below = _block(inside, inside[0].lineno - 1) if inside else ()
        end = max(node.end_lineno or node.lineno, floor)
        decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
        found.append(Statement((floor, end), first, _name(node), below))
        floor = end
    return tuple(found)


def _name(node: ast.stmt) -> str:
    """Return what a statement is about, so that its old and its new form can be paired."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return f"def {node.name}"
    if isinstance(node, ast.Assign):
        return "set " + ", ".join(ast.unparse(target) for target in node.targets)
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return f"set {ast.unparse(node.target)}"
    return type(node).__name__


def _split(old: Span, new: Span, then: Statements, now: Statements) -> list[Part]:
    """Return a hunk in parts: lines before, lines after, and the statements they lie in.

    Args:
        old: The hunk's lines before.
        new: Its lines after.
        then: The statements of one level before, some of which the hunk may hold.
        now: Those after.
    """
    left, right = _within(then, old), _within(now, new)
    pairs = list(_paired(left, right))
    if not pairs:
        return _deeper(old, new, then, now)
    cuts = list(_cuts(old, new, pairs))
    found: list[Part] = []
    for number, (before, after, one, other) in enumerate(cuts):
        # What is all new, or all gone, may be taken apart further; a new form of the old not.
        apart = [] if one and other else _deeper(before, after, _list(one), _list(other))
        place = (number,) if len(cuts) > 1 else ()
        found += [(a, b, (*place, *nest)) for a, b, nest in apart or [(before, after, ())]]
    return found


def _deeper(old: Span, new: Span, then: Statements, now: Statements) -> list[Part]:
    """Split a hunk by the statements inside those that it lies in."""
    below_then = [s for outer in then if _touch(outer.lines, old) for s in outer.inside]
    below_now = [s for outer in now if _touch(outer.lines, new) for s in outer.inside]
    if not below_then and not below_now:
        return [(old, new, ())]
    return _split(old, new, below_then, below_now)


def _list(statement: Statement | None) -> list[Statement]:
    return [statement] if statement else []


def _touch(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _within(statements: Statements, lines: Span) -> list[Statement]:
    return [s for s in statements if lines[0] <= s.first and s.lines[1] <= lines[1]]


def _paired(
    left: Statements, right: Statements
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Yield statements before and after, those about the same thing together, in order."""
    names = [s.name for s in left], [s.name for s in right]
    for tag, a, b, c, d in difflib.SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and b - a == d - c):
            yield from zip(left[a:b], right[c:d], strict=True)
        else:
            yield from ((one, None) for one in left[a:b])
            yield from ((None, one) for one in right[c:d])


def _cuts(
    old: Span, new: Span, pairs: Sequence[tuple[Statement | None, Statement | None]]
) -> Iterator[tuple[Span, Span, Statement | None, Statement | None]]:
    """Yield the lines before the first pair, then those of each; the last takes what is left."""
    a = max(old[0], min([one.lines[0] for one, _ in pairs if one], default=old[0]))
    c = max(new[0], min([other.lines[0] for _, other in pairs if other], default=new[0]))
    if (a, c) != (old[0], new[0]):
        yield (old[0], a), (new[0], c), None, None
    for number, (one, other) in enumerate(pairs):
        last = number == len(pairs) - 1
        b = old[1] if last else (one.lines[1] if one else a)
        d = new[1] if last else (other.lines[1] if other else c)
        yield (a, b), (c, d), one, other
        a, c = b, d
