"""The language of policy conditions: comparisons over named facts, and nothing that can run code.

Python's own grammar is parsed and then walked over a short list of allowed forms: names, numbers,
strings, ``true`` and ``false``, lists, comparisons, ``in``, ``and``, ``or``, ``not``. Kinds are
checked when a condition is read, so that a rule cannot fail later for want of the right kind.
"""

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from regency.errors import ConfigError
from regency.records import Condition, Json

KINDS = {
    "risk": "number",
    "minutes": "number",
    "lines": "number",
    "files": "number",
    "gain_sd": "number",
    "trust": "text",
    "autonomy": "text",
    "kind": "text",
    "assurance": "text",
    "agents": "list",
    "touches": "list",
}
_LONGEST = 1000
_DEEPEST = 20
_LONGEST_SHOWN = 80
_ORDER: dict[type[ast.cmpop], Callable[[Json, Json], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was read and found sound."""

    text: str
    tree: ast.expr

    def parts(self) -> list["Expression"]:
        """Return the conditions that ``and`` joins at the top, or the condition itself."""
        tree = self.tree
        if not (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)):
            return [self]
        return [Expression(ast.unparse(part), part) for part in tree.values]

    def names(self) -> list[str]:
        """Return the facts that it looks at, in order."""
        found = (n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name))
        return [name for name in dict.fromkeys(found) if name in KINDS]

    def holds(self, facts: Mapping[str, Json]) -> bool:
        """Return whether it is true of ``facts``, which must have every name of `KINDS`."""
        return bool(_value(self.tree, facts))

    def condition(self, facts: Mapping[str, Json]) -> Condition:
        """Return what came of it, with the facts it looked at."""
        seen = ", ".join(f"{name} is {_shown(facts[name])}" for name in self.names())
        return Condition(self.text, self.holds(facts), seen or "always so")


@functools.lru_cache(maxsize=256)
def read(text: str, where: str = "a rule") -> Expression:
    """Return the condition in ``text``.

    Args:
        text: For example ``risk < 0.5 and trust == 'blind'``.
        where: Which rule, for messages.

    Raises:
        ConfigError: It is not in the language, uses an unknown name, or compares different kinds.
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"{where}: the condition is longer than {_LONGEST} signs: shorten it.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(
            f"{where}: {text!r} is not a condition: write for example `risk < 0.5 and "
            "trust == 'blind'`."
        ) from error
    if _kind(tree, where, 0) != "truth":
        raise ConfigError(f"{where}: {text!r} is neither true nor false: compare it to something.")
    return Expression(text.strip(), tree)


def _kind(node: ast.expr, where: str, depth: int) -> str:
    """Return the kind of ``node``'s value: number, text, list or truth."""
    if depth > _DEEPEST:
        raise ConfigError(f"{where}: the condition is nested too deep: make several rules of it.")
    match node:
        case ast.Name(id=name):
            kind = _kind_of_name(name, where)
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            kind = _kind_of_literal(node)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            kind = _kind_of_list(items, where, depth)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            kind = _truth([operand], where, depth)
        case ast.BoolOp(values=values):
            kind = _truth(values, where, depth)
        case ast.Compare():
            kind = _kind_of_comparison(node, where, depth)
        case _:
            kind = ""
    if not kind:
        raise ConfigError(
            f"{where}: {_source(node)} is not allowed in a condition: use names, numbers, "
            "strings, comparisons, in, and, or, not."
        )
    return kind


def _kind_of_literal(node: ast.Constant | ast.UnaryOp) -> str:
    value = _value(node.operand, {}) if isinstance(node, ast.UnaryOp) else node.value
    if isinstance(value, bool):
        return "" if isinstance(node, ast.UnaryOp) else "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) and isinstance(node, ast.Constant) else ""


def _kind_of_name(name: str, where: str) -> str:
    if name in ("true", "false"):
        return "truth"
    if name not in KINDS:
        raise ConfigError(f"{where}: unknown name {name!r}: known are {', '.join(sorted(KINDS))}.")
    return KINDS[name]


def _kind_of_list(items: list[ast.expr], where: str, depth: int) -> str:
    if any(_kind(item, where, depth + 1) not in ("number", "text") for item in items):
        raise ConfigError(f"{where}: a list in a condition holds only numbers and strings.")
    return "list"


def _truth(nodes: list[ast.expr], where: str, depth: int) -> str:
    for node in nodes:
        if _kind(node, where, depth + 1) != "truth":
            raise ConfigError(f"{where}: {_source(node)} is neither true nor false: compare it.")
    return "truth"


def _kind_of_comparison(node: ast.Compare, where: str, depth: int) -> str:
    kinds = [_kind(part, where, depth + 1) for part in (node.left, *node.comparators)]
    for left, sign, right in zip(kinds, node.ops, kinds[1:], strict=False):
        if isinstance(sign, ast.In | ast.NotIn):
            fits = left in ("number", "text") and right == "list"
        else:
            ordered = left == "number" or isinstance(sign, ast.Eq | ast.NotEq)
            fits = type(sign) in _ORDER and left == right and ordered and left != "list"
        if not fits:
            raise ConfigError(
                f"{where}: {_source(node)} compares {left} with {right}: compare numbers "
                "with numbers, text with text by == or !=, and use in for lists."
            )
    return "truth"


def _value(node: ast.expr, facts: Mapping[str, Json]) -> Json:  # noqa: PLR0911
    match node:
        case ast.Name(id="true" | "false" as name):
            return name == "true"
        case ast.Name(id=name):
            return facts[name]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, facts)
        case ast.UnaryOp(operand=operand):
            return -_value(operand, facts)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, facts) for item in items]
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(part, facts) for part in values)
        case ast.BoolOp(values=values):
            return any(_value(part, facts) for part in values)
        case ast.Compare():
            return _compare(node, facts)
    raise AssertionError(ast.dump(node))


def _compare(node: ast.Compare, facts: Mapping[str, Json]) -> bool:
    values = [_value(part, facts) for part in (node.left, *node.comparators)]
    for left, sign, right in zip(values, node.ops, values[1:], strict=False):
        if isinstance(sign, ast.In | ast.NotIn):
            true = (left in right) == isinstance(sign, ast.In)
        else:
            true = _ORDER[type(sign)](left, right)
        if not true:
            return False
    return True


def _source(node: ast.expr) -> str:
    """Return what was written, short enough for a message."""
    try:
        text = ast.unparse(node)
    except RecursionError:
        text = "so deep a nesting"
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def _shown(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
