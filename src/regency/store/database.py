"""Opening the database: one SQLite file, durable commits, one writer at a time, plain errors."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from regency.errors import BadInput, LabBusy, LedgerError, RegencyError

_WAIT_MS = 30_000  # how long a writer waits for another process's transaction


def open_database(where: str | Path, synchronous: str = "FULL") -> Engine:
    """Return an engine for the SQLite file ``where`` in write-ahead mode.

    Args:
        where: A path, a ``sqlite:///`` URL, or ``:memory:``.
        synchronous: SQLite's ``PRAGMA synchronous``. FULL: what was committed survives a power
            cut. NORMAL: it survives the end of any process, but not a power cut.

    Raises:
        BadInput: Another kind of URL.
    """
    text = str(where)
    if "://" in text and not text.startswith("sqlite:///"):
        raise BadInput(f"{text!r} is not a SQLite file: give a path or a sqlite:/// URL.")
    path = text.removeprefix("sqlite:///")
    pool = {"poolclass": StaticPool} if path == ":memory:" else {}
    engine = create_engine(f"sqlite:///{path}", **pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver's own transactions start too late for a read before a write.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    return engine


@contextlib.contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Begin a write transaction, alone among all processes; commit it at the end.

    Raises:
        RegencyError: As `translated`.
    """
    with translated(engine), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


@contextlib.contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn the database's errors into ours.

    Raises:
        LabBusy: Another process holds the store for longer than anything should.
        BadInput: Disk full, read-only, or it cannot be opened.
        LedgerError: Damaged, or the entry contradicts what is recorded.
    """
    try:
        yield
    except DatabaseError as error:
        raise explain(error, engine.url.database or "") from error


def explain(error: DatabaseError, path: str) -> RegencyError:
    """Return our error for the database's ``error``."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, IntegrityError):
        return LedgerError(
            f"the entry contradicts what is recorded ({cause}): it was refused, and nothing of "
            "its transaction was recorded."
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LabBusy(f"another process has been writing {path} for too long: see to it first.")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return LedgerError(f"{path} is damaged ({cause}): restore it from a backup.")
    advice = {
        sqlite3.SQLITE_FULL: "the disk is full: free some space",
        sqlite3.SQLITE_READONLY: "it is read-only: make it writable",
        sqlite3.SQLITE_CANTOPEN: "its folder is missing or closed to you: make it writable",
        sqlite3.SQLITE_IOERR: "the disk gives errors or is full: see to it",
    }.get(code, f"{cause}: see to it")
    return BadInput(f"{path} cannot be used: {advice}, then try again. Nothing was half-written.")
