"""Two blocks of Python compared statement by statement, down to the values and names that differ.

Statements are aligned as `difflib` aligns lines; a statement that became another of its kind is
taken apart, and what differs in it is told as precisely as a person would: a literal, an operator,
a name, an argument. The idea of such edit scripts on syntax trees is that of Falleri et al.,
"Fine-grained and Accurate Source Code Differencing", ASE 2014; the matching here is simpler.
"""

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regency.oversee.outline import DEFINITIONS, assigned, bodies_of, is_literal

_OPERATORS = (ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
_APART = (*DEFINITIONS, ast.Import, ast.ImportFrom)  # told elsewhere
_HEADS = {"test": "condition", "iter": "loop", "target": "loop", "items": "with",
          "subject": "match", "type": "except"}  # fmt: skip
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_NAMED = {"id": "name", "attr": "attribute", "arg": "argument", "name": "name"}
_ALIKE = 0.5  # share of common words from which one statement is taken for another's successor
_FEW = 2
_MOST = 400  # statements of one block that are aligned; beyond, only what is equal is


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference.

    Attributes:
        kind: ``literal``, ``name``, ``attribute``, ``argument``, ``callee``, ``operator``,
            ``expression``, ``arguments``, ``items``, ``set``, ``statement``, ``condition``,
            ``loop``, ``with``, ``match``, ``except``, ``added``, ``removed``, ``moved``,
            ``wrapped`` or ``unwrapped``.
        old: Before, None if it is new.
        new: After, None if it is gone.
        name: What is set, for ``set``; old and new identifier joined by a space, for names.
    """

    kind: str
    old: ast.AST | None
    new: ast.AST | None
    name: str = ""


def key(node: ast.AST) -> str:
    """Return the structure of ``node``: equal for what means the same, wherever it stands."""
    return ast.dump(node)


def own(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return a block without docstring, definitions and imports."""
    kept = [node for node in body if not isinstance(node, _APART)]
    return kept[1:] if body and kept and kept[0] is body[0] and is_text(kept[0]) else kept


def is_text(node: ast.AST) -> bool:
    """Return whether a statement is nothing but a string: a docstring, or a comment of a kind."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def blocks(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> list[Edit]:
    """Return what differs between two blocks of statements, in order."""
    return _with_moves(list(_blocks(own(old), own(new))))


def _blocks(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> Iterator[Edit]:
    before, after = [key(n) for n in old], [key(n) for n in new]
    junk = max(len(old), len(new)) > _MOST
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, junk).get_opcodes():
        if tag != "equal":
            yield from _replaced(old[a:b], new[c:d])


def _replaced(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> Iterator[Edit]:
    if [type(node) for node in old] == [type(node) for node in new]:
        for one, other in zip(old, new, strict=True):
            if _other_setting(one, other):
                yield from (Edit("removed", one, None), Edit("added", None, other))
            else:
                yield from _statement(one, other)
        return
    left = list(old)
    for node in new:
        inner = _within(node)
        held = [n for n in left if inner and key(n) in inner]
        if held:
            yield Edit("wrapped", held[0], node)
            left = [n for n in left if n not in held]
            continue
        twin = next((n for n in left if _alike(n, node)), None)
        if twin is None:
            yield Edit("added", None, node)
            continue
        place = left.index(twin)
        yield from _gone(left[:place], new)
        left = left[place + 1 :]
        yield from _statement(twin, node)
    yield from _gone(left, new)


def _other_setting(old: ast.stmt, new: ast.stmt) -> bool:
    """Return whether another name is set to something else."""
    (name, was), (other, now) = assigned(old), assigned(new)
    return bool(name and other and name != other and was and now and key(was) != key(now))


def _gone(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> Iterator[Edit]:
    free = {key(node) for node in new}
    for node in old:
        inner = _within(node)
        yield Edit("unwrapped" if inner and inner <= free else "removed", node, None)


def _within(node: ast.AST) -> set[str]:
    """Return the structures of the statements of a compound statement's first block."""
    body = getattr(node, "body", None) if not isinstance(node, DEFINITIONS) else None
    return {key(n) for n in body if not isinstance(n, ast.Pass)} if body else set()


def _alike(old: ast.stmt, new: ast.stmt) -> bool:
    if type(old) is not type(new):
        return False
    name = assigned(old)[0]
    if name and name == assigned(new)[0]:
        return True
    words, others = _words(old), _words(new)
    return len(words & others) >= _ALIKE * min(len(words), len(others))


def _words(node: ast.AST) -> set[str]:
    found = set()
    for part in ast.walk(node):
        for name in ("id", "attr", "arg", "value"):
            word = getattr(part, name, None)
            if word is not None and not isinstance(word, ast.AST):
                found.add(repr(word))
    return found or {type(node).__name__}


def _statement(old: ast.stmt, new: ast.stmt) -> Iterator[Edit]:
    if next(bodies_of(old), None) is not None:
        yield from _compound(old, new)
        return
    name, was = assigned(old)
    other, now = assigned(new)
    if name and name == other and was is not None and now is not None:
        yield from _setting(name, was, now, old, new)
        return
    yield from _simple(old, new)


def _setting(
    name: str, was: ast.expr, now: ast.expr, old: ast.stmt, new: ast.stmt
) -> Iterator[Edit]:
    if key(was) == key(now):  # only the annotation differs
        yield Edit("annotation", old, new, name)
    elif is_literal(was) and is_literal(now):
        yield Edit("set", was, now, name)
    else:
        yield from _simple(old, new, Edit("set", was, now, name))


def _simple(old: ast.AST, new: ast.AST, whole: Edit | None = None) -> Iterator[Edit]:
    found = list(leaves(old, new))
    few = len(found) <= _FEW and not any(edit.kind == "expression" for edit in found)
    yield from found if few else [whole or Edit("statement", old, new)]


def _compound(old: ast.AST, new: ast.AST) -> Iterator[Edit]:
    for field, was in ast.iter_fields(old):
        now = getattr(new, field)
        if field in ("body", "orelse", "finalbody"):
            yield from _blocks(own(was), own(now))
        elif field in ("handlers", "cases"):
            yield from _clauses(was, now)
        elif field in _HEADS and _differ(was, now):
            yield from _headed(_HEADS[field], old, new, was, now)


def _headed(kind: str, old: ast.AST, new: ast.AST, was: object, now: object) -> Iterator[Edit]:
    """Tell a head as a whole, but where nothing but the arguments of one call differ."""
    both = isinstance(was, ast.AST) and isinstance(now, ast.AST)
    found = list(leaves(was, now)) if both else []  # type: ignore[arg-type]
    lone = len(found) == 1 and found[0].kind == "arguments"
    yield found[0] if lone else Edit(kind, old, new)


def _clauses(old: Sequence[ast.AST], new: Sequence[ast.AST]) -> Iterator[Edit]:
    """Compare handlers or cases: those with equal heads first, then those left, in order."""
    left = list(old)
    for node in new:
        head = _head(node)
        twin = next((n for n in left if _head(n) == head), None)
        twin = twin or (left[0] if len(left) == len(new) else None)
        if twin is None:
            yield Edit("added", None, node)
            continue
        left.remove(twin)
        if _head(twin) != head:
            kind = "except" if isinstance(node, ast.ExceptHandler) else "match"
            yield Edit(kind, twin, node)
        yield from _blocks(own(getattr(twin, "body", [])), own(getattr(node, "body", [])))
    for node in left:
        yield Edit("removed", node, None)


def _head(node: ast.AST) -> str:
    fields = ((k, v) for k, v in ast.iter_fields(node) if k != "body")
    return " ".join(f"{k}={key(v) if isinstance(v, ast.AST) else v}" for k, v in fields)


def _differ(old: object, new: object) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return [key(n) for n in old] != [key(n) for n in new]
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        return key(old) != key(new)
    return old != new


def leaves(old: ast.AST, new: ast.AST, *, called: bool = False) -> Iterator[Edit]:
    """Yield the smallest parts in which two nodes differ.

    Args:
        old: Before.
        new: After.
        called: Whether they are what a call calls.
    """
    if key(old) == key(new):
        return
    if type(old) is not type(new):
        yield Edit("callee" if called else "expression", old, new)
    elif isinstance(old, ast.Constant | ast.JoinedStr):
        yield Edit("literal", old, new)
    else:
        yield from _fields(old, new, called=called)


def _fields(old: ast.AST, new: ast.AST, *, called: bool) -> Iterator[Edit]:
    for field, was in ast.iter_fields(old):
        now = getattr(new, field)
        if isinstance(was, list) and isinstance(now, list):
            yield from _lists(old, new, was, now)
        elif isinstance(was, ast.AST) and isinstance(now, ast.AST):
            if isinstance(was, _OPERATORS):
                yield from [Edit("operator", old, new)] if type(was) is not type(now) else []
            else:
                inner = field == "func" or (called and isinstance(old, ast.Attribute))
                yield from leaves(was, now, called=inner)
        elif was != now:
            kind = "callee" if called else _NAMED.get(field, "expression")
            yield Edit(kind, old, new, f"{was} {now}" if field in _NAMED else "")


def _lists(old: ast.AST, new: ast.AST, was: list[object], now: list[object]) -> Iterator[Edit]:
    if len(was) != len(now) or _other_keywords(was, now):
        yield Edit("arguments" if isinstance(old, ast.Call) else "items", old, new)
        return
    for one, other in zip(was, now, strict=True):
        if isinstance(one, _OPERATORS):
            if type(one) is not type(other):
                yield Edit("operator", old, new)
        elif isinstance(one, ast.AST) and isinstance(other, ast.AST):
            yield from leaves(one, other)
        elif one != other:  # the names of global and nonlocal
            yield Edit("expression", old, new)


def _other_keywords(was: list[object], now: list[object]) -> bool:
    then, here = ({n.arg for n in side if isinstance(n, ast.keyword)} for side in (was, now))
    return then != here


def _with_moves(found: list[Edit]) -> list[Edit]:
    """Turn a removed and an added statement that are equal into one that moved."""
    freed = {k for e in found if e.kind == "unwrapped" and e.old for k in _within(e.old)}
    found = [e for e in found if not (e.kind == "added" and e.new and key(e.new) in freed)]
    gone = {key(e.old): e for e in found if e.kind == "removed" and e.old is not None}
    result: list[Edit] = []
    for edit in found:
        twin = gone.pop(key(edit.new), None) if edit.kind == "added" and edit.new else None
        if twin is not None:
            found_at = next(n for n, e in enumerate(found) if e is twin)
            found[found_at] = Edit("", None, None)
            result = [e for e in result if e is not twin]
            result.append(Edit("moved", twin.old, edit.new))
        elif edit.kind:
            result.append(edit)
    return result
