"""Entries as bytes: canonical JSON and back; knows nothing of trees, keys or tables.

Canonical form is RFC 8785. What JSON numbers cannot carry (integers beyond 2^53, non-finite
floats) is written as strings, which `regency.records.build` reads back as numbers.
"""

import json
import math
from collections.abc import Mapping, Sequence

import rfc8785

from regency.errors import LedgerError
from regency.records import Actor, ActorKind, Entry, Json

LARGEST = 65_535  # bytes; C2SP tlog-tiles frames an entry by a 16-bit length
_SAFE = (1 << 53) - 1
_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def normal(value: Json) -> Json:
    """Return ``value`` as what canonical JSON can carry.

    Integers beyond ±(2^53 - 1) and non-finite floats become strings; lone surrogates, which
    UTF-8 cannot carry, become U+FFFD, so that no agent's text can stop the record.

    Raises:
        LedgerError: A value or key that JSON does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int(value) if -_SAFE <= value <= _SAFE else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _NAMES.get(value, "NaN")
    if isinstance(value, Mapping):
        return {_key(key): normal(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [normal(item) for item in value]
    raise LedgerError(
        f"the ledger cannot hold a {type(value).__name__}: give it plain JSON values, "
        "for example through `plain`."
    )


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 form of ``value``, made `normal` first."""
    return rfc8785.dumps(normal(value))


def encode(entry: Entry) -> bytes:
    """Return the canonical bytes of ``entry``: UTF-8 JSON without line breaks.

    Raises:
        LedgerError: It cannot be JSON, or is longer than `LARGEST`.
    """
    actor = {"kind": str(entry.actor.kind), "name": entry.actor.name}
    data = canonical(
        {
            "actor": actor,
            "body": entry.body,
            "kind": entry.kind,
            "seq": entry.seq,
            "time": entry.time,
        }
    )
    if len(data) > LARGEST:
        raise LedgerError(
            f"an entry of kind {entry.kind!r} would have {len(data)} bytes, and an entry holds at "
            f"most {LARGEST}: keep its large texts as blobs and name them by digest."
        )
    return data


def parse(data: bytes | str) -> Entry:
    """Return the entry whose canonical form is ``data``.

    Raises:
        LedgerError: Not an entry, or not in canonical form.
    """
    raw = data.encode() if isinstance(data, str) else data
    try:
        tree = json.loads(raw, parse_int=_whole)
        actor = Actor(ActorKind(tree["actor"]["kind"]), tree["actor"]["name"])
        entry = Entry(tree["seq"], tree["time"], actor, tree["kind"], tree["body"])
        same = encode(entry) == raw
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LedgerError(f"not a ledger entry ({error}): {raw[:80]!r}") from error
    if not same:
        raise LedgerError(f"a ledger entry is not in canonical form: {raw[:80]!r}")
    return entry


def _whole(digits: str) -> int | float:
    # Canonical JSON writes the float 1e20 as 21 digits; only a float can have got there.
    number = int(digits)
    return number if -_SAFE <= number <= _SAFE else float(digits)


def _key(key: object) -> str:
    if isinstance(key, str):
        return _text(key)
    raise LedgerError(f"the ledger cannot hold a mapping with the key {key!r}: use text.")


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value)
