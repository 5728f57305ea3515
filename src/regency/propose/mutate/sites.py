"""Where a Python file can be changed in place: every literal, call and operator with its moves.

A site's key names it by scope, role and ordinal, so that it stays the same under edits elsewhere.
It knows structure only; whether a change pays is for the learner.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from regency.propose.mutate.choices import last_name, string_choices
from regency.propose.mutate.literals import Move, coordinate, number_moves, scale_name
from regency.propose.mutate.siblings import (
    ARITHMETIC,
    COMPARISONS,
    SQUASHING,
    imported,
    local_siblings,
    siblings,
)
from regency.propose.mutate.source import Source

# Programs break, or fool their clock, when these are touched, and seldom get better.
_EDGE_NAMES = (
    "add_argument ArgumentParser parse_args open print exit environ getenv process_time "
    "process_time_ns perf_counter monotonic time sleep clock_gettime getrusage thread_time "
    "setrlimit read_bytes write_bytes read_text write_text load save savez memmap fromfile "
    "tofile Path basicConfig info debug warning"
)
_EDGE = frozenset(_EDGE_NAMES.split())
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Site:
    """A span of a file and what it may become.

    Attributes:
        key: Stable name: path, scope, role and ordinal.
        path: File.
        kind: ``float``, ``int``, ``bool``, ``string``, ``call``, ``arithmetic``,
            ``comparison``, ``logic`` or ``statement``.
        position: Where it stands, for example ``constant``, ``default``, ``deep``.
        start: First byte.
        end: One past the last byte.
        old: Source text of the span.
        line: Line, from 1.
        lines: Number of lines it covers.
        name: The constant or argument that it is the whole value of, else empty.
        scale: Which scale `at` is on, empty where there is no order.
        at: Coordinate of the present value.
        moves: What it may become.
    """

    key: str
    path: str
    kind: str
    position: str
    start: int
    end: int
    old: str
    line: int
    moves: tuple[Move, ...]
    lines: int = 1
    name: str = ""
    scale: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    scope: str
    anchor: str
    position: str
    name: str = ""

    def within(self, anchor: str = "") -> "_Place":
        inner = {"constant": "part", "field": "part", "part": "part"}.get(self.position, "deep")
        kept = self.position in {"edge", "index"}
        return replace(
            self,
            anchor=anchor or self.anchor,
            position=self.position if kept else inner,
            name="",
        )


def expression_sites(path: str, source: Source) -> list[Site]:
    """Return the sites of ``source`` that stand inside expressions, in order."""
    return _Finder(path, source).run()


def is_edge(node: ast.AST) -> bool:
    """Return whether ``node`` names something of files, arguments, clocks or output."""
    return any(last_name(part) in _EDGE for part in ast.walk(node))


def is_main_guard(node: ast.stmt) -> bool:
    """Return whether ``node`` is ``if __name__ == ...``."""
    return isinstance(node, ast.If) and any(
        last_name(part) == "__name__" for part in ast.walk(node.test)
    )


class _Finder:
    def __init__(self, path: str, source: Source) -> None:
        self.path, self.source = path, source
        self.choices = string_choices(source.module)
        self.imports = imported(source.module)
        self.locals = local_siblings(source.module)
        self.counts: dict[str, int] = {}
        self.found: list[Site] = []

    def run(self) -> list[Site]:
        self.block(self.source.module.body, "", "module")
        return self.found

    def block(self, body: list[ast.stmt], scope: str, level: str) -> None:
        for statement in body:
            self.statement(statement, scope, level)

    def statement(self, node: ast.stmt, scope: str, level: str) -> None:
        if isinstance(node, _FUNCTIONS):
            inner = f"{scope}.{node.name}".lstrip(".")
            self.defaults(node, inner)
            self.block(node.body, inner, "edge" if level == "edge" else "local")
        elif isinstance(node, ast.ClassDef):
            self.block(node.body, f"{scope}.{node.name}".lstrip("."), "field")
        elif not isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | ast.Raise):
            self.simple(node, scope, "edge" if is_main_guard(node) else level)

    def defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str) -> None:
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        pairs = list(zip(reversed(positional), reversed(args.defaults), strict=False))
        for arg, value in [*reversed(pairs), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]:
            if value is not None:
                name = f"{scope}({arg.arg})"
                self.expression(value, _Place(scope, f"{arg.arg}=", "default", name))

    def simple(self, node: ast.stmt, scope: str, level: str) -> None:
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        parts += [item.context_expr for item in getattr(node, "items", [])]
        edge = level == "edge" or any(map(is_edge, parts))
        place = self.place(node, scope, "edge" if edge else level)
        annotation = getattr(node, "annotation", None)
        for part in parts:
            if part is not annotation:
                self.expression(part, place)
        for inner in _bodies(node):
            self.block(inner, scope, level)

    def place(self, node: ast.stmt, scope: str, level: str) -> _Place:
        target = _target(node)
        name = last_name(target) if target is not None else ""
        if not name:
            return _Place(scope, type(node).__name__.lower(), level).within()
        if level == "module" and re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            level = "constant"
        # `step += 1` does not set step to 1.
        return _Place(scope, f"{name}=", level, "" if isinstance(node, ast.AugAssign) else name)

    def expression(self, node: ast.expr, place: _Place) -> None:
        if isinstance(node, ast.Constant | ast.UnaryOp) and self.literal(node, place):
            return
        if isinstance(node, ast.JoinedStr):
            return
        if isinstance(node, ast.Call):
            self.call(node, place)
        elif isinstance(node, ast.Subscript):
            self.expression(node.value, place.within())
            self.expression(node.slice, replace(place.within(), position="index"))
        else:
            self.operator(node, place)
            for part in _parts(node):
                self.expression(part, place.within())

    def literal(self, node: ast.Constant | ast.UnaryOp, place: _Place) -> bool:
        constant = node.operand if isinstance(node, ast.UnaryOp) else node
        if not isinstance(constant, ast.Constant):
            return False
        minus = isinstance(node, ast.UnaryOp)
        if minus and not isinstance(getattr(node, "op", None), ast.USub):
            return False
        value = constant.value
        if isinstance(value, bool):
            if not minus and place.anchor != "while":
                self.add(node, "bool", place, (Move("flip", str(not value)),))
        elif isinstance(value, int | float):
            self.number(node, constant, value, place)
        elif isinstance(value, str) and not minus:
            self.string(node, value, place)
        return True

    def number(self, node: ast.expr, constant: ast.Constant, value: float, place: _Place) -> None:
        start, end = self.source.span(constant)
        text = self.source.text[start:end].decode()
        moves = number_moves(value, text)
        if node is not constant:
            moves = tuple(replace(move, new=f"-{move.new}") for move in moves)
        kind = "int" if isinstance(value, int) else "float"
        # Axes, counts and offsets: 0, 1 and 2 inside code are seldom settings.
        if kind == "int" and value <= 2 and place.position in {"local", "keyword", "deep"}:
            place = replace(place, position="index")
        self.add(node, kind, place, moves, scale=scale_name(value), at=coordinate(value))

    def string(self, node: ast.expr, value: str, place: _Place) -> None:
        start, end = self.source.span(node)
        text = self.source.text[start:end].decode()
        subject = re.split(r"[(.]", place.anchor.rstrip("=)"))[-1]
        others = [o for o in self.choices.get(subject, ()) if o != value]
        if not others or not re.fullmatch(r"\"[^\"\\]*\"|'[^'\\]*'", text):
            return
        quote = text[0]
        plain = [o for o in others if quote not in o and "\\" not in o and o.isprintable()]
        self.add(node, "string", place, tuple(Move("choose", f"{quote}{o}{quote}") for o in plain))

    def call(self, node: ast.Call, place: _Place) -> None:
        function = ast.unparse(node.func) if _dotted(node.func) else "call"
        self.function(node, function, place)
        edge = "edge" if place.position == "edge" or last_name(node.func) in _EDGE else ""
        for index, argument in enumerate(node.args):
            inner = place.within(f"{place.anchor}{function}({index})")
            self.expression(argument, replace(inner, position=edge or inner.position))
        for keyword in node.keywords:
            inner = place.within(f"{place.anchor}{function}({keyword.arg}=)")
            self.expression(keyword.value, replace(inner, position=edge or "keyword"))
        if not _dotted(node.func):
            self.expression(node.func, place.within())

    def function(self, node: ast.Call, function: str, place: _Place) -> None:
        root, _, rest = function.partition(".")
        known = self.imports.get(root)
        full = f"{known}.{rest}".rstrip(".") if known else f"builtins.{function}"
        names = (*siblings(full), *(() if known else self.locals.get(function, ())))
        start, end = self.source.span(node.func)
        plain = self.source.text[start:end].decode()
        if plain != function or (known and not rest and known.rpartition(".")[2] != root):
            return
        # A bare name from `from math import tanh` has siblings only where they are imported too.
        if known and not rest:
            names = tuple(n for n in names if n in self.imports)
        head = function.rpartition(".")[0]
        moves = [Move("sibling", f"{head}.{n}".lstrip(".")) for n in names]
        if moves:
            self.add(node.func, "call", place.within(), tuple(moves))
        if full in SQUASHING and rest and len(node.args) == 1 and not node.keywords:
            self.rectify(node, head, place)

    def rectify(self, node: ast.Call, head: str, place: _Place) -> None:
        start, end = self.source.span(node.args[0])
        new = f"{head}.maximum({self.source.text[start:end].decode()}, 0.0)"
        self.add(node, "call", place.within("rectify:"), (Move("rectify", new),))

    def operator(self, node: ast.expr, place: _Place) -> None:
        if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            sign, others = ARITHMETIC[type(node.op)]
            self.sign("arithmetic", node.left, node.right, sign, others, place)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            sign, others = COMPARISONS.get(type(node.ops[0]), ("", ()))
            self.sign("comparison", node.left, node.comparators[0], sign, others, place)
        elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
            sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            self.sign("logic", node.values[0], node.values[1], sign, (other,), place)

    def sign(
        self,
        kind: str,
        left: ast.expr,
        right: ast.expr,
        sign: str,
        others: tuple[str, ...],
        place: _Place,
    ) -> None:
        start, end = self.source.span(left)[1], self.source.span(right)[0]
        between = self.source.text[start:end]
        if not sign or between.strip(b" \t\r\n()\\").decode() != sign:
            return
        at = start + between.index(sign.encode())
        moves = tuple(Move("operator", other) for other in others)
        self.span(at, at + len(sign), kind, place.within(), moves)

    def add(
        self,
        node: ast.expr,
        kind: str,
        place: _Place,
        moves: tuple[Move, ...],
        scale: str = "",
        at: float | None = None,
    ) -> None:
        start, end = self.source.span(node)
        if node.lineno == node.end_lineno:
            self.span(start, end, kind, place, moves, scale, at)

    def span(
        self,
        start: int,
        end: int,
        kind: str,
        place: _Place,
        moves: tuple[Move, ...],
        scale: str = "",
        at: float | None = None,
    ) -> None:
        stem = f"{self.path}::{place.scope}/{place.anchor}{kind}"
        ordinal = self.counts.get(stem, 0)
        self.counts[stem] = ordinal + 1
        line = self.source.line_of(start)
        position = "edge" if place.anchor == "assert" else place.position
        old = self.source.text[start:end].decode()
        if moves:
            key = f"{stem}#{ordinal}"
            self.found.append(
                Site(key, self.path, kind, position, start, end, old, line, moves,
                     name=place.name, scale=scale if at is not None else "", at=at)
            )  # fmt: skip


def _target(node: ast.stmt) -> ast.expr | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0]
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return node.target
    return None


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield part.body


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            yield part
        elif isinstance(part, ast.comprehension):
            yield from (part.iter, *part.ifs)


def _dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
