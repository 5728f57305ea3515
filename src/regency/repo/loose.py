"""Loose objects: one deflated file for each, as gitrepository-layout says."""

import contextlib
import os
import secrets
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Object(NamedTuple):
    """A git object: its id, its kind (``blob``, ``tree``, ``commit`` or ``tag``), its content."""

    oid: str
    kind: str
    content: bytes


def write_loose(folder: Path, objects: Sequence[Object], *, durable: bool) -> None:
    """Write ``objects`` below ``folder`` (a repository's ``objects``): all of them, or none seen.

    Args:
        folder: Where.
        objects: Blobs before trees before commits, so that whatever is seen is complete.
        durable: Flush each to the disk before it gets its name.

    Raises:
        OSError: One could not be written; nothing was left behind.
    """
    named = []
    try:
        for oid, kind, content in objects:
            home = os.path.join(folder, oid[:2])  # noqa: PTH118  # thousands a minute
            temporary = os.path.join(home, f"tmp_obj_{secrets.token_hex(6)}")  # noqa: PTH118
            named.append((temporary, os.path.join(home, oid[2:])))  # noqa: PTH118
            with contextlib.suppress(FileExistsError):
                os.mkdir(home)  # noqa: PTH102
            whole = f"{kind} {len(content)}\0".encode() + content
            write_file(temporary, zlib.compress(whole, 1), durable=durable)
    except OSError:
        remove(temporary for temporary, _ in named)
        raise
    for temporary, name in named:
        os.replace(temporary, name)  # noqa: PTH105


def write_file(path: str | Path, content: bytes, *, durable: bool) -> None:
    """Write a new file that nobody may change.

    Args:
        path: Where; nothing may be there.
        content: All of it.
        durable: Flush it to the disk.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o444)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        if durable:
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def remove(paths: Iterable[str | Path]) -> None:
    """Remove what is there of ``paths``."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108
