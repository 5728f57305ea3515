"""What changed in files that are not Python: by hunk, with the definition that encloses it.

Tokens come from Pygments, for the many languages that it knows; enclosing definitions from the
function and class names among them. Comments, values and names are told apart from code where the
language lets that be known from its tokens.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Literal, Name, String, Text, Whitespace
from pygments.util import ClassNotFound

from regency.oversee.explain import settings
from regency.oversee.explain.side import shown
from regency.records import Fact
from regency.repo import diff

MAX_BYTES = 500_000  # larger files are told by their size
_MOST_HUNKS = 8
_MOST_VALUES = 4
_PROSE = (".md", ".rst", ".txt", ".adoc")
_HEADING = re.compile(r"#{1,6}\s+(.+)|(.+)")
# What begins a definition in languages whose tokens do not say so.
_BEGINS = re.compile(
    r"[ \t]*(?:(?:export|default|pub(?:\(\w+\))?|public|private|static|async|local)[ \t]+)*"
    r"(?:(?:function\*?|fn|func|sub|interface|struct|enum|impl|trait|module|namespace|type|macro)"
    r"[ \t]+(?P<named>[\w:.$-]+)|(?P<shell>[\w-]+)[ \t]*\(\)[ \t]*\{"
    r"|(?:const|let|var)[ \t]+(?P<arrow>[\w$]+)[^=\n]*=[^=\n]*=>)"
)
# Languages in which line ends and indentation mean nothing but separation.
_FREE = frozenset(
    (
        "C", "C++", "C#", "CSS", "CUDA", "D", "GLSL", "Java", "Objective-C", "PHP",
        "Protocol Buffer", "Rust", "SCSS", "SQL", "Solidity", "Zig",
    )
)  # fmt: skip
# Languages in which a line end may end a statement: only what follows within a line is free.
_BY_LINE = frozenset(
    (
        "Bash", "Go", "INI", "JSON", "JSX", "JavaScript", "Julia", "Kotlin", "Lua", "Perl", "R",
        "Ruby", "Scala", "Swift", "TOML", "TSX", "TypeScript",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """A file's tokens.

    Attributes:
        language: As Pygments names it.
        code: Tokens that count, without comments and layout.
        names: (line, name) of the functions and classes that it defines, in order.
    """

    language: str
    code: tuple[tuple[str, str], ...]
    names: tuple[tuple[int, str], ...]


def told(path: str, before: bytes, after: bytes) -> list[Fact]:
    """Return what changed in a file that is no Python.

    Args:
        path: Its name, which tells the language.
        before: Content, empty for a new file.
        after: Content, empty for a deleted one.
    """
    if max(len(before), len(after)) > MAX_BYTES:
        return [Fact("text", path, f"too large to take apart: {_lines(before, after)}")]
    if path.endswith(_PROSE) and not settings.told(path, b"", b"x"):
        return _prose(path, before, after)
    by_key = settings.told(path, before, after)
    if by_key is not None:
        return by_key or [Fact("text", path, "only comments or layout")]
    then, now = tokens(path, before), tokens(path, after)
    if then is not None and now is not None:
        if then.language in _FREE | _BY_LINE and then.code == now.code:
            return [Fact("text", path, "only comments or layout")]
        if values := _values(then, now):
            return [Fact("literal", path, value) for value in values]
    return _hunks(path, before, after, now)


def _lines(before: bytes, after: bytes) -> str:
    added, removed = diff.changed_lines(before, after)
    return sizes(added, removed)


def sizes(added: int, removed: int) -> str:
    """Return how many lines came and went, in words."""
    return f"+{added} −{removed} lines" if added and removed else (
        f"{removed} {_plural(removed)} removed" if removed else f"{added} {_plural(added)} added"
    )  # fmt: skip


def _plural(count: int) -> str:
    return "line" if count == 1 else "lines"


def _prose(path: str, before: bytes, after: bytes) -> list[Fact]:
    return [Fact("docs", path, _lines(before, after))]


@functools.lru_cache(maxsize=64)
def tokens(path: str, content: bytes) -> Tokens | None:
    """Return the tokens of a file, None if its language is not known."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    if lexer.name == "Text only":
        return None
    line = 1
    whole = content.decode("utf-8", "replace")
    code: list[tuple[str, str]] = []
    names = list(_begun(whole))
    for kind, text in lexer.get_tokens(whole):
        if kind in Name.Function or kind in Name.Class:
            names.append((line, text))
        code += _kept(kind, text, lexer.name)
        line += text.count("\n")
    return Tokens(lexer.name, tuple(_squeezed(code)), tuple(sorted(names)))


def _begun(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if found := _BEGINS.match(line):
            yield number, found["named"] or found["shell"] or found["arrow"]


def _kept(kind: Any, text: str, language: str) -> Iterator[tuple[str, str]]:
    directive = kind in Comment.Preproc or kind in Comment.PreprocFile
    if kind in Comment and not directive:
        if language in _BY_LINE and "\n" in text:
            yield "end", "\n"
        return
    if (kind in Text or kind in Whitespace) and not text.strip():
        if "\n" in text and language not in _FREE:
            yield "end", "\n"
        return
    group = "literal" if kind in Literal or kind in String else "name" if kind in Name else "code"
    yield group, text if group == "literal" else text.strip()


def _squeezed(code: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Drop repeated line ends, and those at either end."""
    waiting = False
    started = False
    for token in code:
        if token[0] == "end":
            waiting = started
            continue
        if waiting:
            yield "end", "\n"
        waiting, started = False, True
        yield token


def _values(then: Tokens, now: Tokens) -> list[str]:
    """Return old → new of literals where nothing else differs, empty if more does."""
    if len(then.code) != len(now.code):
        return []
    pairs = [(a, b) for a, b in zip(then.code, now.code, strict=True) if a != b]
    alike = all(a[0] == b[0] == "literal" for a, b in pairs)
    if not pairs or not alike or len(pairs) > _MOST_VALUES:
        return []
    return [f"{shown(a[1].strip(), 60)} → {shown(b[1].strip(), 60)}" for a, b in pairs]


def _hunks(path: str, before: bytes, after: bytes, now: Tokens | None) -> list[Fact]:
    files = diff.parse(diff.unified(path, before, after, context=0))
    counted: dict[str, Counter[str]] = {}
    for hunk in (h for file in files for h in file.hunks):
        name = _enclosing(now, hunk.new_start)
        place = f"{path}::{name}" if name else f"{path}:{hunk.new_start}"
        marks = counted.setdefault(place, Counter())
        marks.update(line[:1] for line in hunk.lines)
    found = [Fact("text", p, sizes(m["+"], m["-"])) for p, m in counted.items()]
    if len(found) <= _MOST_HUNKS:
        return found
    rest = f"{len(found) - _MOST_HUNKS} more places: {_lines(before, after)} in all"
    return [*found[:_MOST_HUNKS], Fact("text", path, rest)]


def _enclosing(found: Tokens | None, line: int) -> str:
    names = [name for start, name in (found.names if found else ()) if start <= line]
    return shown(names[-1], 60) if names else ""
