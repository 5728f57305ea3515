"""TOML and JSON files by key: what a setting was and is, which dependencies came and went."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from regency.oversee.explain.side import shown
from regency.records import Fact

_MOST = 40  # facts of one file; beyond, its lines are told instead
_SHORT = 60
_DEPENDENCIES = re.compile(
    r"(^|\.)(\w*-?dependenc\w+|dependency-groups|requires|(dev|peer|optional)Dependencies)(\.|\[|$)"
)
_REQUIREMENTS = re.compile(r"(.*/)?(requirements|constraints)[^/]*\.(txt|in)")


def told(path: str, before: bytes, after: bytes) -> list[Fact] | None:
    """Return what changed by key, None if the file is no such or has changed too widely."""
    if _REQUIREMENTS.fullmatch(path):
        return _requirements(path, before, after)
    read = {".toml": tomllib.loads, ".json": json.loads}.get(path[path.rfind(".") :])
    if read is None:
        return None
    try:
        old, new = read(before.decode()), read(after.decode())
        found = list(_differences("", old, new))
    except (ValueError, RecursionError):
        return None
    if len(found) > _MOST:
        return None
    return [Fact(_kind(key), f"{path}::{key}" if key else path, text) for key, text in found]


def _kind(key: str) -> str:
    return "dependency" if _DEPENDENCIES.search(key) else "setting"


def _requirements(path: str, before: bytes, after: bytes) -> list[Fact]:
    then, now = (
        {line for raw in text.decode("utf-8", "replace").splitlines()
         if (line := raw.partition("#")[0].strip())}
        for text in (before, after)
    )  # fmt: skip
    return [Fact("dependency", path, f"+{name}") for name in sorted(now - then)] + [
        Fact("dependency", path, f"−{name}") for name in sorted(then - now)
    ]


def _differences(key: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if type(old) is type(new) and old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _tables(key, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(key, old, new)
    else:
        yield key, f"{_short(old)} → {_short(new)}"


def _tables(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys([*old, *new]):
        where = f"{key}.{name}".lstrip(".")
        if name not in new:
            yield where, f"removed, was {_short(old[name])}"
        elif name not in old:
            yield where, f"added, {_short(new[name])}"
        else:
            yield from _differences(where, old[name], new[name])


def _lists(key: str, old: list[Any], new: list[Any]) -> Iterator[tuple[str, str]]:
    if len(old) == len(new) and any(isinstance(item, dict | list) for item in old):
        for place, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{key}[{place}]", was, now)
        return
    then, now = [_short(item) for item in old], [_short(item) for item in new]
    words = [f"+{item}" for item in now if item not in then]
    words += [f"−{item}" for item in then if item not in now]
    yield key, shown(", ".join(words)) if words else "in another order"


def _short(value: Any) -> str:
    return shown(json.dumps(value, default=str, ensure_ascii=False), _SHORT)
