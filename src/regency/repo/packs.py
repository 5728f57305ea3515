"""Packs: many objects in one file, with its index, as gitformat-pack (version 2) says.

A batch of candidates is some hundred objects; as one pack they cost one flush to the disk and two
files instead of hundreds. Nothing is stored as a difference: git does that when it repacks.
"""

import hashlib
import secrets
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from regency.repo.loose import Object, remove, write_file

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_MAGIC = b"\377tOc"


def write_pack(folder: Path, objects: Sequence[Object], hash_name: str, *, durable: bool) -> str:
    """Write ``objects`` as one pack; git sees all of them at once, or none.

    Args:
        folder: A repository's ``objects/pack``.
        objects: No object twice.
        hash_name: ``sha1`` or ``sha256``.
        durable: Flush it to the disk before it gets its name.

    Returns:
        The pack's name without ending.

    Raises:
        OSError: It could not be written; nothing was left behind.
    """
    pack, index = encode(objects, hash_name)
    width = hashlib.new(hash_name).digest_size
    name = folder / f"pack-{pack[-width:].hex()}"
    if name.with_suffix(".idx").exists():
        return name.name  # the same bytes
    mark = secrets.token_hex(6)
    # The index last: git looks for nothing else.
    parts = [(pack, ".pack"), (index, ".idx")]
    temporary = [folder / f"tmp_{ending[1:]}_{mark}" for _, ending in parts]
    try:
        folder.mkdir(exist_ok=True)
        for (content, _), path in zip(parts, temporary, strict=True):
            write_file(path, content, durable=durable)
        for (_, ending), path in zip(parts, temporary, strict=True):
            path.replace(name.with_suffix(ending))
    except OSError:
        remove(temporary)
        raise
    return name.name


def encode(objects: Sequence[Object], hash_name: str) -> tuple[bytes, bytes]:
    """Return a pack of ``objects`` and its index."""
    at = 12
    parts = [struct.pack(">4sII", b"PACK", 2, len(objects))]
    rows = []
    for oid, kind, content in objects:
        record = _head(_KINDS[kind], len(content)) + zlib.compress(content, 1)
        rows.append((bytes.fromhex(oid), zlib.crc32(record), at))
        parts.append(record)
        at += len(record)
    whole = b"".join(parts)
    pack = whole + hashlib.new(hash_name, whole).digest()
    width = hashlib.new(hash_name).digest_size
    index = _index(sorted(rows), pack[-width:])
    return pack, index + hashlib.new(hash_name, index).digest()


def _head(kind: int, size: int) -> bytes:
    """Return kind and size: four bits of the size, then seven a byte, lowest first."""
    byte, size = kind << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head)


def _index(rows: Sequence[tuple[bytes, int, int]], checksum: bytes) -> bytes:
    """Return index version 2 without its own checksum.

    Args:
        rows: Object id, CRC-32 and offset of each, by id; offsets below 2 GiB.
        checksum: Of the pack.
    """
    counts = [0] * 256
    for oid, _, _ in rows:
        counts[oid[0]] += 1
    fanout, total = [], 0
    for count in counts:
        total += count
        fanout.append(total)
    many = f">{len(rows)}I"
    return b"".join((
        _MAGIC, struct.pack(">I", 2), struct.pack(">256I", *fanout),
        *(oid for oid, _, _ in rows),
        struct.pack(many, *(crc for _, crc, _ in rows)),
        struct.pack(many, *(at for _, _, at in rows)),
        checksum,
    ))  # fmt: skip
