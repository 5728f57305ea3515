"""Which modules a candidate brings in, held against those that a lab allows.

Reads the text, so that a reader is told at once; what is obtained by trickery at run time this
cannot see. Against that stands the sandbox, in which what is hidden is not there.
"""

import ast
from collections.abc import Collection, Iterator, Sequence

from regency.records import FileEdit

# Ways to a module by a name that need not stand in the text.
_BY_NAME = {
    "__import__",
    "__loader__",
    "__spec__",
    "importlib",
    "pkgutil",
    "runpy",
    "imp",
    "zipimport",
}
_TABLES = {"modules", "meta_path", "path_hooks"}  # of ``sys``


def faults(
    edit: FileEdit, before: bytes, allowed: Sequence[str], own: Collection[str]
) -> Iterator[str]:
    """Yield what the edited file may not import, one plain sentence each.

    Args:
        edit: A Python file; what does not compile has no imports.
        before: Its content before, whose imports stay allowed.
        allowed: Modules, each with what is below it.
        own: Paths of the lab's files, which may be imported as well.
    """
    local = {part for path in own for part in _names(path)}
    for name in sorted(_imports(edit.content or b"") - _imports(before)):
        near = name.partition(".")[0] in local or name.startswith(".")
        if name.startswith("by name: "):
            yield f"{edit.path!r} looks modules up by name ({name[9:]}), which this lab forbids"
        elif not near and not any(name == a or name.startswith(f"{a}.") for a in allowed):
            yield f"{edit.path!r} imports {name!r}; this lab allows {', '.join(allowed)}"


def _names(path: str) -> Iterator[str]:
    """Yield what the file at ``path`` can be imported by, from any folder above it."""
    if path.endswith(".py"):
        yield from path.removesuffix(".py").split("/")


def _imports(content: bytes) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {name for node in nodes for name in _of(node)}


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        # ``from a import b`` may be the module a.b, but a.b is no more than a.
        yield module
    elif isinstance(node, ast.Name) and node.id in _BY_NAME:
        yield f"by name: {node.id}"
    elif isinstance(node, ast.Attribute) and node.attr in (_TABLES | _BY_NAME):
        yield f"by name: {node.attr}"
