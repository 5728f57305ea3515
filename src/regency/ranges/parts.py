"""A large difference in parts that can be read one at a time.

Files belong together when they share names that the difference brings in or takes away. What
belongs together but is too much to read at once is divided by folder, and says so.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from regency.oversee.claims.difference import is_inert, is_prose, is_test, path_of
from regency.oversee.groups import groups
from regency.records import Fact
from regency.repo import diff

MOST_TOGETHER = 6  # files of one part; beyond, it is divided
_MADE = re.compile(
    r"(^|/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|[^/]*\.lock|go\.sum|Cargo\.lock|uv\.lock)$"
    r"|\.(min\.js|min\.css|map|snap|svg|po|pb\.go|_pb2\.pyi?)$|(^|/)(vendor|node_modules|dist)/"
)
_SETTINGS = re.compile(
    r"\.(toml|ya?ml|json|ini|cfg|conf|env|properties|xml)$|(^|/)(Makefile|Dockerfile|\.[\w.-]+)$"
    r"|(^|/)(requirements|constraints)[^/]*\.(txt|in)$|(^|/)\.(github|gitlab|ci|circleci)/"
)
ORDER = ("code", "settings", "tests", "binary", "made", "docs", "words")


@dataclass(frozen=True, slots=True)
class Piece:
    """Files that are read together: their sort, and the group of names that they share."""

    sort: str
    paths: tuple[str, ...]
    group: int


def divided(
    before: Mapping[str, bytes], after: Mapping[str, bytes], facts: Sequence[Fact]
) -> list[Piece]:
    """Return the difference in pieces, each of one sort.

    Args:
        before: Files that differ, before.
        after: The same after.
        facts: What changed structurally.
    """
    told: dict[str, list[Fact]] = {}
    for fact in facts:
        told.setdefault(path_of(fact), []).append(fact)
    paths = sorted({*before, *after})
    renamed = {p for p in paths if any(f"renamed from {p}" in f.text for f in facts)}
    sorts = {p: _sort(p, before.get(p), after.get(p), told.get(p, [])) for p in paths}
    sorts |= dict.fromkeys((p for p in renamed if p not in after), "words")
    owner = _grouped([p for p in paths if sorts[p] in ("code", "tests", "settings")], before, after)
    found: dict[tuple[str, object], list[str]] = {}
    for path in paths:
        joint: object = owner.get(path, sorts[path])
        found.setdefault((sorts[path], joint), []).append(path)
    return [piece for (sort, joint), named in found.items()
            for piece in _pieces(sort, named, joint if isinstance(joint, int) else -1)]  # fmt: skip


def _pieces(sort: str, paths: list[str], group: int) -> Iterable[Piece]:
    if len(paths) <= MOST_TOGETHER or group < 0:
        return [Piece(sort, tuple(paths), group)]
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(str(PurePosixPath(path).parent), []).append(path)
    return [Piece(sort, tuple(named), group) for named in by_folder.values()]


def _sort(path: str, before: bytes | None, after: bytes | None, facts: Sequence[Fact]) -> str:
    if diff.is_binary(before) or diff.is_binary(after):
        return "binary"
    if _MADE.search(path):
        return "made"
    if facts and all(is_inert(f) for f in facts) and not is_prose(path):
        return "words"
    if is_test(path):
        return "tests"
    if is_prose(path):
        return "docs"
    return "settings" if _SETTINGS.search(path) else "code"


def _grouped(
    paths: Sequence[str], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> dict[str, int]:
    """Return path → number of the group of files that share fresh names."""
    old, new = ({p: files[p] for p in paths if p in files} for files in (before, after))
    owner = {path: path for path in paths}
    for group in groups(old, new):
        roots = sorted({_root(owner, path) for path in group.paths})
        for root in roots[1:]:
            owner[root] = roots[0]
    names: dict[str, int] = {}
    return {path: names.setdefault(_root(owner, path), len(names)) for path in paths}


def _root(owner: Mapping[str, str], path: str) -> str:
    while owner[path] != path:
        path = owner[path]
    return path
