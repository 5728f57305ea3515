"""A repository's history as a stream: what was merged, what shows that it was reviewed.

Git records no review. What it has are dates of writing and of taking in, and the signs that people
and forges leave; so waits are bounds, and signs are counted by how much they say.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from regency.errors import RepositoryError
from regency.measure.bottleneck import branches, sizes
from regency.measure.bottleneck.commits import Commit, Person, read
from regency.measure.bottleneck.items import Item, Sign, Stream
from regency.repo.git import Repo

STAGES = ("first written", "last changed", "merged")
DAY_S = 86_400.0
SKEW_S = 300.0  # clocks of two machines differ by minutes; more is said
_SYNC = re.compile(
    r"^Merge (remote-tracking )?branch '?(\w+/)?(main|master|trunk|develop)'?( of |$)"
)
_FORGE = re.compile(
    r"^Merge pull request #\d|^Merge PR #?\d|^Merged in .*pull request #|^Auto merge of #\d"
    r"|^Pull request #\d|^Merge branch '.+' into '.+'$|\([#!]\d+\)$"
)
UNKNOWN = (
    "When a change was shown and its review began is not in git.",
    "Waits: at least from last change to merge, at most from first written to merge.",
    "A commit without a merge counts as waiting from its author date on, which is at most.",
    "Reviews that left no name in the history cannot be told from no review.",
    "What waits in forks or in requests outside this clone is unseen: recent waits look too short.",
    "Machines' part of a wait (checks, merge queues) cannot be told from people's.",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a repository.

    Attributes:
        revision: Where to look back from.
        until: End of what is observed, Unix seconds; None: the newest date that is not in the
            future.
        abandoned_s: A branch without a change for so long no longer waits.
        sample: Most changes whose size is looked up, to guess review minutes; 0: none.
        seed: Of that sample.
    """

    revision: str = "HEAD"
    until: float | None = None
    abandoned_s: float = 90 * DAY_S
    sample: int = 200
    seed: int = 0


def stream(repo: Repo, reading: Reading, now: float | None = None) -> Stream:
    """Return what ``repo`` says of its reviews.

    Args:
        repo: Any repository.
        reading: How to read it.
        now: The time, Unix seconds; dates after it are in the future.

    Raises:
        RepositoryError: The revision is unknown, or objects are missing.
    """
    head = repo.resolve(reading.revision)
    clock = (time.time() if now is None else now) + DAY_S
    known = read(repo, head)
    until = _until(known.values(), reading.until, clock)
    line = [c for c in _mainline(known, head) if c.committed <= until]
    if not line:
        raise RepositoryError(
            f"{repo.root} has no commit before the time asked about: give a later --at."
        )
    found = _Items(known, until)
    items = [*found.taken_in(line), *branches.waiting(repo, known, line, head, until, reading)]
    since = min(c.committed for c in line)
    minutes, lost = _minutes(repo, found.compared(items), reading)
    return Stream(
        source="git", name=repo.root.name, revision=head, stages=STAGES,
        items=tuple(sorted(items, key=lambda i: (i.arrived or 0.0, i.id))),
        since=float(since), until=until, human=(1, 2), path=(0, 2), complete=False,
        minutes=minutes, unknown=UNKNOWN,
        problems=(*_shallow(repo), *_early(until, clock), *found.problems(clock), *lost),
    )  # fmt: skip


