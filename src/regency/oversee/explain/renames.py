"""Names that were changed everywhere and nowhere mean anything new: renames, told from changes.

A name was renamed to another if the difference replaces one by the other, the old one is bound
before and is nowhere any more, and the new one is bound after and was nowhere before. Whatever
falls short of that is told as a change.
"""

import ast
import copy
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from regency.oversee.explain.compare import Edit
from regency.oversee.outline import DEFINITIONS, NAME_FIELDS, every, words_of

_KINDS = ("name", "attribute", "argument")
_Node = TypeVar("_Node", bound=ast.AST)
Renames = Mapping[str, str]  # old name → new name


def identifiers(*nodes: ast.AST) -> Counter[str]:
    """Return how often each identifier occurs in ``nodes``."""
    return words_of(part for node in nodes for part in every(node))


def bound(*nodes: ast.AST) -> set[str]:
    """Return the names that ``nodes`` bind: assigned, defined, arguments, attributes set."""
    return {name for node in nodes for part in every(node) if (name := _bound_by(part))}


def _bound_by(part: ast.AST) -> str:
    if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
        return part.id
    if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load):
        return part.attr
    if isinstance(part, ast.arg):
        return part.arg
    named = (*DEFINITIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
    return getattr(part, "name", None) or "" if isinstance(part, named) else ""


def candidates(edits: Iterable[Edit]) -> Counter[tuple[str, str]]:
    """Return (old, new) of names that edits replace → how often."""
    found: Counter[tuple[str, str]] = Counter()
    for edit in edits:
        if edit.kind in (*_KINDS, "callee") and edit.name:
            old, _, new = edit.name.partition(" ")
            found[old, new] += 1
        if edit.kind in ("statement", "condition", "loop", "with", "set", "items", "arguments",
                         "expression") and edit.old and edit.new:  # fmt: skip
            found.update(_parallel(edit.old, edit.new))
    return found


def _parallel(old: ast.AST, new: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that differ between two nodes as far as they have the same form."""
    if type(old) is not type(new):
        return
    for field, was in ast.iter_fields(old):
        now: Any = getattr(new, field)
        if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            for one, other in zip(was, now, strict=True):
                if isinstance(one, ast.AST) and isinstance(other, ast.AST):
                    yield from _parallel(one, other)
        elif isinstance(was, ast.AST) and isinstance(now, ast.AST):
            yield from _parallel(was, now)
        elif field in NAME_FIELDS and isinstance(was, str) and isinstance(now, str) and was != now:
            yield was, now


def proved(
    found: Iterable[tuple[str, str]], before: Sequence[ast.AST], after: Sequence[ast.AST]
) -> dict[str, str]:
    """Return those of the candidates that are renames between ``before`` and ``after``."""
    pairs = set(found)
    if not pairs:
        return {}
    return among(pairs, identifiers(*before), identifiers(*after), before, after)


def among(
    pairs: Iterable[tuple[str, str]],
    then: Container[str],
    now: Container[str],
    before: Sequence[ast.AST],
    after: Sequence[ast.AST],
) -> dict[str, str]:
    """Return those of ``pairs`` that are renames.

    Args:
        pairs: (old, new).
        then: The identifiers before.
        now: The identifiers after.
        before: Where the old names have to be bound.
        after: Where the new ones have to be.
    """
    likely = [(o, n) for o, n in pairs if o not in now and n not in then]
    if not likely:
        return {}
    bound_then, bound_now = bound(*before), bound(*after)
    fitting = sorted((o, n) for o, n in likely if o in bound_then and n in bound_now)
    froms, tos = Counter(o for o, _ in fitting), Counter(n for _, n in fitting)
    return {o: n for o, n in fitting if froms[o] == tos[n] == 1}


def renamed(node: _Node, renames: Renames) -> _Node:
    """Return ``node`` with names replaced; itself if there is nothing to replace."""
    if not renames or not any(word in renames for word in identifiers(node)):
        return node
    changed = copy.deepcopy(node)
    for part in every(changed):
        for field in NAME_FIELDS:
            word = getattr(part, field, None)
            if isinstance(word, str):
                setattr(part, field, dotted(word, renames))
        if isinstance(part, ast.Global | ast.Nonlocal):
            part.names = [renames.get(name, name) for name in part.names]
    return changed


def dotted(name: str, renames: Renames) -> str:
    """Return a dotted name with its parts replaced."""
    return ".".join(renames.get(part, part) for part in name.split("."))
