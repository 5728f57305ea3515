"""Entries as bytes: canonical JSON and back; knows nothing of trees, keys or tables.

Canonical form is RFC 8785. What JSON numbers cannot carry (integers beyond 2^53, non-finite
floats) is written as strings, which `regency.records.build` reads back as numbers.
"""

import hashlib
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
        return _number(value)
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
    return _dumps(normal(value))


def digest(value: Json) -> str:
    """Return the SHA-256 of the canonical form of ``value``, hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def encode(entry: Entry, *, ready: bool = False) -> bytes:
    """Return the canonical bytes of ``entry``: UTF-8 JSON without line breaks.

    Args:
        entry: The entry.
        ready: Whether its body is `normal` already.

    Raises:
        LedgerError: It cannot be JSON, or is longer than `LARGEST`.
    """
    actor = {"kind": str(entry.actor.kind), "name": entry.actor.name}
    body = entry.body if ready else normal(entry.body)
    kind, time = _text(entry.kind), _text(entry.time)
    actor["name"] = _text(entry.actor.name)
    data = _dumps({"actor": actor, "body": body, "kind": kind, "seq": entry.seq, "time": time})
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
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    try:
        tree = _plainly(raw)
        if tree is not None:
            return _entry(tree)
        entry = _entry(json.loads(raw, parse_int=_whole))
        same = encode(entry) == raw
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LedgerError(f"not a ledger entry ({error}): {raw[:80]!r}") from error
    if not same:
        raise LedgerError(f"a ledger entry is not in canonical form: {raw[:80]!r}")
    return entry


def _dumps(value: Json) -> bytes:
    """Return the RFC 8785 form of ``value``, which is `normal`."""
    text = _compact.encode(value)
    if text.isascii():
        try:
            _quick.decode(text)
        except (_Unusual, RecursionError):
            return rfc8785.dumps(value)
        return text.encode()
    return rfc8785.dumps(value)


def _number(value: float) -> Json:
    if not math.isfinite(value):
        return _NAMES.get(value, "NaN")
    # RFC 8785 writes a whole number without point; as an integer every writer does.
    return int(value) if value.is_integer() and abs(value) <= _SAFE else float(value)


def _entry(tree: Json) -> Entry:
    actor = Actor(ActorKind(tree["actor"]["kind"]), tree["actor"]["name"])
    seq, time, kind, body = tree["seq"], tree["time"], tree["kind"], tree["body"]
    if type(seq) is not int or not isinstance(time, str) or not isinstance(kind, str):
        raise TypeError("seq, time and kind are a number and two texts")
    if not isinstance(body, dict) or not isinstance(actor.name, str):
        raise TypeError("the body is an object, the actor's name a text")
    if len(tree) != 5 or len(tree["actor"]) != 2:
        raise ValueError("there are other fields")
    return Entry(seq, time, actor, kind, body)


class _Unusual(Exception):
    """A number that this module's quick way of telling canonical JSON does not cover."""


def _plainly(raw: bytes) -> Json:
    """Return the tree if ``raw`` is surely canonical, by a way ten times quicker than `encode`.

    It covers ASCII, where both orders of keys agree, and numbers that Python and RFC 8785 write
    alike. None says nothing.
    """
    if not raw.isascii() or len(raw) > LARGEST:
        return None
    try:
        tree = _quick.decode(raw.decode())
    except (_Unusual, ValueError, RecursionError):
        return None
    return tree if _compact.encode(tree) == raw.decode() else None


def _usual_float(text: str) -> float:
    number = float(text)
    # Between these bounds neither writes an exponent; a whole number would lose its ".0".
    if not 1e-4 <= abs(number) < 1e16 or number.is_integer():
        raise _Unusual
    return number


def _usual_int(text: str) -> int:
    number = int(text)
    if not -_SAFE <= number <= _SAFE:
        raise _Unusual
    return number


def _no_constant(_: str) -> float:
    raise _Unusual


_quick = json.JSONDecoder(
    parse_float=_usual_float, parse_int=_usual_int, parse_constant=_no_constant
)
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _whole(digits: str) -> int | float:
    # Canonical JSON writes the float 1e20 as 21 digits; only a float can have got there.
    number = int(digits)
    return number if -_SAFE <= number <= _SAFE else float(digits)


def _key(key: object) -> str:
    if isinstance(key, str):
        return _text(key)
    raise LedgerError(f"the ledger cannot hold a mapping with the key {key!r}: use text.")


def _text(value: str) -> str:
    if value.isascii():
        return str(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value)
