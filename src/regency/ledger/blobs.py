"""Large texts by digest: the ledger keeps the SHA-256, a folder keeps the bytes."""

import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from regency.errors import BadInput, LedgerError
from regency.ledger.durable import write_once
from regency.ledger.entry import canonical, normal
from regency.records import Json

PACKED = "packed"  # the one field that `pack` adds: place in the body → digest
_ROOM = 60_000  # bytes of a body, so that time, actor and kind still fit beside it
_WORTH = 1_024  # characters below which moving a text would save too little


class Blobs:
    """A folder of contents named by their digest, ``<aa>/<sha256>``.

    Args:
        folder: Created at the first `put`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes | str) -> str:
        """Keep ``data`` durably; return its SHA-256, hexadecimal. Text is UTF-8."""
        raw = data.encode() if isinstance(data, str) else data
        digest = hashlib.sha256(raw).hexdigest()
        write_once(self._path(digest), raw)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content named ``digest``.

        Raises:
            BadInput: Not a SHA-256.
            LedgerError: It is missing, or no longer what its name says.
        """
        path = self._path(digest)
        try:
            raw = path.read_bytes()
        except FileNotFoundError as error:
            raise LedgerError(
                f"the ledger names the content {digest}, but {path} is missing: restore the "
                "blobs folder from a backup."
            ) from error
        if hashlib.sha256(raw).hexdigest() != digest:
            raise LedgerError(f"{path} was changed: restore it from a backup.")
        return raw

    def find(self, digest: str) -> bytes | None:
        """Return the content named ``digest``, None if it is missing or was changed."""
        try:
            return self.get(digest)
        except (BadInput, LedgerError):
            return None

    def pack(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return ``body`` small enough for an entry: its largest texts become blobs.

        A body that fits comes back as it is. What was moved is listed in its `PACKED` field.

        Raises:
            LedgerError: It has that field already, or holds what JSON does not have.
        """
        if PACKED in body:
            raise LedgerError(f"a body may not have the field {PACKED!r} of its own: rename it.")
        if _surely_small(body):
            return dict(body)
        whole: dict[str, Json] = normal(body)
        size = len(canonical(whole))
        if size <= _ROOM:
            return whole
        texts = sorted(_texts(whole), key=lambda item: -len(item[1]))
        moved: dict[str, Json] = {}
        for place, text in texts:
            if size <= _ROOM or len(text) < _WORTH:
                break
            moved[_pointer(place)] = self.put(text)
            _set(whole, place, "")
            size -= len(text.encode()) - len(_pointer(place)) - 70
        return {**whole, PACKED: moved}

    def unpack(self, body: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return the body that `pack` was given."""
        return unpacked(body, self.get)

    def _path(self, digest: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise BadInput(f"{digest!r} is not a SHA-256: give 64 hexadecimal digits.")
        return self.folder / digest[:2] / digest


def unpacked(body: Mapping[str, Json], get: Callable[[str], bytes]) -> Mapping[str, Json]:
    """Return a body with the texts that were moved out of it.

    Args:
        body: As `Blobs.pack` gave it.
        get: Digest → content.
    """
    if PACKED not in body:
        return body
    whole = copy.deepcopy({key: body[key] for key in body if key != PACKED})
    for pointer, digest in body[PACKED].items():
        _set(whole, _place(pointer), get(digest).decode())
    return whole


def _surely_small(body: Mapping[str, Json]) -> bool:
    """Whether a body fits, by a rough measure that is quick and never too low."""
    try:
        return 2 * len(json.dumps(body)) < _ROOM
    except (TypeError, ValueError):
        return False


def _texts(value: Json, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, str(index)))


def _set(tree: Json, place: tuple[str, ...], text: str) -> None:
    node: Any = tree
    for key in place[:-1]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    node[int(place[-1]) if isinstance(node, list) else place[-1]] = text


def _pointer(place: tuple[str, ...]) -> str:
    """Return ``place`` as a JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in place)


def _place(pointer: str) -> tuple[str, ...]:
    return tuple(p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:])
