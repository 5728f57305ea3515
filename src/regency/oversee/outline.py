"""What a Python file consists of: values, definitions, calls, imports and control flow.

Reads text; never runs it. What is compared with what is for `regency.oversee.explain`.
"""

import ast
import functools
import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
MAX_BYTES = 2_000_000  # larger ones are data or made by a program
FLOW = {
    ast.If: "if", ast.IfExp: "if", ast.For: "for", ast.AsyncFor: "for", ast.While: "while",
    ast.Try: "try", ast.TryStar: "try", ast.With: "with", ast.AsyncWith: "with",
    ast.Return: "return", ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue",
    ast.Yield: "yield", ast.YieldFrom: "yield", ast.Match: "match", ast.Assert: "assert",
    ast.ListComp: "comprehension", ast.SetComp: "comprehension", ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension", ast.BoolOp: "and/or", ast.Lambda: "lambda",
}  # fmt: skip
_IMPORTS = (ast.Import, ast.ImportFrom)
NAME_FIELDS = ("id", "attr", "arg", "name", "asname")
_READ = (ast.Attribute, ast.Name)
_BARE = frozenset(
    kind for base in (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
    for kind in base.__subclasses__()
)  # fmt: skip
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
        node: Its syntax tree.
    """

    kind: str
    line: int
    end: int
    signature: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(slots=True)
class Outline:
    """A Python file, taken apart.

    Attributes:
        module: Its syntax tree; None for a file that is not there.
        lines: Its lines, as bytes of UTF-8, which is what the tree's columns count.
        values: Qualified name → what it is set to, in order: module and class level anything,
            inside functions literals only, default arguments as ``function(argument)``.
        definitions: Qualified name → definition.
        imports: Modules, or ``module.name``.
        aliases: Name in the file → what was imported as it.
        calls: Dotted names as the imports resolve them → how often.
        names: Every dotted name that is read, resolved → how often.
        flow: Kind of control flow → how often.
        words: Every identifier → how often.
        spans: First and last line of each module-level statement, in order.
    """

    module: ast.Module | None = None
    lines: list[bytes] = field(default_factory=list)
    values: dict[str, list[Value]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    flow: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def text(self, node: ast.AST) -> str:
        """Return the source text of ``node`` on one line."""
        if not isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias):
            return ast.unparse(node)
        start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self.lines[start : end + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return " ".join(b"\n".join(lines).decode("utf-8", "replace").split())


@functools.lru_cache(maxsize=128)
def outline(source: bytes) -> Outline | None:
    """Return what ``source`` consists of, None if it is not valid Python or far too long."""
    if len(source) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = decoded(source)
            module = ast.parse(text)
        return _Reader(text).read(module)
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return None


def decoded(source: bytes) -> str:
    """Return the text of a Python file, by its byte order mark and coding line (PEP 263).

    Raises:
        SyntaxError: The coding line is wrong.
        UnicodeDecodeError: The text is not in that coding.
    """
    coding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(coding)


def dotted(node: ast.expr, aliases: Mapping[str, str]) -> str:
    """Return a dotted name, resolved by the imports; ``….name`` for a method of a value."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(aliases.get(node.id, node.id))
    else:
        parts.append("…")
    return ".".join(reversed(parts))


class _Reader:
    def __init__(self, text: str) -> None:
        self.found = Outline(lines=text.encode("utf-8", "surrogatepass").splitlines())

    def read(self, module: ast.Module) -> Outline:
        found = self.found
        found.module = module
        found.spans = [(start_of(node), node.end_lineno or node.lineno) for node in module.body]
        nodes = every(module)
        for node in nodes:
            if type(node) in _IMPORTS:
                self.imported(node)
        self.block(module.body, "", level="module")
        found.calls, found.names = _used(nodes, found.aliases)
        found.words = words_of(nodes)
        found.flow = Counter(FLOW[type(n)] for n in nodes if type(n) in FLOW)
        return found

    def imported(self, node: ast.AST) -> None:
        aliases = self.found.aliases
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.found.imports.add(alias.name)
                root = alias.name.partition(".")[0]
                aliases[alias.asname or root] = alias.name if alias.asname else root
        if not isinstance(node, ast.ImportFrom):
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            self.found.imports.add(f"{module}.{alias.name}")
            aliases[alias.asname or alias.name] = f"{module}.{alias.name}"

    def block(self, body: list[ast.stmt], scope: str, level: str) -> None:
        for node in body:
            if isinstance(node, DEFINITIONS):
                self.definition(node, scope)
                continue
            self.value(node, scope, level)
            for inner in bodies_of(node):
                self.block(inner, scope, level if level != "module" else "nested")

    def definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: str
    ) -> None:
        name = self.free(f"{scope}.{node.name}".lstrip("."))
        if isinstance(node, ast.ClassDef):
            kind, signature = "class", ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
        else:
            kind, signature = "function", ", ".join(arguments_of(node))
            self.defaults(node, name)
        self.found.definitions[name] = Definition(
            kind, start_of(node), node.end_lineno or node.lineno, signature, node
        )
        self.block(node.body, name, "class" if kind == "class" else "local")

    def free(self, name: str) -> str:
        """Return ``name``, numbered if it is defined already: overloads, setters."""
        number, free = 2, name
        while free in self.found.definitions:
            free, number = f"{name}#{number}", number + 1
        return free

    def defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str) -> None:
        for arg, default in defaults_of(node):
            self.add(f"{scope}({arg})", "argument", default)

    def value(self, node: ast.stmt, scope: str, level: str) -> None:
        name, value = assigned(node)
        if not name or value is None:
            return
        if not (is_literal(value) or level in ("module", "class")):
            return
        kind = "constant" if level in ("module", "class") else "value"
        self.add(f"{scope}.{name}".lstrip("."), kind, value)

    def add(self, name: str, kind: str, node: ast.expr) -> None:
        value = Value(kind, self.found.text(node), node.lineno)
        self.found.values.setdefault(name, []).append(value)


