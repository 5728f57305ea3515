"""Horizons that others computed: METR's ``benchmark_results.yaml``, or a CSV of points."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from regency.errors import BadInput
from regency.measure.horizon.reading import fields, humans
from regency.measure.horizon.reading.texts import Row
from regency.measure.horizon.records import Interval
from regency.measure.horizon.report import AgentHorizon

ENDS = (("lo", "hi"), ("low", "high"), ("q0.025", "q0.975"))


def is_published(value: Any) -> bool:
    """Return whether a document is a file of published horizons."""
    return isinstance(value, Mapping) and isinstance(value.get("results"), Mapping)


def from_document(value: Mapping[str, Any], where: str) -> list[AgentHorizon]:
    """Return the horizons of METR's ``benchmark_results.yaml``.

    Raises:
        BadInput: An agent's has no p50 or no date.
    """
    return [_metr(str(name), body, where) for name, body in value["results"].items()]


def _metr(name: str, body: Any, where: str) -> AgentHorizon:
    try:
        metrics = body["metrics"]
        p50, p80 = (metrics.get(f"p{q}_horizon_length") for q in (50, 80))
        released = fields.date(body["release_date"], f"{where}: {name}")
        average = metrics.get("average_score") or {}
        score = average.get("estimate", math.nan)
        return AgentHorizon(
            name, released, _read(p50), _read(p80 or {"estimate": math.nan}), average_score=score
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadInput(f"{where}: {name} has no p50_horizon_length or no release_date.") from error


def _read(ends: Mapping[str, Any]) -> Interval:
    low, high = ends.get("ci_low", math.nan), ends.get("ci_high", math.nan)
    return Interval(float(ends["estimate"]), float(low), float(high))


def from_rows(rows: Iterable[tuple[str, Row]]) -> list[AgentHorizon]:
    """Return the horizons in a CSV with agent, release_date and p50 (minutes), p80 if known.

    Raises:
        BadInput: A row cannot be used.
    """
    found = []
    for where, row in rows:
        name = str(fields.needed(row, humans.AGENT, where))
        day = fields.date(fields.needed(row, humans.DATE, where), where)
        p80 = _cells(row, "p80", where) if row.get("p80") else Interval(math.nan)
        found.append(AgentHorizon(name, day, _cells(row, "p50", where), p80))
    return found


def _cells(row: Row, name: str, where: str) -> Interval:
    value = fields.number(fields.needed(row, (name,), where), name, where)
    if value < 0:
        raise BadInput(f"{where}: {name} is {value:g} minutes. Mend it.")
    for low, high in ENDS:
        pair = [row.get(f"{name}{sep}{end}") for sep in ("_", "") for end in (low, high)]
        given = [fields.number(end, name, where) for end in pair if end not in (None, "")]
        if len(given) == 2:
            return Interval(value, *given)
    return Interval(value)
