"""Plug-ins: entry points by name. Built-ins come in through the same door as strangers'."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from regency.errors import BadInput

GROUPS = (
    "regency.proposers",
    "regency.sandboxes",
    "regency.executors",
    "regency.selectors",
    "regency.guards",
)


def names(group: str) -> list[str]:
    """Return the sorted names registered in ``group``."""
    return sorted({point.name for point in entry_points(group=group)})


def load(group: str, name: str) -> Any:
    """Return the object registered as ``name`` in ``group``.

    Raises:
        BadInput: Nothing is registered under that name, or it cannot be imported.
    """
    found: tuple[EntryPoint, ...] = tuple(entry_points(group=group, name=name))
    if not found:
        known = ", ".join(names(group)) or "none"
        raise BadInput(f"no {group} named {name!r}: known are {known}. Check the spelling.")
    try:
        return found[0].load()
    except ImportError as error:
        raise BadInput(f"{group} {name!r} cannot be loaded: {error}. Install it.") from error
