"""Measures who wrote a repository: the whole story, from the notes to the numbers."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regency.errors import RepositoryError
from regency.measure.authorship import cache, timeline
from regency.measure.authorship.attribute import Attributor
from regency.measure.authorship.authors import Author, Authors, Category, Source
from regency.measure.authorship.evidence import Evidence, Shelf, find_records
from regency.measure.authorship.faults import Faults
from regency.measure.authorship.gitai import LineNote
from regency.measure.authorship.recover import Recovery
from regency.measure.authorship.replay import Replay, Replayed
from regency.measure.authorship.result import Line, Measured, Notes, Settings, Skipped
from regency.measure.authorship.tally import Tally
from regency.measure.authorship.trailers import is_candidate, picked_from, said_of
from regency.repo.changes import of_commits
from regency.repo.history import LINK, SUBMODULE, Commit, History

Progress = Callable[[str], None]


@dataclass(slots=True)
class Reading:
    """Everything that is known before the history is replayed."""

    commits: list[Commit]
    said: dict[int, list[Author]] = field(default_factory=dict)
    ours: set[int] = field(default_factory=set)
    picked: set[str] = field(default_factory=set)
    edge: frozenset[int] = frozenset()


def measure(
    path: Path | str,
    settings: Settings,
    progress: Progress = lambda _: None,
    *,
    cached: bool = False,
) -> Measured:
    """Return who wrote the repository that ``path`` lies in; nothing in it is changed.

    Args:
        path: A folder in it.
        settings: What counts.
        progress: Told what is being done.
        cached: Whether an answer may be taken from the user's cache, and is put there.

    Raises:
        RepositoryError: There is no repository, no such revision, or objects are missing.
        BadInput: A file with records cannot be read.
    """
    history = History.discover(path)
    tip = history.resolve(settings.revision)
    if not cached:
        return _counted(history, tip, settings, progress)
    place = cache.place(history, tip, settings)
    known = cache.load(place)
    if known is None:
        known = _counted(history, tip, settings, progress)
        cache.save(place, known)
    return known


def lines_of(path: Path | str, file: str, settings: Settings) -> list[Line]:
    """Return who wrote each line of a file, at the revision that the settings name.

    Args:
        path: A folder in the repository.
        file: The file, from the top of the repository.
        settings: What counts.

    Raises:
        RepositoryError: As for `measure`, or there is no such text file.
    """
    history = History.discover(path)
    tip = history.resolve(settings.revision)
    done = _replayed(history, tip, settings, lambda _: None)
    entry = done.replayed.files.get(file)
    if entry is None or entry.lines is None:
        raise RepositoryError(f"{file!r} is no text file of {tip[:12]}: see `git ls-files`.")
    content = next(history.contents([entry.blob]))[1] or b""
    texts = content.decode("utf-8", "replace").split("\n")
    table, commits = done.replayed.lines, done.reading.commits
    return [
        Line(text, commits[table.born[line]].commit, done.authors[table.author[line]])
        for text, line in zip(texts, entry.lines, strict=False)
    ]


@dataclass(slots=True)
class Done:
    """A replay that has ended, and what it knew."""

    reading: Reading
    attributor: Attributor
    authors: Authors
    replayed: Replayed
    notes: Notes
    faults: Faults


def _replayed(history: History, tip: str, settings: Settings, progress: Progress) -> Done:
    progress("reading the commits")
    reading = _read(history, tip, settings)
    faults, authors = Faults(), Authors()
    progress("finding the records")
    shelf = find_records(history, tip, settings.sources, faults, settings.trace_files)
    evidence = Evidence(history, reading.commits, frozenset(reading.ours), shelf, authors, faults,
                        settings.sources)  # fmt: skip
    recovery, notes = _recovery(history, reading, shelf, evidence, settings)
    attributor = Attributor(
        reading.commits, reading.said, evidence, recovery, authors, faults, reading.edge
    )
    progress("replaying the history")
    replay = Replay(history, reading.commits, attributor, moves=settings.moves)
    try:
        replayed = replay.run()
    except RepositoryError as error:
        raise _explained(history, error) from error
    return Done(reading, attributor, authors, replayed, notes, faults)


def _read(history: History, tip: str, settings: Settings) -> Reading:
    reading = Reading([])
    edge = []
    for number, commit in enumerate(history.commits(tip)):
        said = [a for a in said_of(commit) if a.source in settings.sources]
        if is_candidate(commit):
            reading.ours.add(number)
        if settings.human_before and commit.committed < settings.human_before:
            said.append(Author(Category.HUMAN, source=Source.DECLARED))
        if said:
            reading.said[number] = said
        if commit.commit in history.shallow:
            edge.append(number)
        reading.picked.update(picked_from(commit))
        reading.commits.append(_lean(commit))
    reading.edge = frozenset(edge)
    return reading


def _lean(commit: Commit) -> Commit:
    """Return a commit without its message, which may be long and is not needed again."""
    blank = ("", "")
    return Commit(
        commit.commit, commit.parents, commit.authored, commit.committed, blank, blank, ""
    )


def _recovery(
    history: History, reading: Reading, shelf: Shelf, evidence: Evidence, settings: Settings
) -> tuple[Recovery, Notes]:
    """Read the records of the old commits that are still there."""
    recovery = Recovery(evidence.authors, settings.confidence)
    here = {commit.commit for commit in reading.commits}
    away = [commit for commit in shelf.notes if commit not in here]
    there = history.present(away) if away else set()
    notes = Notes(
        len(shelf.notes), len(shelf.notes) - len(away), len(there), len(away) - len(there)
    )
    donors = [c for c in away if c in there]
    donors += [c for c in reading.picked if c in here and c in shelf.notes]
    if settings.recover and donors:
        _take_in(history, donors, shelf, evidence, recovery)
    return recovery, notes


def _take_in(
    history: History, donors: list[str], shelf: Shelf, evidence: Evidence, recovery: Recovery
) -> None:
    blobs = [shelf.notes[c][-1] for c in donors]
    records: dict[str, LineNote] = {}
    for commit, (blob, content) in zip(donors, history.contents(blobs), strict=True):
        note = evidence.note(commit, blob, content)
        if note and note.claims:
            records[commit] = note
    times = dict(_times(history, list(records)))
    for commit, changed in of_commits(history, list(records)):
        claims = evidence.record(records.pop(commit), Source.GIT_AI, "patch-id").claims
        if not recovery.add(commit, times.get(commit, 0), changed, claims):
            evidence.faults.add("old commit left out of recovery: too many lines", commit[:12])


def _times(history: History, commits: Sequence[str]) -> list[tuple[str, int]]:
    asked = "".join(f"{c}\n" for c in commits).encode()
    rows = history.run("log", "--no-walk=unsorted", "--stdin", "--format=%H %ct", stdin=asked)
    return [(row.split()[0], int(row.split()[1])) for row in rows.decode().splitlines()]


def _explained(history: History, error: RepositoryError) -> RepositoryError:
    """Say what an error while reading old objects means for the user."""
    if history.partial:
        return RepositoryError(
            f"{history.place} is a partial clone and lacks objects that its history needs: "
            "run `git fetch --refetch --filter=blob:none --no-filter`, or clone it whole. "
            f"({error})"
        )
    return RepositoryError(f"{error} If objects are missing, fetch them or clone again.")


def _counted(history: History, tip: str, settings: Settings, progress: Progress) -> Measured:
    done = _replayed(history, tip, settings, progress)
    progress("counting")
    return _measured(history, settings, done)


def _measured(history: History, settings: Settings, done: Done) -> Measured:
    reading, attributor, authors, replayed = (
        done.reading, done.attributor, done.authors, done.replayed,
    )  # fmt: skip
    commits = reading.commits
    tip = commits[-1]
    alive = _alive(replayed)
    columns = timeline.table(replayed.lines, alive, commits, authors)
    folders, lines = _by_folder(replayed, authors, settings.depth)
    counts = {a: n for a, n in zip(authors, lines, strict=True) if n}
    older = int(np.isin(columns.born[alive], list(reading.edge)).sum())
    return Measured(
        place=_text(str(history.place)), revision=settings.revision, commit=tip.commit,
        time_s=tip.committed, commits=len(commits),
        alive=sum(folders.values(), Tally()), folders=folders,
        agents=_sum(counts, lambda a: a.agent or "unnamed"),
        models=_sum(counts, lambda a: " ".join(filter(None, (a.agent, a.model)))
                    if a.model else f"{a.agent or 'unnamed'} (no model)"),
        sources=_by_source(counts), claimed=dict(attributor.claimed),
        agreement=tuple(attributor.agreement.values()), weeks=timeline.weeks(columns),
        releases=timeline.releases(columns, commits, history.tags(tip.commit)),
        living=timeline.living(columns, tip.committed),
        survival=timeline.lifetimes(columns, tip.committed, reading.edge),
        recovered=attributor.recovered, notes=done.notes, faults=done.faults.listed(),
        skipped=_skipped(history, tip.commit, replayed, older), shallow=bool(history.shallow),
    )  # fmt: skip


def _alive(replayed: Replayed) -> NDArray[np.bool_]:
    alive = np.zeros(len(replayed.lines.born), dtype=np.bool_)
    for entry in replayed.files.values():
        if entry.lines:
            alive[np.frombuffer(entry.lines, dtype=np.uint32)] = True
    return alive


def _by_folder(
    replayed: Replayed, authors: Authors, depth: int
) -> tuple[dict[str, Tally], list[int]]:
    """Return the lines by folder, and by number of their author."""
    every = np.zeros(len(authors), dtype=np.int64)
    folders: dict[str, NDArray[np.int64]] = {}
    author = np.frombuffer(replayed.lines.author, dtype=np.uint32)
    for path, entry in replayed.files.items():
        if entry.lines:
            ids = np.frombuffer(entry.lines, dtype=np.uint32)
            found = np.bincount(author[ids], minlength=len(authors))
            every += found
            folder = _text("/".join(path.split("/")[:-1][:depth])) or "."
            folders[folder] = folders[folder] + found if folder in folders else found
    tallies = {name: _tally(found, authors) for name, found in sorted(folders.items())}
    return tallies, [int(n) for n in every]


def _text(path: str) -> str:
    """Return a path as text that every format can hold: bytes that are no UTF-8 are replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _tally(counts: NDArray[np.int64], authors: Authors) -> Tally:
    by: Counter[Category] = Counter()
    for author, count in zip(authors, counts, strict=True):
        by[author.category] += int(count)
    return Tally.of(by)


def _sum(counts: Mapping[Author, int], name: Callable[[Author], str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for author, count in counts.items():
        if author.category is Category.AI:
            found[name(author)] += count
    return dict(found.most_common())


def _by_source(counts: Mapping[Author, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for author, count in counts.items():
        known = author.category is not Category.UNKNOWN and author.source
        how = f" (by {author.recovered})" if author.recovered else ""
        found[f"{author.source}{how}" if known else "none"] += count
    return dict(found.most_common())


def _skipped(history: History, commit: str, replayed: Replayed, older: int) -> Skipped:
    modes = Counter(mode for mode, _ in history.files(commit).values())
    binary = sum(entry.lines is None for entry in replayed.files.values())
    return Skipped(binary, modes[LINK], modes[SUBMODULE], replayed.lost, older)
