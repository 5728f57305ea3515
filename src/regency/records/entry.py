"""Lines of the ledger, and events for live displays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from regency.records.actor import Actor
from regency.records.codec import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Attributes:
        seq: Place in the log, from 0.
        time: UTC, RFC 3339 with microseconds and ``Z``.
        actor: Who.
        kind: For example ``candidate``, ``trial``, ``verdict``.
        body: JSON-ready.
    """

    seq: int
    time: str
    actor: Actor
    kind: str
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth showing live: for progress displays and trackers, never for decisions."""

    kind: str
    data: Mapping[str, Json] = field(default_factory=dict)


def seconds_since(moment: str) -> float:
    """Return the seconds from ``moment``, as `now` wrote it, until now."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def now() -> str:
    """Return the time as RFC 3339 in UTC with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
