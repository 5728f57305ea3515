"""What a change is once layout is taken away, to know near-copies by.

Python is known by its compiled code: comments, blank lines, docstrings, assertions, quotes and
the spelling of numbers leave no trace there. Nor do the names of local variables that are no
arguments, in code that cannot ask for them. Other text by its lines without trailing blanks.
"""

import contextlib
import dis
import functools
import hashlib
import inspect
import types
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from regency.records import FileEdit

Code = types.CodeType
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
        new, old = (meaning(edit.path, c) for c in (edit.content, before.get(edit.path)))
        if new != old:
            changes.append((edit.path, new))
    return hashlib.sha256(repr(changes).encode()).digest() if changes else b""


def form(files: Mapping[str, bytes], others: Mapping[str, bytes] = MappingProxyType({})) -> str:
    """Return a hexadecimal digest of what files say, the same however they are laid out.

    Args:
        files: Path → content.
        others: Path → `meaning` of files that are not among them.
    """
    said = {**others, **{path: meaning(path, content) for path, content in files.items()}}
    return hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()


@functools.lru_cache(maxsize=64)
def meaning(path: str, content: bytes | None) -> bytes:
    """Return a digest of what ``content`` says, in which 1 and 1.0 differ; empty for no file."""
    if content is None:
        return b""
    essence: object = [line.rstrip() for line in content.split(b"\n") if line.strip()]
    if path.endswith(".py"):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            essence = _essence(compiled(path, content))
    return hashlib.sha256(repr(essence).encode()).digest()


def _essence(code: Code) -> tuple[object, ...]:
    """Return everything of ``code`` but its names of files and numbers of lines."""
    constants = [_essence(c) if isinstance(c, Code) else _constant(c) for c in code.co_consts]
    if "__firstlineno__" in code.co_names:  # what a class says of itself from Python 3.13 on
        constants = [None if c == code.co_firstlineno else c for c in constants]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    named = (
        code.co_varnames if _NAMING.intersection(code.co_names) else code.co_varnames[: _told(code)]
    )
    locals_ = (named, len(code.co_varnames))
    names = (code.co_name, code.co_names, locals_, code.co_freevars, code.co_cellvars)
    steps, kinds = code.co_code, code.co_code[::2]
    return counts, names, _without_nops(steps, kinds), constants, _handlers(code, kinds)


def _told(code: Code) -> int:
    """Return how many locals are arguments, whose names a caller may use."""
    starred = bool(code.co_flags & inspect.CO_VARARGS) + bool(
        code.co_flags & inspect.CO_VARKEYWORDS
    )
    return code.co_argcount + code.co_kwonlyargcount + starred


def _without_nops(steps: bytes, kinds: bytes) -> bytes:
    """Return bytecode without the empty steps that a docstring leaves behind."""
    begin, kept = 0, []
    while (place := kinds.find(_NOP, begin)) >= 0:
        kept.append(steps[2 * begin : 2 * place])
        begin = place + 1
    return b"".join([*kept, steps[2 * begin :]])


def _handlers(code: Code, kinds: bytes) -> list[tuple[int, ...]]:
    """Return the table of exceptions, as if there were no empty steps before what it speaks of.

    Its format: https://github.com/python/cpython/blob/3.11/Objects/exception_handling_notes.txt
    """
    numbers, number = [], 0
    for byte in code.co_exceptiontable:
        number = number << 6 | byte & 63
        if not byte & 64:
            numbers.append(number)
            number = 0
    return [_rows(kinds, *numbers[n : n + 4]) for n in range(0, len(numbers), 4)]


def _rows(kinds: bytes, start: int, length: int, target: int, depth: int) -> tuple[int, ...]:
    first, end, goal = (n - kinds.count(_NOP, 0, n) for n in (start, start + length, target))
    return first, end, goal, depth


def _constant(value: object) -> object:
    # The order of a frozen set depends on the process.
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value
