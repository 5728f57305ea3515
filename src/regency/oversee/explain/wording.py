"""Edits put into words, the fewest that say it."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from regency.oversee.explain.compare import Edit, key
from regency.oversee.explain.side import Side, shown
from regency.oversee.outline import FUNCTIONS, every
from regency.records import Fact

_MOST_TOLD = 3  # changed statements of one unit that are quoted
_SHORT = 60
_HEADS = {"condition": "test", "loop": "iter", "match": "subject", "except": "type"}


class Teller:
    """Tells the edits of one unit as facts."""

    def __init__(self, where: str, old: Side, new: Side, edits: Sequence[Edit]) -> None:
        self.where, self.old, self.new, self.edits = where, old, new, edits
        self.scope = "" if isinstance(new.node, ast.Module) else "."
        self.kind = "value" if isinstance(new.node, FUNCTIONS) else "constant"

    def facts(self) -> list[Fact]:
        """Return the facts, a summary of whole statements first."""
        found = [fact for edit in self.edits for fact in self._one(edit)]
        quoted = [f for f in found if f.kind == "statement"]
        kept = [f for f in found if f.kind != "statement" or f in quoted[:_MOST_TOLD]]
        return [*self.summary(), *dict.fromkeys(kept)]

    def summary(self) -> Iterator[Fact]:
        """Yield one line on the statements that came, went or changed as a whole."""
        names = {"added": "added", "removed": "removed", "moved": "moved", "statement": "changed",
                 "wrapped": "put inside another", "unwrapped": "taken out of another"}  # fmt: skip
        told = Counter(e.kind for e in self.edits if not self._sets_constant(e))
        parts = [f"{told[k]} {name}" for k, name in names.items() if told[k]]
        if not parts or (set(told) & {*names} == {"statement"} and told["statement"] <= _MOST_TOLD):
            return  # each of them is quoted
        if isinstance(self.new.node, ast.Module):
            yield Fact("statement", self.where, f"top-level statements: {', '.join(parts)}")
            return
        lines = f"{self.old.lines} → {self.new.lines} lines"
        kind = "function" if isinstance(self.new.node, FUNCTIONS) else "class"
        yield Fact(kind, self.where, f"changed, {lines}; statements: {', '.join(parts)}")

    def _sets_constant(self, edit: Edit) -> bool:
        node = edit.new or edit.old
        return bool(self.kind == "constant" and node is not None and _set_name(node))

    def _one(self, edit: Edit) -> Iterator[Fact]:
        if edit.kind in ("added", "removed") and self._sets_constant(edit):
            yield self._constant(edit)
        elif edit.kind == "set":
            place = f"{self.where}{self.scope or '::'}{edit.name}"
            yield Fact(self.kind, place, self._change(edit))
        elif edit.kind == "annotation":
            yield Fact("type", f"{self.where}{self.scope or '::'}{edit.name}", self._types(edit))
        elif edit.kind in _QUOTED and edit.old and edit.new:
            yield Fact(_QUOTED[edit.kind], self._at(edit.new), self._change(edit))
        elif edit.kind == "removed" and edit.old and _check(edit.old):
            if not self._elsewhere(edit.old):
                yield Fact("check", self.where, f"removed: {self._short(edit.old, self.old)}")
        elif edit.kind == "unwrapped" and isinstance(edit.old, ast.If | ast.While):
            asked = self._short(edit.old.test, self.old)
            yield Fact("condition", self.where, f"no longer asked: {asked}")

    def _elsewhere(self, node: ast.AST) -> bool:
        """Return whether the file has as many such statements as before: it moved within it."""
        structure, kind = key(node), type(node)
        then, now = (
            sum(key(n) == structure for n in every(side.outline.module) if type(n) is kind)
            if side.outline.module is not None else 0
            for side in (self.old, self.new)
        )  # fmt: skip
        return now >= then

    def _constant(self, edit: Edit) -> Fact:
        node = edit.new or edit.old
        assert node is not None  # noqa: S101
        name, value = _set_name(node), getattr(node, "value", None)
        side = self.new if edit.new else self.old
        bare = f"a field, {ast.unparse(getattr(node, 'annotation', ast.Constant(None)))}"
        text = shown(side.outline.text(value), _SHORT) if value is not None else bare
        verb = "added, " if edit.new else "removed, was "
        return Fact("constant", f"{self.where}{self.scope or '::'}{name}", verb + text)

    def _types(self, edit: Edit) -> str:
        old, new = (ast.unparse(getattr(n, "annotation", None) or ast.Constant("none"))
                    for n in (edit.old, edit.new))  # fmt: skip
        return f"{shown(old, _SHORT)} → {shown(new, _SHORT)}"

    def _at(self, node: ast.AST) -> str:
        line = getattr(node, "lineno", 0)
        joined = self.where if self.scope else f"{self.where}::"
        return f"{joined}:{line}" if line else self.where

    def _change(self, edit: Edit) -> str:
        assert edit.old is not None and edit.new is not None  # noqa: S101, PT018
        if edit.kind in ("items", "set", "arguments") and (parts := _items(edit.old, edit.new)):
            return shown(parts)
        if edit.kind in ("name", "attribute", "argument") and edit.name:
            old, _, new = edit.name.partition(" ")
            return f"{old} → {new}"
        old = self._quote(edit.old, self.old, edit.kind)
        new = self._quote(edit.new, self.new, edit.kind)
        return f"{old} → {new}"

    def _quote(self, node: ast.AST, side: Side, kind: str) -> str:
        part = getattr(node, _HEADS[kind], None) if kind in _HEADS else node
        if kind == "with":
            return shown(", ".join(ast.unparse(i) for i in getattr(node, "items", [])), _SHORT)
        if kind == "loop" and isinstance(node, ast.For | ast.AsyncFor):
            return shown(f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}", _SHORT)
        if kind == "except" and part is None:
            return "except everything"
        if kind == "match" and isinstance(node, ast.match_case):
            return shown(ast.unparse(node.pattern), _SHORT)
        return self._short(part if isinstance(part, ast.AST) else node, side)

    def _short(self, node: ast.AST, side: Side) -> str:
        text = side.outline.text(node) if _placed(node) else ast.unparse(node)
        return shown(text, _SHORT)


_QUOTED = {
    "literal": "literal", "operator": "operator", "expression": "expression",
    "arguments": "arguments", "items": "expression", "name": "name", "attribute": "name",
    "argument": "name", "condition": "condition", "loop": "loop",
    "with": "with", "match": "match", "except": "except", "statement": "statement",
}  # fmt: skip


def _placed(node: ast.AST) -> bool:
    return isinstance(node, ast.expr | ast.stmt) and getattr(node, "end_lineno", None) is not None


def _set_name(node: ast.AST) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    plain = len(targets) == 1 and isinstance(targets[0], ast.Name)
    fits = isinstance(node, ast.Assign | ast.AnnAssign) and plain
    return targets[0].id if fits and isinstance(targets[0], ast.Name) else ""


def _check(node: ast.AST) -> bool:
    """Return whether a statement stops what should not be: an assertion or a guarded error."""
    if isinstance(node, ast.If):
        return any(isinstance(inner, ast.Raise) for inner in node.body)
    return isinstance(node, ast.Assert | ast.Raise)


def _items(old: ast.AST, new: ast.AST) -> str:
    """Return which items of a collection, or arguments of a call, came and went."""
    then, here = _parts(old), _parts(new)
    if not then and not here:
        return ""
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        told = _differences(then, here)
        return f"{shown(ast.unparse(new.func), 40)}: {told}"
    long = max(len(ast.unparse(n)) for n in (old, new)) > _SHORT
    return _differences(then, here) if long and type(old) is type(new) else ""


def _parts(node: ast.AST) -> dict[str, str]:
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {ast.unparse(k) if k else "**": ast.unparse(v) for k, v in pairs}
    if isinstance(node, ast.Call):
        found = {f"{k.arg or '**'}=": ast.unparse(k.value) for k in node.keywords}
        return {ast.unparse(a): "" for a in node.args} | found
    elts = getattr(node, "elts", None)
    return {ast.unparse(e): "" for e in elts} if isinstance(elts, list) else {}


def _differences(then: dict[str, str], here: dict[str, str]) -> str:
    both = [k for k in here if k in then and then[k] != here[k]]
    words = [f"+{shown(k + here[k] if k.endswith('=') else k, 40)}" for k in here if k not in then]
    words += [f"−{shown(k + then[k] if k.endswith('=') else k, 40)}" for k in then if k not in here]
    words += [f"{k} {shown(then[k], 30)} → {shown(here[k], 30)}" for k in both]
    return ", ".join(words) or "in another order"
