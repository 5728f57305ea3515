"""Records to JSON-ready values and back."""

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

Json = Any  # JSON-ready values: None, bool, int, float, str, list, dict with string keys
Record = TypeVar("Record")
_LEAVES = frozenset({type(None), bool, int, float, str})  # and no class of its own below them


def plain(value: object) -> Json:
    """Return ``value`` as JSON-ready values; records become dictionaries of all their fields."""
    kind: Any = type(value)
    if kind in _LEAVES:
        return value
    if (names := _names(kind)) is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def build(kind: type[Record], data: Json) -> Record:
    """Return a record of ``kind`` from what `plain` gave.

    Args:
        kind: A record class of this module.
        data: Mapping with its fields; fields with defaults may be absent, unknown ones are
            ignored, so that older readers can read newer entries.

    Raises:
        KeyError: A field without default is absent.
    """
    values = {}
    for name, hint, required in _fields(cast(Any, kind)):
        if name in data:
            values[name] = _revive(hint, data[name])
        elif required:
            raise KeyError(f"{kind.__name__} needs the field {name!r}")
    return kind(**values)


@functools.cache
def _names(kind: Any) -> tuple[str, ...] | None:
    """Return the names of a record's fields, None for what is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = typing.get_type_hints(kind)
    missing = dataclasses.MISSING
    return tuple(
        (f.name, hints[f.name], f.default is missing and f.default_factory is missing)
        for f in dataclasses.fields(kind)
    )


def _revive(hint: Any, data: Json) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union) and data is not None:
        return _revive(next(a for a in typing.get_args(hint) if a is not type(None)), data)
    if origin is tuple:
        return tuple(_revive(typing.get_args(hint)[0], item) for item in data)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return build(hint, data)
    if hint is int and isinstance(data, str):  # beyond 2^53: JSON carries it as text
        return int(data)
    if isinstance(hint, type) and issubclass(hint, enum.Enum | float) and data is not None:
        return hint(data)
    return data
