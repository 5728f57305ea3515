"""The export: one file with the whole log, for anybody to verify with nothing but a public key.

Lines of canonical JSON, so that no byte can change unseen:

- a header: format, origin, size, verifier key;
- the entries as they were signed, one a line, and after every 256 the list of their leaf hashes,
  so that a check can say which entry was changed and not only that one was;
- before the entries that name them, the contents kept by digest (attestations, long texts);
- at the end the signed checkpoint.
"""

import base64
import itertools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from regency.errors import BadInput
from regency.ledger.blobs import PACKED
from regency.ledger.entry import canonical, parse
from regency.ledger.keys import VerifierKey
from regency.ledger.leaves import TILE
from regency.ledger.merkle import leaf_hash
from regency.records import Json

FORMAT = "regency-ledger/2"
FIRST_FORMAT = "regency-ledger/1"  # without hashes and contents; still verified

Content = Callable[[str], bytes | None]


def lines(
    texts: Iterable[str], size: int, checkpoint: str, key: VerifierKey, content: Content
) -> Iterator[bytes]:
    """Yield the lines of an export.

    Args:
        texts: Canonical texts of the entries.
        size: How many.
        checkpoint: Signed checkpoint over them.
        key: The log's public key.
        content: Digest → what is kept under it, None if it is gone.
    """
    head = {"format": FORMAT, "origin": key.name, "size": size, "verifier_key": key.text}
    yield canonical(head)
    since, entries = 0, iter(texts)
    while page := list(itertools.islice(entries, TILE)):
        yield from _page(page, since, content)
        since += len(page)
    yield canonical({"checkpoint": checkpoint})


def write(path: Path, rows: Iterable[bytes]) -> None:
    """Write lines to a new file that appears only when it is whole.

    Raises:
        BadInput: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("xb") as file:
            file.writelines(row + b"\n" for row in rows)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def named(body: Json) -> tuple[str, ...]:
    """Return the digests of contents that an entry's body names."""
    packed = body.get(PACKED)
    digests = list(packed.values()) if isinstance(packed, dict) else []
    if body.get("attestation_digest"):
        digests.append(body["attestation_digest"])
    return tuple(digest for digest in digests if isinstance(digest, str))


def content_line(digest: str, raw: bytes) -> bytes:
    """Return the line that carries a content."""
    try:
        return canonical({"content": raw.decode(), "sha256": digest})
    except UnicodeDecodeError:
        return canonical({"content_base64": base64.b64encode(raw).decode(), "sha256": digest})


def hashes_line(since: int, hashes: Iterable[bytes]) -> bytes:
    """Return the line that lists the leaf hashes of entries from ``since`` on."""
    return canonical({"hashes": base64.b64encode(b"".join(hashes)).decode(), "since": since})


def _page(page: list[str], since: int, content: Content) -> Iterator[bytes]:
    carried: set[str] = set()
    hashes = []
    for text in page:
        for digest in _named_in(text):
            raw = None if digest in carried else content(digest)
            if raw is not None:
                yield content_line(digest, raw)
            carried.add(digest)
        data = text.encode()
        hashes.append(leaf_hash(data))
        yield data
    yield hashes_line(since, hashes)


def _named_in(text: str) -> tuple[str, ...]:
    if f'"{PACKED}"' in text or '"attestation_digest"' in text:
        return named(parse(text).body)
    return ()
