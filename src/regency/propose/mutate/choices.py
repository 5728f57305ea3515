"""Which strings a file chooses between: those it compares one name with, or looks up by it.

Only what the text itself shows; no word has a meaning here.
"""

import ast


def string_choices(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return name → strings it is compared with (``==``, ``in``, ``match``, dispatch tables).

    The name is the last part of what is compared: ``act`` for ``self.act == "tanh"``.
    """
    tables = _tables(tree)
    found: dict[str, dict[str, None]] = {}
    for node in ast.walk(tree):
        subject, values = _choice(node, tables)
        if subject and values:
            found.setdefault(subject, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in found.items()}


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _choice(node: ast.AST, tables: dict[str, list[str]]) -> tuple[str, list[str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        if isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            return last_name(node.left), _strings(node.comparators[0])
    elif isinstance(node, ast.Match):
        patterns = [n for c in node.cases for n in ast.walk(c.pattern)]
        values = [v for p in patterns if isinstance(p, ast.MatchValue) for v in _strings(p.value)]
        return last_name(node.subject), values
    elif isinstance(node, ast.Subscript):
        table = tables.get(last_name(node.value), [])
        return last_name(node.slice), table or _strings(node.value)
    return "", []


def _strings(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Dict):
        parts: list[ast.expr] = [key for key in node.keys if key is not None]
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = node.elts
    else:
        return []
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def _tables(tree: ast.Module) -> dict[str, list[str]]:
    return {
        name: _strings(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for name in map(last_name, node.targets)
        if name
    }
