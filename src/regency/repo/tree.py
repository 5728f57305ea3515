"""Trees as plain dictionaries, path → bytes: edits, globs and paths that must not be followed.

Pure functions; knows no git and no files.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence

from regency.records import FileEdit

_LONGEST_PATH = 1024
_LONGEST_NAME = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Names that some file systems take for ``.git``: NTFS short names, trailing dots and spaces,
# alternate streams, and code points that HFS+ ignores (CVE-2014-9390).
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT = re.compile(r"^(\.git|git~\d+)[. ]*(:.*)?$", re.IGNORECASE)


def unsafe_path(path: str) -> str:
    """Return why ``path`` must not be written below a folder, or an empty string.

    Args:
        path: Repository-relative, forward slashes.
    """
    if not path or path.startswith("/"):
        return "an empty or absolute path"
    if _CONTROL.search(path) or "\\" in path:
        return "a path with control characters or backslashes"
    if len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
        return f"a path of more than {_LONGEST_PATH} bytes"
    return next(filter(None, map(_unsafe_name, path.split("/"))), "")


def _unsafe_name(name: str) -> str:
    if name in ("", ".", ".."):
        return "a path with an empty part, '.' or '..'"
    if _GIT.match(_IGNORED.sub("", name)):
        return "a path into git's own folder"
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
        return f"a path with a name of more than {_LONGEST_NAME} bytes"
    return ""


def edits_between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[FileEdit, ...]:
    """Return the edits that turn ``before`` into ``after``, by path."""
    paths = sorted({*before, *after})
    return tuple(FileEdit(p, after.get(p)) for p in paths if before.get(p) != after.get(p))


def apply(files: Mapping[str, bytes], edits: Iterable[FileEdit]) -> dict[str, bytes]:
    """Return ``files`` with ``edits`` made."""
    result = dict(files)
    for edit in edits:
        if edit.content is None:
            result.pop(edit.path, None)
        else:
            result[edit.path] = edit.content
    return result


def match(path: str, patterns: Sequence[str]) -> bool:
    """Return whether ``path`` matches one of the globs.

    ``*`` and ``?`` stop at slashes, ``[abc]`` is a set, ``**`` as a whole part is any number of
    folders, a pattern ending in a slash or ``/**`` is everything below that folder. A path that
    `unsafe_path` refuses never matches.
    """
    return not unsafe_path(path) and any(_compile(p).fullmatch(path) for p in patterns)


@functools.lru_cache(maxsize=512)
def _compile(pattern: str) -> re.Pattern[str]:
    parts = pattern.removeprefix("./").split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    text = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            text += ".+" if last else "(?:[^/]+/)*"
        else:
            text += _part(part) + ("" if last else "/")
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))


def _part(part: str) -> str:
    text, at = "", 0
    while at < len(part):
        end = part.find("]", at + 2) if part[at] == "[" else -1
        if end > 0:
            inside = part[at + 1 : end]
            negated = inside[0] in "!^"
            body = re.escape(inside[negated:]).replace(r"\-", "-")
            text += rf"(?:(?!/)[{'^' if negated else ''}{body}])"
            at = end + 1
            continue
        text += {"*": "[^/]*", "?": "[^/]"}.get(part[at], re.escape(part[at]))
        at += 1
    return text
