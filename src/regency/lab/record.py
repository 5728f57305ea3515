"""The one place where the ledger is opened for writing."""

import contextlib
import secrets
from collections.abc import Iterator

from regency import __version__
from regency.desk import Items
from regency.errors import LedgerError
from regency.lab.home import Home
from regency.ledger.blobs import Blobs
from regency.ledger.keys import LabKey
from regency.ledger.log import Item, Log
from regency.records import Actor, Entry
from regency.store import Store


class Recorder:
    """Ledger, projections and blobs of one lab, open together."""

    def __init__(self, home: Home, key: LabKey) -> None:
        """Open what is there, or make it.

        Args:
            home: The lab.
            key: The lab's key; its name is the log's.
        """
        self.home = home
        self.key = key
        self.blobs = Blobs(home.blobs)
        self.store = Store(home.database, self.blobs.unpack)
        self.log = Log(self.store, key, self.blobs.find)
        self._held: list[Item] = []

    @classmethod
    def open(cls, home: Home) -> "Recorder":
        """Open the ledger of an existing lab.

        Raises:
            LedgerError: It is damaged, or its key is missing or readable by others.
        """
        return cls(home, LabKey.load(home.key))

    @classmethod
    @contextlib.contextmanager
    def create(cls, home: Home, name: str, *, simulated: bool) -> "Iterator[Recorder]":
        """Make the key and an empty ledger; no two labs share an origin."""
        prefix = "simulated." if simulated else ""
        key = LabKey.create(home.key, f"{prefix}regency.lab/{name}-{secrets.token_hex(4)}")
        recorder = cls(home, key)
        try:
            yield recorder
        finally:
            recorder.close()

    def identity(self, simulated: bool) -> dict[str, object]:
        """Return the body of the ledger's first entry."""
        return {
            "name": self.key.name,
            "simulated": simulated,
            "public_key": self.key.verifier.text,
            "version": __version__,
        }

    def record(self, actor: Actor, items: Items) -> list[Entry]:
        """Append entries, all or none, together with their projections and what was held."""
        held = len(self._held)
        entries = self.log.append_many([*self._held, *self._packed(actor, items)])
        del self._held[:held]
        return entries[held:]

    def add(self, actor: Actor, items: Items) -> None:
        """Append entries at once, without what is held; may be called from any thread."""
        self.log.append_many(self._packed(actor, items))

    def hold(self, actor: Actor, items: Items) -> None:
        """Take entries that go into the ledger with the next ones, or at `flush`."""
        self._held += self._packed(actor, items)

    def flush(self) -> None:
        """Append what is held."""
        if self._held:
            self.record(self._held[0][0], [])

    def _packed(self, actor: Actor, items: Items) -> list[Item]:
        return [(actor, kind, self.blobs.pack(body)) for kind, body in items]

    def created(self) -> dict[str, object]:
        """Return the body of the first entry."""
        first = next(iter(self.log.entries()), None)
        if first is None or first.kind != "lab.created":
            raise LedgerError("the ledger does not begin with this lab. Restore .regency.")
        return dict(first.body)

    def close(self) -> None:
        """Close the database."""
        self.store.close()
