"""What changed in one function, class or module body, as facts."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from regency.oversee.explain import head, renames
from regency.oversee.explain.compare import Edit, blocks, is_text, leaves
from regency.oversee.explain.renames import Renames
from regency.oversee.explain.side import Side
from regency.oversee.explain.wording import Teller
from regency.oversee.outline import BRANCHES, DEFINITIONS, FLOW, FUNCTIONS, Outline, dotted
from regency.records import Fact

_MOST_NAMES = 8


@dataclass(slots=True)
class Found:
    """What `compare_units` found: edits, and the renames that explain the rest."""

    edits: list[Edit] = field(default_factory=list)
    local: dict[str, str] = field(default_factory=dict)


def edits_of(old: Side, new: Side, known: Renames) -> Found:
    """Return what differs between the bodies of two units, renamed names aside.

    Args:
        old: Before.
        new: After.
        known: Names renamed everywhere.
    """
    before = renames.renamed(old.node, known)
    found = _edits(before, new.node)
    if not isinstance(new.node, FUNCTIONS):
        return Found(found)
    likely = renames.candidates([*found, *_argument_edits(before, new.node)])
    local = renames.proved(likely, [before], [new.node])
    again = _edits(renames.renamed(before, local), new.node) if local else found
    return Found(again, local)


def candidates_of(old: Side, new: Side) -> Counter[tuple[str, str]]:
    """Return (old, new) of the names that two units differ in → how often."""
    found = [*_edits(old.node, new.node), *_argument_edits(old.node, new.node)]
    return renames.candidates(found)


def _edits(old: ast.AST, new: ast.AST) -> list[Edit]:
    return blocks(getattr(old, "body", []), getattr(new, "body", []))


def _argument_edits(old: ast.AST, new: ast.AST) -> list[Edit]:
    was, now = getattr(old, "args", None), getattr(new, "args", None)
    return list(leaves(was, now)) if was is not None and now is not None else []


def facts_of(where: str, old: Side, new: Side, known: Renames) -> list[Fact]:
    """Return what changed in a unit that is on both sides; nothing for what only looks changed.

    Args:
        where: ``path`` or ``path::qualified name``.
        old: Before.
        new: After.
        known: Names renamed everywhere.
    """
    found = edits_of(old, new, known)
    before = renames.renamed(renames.renamed(old.node, known), found.local)
    told = [Fact("renamed", where, f"local name {o} is now {n}") for o, n in found.local.items()]
    told += head.facts(where, Side(before, old.outline, old.lines), new)
    told += Teller(where, old, new, found.edits).facts()
    told += _counted(where, before, old.outline, new, found.edits)
    if found.edits and not told:
        told.append(Fact("statement", where, f"changed, {old.lines} → {new.lines} lines"))
    return told + list(_docs(where, old.node, new.node))


def _counted(
    where: str, before: ast.AST, outline: Outline, new: Side, edits: Sequence[Edit]
) -> Iterator[Fact]:
    """Yield which calls and which control flow came and went."""
    if not edits:
        return
    calls = _change(_calls(before, outline), _calls(new.node, new.outline))
    if calls:
        yield Fact("call", where, calls)
    then, here = _flow(before), _flow(new.node)
    if flow := _change(then, here):
        old, now = _branches(then), _branches(here)
        yield Fact("control flow", where, f"{flow}; branches {old} → {now}" if old != now else flow)


def _calls(node: ast.AST, outline: Outline) -> Counter[str]:
    nodes = (n for n in _walk(node) if isinstance(n, ast.Call))
    return Counter(dotted(n.func, outline.aliases) for n in nodes)


def _flow(node: ast.AST) -> Counter[str]:
    return Counter(FLOW[type(n)] for n in _walk(node) if type(n) in FLOW)


def _branches(flow: Counter[str]) -> int:
    return sum(n for kind, n in flow.items() if kind in BRANCHES)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what lies in ``node``, but not in definitions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, DEFINITIONS):
            yield child
            yield from _walk(child)


def _change(then: Counter[str], here: Counter[str]) -> str:
    more, fewer = here - then, then - here
    parts = [f"+{n} {name}" for name, n in sorted(more.items())]
    parts += [f"−{n} {name}" for name, n in sorted(fewer.items())]
    if len(parts) > _MOST_NAMES:
        parts = [*parts[:_MOST_NAMES], f"and {len(parts) - _MOST_NAMES} more"]
    return ", ".join(parts)


def _docs(where: str, old: ast.AST, new: ast.AST) -> Iterator[Fact]:
    was, now = (_docstring(node) for node in (old, new))
    if was != now:
        verb = "added" if was is None else "removed" if now is None else "changed"
        yield Fact("docs", where, f"docstring {verb}")


def _docstring(node: ast.AST) -> str | None:
    body = getattr(node, "body", [])
    if not body or not is_text(body[0]):
        return None
    return " ".join(str(body[0].value.value).split())
