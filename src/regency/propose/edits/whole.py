"""Whole files in answers: is it all of the file, or an excerpt that would delete the rest?"""

import ast
import re
from collections import Counter
from collections.abc import Collection

from regency.errors import Unreadable

_THING = (
    r"(?:code|file|script|functions?|methods?|class(?:es)?|imports?|lines?|content|logic|parts?)"
)
_LEFT_OUT = re.compile(
    rf"\b(?:rest|remainder|remaining)\b.{{0,20}}\b{_THING}\b"
    r"|\b(?:rest|remainder) (?:is|stays|remains)\b"
    rf"|\b(?:existing|previous|original|unchanged|other)\s+{_THING}\b"
    r"|\b(?:same|unchanged|as|is) (?:as )?(?:before|above|(?:the )?original)\b"
    rf"|\b(?:{_THING}|everything|all else)\b.{{0,20}}"
    r"\b(?:unchanged|omitted|as before|the same|here)\b",
    re.IGNORECASE,
)
_DOTS = re.compile(r"^\s*(?:#|//|--|/\*|<!--|;|%)?\s*(?:\.{3,}|…)\s*(?:\*/|-->)?\s*$")
_COMMENT = re.compile(r"^\s*(?:#|//|--|/\*|<!--|;|%|\.{3}|…|\[|\()")
_MAIN = re.compile(r"^if __name__ *==", re.MULTILINE)
_KEPT = 0.5  # share of the old lines below which a new text may be no more than an excerpt
_KEPT_TEXT = 0.8  # the same for files whose parts nobody can tell


def check_whole(path: str, before: str, after: str) -> None:
    """Refuse ``after`` as the new text of a file if it may be only a part of it.

    Args:
        path: The file.
        before: Its text now.
        after: Its text in the answer.

    Raises:
        Unreadable: It is empty, leaves something out in so many words, or looks like an excerpt.
    """
    if not after.strip():
        raise Unreadable(f"the whole file for {path} is empty. Give all of it.")
    known = {line.strip() for line in before.splitlines()}
    check_complete(path, known, after)
    if _excerpt(path, before, after):
        raise Unreadable(
            f"the text for {path} looks like a part of the file, without a path or the rest of it. "
            "Give the whole file or search/replace blocks."
        )


def check_complete(path: str, known: Collection[str], after: str) -> None:
    """Refuse a text that says of itself that lines are left out.

    Args:
        path: The file.
        known: The file's lines now, stripped: what they say is the file's own.
        after: New text.

    Raises:
        Unreadable: It does.
    """
    for line in after.splitlines():
        if line.strip() not in known and _leaves_out(path, line):
            raise Unreadable(
                f"the text for {path} leaves lines out ({line.strip()!r:.80}). Write all of them, "
                "or use search/replace blocks for what changes."
            )


def _leaves_out(path: str, line: str) -> bool:
    if _DOTS.match(line):
        return not (path.endswith((".py", ".pyi")) and line.strip() == "...")
    return bool(_COMMENT.match(line) and _LEFT_OUT.search(line))


def _excerpt(path: str, before: str, after: str) -> bool:
    old, new = _counted(before), _counted(after)
    kept = sum((old & new).values()) / max(sum(old.values()), 1)
    if not path.endswith((".py", ".pyi")):
        return kept < _KEPT_TEXT
    was, now = _names(before), _names(after)
    if was is None or now is None:
        return kept < _KEPT
    if _MAIN.search(before) and not _MAIN.search(after):
        return True
    lost = was[0] - now[0]
    if lost & now[1]:  # still used, no longer there
        return True
    return kept < _KEPT and (bool(lost) or not was[0])


def _counted(text: str) -> Counter[str]:
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def _names(text: str) -> tuple[set[str], set[str]] | None:
    """Return the names that a Python text defines at its top, and those that it uses."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    made: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(a.asname or a.name).split(".")[0] for a in node.names}
        else:
            made |= {
                n.id
                for n in ast.walk(node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    stored = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return made, used - stored
