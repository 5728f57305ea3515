"""A unit of Python, before or after: a module, class or function, and the file it lies in."""

import ast
from dataclasses import dataclass

from regency.oversee.outline import Outline

LONGEST = 100
Unit = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Side:
    """A unit before or after.

    Attributes:
        node: Its syntax tree.
        outline: The file it lies in.
        lines: How many lines it has.
    """

    node: Unit
    outline: Outline
    lines: int = 0


def shown(text: str, limit: int = LONGEST) -> str:
    """Return ``text``, cut to ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
