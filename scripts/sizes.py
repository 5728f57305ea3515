"""Fails when a function or module is too long, or a file has a name that says nothing."""

import ast
import sys
from pathlib import Path

MAX_MODULE = 500
MAX_FUNCTION = 60
EMPTY_NAMES = {"utils", "helpers", "manager", "common", "misc"}


def faults(path: Path) -> list[str]:
    """Return what is wrong with one file, one line each."""
    text = path.read_text()
    lines = text.count("\n")
    found = [f"{path}: {lines} lines, at most {MAX_MODULE}"] if lines > MAX_MODULE else []
    if path.stem in EMPTY_NAMES:
        found.append(f"{path}: name the noun that the file holds")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > MAX_FUNCTION:
                where = f"{path}:{node.lineno}"
                found.append(f"{where}: {node.name} has {size} lines, at most {MAX_FUNCTION}")
    return found


def main() -> int:
    """Check every Python file of the project."""
    root = Path(__file__).parent.parent
    files = [p for top in ("src", "tests", "bench", "scripts") for p in (root / top).rglob("*.py")]
    found = [fault for path in sorted(files) for fault in faults(path)]
    print("\n".join(found) or f"{len(files)} files are within their limits.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
