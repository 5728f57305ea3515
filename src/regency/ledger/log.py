"""The append-only log: entries, their tree, checkpoints and proofs, over any store.

Knows what a store must offer (`Journal`), never which one it is or what its tables are.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from regency.ledger import export
from regency.ledger.anchors import Anchor, named
from regency.ledger.entry import encode, normal, parse
from regency.ledger.keys import LabKey, VerifierKey
from regency.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    peak_keys,
)
from regency.ledger.note import Checkpoint, Extension, Inclusion, sign_note
from regency.ledger.replay import Replay
from regency.ledger.report import VerifyReport
from regency.records import Actor, Entry, Json, now

Item = tuple[Actor, str, Mapping[str, Json]]


class Writer(Protocol):
    """An open write transaction; nothing else writes meanwhile."""

    @property
    def size(self) -> int:
        """Number of entries."""

    def nodes(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        """Return the hashes of the numbered tree nodes."""

    def add(self, entries: Sequence[tuple[Entry, str]], nodes: Sequence[tuple[int, bytes]]) -> None:
        """Write entries with their canonical texts, and new tree nodes."""


class Journal(Protocol):
    """What the log needs from a store."""

    def writing(self) -> contextlib.AbstractContextManager[Writer]:
        """Begin a write transaction; leaving it commits durably, an exception undoes all."""

    def size(self) -> int:
        """Return the number of entries."""

    def nodes(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        """Return the hashes of the numbered tree nodes."""

    def texts(self, since: int = 0, until: int | None = None) -> Iterator[str]:
        """Yield the canonical texts of entries since..until-1."""

    def drift(self) -> tuple[str, ...]:
        """Return the tables that differ from what the entries' texts give."""


class Log:
    """The lab's append-only log.

    Args:
        store: Where it is kept.
        key: Signs checkpoints; its name is the log's origin.
        content: Digest → the content kept under it, None if it is gone.
    """

    def __init__(
        self, store: Journal, key: LabKey, content: export.Content = lambda _: None
    ) -> None:
        self._store, self._key, self._content = store, key, content
        self._end = Frontier()

    def append(self, actor: Actor, kind: str, body: Mapping[str, Json]) -> Entry:
        """Append one entry durably; see `append_many`."""
        return self.append_many([(actor, kind, body)])[0]

    def append_many(self, items: Iterable[Item]) -> list[Entry]:
        """Append entries in one transaction with all projections: all of them or none.

        Several processes may append at the same time; each waits for the other's transaction.

        Args:
            items: Actor, kind and JSON-ready body of each.

        Returns:
            The entries as they were written.

        Raises:
            LedgerError: A body cannot be an entry, or contradicts what is recorded.
            BadInput: The store cannot be written.
        """
        ready = [(actor, kind, normal(body)) for actor, kind, body in items]
        if not ready:
            return []
        with self._store.writing() as writer:
            frontier = self._frontier(writer)
            time, nodes, written = now(), [], []
            for actor, kind, body in ready:
                entry = Entry(frontier.size, time, actor, kind, body)
                data = encode(entry, ready=True)
                nodes += frontier.append(leaf_hash(data))
                written.append((entry, data.decode()))
            writer.add(written, nodes)
        self._end = frontier
        return [entry for entry, _ in written]

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """Yield entries from number ``since`` on."""
        return map(parse, self._store.texts(since))

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._store.size()

    @property
    def root(self) -> bytes:
        """Root hash of the tree, 32 bytes."""
        return self._root(self.size)

    def checkpoint(self) -> str:
        """Return the signed tree head (C2SP tlog-checkpoint)."""
        return self._checkpoint(self.size)

    def prove(self, seq: int) -> str:
        """Return the proof that entry ``seq`` is in the log, with the entry (C2SP tlog-proof).

        Raises:
            LedgerError: There is no such entry.
        """
        size = self.size
        hashes = inclusion_proof(seq, size, self._store.nodes)
        (text,) = self._store.texts(seq, seq + 1)
        return Inclusion(seq, hashes, self._checkpoint(size), text.encode()).text

    def prove_extension(self, old: int) -> str:
        """Return the proof that the log extends its own first ``old`` entries.

        It is what a C2SP witness is sent.

        Raises:
            LedgerError: There are not so many.
        """
        size = self.size
        hashes = consistency_proof(old, size, self._store.nodes)
        return Extension(old, hashes, self._checkpoint(size)).text

    def root_at(self, size: int) -> bytes:
        """Return the root hash of the first ``size`` entries, 32 bytes.

        Raises:
            LedgerError: There are not so many.
        """
        return self._root(size)

    def export(self, path: Path) -> int:
        """Write the whole log to ``path``, for `verify_export` anywhere; return its size.

        Raises:
            BadInput: ``path`` cannot be written.
        """
        size = self.size
        texts, head = self._store.texts(0, size), self._checkpoint(size)
        export.write(path, export.lines(texts, size, head, self._key.verifier, self._content))
        return size

    def verify(
        self, anchors: Sequence[Anchor | str] = (), witnesses: Sequence[VerifierKey] = ()
    ) -> VerifyReport:
        """Recompute everything in the store, and hold it against earlier checkpoints.

        Args:
            anchors: Checkpoints kept elsewhere, for example in pushed tags.
            witnesses: Keys of witnesses whose cosignatures are wanted.
        """
        size = self.size
        replay = Replay(self._key.verifier, named(anchors), witnesses)
        frontier = Frontier()
        for page in _pages(self._store.texts(0, size)):
            since = frontier.size
            data = [text.encode("utf-8", "surrogatepass") for text in page]
            made = dict(node for raw in data for node in frontier.append(leaf_hash(raw)))
            if self._store.nodes(list(made)) != made:
                replay.found.problem(
                    f"the stored tree is not that of entries {since} to {frontier.size - 1}: one "
                    "of them was changed, or the tree was."
                )
            for raw in data:
                replay.grow(leaf_hash(raw))
            for place, raw in enumerate(data, since):
                entry = replay.entry(raw, self._content)
                if entry is not None and entry.seq != place:
                    replay.found.problem(f"entry {place} says that it is entry {entry.seq}.")
        if frontier.size != size:
            replay.found.problem(f"the store counts {size} entries, but holds {frontier.size}.")
        for table in self._store.drift():
            replay.found.problem(f"table {table!r} is not what the entries say: rebuild it.")
        return replay.report()

    def _frontier(self, writer: Writer) -> Frontier:
        """Return the tree's right edge: our own last one, unless others wrote since."""
        if self._end.size == writer.size:
            return self._end.copy()
        keys = peak_keys(0, writer.size)
        found = writer.nodes(keys)
        return Frontier(writer.size, [found[key] for key in keys if key in found])

    def _checkpoint(self, size: int) -> str:
        return sign_note(Checkpoint(self._key.name, size, self._root(size)).text, self._key)

    def _root(self, size: int) -> bytes:
        # Complete subtrees never change, so no transaction is needed to read a consistent tree.
        found = self._store.nodes(peak_keys(0, size))
        return Frontier(size, [found[key] for key in peak_keys(0, size) if key in found]).root()


def _pages(texts: Iterator[str]) -> Iterator[list[str]]:
    while page := list(itertools.islice(texts, 256)):
        yield page
