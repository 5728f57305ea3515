"""Paths as models write them, and the files that they mean."""

import re
from collections.abc import Collection, Iterable

_WORDS = re.compile(
    r"^(?:file(?:name|path)?|path|update(?:d)? file|edit|modified|in|target|new file)\s*[:=]\s*",
    re.IGNORECASE,
)
_WRAP = "`*_\"'()[]<>“”‘’:,;"
_COMMENT = re.compile(r"^(?:#+|//+|--|;+|/\*+|<!--|%)\s*")
_TAIL = re.compile(r"(?:\*/|-->)\s*$")
_STATES = (
    "full|complete|whole|entire|new|updated|modified|edited|before|after|old|original|current|now"
)
_AFTER = re.compile(rf"\s*(?:\((?:{_STATES})[^)]*\)?|[-–—]+ .*)$", re.IGNORECASE)
_LOOKS = re.compile(r"^[^\s`<>|\"']*[\w-]\.\w{1,8}$|^(?:[\w.-]+[/\\])+[\w.-]+$")


def bare(text: str) -> str:
    """Return ``text``, a line or part of one, without what models put around a path."""
    text = _TAIL.sub("", _COMMENT.sub("", text.strip())).strip()
    for _ in range(3):
        text = _AFTER.sub("", _WORDS.sub("", text.strip().strip(_WRAP).strip())).strip()
    return text.strip(_WRAP).strip()


def path_in(line: str, known: Collection[str]) -> str:
    """Return the path that ``line`` names and does nothing else, or an empty text.

    Args:
        line: One line of prose, a heading, or an info string.
        known: Paths of all files, for names that do not look like paths.
    """
    name = bare(line)
    if name in known or (name and _LOOKS.match(name) and len(name) <= 300):
        return name
    quoted = re.findall(r"[`*\"']{1,2}([^\s`*\"']+)[`*\"']{1,2}", line)
    named = list(dict.fromkeys(word for word in quoted if _tidy(word) in known))
    return named[0] if len(named) == 1 else ""


def resolve(name: str, editable: Iterable[str], others: Collection[str]) -> str | None:
    """Return the editable path that ``name`` means; None if that is not sure.

    Folders in front may be absent from the lab only where they are those of another machine
    (an absolute path) or a diff's ``a/`` and ``b/``: any other folder means another file.

    Args:
        name: The path as an answer writes it.
        editable: Paths that may change.
        others: Paths of files that may not.
    """
    allowed = list(editable)
    tidy = _tidy(name)
    if tidy in allowed:
        return tidy
    if tidy in others:
        return None
    if tidy[:2] in ("a/", "b/") and tidy[2:] in allowed:
        return tidy[2:]
    folded = [path for path in allowed if path.casefold() == tidy.casefold()]
    if not folded and (name.startswith("/") or re.match(r"[A-Za-z]:[\\/]", name)):
        folded = [path for path in allowed if tidy.endswith("/" + path)]
        folded = [path for path in folded if len(path) == max(map(len, folded))]
    if not folded and "/" not in tidy:
        folded = [path for path in (*allowed, *others) if path.rsplit("/", 1)[-1] == tidy]
    return folded[0] if len(folded) == 1 and folded[0] in allowed else None


def _tidy(name: str) -> str:
    name = re.sub(r"/{2,}", "/", name.strip().replace("\\", "/"))
    while name.startswith("./"):
        name = name[2:]
    return name
