"""The store: the ledger's entries in a database, and the views of them.

Entry and projections are written in one transaction. Knows no keys, hashes or signatures.
"""

import contextlib
import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, bindparam, func, insert, select

from regency.errors import LedgerError
from regency.records import Actor, ActorKind, Candidate, Entry, Json, Packet
from regency.store import tables
from regency.store.database import open_database, transaction, translated
from regency.store.projections import Projector
from regency.store.queries import Queries, Unpack
from regency.store.views import PacketState

_PAGE = 256
_RECORDS_KEPT = 256
_PACKETS_KEPT = 512
_last = select(func.coalesce(func.max(tables.entries.c.seq), -1))
_nodes = select(tables.nodes.c.key, tables.nodes.c.hash).where(
    tables.nodes.c.key.in_(bindparam("keys", expanding=True))
)
_page = (
    select(tables.entries.c.seq, tables.entries.c.text)
    .where(tables.entries.c.seq >= bindparam("since"), tables.entries.c.seq < bindparam("until"))
    .order_by(tables.entries.c.seq)
    .limit(_PAGE)
)
_whole_page = (
    select(tables.entries)
    .where(tables.entries.c.seq >= bindparam("since"))
    .order_by(tables.entries.c.seq)
    .limit(4 * _PAGE)
)
_of_kinds = (
    select(tables.entries.c.text)
    .where(tables.entries.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(tables.entries.c.seq)
)
_add_entries = insert(tables.entries)
_add_nodes = insert(tables.nodes)


class OpenTransaction:
    """A write transaction of a store; nothing else writes meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._size = int(connection.execute(_last).scalar_one()) + 1

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._size

    def nodes(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        """Return the hashes of the numbered tree nodes."""
        return _read_nodes(self._connection, keys)

    def add(self, entries: Sequence[tuple[Entry, str]], nodes: Sequence[tuple[int, bytes]]) -> None:
        """Write entries with their canonical texts, new tree nodes, and the projections."""
        if entries:
            self._connection.execute(_add_entries, [_row(entry, text) for entry, text in entries])
        if nodes:
            self._connection.execute(_add_nodes, [{"key": k, "hash": h} for k, h in nodes])
        Projector(self._connection).apply(entry for entry, _ in entries)
        self._size += len(entries)


class Store(Queries):
    """The lab's database.

    Args:
        where: A path, or a ``sqlite:///`` URL; created where missing. ``:memory:`` for scratch.
        unpack: Gives an entry's body back its large texts, where a caller keeps them elsewhere.
        synchronous: ``FULL`` survives a power cut; ``NORMAL`` any end of a process.

    Raises:
        BadInput: It cannot be opened.
        LedgerError: It is damaged.
    """

    def __init__(
        self, where: str | Path, unpack: Unpack | None = None, synchronous: str = "FULL"
    ) -> None:
        super().__init__(open_database(where, synchronous), unpack or _as_is)
        self._records: dict[str, Candidate] = {}
        self._packets: dict[int, Packet] = {}
        path = self._engine.url.database or ":memory:"
        self._folder = None if path == ":memory:" else Path(path).parent
        with translated(self._engine), self._engine.connect() as connection:
            known = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if known != tables.SCHEMA:
            self.rebuild()

    def record(self, candidate: str) -> Candidate:
        """Return a candidate itself, which never changes: asked again, it is not read again.

        Raises:
            BadInput: There is none with this id.
        """
        found = self._records.get(candidate)
        if found is None:
            found = self.candidate(candidate).record
            self.remember([found])
        return found

    def remember(self, recorded: Iterable[Candidate]) -> None:
        """Keep candidates that were just recorded, so that they need not be read back."""
        if len(self._records) > _RECORDS_KEPT:
            self._records.clear()
        self._records.update((candidate.id, candidate) for candidate in recorded)

    def _packet(self, row: Row[Any]) -> PacketState:
        # Read twice a second while a lab runs, and never changed: only its status is.
        packet = self._packets.get(row.seq)
        if packet is None:
            if len(self._packets) >= _PACKETS_KEPT:
                self._packets.clear()
            packet = self._packets[row.seq] = super()._packet(row).packet
        return PacketState(packet, row.status, row.reason, row.seq, row.time)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextlib.contextmanager
    def writing(self) -> Iterator[OpenTransaction]:
        """Begin a write transaction, alone among all processes and threads.

        Leaving it commits durably; an exception undoes all of it.
        """
        with transaction(self._engine) as connection:
            yield OpenTransaction(connection)

    def size(self) -> int:
        """Return the number of entries."""
        return int(self._scalar(_last)) + 1

    def nodes(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        """Return the hashes of the numbered tree nodes; those that are missing are left out."""
        with translated(self._engine), self._engine.connect() as connection:
            return _read_nodes(connection, keys)

    def texts(self, since: int = 0, until: int | None = None) -> Iterator[str]:
        """Yield the canonical texts of entries since..until-1, in order."""
        stop = self.size() if until is None else until
        while rows := self._rows(_page, since=since, until=stop):
            yield from (row.text for row in rows)
            since = rows[-1].seq + 1

    def of_kinds(self, kinds: Sequence[str]) -> Iterator[str]:
        """Yield the canonical texts of entries of these kinds, in order."""
        yield from (row.text for row in self._rows(_of_kinds, kinds=list(kinds)))

    def rebuild(self) -> None:
        """Drop every projection and make it anew from the entries, in one transaction."""
        with transaction(self._engine) as connection:
            tables.record.create_all(connection)
            tables.projected.drop_all(connection)
            tables.projected.create_all(connection)
            self._replay(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {tables.SCHEMA}")

    def drift(self) -> tuple[str, ...]:
        """Return the tables that differ from what the entries' texts give.

        They are made anew in a file beside the store, so that a long record costs no memory.
        """
        with tempfile.TemporaryDirectory(prefix="check-", dir=self._folder) as folder:
            fresh = Store(Path(folder) / "check.db", self._unpack, "OFF")
            try:
                good = self._replay_into(fresh._engine)
                names = () if good else ("entries",)
                tables_ = tables.projected.sorted_tables
                return (*names, *(t.name for t in tables_ if not self._same(t, fresh._engine)))
            except LedgerError:
                return ("entries",)
            finally:
                fresh.close()

    def _replay_into(self, fresh: Engine) -> bool:
        """Make the projections in another store; return whether entries are as their texts say."""
        good, since = True, 0
        while rows := self._rows(_whole_page, since=since):
            with transaction(fresh) as connection:
                made = [_parse(row.text) for row in rows]
                said = [_row(entry, row.text) for entry, row in zip(made, rows, strict=True)]
                good = good and [tuple(row.values()) for row in said] == list(map(tuple, rows))
                Projector(connection).apply(made)
            since = rows[-1].seq + 1
        return good

    def _same(self, table: Table, other: Engine) -> bool:
        query = select(table).order_by(*table.primary_key.columns)
        with self._engine.connect() as one, other.connect() as two:
            ours, theirs = (c.execution_options(stream_results=True) for c in (one, two))
            pairs = itertools.zip_longest(ours.execute(query), theirs.execute(query))
            return all(left == right for left, right in pairs)

    def _replay(self, connection: Connection) -> None:
        since, until = 0, int(connection.execute(_last).scalar_one()) + 1
        while rows := connection.execute(_page, {"since": since, "until": until}).all():
            Projector(connection).apply(_parse(row.text) for row in rows)
            since = rows[-1].seq + 1


def _read_nodes(connection: Connection, keys: Sequence[int]) -> dict[int, bytes]:
    return {row.key: row.hash for row in connection.execute(_nodes, {"keys": list(keys)})}


def _row(entry: Entry, text: str) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "time": entry.time,
        "actor_kind": str(entry.actor.kind),
        "actor_name": entry.actor.name,
        "kind": entry.kind,
        "text": text,
    }


def _parse(text: str) -> Entry:
    try:
        tree = json.loads(text)
        actor = Actor(ActorKind(tree["actor"]["kind"]), tree["actor"]["name"])
        return Entry(tree["seq"], tree["time"], actor, tree["kind"], tree["body"])
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            f"an entry is not readable ({error!r}): restore the store from a backup or an export."
        ) from error


def _as_is(body: Mapping[str, Json]) -> Mapping[str, Json]:
    return body
