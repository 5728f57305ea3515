"""Branches that are not merged: what still waits, as far as this clone shows it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from regency.measure.bottleneck.commits import Commit, read
from regency.measure.bottleneck.items import Item, Sign
from regency.repo.git import Repo

FOLDERS = ("refs/heads/", "refs/remotes/", "refs/pull/", "refs/merge-requests/")
LONGEST = 500  # commits: more is another line of development, not a change that waits
_LINES = re.compile(
    r"(^|/)(release|stable|lts|gh-pages|regency|backport|v?\d+(\.[\dx]+)+)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\s*\([#!]\d+\)$")


class Patience(Protocol):
    """How long a branch is waited for."""

    @property
    def abandoned_s(self) -> float:
        """Seconds without a change after which a branch no longer waits."""


def waiting(
    repo: Repo, known: Mapping[str, Commit], line: Sequence[Commit], head: str, until: float,
    patience: Patience,
) -> Iterator[Item]:  # fmt: skip
    """Yield an item for each unmerged branch; of release branches and copies none.

    Args:
        repo: The repository.
        known: The commits that are merged.
        line: Those of the main line.
        head: Its newest.
        until: End of what is observed, Unix seconds.
        patience: How long a branch without a change still counts as waiting.
    """
    tips = {oid: ref for folder in FOLDERS for ref, oid in repo.refs(folder).items()}
    tips = {t: r for t, r in tips.items() if t not in known and not _LINES.search(_short(r))}
    if not tips:
        return
    fresh = read(repo, *tips, f"^{head}")
    landed = _Landed(known, line)
    for tip, ref in tips.items():
        own = _own(tip, fresh)
        if own and len(own) <= LONGEST and own[0].committed <= until and not landed.has(own[0]):
            yield _item(ref, own, until, patience.abandoned_s)


def _short(ref: str) -> str:
    return ref.split("/", 2)[-1]


def _own(tip: str, fresh: Mapping[str, Commit]) -> list[Commit]:
    found: dict[str, Commit] = {}
    open_ = [tip]
    while open_ and len(found) <= LONGEST:
        here = open_.pop()
        if here in fresh and here not in found:
            found[here] = fresh[here]
            open_ += fresh[here].parents
    return list(found.values())


def _item(ref: str, own: Sequence[Commit], until: float, abandoned_s: float) -> Item:
    last = float(max(c.committed for c in own if c.committed <= until))
    first = min(float(min(c.authored for c in own)), last)
    gone = last + abandoned_s
    left = gone if gone <= until else None
    return Item(_short(ref), (first, last, None), last, None, left, Sign.WAITING)


class _Landed:
    """Tells branches that came in by another way: rebased, cherry-picked or squashed."""

    def __init__(self, known: Mapping[str, Commit], line: Sequence[Commit]) -> None:
        self._written = {(c.author.mail, c.authored) for c in known.values()}
        self._subjects = {(c.author.mail, _NUMBER.sub("", c.subject)) for c in line}

    def has(self, tip: Commit) -> bool:
        same = (tip.author.mail, tip.authored) in self._written
        return same or (tip.author.mail, _NUMBER.sub("", tip.subject)) in self._subjects
