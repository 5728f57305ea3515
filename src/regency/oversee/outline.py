"""What a Python file consists of: values, definitions, calls, imports and control flow.

Reads text; never runs it. What is compared with what is for `regency.oversee.explain`.
"""

import ast
import functools
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_FLOW = {
    ast.If: "if", ast.IfExp: "if", ast.For: "for", ast.AsyncFor: "for", ast.While: "while",
    ast.Try: "try", ast.With: "with", ast.AsyncWith: "with", ast.Return: "return",
    ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue", ast.Yield: "yield",
    ast.YieldFrom: "yield", ast.Match: "match", ast.Assert: "assert", ast.ListComp: "comprehension",
    ast.SetComp: "comprehension", ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension", ast.BoolOp: "and/or", ast.Lambda: "lambda",
}  # fmt: skip
BRANCHES = frozenset({"if", "for", "while", "try", "match", "comprehension", "and/or"})


@dataclass(frozen=True, slots=True)
class Value:
    """A name and the source text of what it is set to."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class.

    Attributes:
        kind: ``function`` or ``class``.
        line: First line, decorators included.
        end: Last line.
        signature: Arguments or bases, without default values.
        body: Structure of everything but its own name, for comparing.
        shape: The same with literals blanked out.
        literals: Literals in order of appearance: (source text, line).
    """

    kind: str
    line: int
    end: int
    signature: str
    body: str
    shape: str
    literals: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Outline:
    """A Python file, taken apart.

    Attributes:
        values: Qualified name → what it is set to, in order: module and class level anything,
            inside functions literals only, default arguments as ``function(argument)``.
        definitions: Qualified name → definition.
        imports: Modules, or ``module.name``.
        calls: Dotted names as the imports resolve them → how often.
        names: Every dotted name that is read, resolved → how often.
        flow: Kind of control flow → how often.
        structure: Structure of the whole file, for comparing.
        rest: The module-level statements that are neither values, definitions nor imports.
        spans: First and last line of each module-level statement, in order.
    """

    values: dict[str, list[Value]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    flow: Counter[str] = field(default_factory=Counter)
    structure: str = ""
    rest: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[int, int]] = field(default_factory=list)


@functools.lru_cache(maxsize=64)
def outline(source: bytes) -> Outline | None:
    """Return what ``source`` consists of, None if it is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = source.decode("utf-8")
            module = ast.parse(text)
        return _Reader(text).read(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.found, self.aliases = text, Outline(), dict[str, str]()
        self.lines = text.encode().split(b"\n")

    def read(self, module: ast.Module) -> Outline:
        found = self.found
        found.structure = ast.dump(module)
        found.spans = [(_start(node), node.end_lineno or node.lineno) for node in module.body]
        for node in ast.walk(module):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imported(node)
        self.block(module.body, "", level="module")
        for node in ast.walk(module):
            self.counted(node)
        return found

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.found.imports.add(alias.name)
                root = alias.name.partition(".")[0]
                self.aliases[alias.asname or root] = alias.name if alias.asname else root
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            self.found.imports.add(f"{module}.{alias.name}")
            self.aliases[alias.asname or alias.name] = f"{module}.{alias.name}"

    def counted(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self.found.calls[self.dotted(node.func)] += 1
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            self.found.names[self.dotted(node)] += 1
        if type(node) in _FLOW:
            self.found.flow[_FLOW[type(node)]] += 1

    def dotted(self, node: ast.expr) -> str:
        """Return a dotted name, resolved by the imports; ``….name`` for a method of a value."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self.aliases.get(node.id, node.id))
        else:
            parts.append("…")
        return ".".join(reversed(parts))

    def block(self, body: list[ast.stmt], scope: str, level: str) -> None:
        for node in body:
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                self.definition(node, scope)
                continue
            self.value(node, scope, level)
            plain = isinstance(node, ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom)
            if level == "module" and not plain:
                self.found.rest[ast.dump(node)] += 1
            for inner in _bodies(node):
                self.block(inner, scope, level if level != "module" else "nested")

    def definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: str
    ) -> None:
        name = f"{scope}.{node.name}".lstrip(".")
        line = _start(node)
        parts = [*node.decorator_list, *node.body]
        if isinstance(node, ast.ClassDef):
            signature = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
        else:
            signature = _signature(node)
            self.defaults(node, name)
            parts.append(node.args)
        body = "\n".join(map(ast.dump, parts))
        literals = tuple(self.literals(parts))
        self.found.definitions[name] = Definition(
            "class" if isinstance(node, ast.ClassDef) else "function",
            line, node.end_lineno or line, signature, body, _shape(parts), literals,
        )  # fmt: skip
        self.block(node.body, name, "class" if isinstance(node, ast.ClassDef) else "local")

    def defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str) -> None:
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        late = positional[len(positional) - len(args.defaults) :]
        pairs = [*zip(late, args.defaults, strict=True)]
        for arg, default in [*pairs, *zip(args.kwonlyargs, args.kw_defaults, strict=True)]:
            if default is not None:
                self.add(f"{scope}({arg.arg})", "argument", default)

    def value(self, node: ast.stmt, scope: str, level: str) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        value = getattr(node, "value", None)
        if len(targets) != 1 or value is None:
            return
        name = self.dotted(targets[0])
        literal = is_literal(value)
        if name.startswith("…") or not (literal or level in ("module", "class")):
            return
        kind = "constant" if level in ("module", "class") else "value"
        self.add(f"{scope}.{name}".lstrip("."), kind, value)

    def add(self, name: str, kind: str, node: ast.expr) -> None:
        value = Value(kind, self.source(node), node.lineno)
        self.found.values.setdefault(name, []).append(value)

    def literals(self, parts: list[ast.AST]) -> Iterator[tuple[str, int]]:
        for part in parts:
            for node in ast.walk(part):
                if isinstance(node, ast.Constant) and hasattr(node, "lineno"):
                    yield repr(node.value), node.lineno

    def source(self, node: ast.expr) -> str:
        start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self.lines[start : end + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return " ".join(b"\n".join(lines).decode("utf-8", "replace").split())


def _start(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def is_literal(node: ast.expr) -> bool:
    """Return whether ``node`` is a literal, with or without a sign, or a plain collection."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(is_literal, node.elts))
    return isinstance(node, ast.Constant)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    args = node.args
    plain = [a.arg for a in (*args.posonlyargs, *args.args)]
    plain += [f"*{args.vararg.arg}"] if args.vararg else (["*"] if args.kwonlyargs else [])
    plain += [a.arg for a in args.kwonlyargs]
    return ", ".join(plain + ([f"**{args.kwarg.arg}"] if args.kwarg else []))


def _shape(parts: list[ast.AST]) -> str:
    """Return the structure of ``parts`` without the values of literals."""
    words: list[str] = []
    for part in parts:
        for node in ast.walk(part):
            names = (f"{k}={v}" for k, v in ast.iter_fields(node) if isinstance(v, str | int))
            blank = isinstance(node, ast.Constant)
            words.append(type(node).__name__ + ("" if blank else "|".join(names)))
            words.append(str(sum(1 for _ in ast.iter_child_nodes(node))))
    return " ".join(words)


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield part.body
