"""The append-only log: entries, their tree, checkpoints and proofs, over any store.

Knows what a store must offer (`Journal`), never which one it is or what its tables are.
"""

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from regency.errors import BadInput
from regency.ledger.entry import canonical, encode, normal, parse
from regency.ledger.keys import LabKey, VerifierKey
from regency.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    peak_keys,
)
from regency.ledger.note import Checkpoint, Inclusion, sign_note
from regency.ledger.replay import FORMAT, Replay, VerifyReport
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
        key: Signs checkpoints.
        origin: Name of the log, first line of its checkpoints; default: the key's name.
    """

    def __init__(self, store: Journal, key: LabKey, origin: str = "") -> None:
        self._store, self._key, self.origin = store, key, origin or key.name

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
            frontier = _frontier(writer)
            time, nodes, written = now(), [], []
            for actor, kind, body in ready:
                entry = Entry(frontier.size, time, actor, kind, body)
                data = encode(entry)
                nodes += frontier.append(leaf_hash(data))
                written.append((entry, data.decode()))
            writer.add(written, nodes)
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
        """Return the proof that entry ``seq`` is in the log (C2SP tlog-proof).

        Raises:
            LedgerError: There is no such entry.
        """
        size = self.size
        hashes = inclusion_proof(seq, size, self._store.nodes)
        return Inclusion(seq, hashes, self._checkpoint(size)).text

    def prove_extension(self, old: int) -> tuple[bytes, ...]:
        """Return the proof that the log extends its own first ``old`` entries."""
        return consistency_proof(old, self.size, self._store.nodes)

    def export(self, path: Path) -> None:
        """Write the whole log to ``path``, for `verify_export` anywhere.

        Raises:
            BadInput: ``path`` cannot be written.
        """
        size = self.size
        header = {
            "format": FORMAT,
            "origin": self.origin,
            "verifier_key": self._key.verifier.text,
        }
        last = {"checkpoint": self._checkpoint(size)}
        try:
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(canonical(header).decode() + "\n")
                file.writelines(f"{text}\n" for text in self._store.texts(0, size))
                file.write(canonical(last).decode() + "\n")
        except OSError as error:
            raise BadInput(f"{path} cannot be written ({error.strerror}).") from error

    def verify(self, anchors: Sequence[str] = ()) -> VerifyReport:
        """Recompute everything in the store, and hold it against earlier checkpoints.

        Args:
            anchors: Checkpoints kept elsewhere, for example in pushed tags.
        """
        size = self.size
        replay = Replay(self._key.verifier, self.origin, anchors)
        for page in _pages(self._store.texts(0, size)):
            made = dict(node for text in page for node in replay.entry(text))
            if self._store.nodes(list(made)) != made:
                replay.problem(f"the stored tree is not that of the {len(page)} entries above.")
        if replay.size != size:
            replay.problem(f"the store counts {size} entries, but holds {replay.size}.")
        for table in self._store.drift():
            replay.problem(f"table {table!r} is not what the entries say: rebuild it.")
        return replay.report()

    def _checkpoint(self, size: int) -> str:
        return sign_note(Checkpoint(self.origin, size, self._root(size)).text, self._key)

    def _root(self, size: int) -> bytes:
        # Complete subtrees never change, so no transaction is needed to read a consistent tree.
        found = self._store.nodes(peak_keys(0, size))
        return Frontier(size, [found[key] for key in peak_keys(0, size) if key in found]).root()


def verify_export(
    path: Path, verifier_key: str | None = None, anchors: Sequence[str] = ()
) -> VerifyReport:
    """Check an exported log offline, with nothing but a public key.

    Args:
        path: What `Log.export` wrote.
        verifier_key: C2SP verifier key got from a place that you trust; None: the export's own.
        anchors: Checkpoints kept elsewhere, for example in pushed tags.

    Raises:
        BadInput: The file cannot be read, or the key or an anchor is malformed.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from error
    header = _line(lines[0], "origin", "verifier_key")
    last = _line(lines[-2] if len(lines) > 2 else b"", "checkpoint")
    if header is None or header.get("format") != FORMAT or lines[-1]:
        return VerifyReport.broken("not an export of a ledger, or cut short.")
    trusted = VerifierKey.parse(verifier_key or header["verifier_key"])
    replay = Replay(trusted, header["origin"], anchors)
    for line in lines[1:-2] if last else lines[1:-1]:
        replay.entry(line)
    if last is None:
        replay.problem("the last line is not a checkpoint: the export was cut short.")
    else:
        replay.head(last["checkpoint"])
    if verifier_key is None:
        replay.note("checked with the export's own key: compare it with one that you trust")
    return replay.report()


def _pages(texts: Iterator[str]) -> Iterator[list[str]]:
    while page := list(itertools.islice(texts, 256)):
        yield page


def _line(raw: bytes, *fields: str) -> dict[str, str] | None:
    try:
        data = json.loads(raw)
    except ValueError:
        return None
    good = isinstance(data, dict) and all(isinstance(data.get(field), str) for field in fields)
    return data if good else None


def _frontier(writer: Writer) -> Frontier:
    keys = peak_keys(0, writer.size)
    found = writer.nodes(keys)
    return Frontier(writer.size, [found[key] for key in keys if key in found])
