"""Statements that can be deleted, repeated or swapped, and the text that does it.

Never imports, definitions, docstrings, or a line that gives a name its first value: what would
surely break is not worth a trial.
"""

import ast
import hashlib
from collections.abc import Iterator

from regency.propose.mutate.literals import Move
from regency.propose.mutate.sites import Site, is_edge, is_main_guard
from regency.propose.mutate.source import Source

_NEVER = (
    ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    | ast.Global | ast.Nonlocal | ast.Return | ast.Pass | ast.Break | ast.Continue
    | ast.Raise | ast.Try | ast.Assert
)  # fmt: skip
_LONGEST = 500


def statement_sites(path: str, source: Source) -> list[Site]:
    """Return the statement sites of ``source``, in order."""
    finder = _Finder(path, source)
    finder.block(source.module.body, "", "module", set())
    return finder.found


class _Finder:
    def __init__(self, path: str, source: Source) -> None:
        self.path, self.source = path, source
        self.counts: dict[str, int] = {}
        self.found: list[Site] = []

    def block(self, body: list[ast.stmt], scope: str, position: str, bound: set[str]) -> None:
        for index, node in enumerate(body):
            self.one(node, scope, position, bound, alone=len(body) == 1)
            if index + 1 < len(body):
                self.pair(node, body[index + 1], scope, position, bound)
            self.inner(node, scope, position, bound)
            bound |= _names(node, ast.Store)

    def inner(self, node: ast.stmt, scope: str, position: str, bound: set[str]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}".lstrip(".")
            names = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
            self.block(node.body, scope, "body", names)
            return
        position = "edge" if is_main_guard(node) else position
        for field in ("body", "orelse", "finalbody"):
            self.block(getattr(node, field, []), scope, position, set(bound))

    def one(
        self, node: ast.stmt, scope: str, position: str, bound: set[str], *, alone: bool
    ) -> None:
        if isinstance(node, _NEVER) or _is_docstring(node) or is_main_guard(node):
            return
        stored, loaded = _names(node, ast.Store), _names(node, ast.Load)
        span = self.whole_lines(node, node)
        if span is None:
            return
        text = self.source.text[span[0] : span[1]].decode()
        moves = []
        if not alone and stored <= bound:
            moves.append(Move("delete", ""))
        if _changes_when_repeated(node, stored, loaded):
            moves.append(Move("repeat", text * 2))
        self.add(scope, position, (node, node), moves)

    def pair(
        self, first: ast.stmt, second: ast.stmt, scope: str, position: str, bound: set[str]
    ) -> None:
        simple = ast.Assign | ast.AugAssign | ast.Expr
        if not (isinstance(first, simple) and isinstance(second, simple)):
            return
        if _is_docstring(first) or _is_docstring(second):
            return
        stored, loaded = _names(first, ast.Store), _names(second, ast.Load)
        both = stored & loaded
        calls = isinstance(first, ast.Expr) and isinstance(second, ast.Expr)
        one, two = self.whole_lines(first, first), self.whole_lines(second, second)
        if one is None or two is None or not (calls or (both and both <= bound)):
            return
        text = self.source.text
        new = text[two[0] : two[1]] + text[one[1] : two[0]] + text[one[0] : one[1]]
        self.add(scope, position, (first, second), [Move("swap", new.decode())])

    def whole_lines(self, first: ast.stmt, last: ast.stmt) -> tuple[int, int] | None:
        end_line = last.end_lineno or last.lineno
        start, end = self.source.line_span(first.lineno, end_line)
        text = self.source.text
        head = text[start : self.source.span(first)[0]]
        tail = text[self.source.span(last)[1] : end]
        clean = not head.strip() and (not tail.strip() or tail.strip().startswith(b"#"))
        ended = tail.endswith((b"\n", b"\r"))
        return (start, end) if clean and ended and end - start <= _LONGEST else None

    def add(
        self, scope: str, position: str, nodes: tuple[ast.stmt, ast.stmt], moves: list[Move]
    ) -> None:
        first, last = nodes
        span = self.whole_lines(first, last)
        if span is None or not moves:
            return
        old = self.source.text[span[0] : span[1]].decode()
        name = hashlib.sha256(" ".join(old.split()).encode()).hexdigest()[:10]
        stem = f"{self.path}::{scope}/statement:{name}"
        ordinal = self.counts.get(stem, 0)
        self.counts[stem] = ordinal + 1
        edge = is_edge(first) or is_edge(last)
        last_line = last.end_lineno or last.lineno
        self.found.append(
            Site(f"{stem}#{ordinal}", self.path, "statement", "edge" if edge else position,
                 *span, old, first.lineno, tuple(moves), lines=last_line - first.lineno + 1)
        )  # fmt: skip


def _names(node: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    found = set(_walk_names(node, context))
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        found.add(node.target.id)
    if context is ast.Load and isinstance(node, ast.AugAssign):
        found |= set(_walk_names(node.target, ast.Store))
    return found


def _walk_names(node: ast.AST, context: type[ast.expr_context]) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, context):
            yield part.id


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes_when_repeated(node: ast.stmt, stored: set[str], loaded: set[str]) -> bool:
    if isinstance(node, ast.Assign):
        return bool(stored & loaded)
    return isinstance(node, ast.AugAssign | ast.Expr | ast.For)
