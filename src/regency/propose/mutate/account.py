"""What the search has learned, to be read: outcomes by operator, by site and by way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regency.propose.mutate.learner import PAYS
from regency.propose.mutate.unit import Unit
from regency.records import Json

_LIKE_TWO = 2.0  # outcomes that a row's chance starts with: those of all rows together


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one candidate.

    Attributes:
        notes: The proposer's notes.
        gain: Mean search gain, metric units, as the reader may see it; None if it never scored.
        nominated: Whether it was tested for promotion.
        promoted: Whether it became champion.
    """

    notes: Mapping[str, Json]
    gain: float | None
    nominated: bool
    promoted: bool


@dataclass(slots=True)
class _Row:
    tried: int = 0
    invalid: int = 0
    nominated: int = 0
    promoted: int = 0
    total: float = 0.0
    paid: int = 0


def account(outcomes: Iterable[Outcome], noise_sd: float) -> dict[str, list[dict[str, Any]]]:
    """Return tables of what was tried, most tried first.

    Args:
        outcomes: Judged candidates, oldest first; those of other agents are passed over.
        noise_sd: Standard deviation of one paired difference.

    Returns:
        ``operators``, ``sites`` and ``ways``, each rows of name, tried, invalid, nominated,
        promoted, mean_gain (metric units, None if none scored) and chance: how often such an edit
        gains at least one noise sd (a quarter of what is typical, where there is hardly any
        noise), shrunk towards all edits.
    """
    tables: dict[str, dict[str, _Row]] = {"operators": {}, "sites": {}, "ways": {}}
    unit, everything = Unit(), _Row()
    for outcome in outcomes:
        if outcome.notes.get("by") != "mutate":
            continue
        effect = None if outcome.gain is None else unit.of(outcome.gain, noise_sd)
        paid = effect is not None and effect >= PAYS
        names = _names(outcome.notes)
        rows = [tables[table].setdefault(name, _Row()) for table, name in names]
        for row in (everything, *rows):
            _add(row, outcome, paid=paid)
    usual = (1 + everything.paid) / (5 + everything.tried)
    return {table: _plain(rows, usual) for table, rows in tables.items()}


def _names(notes: Mapping[str, Json]) -> list[tuple[str, str]]:
    hunks = notes.get("hunks") or []
    if len(hunks) != 1:
        return [("operators", "several edits"), ("ways", str(notes.get("arm", "stack")))]
    operator, site = str(hunks[0].get("op", "")), str(hunks[0].get("site", ""))
    return [("operators", operator), ("sites", site), ("ways", str(notes.get("arm", "best")))]


def _add(row: _Row, outcome: Outcome, *, paid: bool) -> None:
    row.tried += 1
    row.nominated += outcome.nominated
    row.promoted += outcome.promoted
    row.paid += paid
    row.invalid += outcome.gain is None
    row.total += outcome.gain or 0.0


def _plain(rows: Mapping[str, _Row], usual: float) -> list[dict[str, Any]]:
    found = []
    for name, row in sorted(rows.items(), key=lambda item: (-item[1].tried, item[0])):
        scored = row.tried - row.invalid
        chance = (_LIKE_TWO * usual + row.paid) / (_LIKE_TWO + row.tried)
        found.append(
            {"name": name, "tried": row.tried, "invalid": row.invalid,
             "nominated": row.nominated, "promoted": row.promoted,
             "mean_gain": row.total / scored if scored else None, "chance": round(chance, 3)}
        )  # fmt: skip
    return found