def used(node: ast.AST, aliases: Mapping[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Return the dotted names that ``node`` calls and those that it reads, and how often."""
    return _used(every(node), aliases)


def _used(
    nodes: Iterable[ast.AST], aliases: Mapping[str, str]
) -> tuple[Counter[str], Counter[str]]:
    calls: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, ast.Call):
            calls[dotted(node.func, aliases)] += 1
        elif isinstance(node, _READ) and isinstance(node.ctx, ast.Load):
            names[dotted(node, aliases)] += 1
    return calls, names


def every(node: ast.AST) -> list[ast.AST]:
    """Return ``node`` and all that lies in it but for operators and contexts, in no order.

    As `ast.walk`, in a third of its time.
    """
    found = [node]
    for part in found:  # grows while it is read
        for value in part.__dict__.values():
            if value.__class__ is list:
                found += [v for v in value if isinstance(v, ast.AST)]
            elif isinstance(value, ast.AST) and value.__class__ not in _BARE:
                found.append(value)
    return found


def words_of(nodes: Iterable[ast.AST]) -> Counter[str]:
    """Return the identifiers in ``nodes``, and how often."""
    return Counter(word for node in nodes for word in _words(node))


def _words(node: ast.AST) -> Iterator[str]:
    values = node.__dict__
    for name in NAME_FIELDS:
        word = values.get(name)
        if word.__class__ is str:
            yield from word.split(".")
    if isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names


def start_of(node: ast.stmt) -> int:
    """Return the first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def assigned(node: ast.AST) -> tuple[str, ast.expr | None]:
    """Return the one dotted name that a statement sets, and to what; empty if it is no such."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name | ast.Attribute):
        return "", None
    name = dotted(targets[0], {})
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return ("", None) if name.startswith("…") else (name, value)


def is_literal(node: ast.expr) -> bool:
    """Return whether ``node`` is a literal, with or without a sign, or a plain collection."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(is_literal, node.elts))
    return isinstance(node, ast.Constant)


def arguments_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return a function's arguments in order, stars and slash included, without defaults."""
    args = node.args
    plain = [a.arg for a in args.posonlyargs] + (["/"] if args.posonlyargs else [])
    plain += [a.arg for a in args.args]
    plain += [f"*{args.vararg.arg}"] if args.vararg else (["*"] if args.kwonlyargs else [])
    plain += [a.arg for a in args.kwonlyargs]
    return plain + ([f"**{args.kwarg.arg}"] if args.kwarg else [])


def defaults_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[tuple[str, ast.expr]]:
    """Yield each argument that has a default value, and the value."""
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    late = positional[len(positional) - len(args.defaults) :]
    pairs = [*zip(late, args.defaults, strict=True)]
    for arg, default in [*pairs, *zip(args.kwonlyargs, args.kw_defaults, strict=True)]:
        if default is not None:
            yield arg.arg, default


def bodies_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every block of statements directly below ``node``."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    parts: Iterable[ast.AST] = (*getattr(node, "handlers", ()), *getattr(node, "cases", ()))
    for part in parts:
        yield from bodies_of(part)