def _minutes(
    repo: Repo, changes: Sequence[tuple[str, str]], reading: Reading
) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Return review minutes, and what is wrong where contents are missing (a partial clone)."""
    try:
        return sizes.minutes(repo, changes, reading.sample, reading.seed), ()
    except RepositoryError as error:
        said = f"Sizes of changes cannot be read, so review minutes are not known: {error}"
        return None, (said,)


def _mainline(known: Mapping[str, Commit], head: str) -> list[Commit]:
    """Return the first parents from ``head`` on, the oldest first."""
    line, here = [], head
    while here in known:
        line.append(known[here])
        here = known[here].parents[0] if known[here].parents else ""
    return line[::-1]


def _until(commits: Iterable[Commit], asked: float | None, clock: float) -> float:
    if asked is not None:
        return asked
    return float(max((c.committed for c in commits if c.committed <= clock), default=clock))


def _early(until: float, clock: float) -> tuple[str, ...]:
    return ("The time asked about (--at) is in the future.",) if until > clock else ()


def _shallow(repo: Repo) -> tuple[str, ...]:
    if repo.run("rev-parse", "--is-shallow-repository").strip() != b"true":
        return ()
    said = "This clone is shallow: what lies before its edge is missing, and changes at the edge "
    return (f"{said}look younger than they are. Run `git fetch --unshallow`.",)


class _Items:
    """Turns a mainline into items, and keeps count of what is wrong with it."""

    def __init__(self, known: Mapping[str, Commit], until: float) -> None:
        self._known, self._until = known, until
        self._claimed: set[str] = set()
        self._faults: Counter[str] = Counter()
        self._parents: dict[str, str] = {}

    def taken_in(self, line: Sequence[Commit]) -> list[Item]:
        """Return an item for each commit of the mainline that took something in."""
        self._claimed = {c.id for c in line}
        found = []
        for commit in line:
            if len(commit.parents) > 2:
                self._faults["octopus"] += 1
            item: Item | None = None
            if len(commit.parents) < 2:
                item = self._single(commit)
            elif mine := self._claim(commit):
                item = self._merge(commit, mine)
            else:
                self._faults["empty"] += 1
            if item is not None:
                found.append(item)
                self._parents[item.id] = (commit.parents or ("",))[0]
        return found

    def compared(self, items: Sequence[Item]) -> list[tuple[str, str]]:
        """Return commit and first parent of each item that was taken in."""
        return [(i.id, self._parents[i.id]) for i in items if self._parents.get(i.id)]

    def problems(self, clock: float) -> list[str]:
        """Return what was wrong, one sentence each."""
        self._faults["future"] = sum(
            max(c.authored, c.committed) > clock for c in self._known.values()
        )
        return [_WRONG[name].format(n=f"{n:,}") for name, n in self._faults.items() if n]

    def _claim(self, merge: Commit) -> list[Commit]:
        """Return the commits that ``merge`` brought in: no earlier commit of the line had them."""
        mine, open_ = [], list(merge.parents[1:])
        while open_:
            here = open_.pop()
            if here in self._claimed or here not in self._known:
                continue
            self._claimed.add(here)
            mine.append(self._known[here])
            open_ += self._known[here].parents
        return mine

    def _sync(self, merge: Commit) -> bool:
        sync = bool(_SYNC.match(merge.subject))
        self._faults["sync"] += sync
        return sync

    def _merge(self, merge: Commit, mine: Sequence[Commit]) -> Item | None:
        if self._sync(merge):
            return None
        written = [c for c in mine if len(c.parents) < 2] or list(mine)
        first = float(min(c.authored for c in written))
        last = float(max(c.committed for c in mine))
        sign, reviewer = _merge_sign(merge, written)
        times = self._checked(first, last, float(merge.committed))
        return Item(merge.id, times, times[1], times[2], None, sign, reviewer, merge.id)

    def _single(self, commit: Commit) -> Item:
        sign, reviewer = _single_sign(commit)
        first = float(commit.authored) if commit.authored != commit.committed else None
        times = self._checked(first, None, float(commit.committed))
        return Item(commit.id, times, times[0], times[2], None, sign, reviewer, commit.id)

    def _checked(
        self, first: float | None, last: float | None, merged: float
    ) -> tuple[float | None, float | None, float | None]:
        """Return the times, without those that cannot be."""
        known = [t for t in (first, last) if t is not None]
        if any(t > merged + SKEW_S for t in known):
            self._faults["skew"] += 1
            return None, None, merged
        return (
            None if first is None else min(first, merged if last is None else last, merged),
            None if last is None else min(last, merged),
            merged,
        )


_WRONG = {
    "octopus": "{n} merges have more than two parents: each counts as one change.",
    "empty": "{n} merges brought nothing in: they are left out.",
    "sync": "{n} merges on the main line only brought it up to date (`git pull`): left out.",
    "skew": "{n} changes were written after they were merged, by their dates (clock skew): they "
    "count as merged, their waits are left out.",
    "future": "{n} commits are dated in the future: they are left out of everything after the end.",
}


def _merge_sign(merge: Commit, written: Sequence[Commit]) -> tuple[Sign, str]:
    named = merge.reviewers([c.author for c in written])
    each = [c.reviewers() for c in written]
    if named or all(each):
        return Sign.REVIEWED, (named or each[-1])[0].name
    taker = merge.committer if not merge.committer.machine else merge.author
    if not taker.machine and not any(taker.same(c.author) for c in written):
        return Sign.SECOND, taker.name
    seconds = [c.second() for c in written]
    if all(seconds):
        return Sign.SECOND, _name(seconds[0])
    return (Sign.FORGE if _FORGE.search(merge.subject) else Sign.NONE), ""


def _single_sign(commit: Commit) -> tuple[Sign, str]:
    if named := commit.reviewers():
        return Sign.REVIEWED, named[0].name
    if second := commit.second():
        return Sign.SECOND, second.name
    forge = _FORGE.search(commit.subject) or "reviewed-on" in commit.trailers
    return (Sign.FORGE if forge else Sign.NONE), ""


def _name(person: Person | None) -> str:
    return person.name if person else ""
