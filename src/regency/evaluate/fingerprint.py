"""What a change is once layout is taken away, to know near-copies by.

Python is known by its compiled code: comments, blank lines, docstrings, assertions, quotes and
the spelling of numbers leave no trace there. Nor do the names of local variables that are no
arguments, in code that cannot ask for them. Other text by its lines without trailing blanks.
"""

import ast
import contextlib
import dis
import functools
import hashlib
import inspect
import types
from collections.abc import Mapping, Sequence

from regency.records import FileEdit

Code = types.CodeType
_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NOP = dis.opmap["NOP"]
_NAMING = {"locals", "vars", "dir", "eval", "exec"}  # what can ask for the names of locals


@functools.lru_cache(maxsize=64)  # the same parent is asked for again and again
def compiled(path: str, content: bytes) -> Code:
    """Return ``content`` as code, stripped of docstrings and assertions.

    Raises:
        SyntaxError: It is not Python. ValueError, RecursionError and MemoryError mean the same.
    """
    return compile(content, path, "exec", dont_inherit=True, optimize=2)


def fingerprint(edits: Sequence[FileEdit], before: Mapping[str, bytes]) -> bytes:
    """Return a digest of what ``edits`` change, empty if that is layout alone.

    Args:
        edits: Of a proposal that passed the screen.
        before: The parent's files, path → content.
    """
    changes = []
    for edit in sorted(edits, key=lambda e: e.path):
        new, old = (_normal(edit.path, c) for c in (edit.content, before.get(edit.path)))
        if new != old:
            changes.append((edit.path, new))
    return hashlib.sha256(repr(changes).encode()).digest() if changes else b""


def form(files: Mapping[str, bytes]) -> str:
    """Return a hexadecimal digest of what ``files`` say, the same however they are laid out.

    Args:
        files: Path → content.
    """
    said = [(path, _normal(path, content)) for path, content in sorted(files.items())]
    return hashlib.sha256(repr(said).encode()).hexdigest()


@functools.lru_cache(maxsize=64)
def _normal(path: str, content: bytes | None) -> bytes:
    """Return a digest of what ``content`` says, in which 1 and 1.0 differ; empty for no file."""
    if content is None:
        return b""
    essence: object = [line.rstrip() for line in content.split(b"\n") if line.strip()]
    if path.endswith(".py"):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            essence = _essence(_without_docstrings(path, content))
    return hashlib.sha256(repr(essence).encode()).digest()


def _without_docstrings(path: str, content: bytes) -> Code:
    """Return ``content`` as code of which docstrings leave nothing, not even an empty step.

    Such a step would shift what the tables of exceptions speak of.
    """
    tree = ast.parse(content, path)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass(lineno=1, col_offset=0)]
    return compile(tree, path, "exec", dont_inherit=True, optimize=2)


def _essence(code: Code) -> tuple[object, ...]:
    """Return everything of ``code`` but its names of files and numbers of lines."""
    constants = [_essence(c) if isinstance(c, Code) else _constant(c) for c in code.co_consts]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    named = (
        code.co_varnames if _NAMING.intersection(code.co_names) else code.co_varnames[: _told(code)]
    )
    locals_ = (named, len(code.co_varnames))
    names = (code.co_name, code.co_names, locals_, code.co_freevars, code.co_cellvars)
    return counts, names, _without_nops(code.co_code), constants, code.co_exceptiontable


def _told(code: Code) -> int:
    """Return how many locals are arguments, whose names a caller may use."""
    starred = bool(code.co_flags & inspect.CO_VARARGS) + bool(
        code.co_flags & inspect.CO_VARKEYWORDS
    )
    return code.co_argcount + code.co_kwonlyargcount + starred


def _without_nops(steps: bytes) -> bytes:
    """Return bytecode without the empty steps that a docstring leaves behind."""
    kinds, begin, kept = steps[::2], 0, []
    while (place := kinds.find(_NOP, begin)) >= 0:
        kept.append(steps[2 * begin : 2 * place])
        begin = place + 1
    return b"".join([*kept, steps[2 * begin :]])


def _constant(value: object) -> object:
    # The order of a frozen set depends on the process.
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value
