"""Finds the records that speak of single lines, and hands them out commit by commit.

Notes are read as one stream in the order in which the history is replayed, so that gigabytes of
them never lie in memory at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from regency.errors import RepositoryError
from regency.measure.authorship.authors import Author, Authors, Segment, Source
from regency.measure.authorship.faults import Faults
from regency.measure.authorship.gitai import LineNote, author_of, read_note
from regency.measure.authorship.trace import REF as TRACE_NOTES
from regency.measure.authorship.trace import TraceClaim, read_file, read_trace
from regency.repo.history import Commit, History

NOTES = "refs/notes/ai"
OLD_NOTES = "refs/ai/authorship/"
TRACE_FILE = re.compile(r"(^|/)\.agent-trace/.*\.jsonl?$|\.agent-trace\.jsonl?$")
_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(slots=True)
class LineRecord:
    """What one source says of the lines that a commit added: path → claims."""

    source: Source
    claims: dict[str, list[Segment]] = field(default_factory=dict)


@dataclass(slots=True)
class Shelf:
    """Where the notes lie.

    Attributes:
        notes: Commit → blobs of its git-ai notes, the one that counts last.
        traces: Claims of Agent Trace records: commit → them.
    """

    notes: dict[str, list[str]] = field(default_factory=dict)
    traces: dict[str, list[TraceClaim]] = field(default_factory=dict)


def find_records(
    history: History,
    commit: str,
    wanted: Iterable[Source],
    faults: Faults,
    files: Sequence[Path] = (),
) -> Shelf:
    """Return where the records by line lie.

    Args:
        history: Whose.
        commit: The revision in whose files Agent Trace records are looked for.
        wanted: The sources asked for.
        faults: Takes what is off.
        files: More files with Agent Trace records.

    Raises:
        BadInput: One of ``files`` cannot be read.
    """
    shelf, sources = Shelf(), set(wanted)
    if sources & {Source.GIT_AI, Source.REGENCY}:
        _old_notes(history, shelf, faults)
        _notes(history, shelf, faults)
    if Source.AGENT_TRACE in sources:
        for revision, content in _traces(history, commit, files):
            claims, problems = read_trace(content, revision)
            for claim in claims:
                shelf.traces.setdefault(claim[0], []).append(claim)
            for kind, example in problems:
                faults.add(kind, example)
    return shelf


class Evidence:
    """Hands out the records of one commit after another, in the order of the history.

    Args:
        history: Whose.
        commits: In that order.
        ours: Numbers of the commits that Regency labs made.
        shelf: Where the records lie.
        authors: Gives authors their numbers.
        faults: Takes what is off.
        wanted: The sources asked for.

    Attributes:
        known: What the notes read so far say of their keys.
        read: How many notes were read.
    """

    def __init__(
        self,
        history: History,
        commits: Sequence[Commit],
        ours: frozenset[int],
        shelf: Shelf,
        authors: Authors,
        faults: Faults,
        wanted: frozenset[Source],
    ) -> None:
        self._history, self._shelf = history, shelf
        self.authors, self.faults, self._wanted = authors, faults, wanted
        self._ours = ours
        self.known: dict[str, Author] = {}
        self.read = 0
        places = [(n, b) for n, c in enumerate(commits) for b in shelf.notes.get(c.commit, ())]
        contents = history.contents(blob for _, blob in places)
        self._stream = zip((n for n, _ in places), contents, strict=False)
        self._next = next(self._stream, None)
        self._commits = commits

    def at(self, number: int) -> list[LineRecord]:
        """Return the records of commit ``number``, strongest first; never go back."""
        found: list[LineRecord] = []
        while self._next and self._next[0] <= number:
            owner, (blob, content) = self._next
            note = self.note(self._commits[owner].commit, blob, content)
            if owner == number and note:
                source = Source.REGENCY if owner in self._ours else Source.GIT_AI
                found = [r for r in found if r.source is not source]
                found += [self.record(note, source)] if source in self._wanted else []
            self._next = next(self._stream, None)
        return found + self._traced(self._commits[number].commit)

    def note(self, commit: str, blob: str, content: bytes | None) -> LineNote | None:
        """Read one note, and keep what it says of its keys for notes that do not say it."""
        if content is None:
            self.faults.add("note is missing, or larger than 64 MiB", f"{blob} of {commit[:12]}")
            return None
        self.read += 1
        note = read_note(content)
        self.known.update(note.authors)
        if note.base and note.base != commit:
            self.faults.add("base_commit_sha is not the commit", commit[:12])
        for kind, example in note.problems:
            self.faults.add(kind, f"{commit[:12]} {example}".strip())
        return note

    def record(self, note: LineNote, source: Source, recovered: str = "") -> LineRecord:
        """Return a note's claims with numbers for its authors."""
        numbers = {
            key: self.authors.number(
                replace(author_of(key, self.known), source=source, recovered=recovered)
            )
            for key in {key for claims in note.claims.values() for _, _, key in claims}
        }
        made = {p: [(a, b, numbers[k]) for a, b, k in c] for p, c in note.claims.items()}
        return LineRecord(source, made)

    def _traced(self, commit: str) -> list[LineRecord]:
        claims = self._shelf.traces.get(commit)
        if not claims:
            return []
        record = LineRecord(Source.AGENT_TRACE)
        for _, path, first, last, author in claims:
            number = self.authors.number(replace(author, source=Source.AGENT_TRACE))
            record.claims.setdefault(path, []).append((first, last, number))
        return [record]


def _notes(history: History, shelf: Shelf, faults: Faults) -> None:
    for commit, blob in _listed(history, NOTES, faults).items():
        shelf.notes.setdefault(commit, []).append(blob)


def _old_notes(history: History, shelf: Shelf, faults: Faults) -> None:
    for ref, blob in history.refs(OLD_NOTES).items():
        commit = ref.removeprefix(OLD_NOTES)
        if _ID.fullmatch(commit):
            shelf.notes.setdefault(commit, []).append(blob)
        else:
            faults.add("reference names no commit", ref)


def _listed(history: History, ref: str, faults: Faults) -> Mapping[str, str]:
    """Return the notes of a notes reference: commit → blob."""
    if ref not in history.refs(ref):
        return {}
    found: dict[str, str] = {}
    try:
        for path, (_, blob) in history.files(ref).items():
            commit = path.replace("/", "")
            if _ID.fullmatch(commit):
                found[commit] = blob
            else:
                faults.add("file in the notes that is no note", f"{ref}:{path}")
    except RepositoryError as error:
        faults.add("notes cannot be read", str(error))
    return found


def _traces(history: History, commit: str, files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    notes = list(_listed(history, TRACE_NOTES, Faults()).items())
    contents = history.contents(blob for _, blob in notes)
    yield from ((c, t) for (c, _), (_, t) in zip(notes, contents, strict=True) if t)
    inside = [b for p, (_, b) in history.files(commit).items() if TRACE_FILE.search(p)]
    yield from (("", text) for _, text in history.contents(inside) if text)
    yield from (("", read_file(file)) for file in files)
