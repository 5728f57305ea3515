"""How long tasks take people, from a table of its own; and when agents came out."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regency.errors import BadInput
from regency.measure.horizon.reading import fields
from regency.measure.horizon.reading.texts import Row, csv_rows, document, json_lines

TASK = ("task_id", "instance_id", "sample_id", "id", "task")
FAMILY = ("task_family", "family", "repo")
MINUTES = ("human_minutes", "minutes")
SPAN = ("bucket", "difficulty", "time")
AGENT = ("alias", "agent", "model_key", "model")
DATE = ("release_date", "released", "date")


@dataclass(frozen=True, slots=True)
class Human:
    """What is known of one task from people.

    Attributes:
        task: Its id.
        family: Its family, None if not told.
        low: Shortest minutes.
        high: Longest minutes.
        suite: The collection.
        timing: How the time is known.
        threshold: Score from which on a run counts as a success.
    """

    task: str
    family: str | None
    low: float
    high: float
    suite: str = ""
    timing: str = ""
    threshold: float = 1.0


def humans(path: Path) -> dict[str, Human]:
    """Return a table of human times, by task.

    Columns: ``task_id`` (or ``instance_id``); ``human_minutes``, or ``minutes_low`` and
    ``minutes_high``, or a span such as ``1-4 hours`` in ``difficulty``; optional ``task_family``,
    ``task_source``, ``human_source``, ``threshold``.

    Raises:
        BadInput: It cannot be read, or a task is in it twice.
    """
    found: dict[str, Human] = {}
    for where, row in rows(path):
        human = _human(row, where)
        if human.task in found:
            raise BadInput(f"{where}: task {human.task!r} is there twice. Keep one.")
        found[human.task] = human
    return found


def _human(row: Row, where: str) -> Human:
    task = str(fields.needed(row, TASK, where))
    low, high = times(row, where)
    family = fields.first(row, FAMILY)
    threshold = fields.first(row, ("threshold", "human_score"))
    return Human(
        task,
        None if family is None else str(family),
        low,
        high,
        str(fields.first(row, ("task_source", "suite")) or ""),
        str(fields.first(row, ("human_source", "timing")) or ""),
        1.0 if threshold is None else fields.number(threshold, "threshold", where),
    )


def times(row: Row, where: str) -> tuple[float, float]:
    """Return the span of minutes that a row tells.

    Raises:
        BadInput: It tells none.
    """
    exact = fields.first(row, MINUTES)
    if exact is not None:
        value = fields.minutes(exact, where)
        return value, value
    low, high = row.get("minutes_low"), row.get("minutes_high")
    if low not in (None, ""):
        start = fields.minutes(low, where)
        end = float("inf") if high in (None, "", "inf") else fields.minutes(high, where)
        if end < start:
            raise BadInput(f"{where}: minutes_high is below minutes_low. Mend it.")
        return start, end
    return fields.span(fields.needed(row, (MINUTES[0], *SPAN), where), where)


def rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a table in CSV, JSON lines, JSON or YAML.

    Raises:
        BadInput: It is no table.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        yield from csv_rows(path)
    elif kind in (".jsonl", ".ndjson"):
        yield from json_lines(path)
    else:
        yield from listed(document(path), str(path))


def listed(value: object, where: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a list of mappings, or of a mapping from task to mapping or minutes."""
    if isinstance(value, dict):
        value = [
            {"task_id": name, **item}
            if isinstance(item, dict)
            else {"task_id": name, "human_minutes": item}
            for name, item in value.items()
        ]
    if not isinstance(value, list):
        raise BadInput(f"{where} holds no table. Give a list of rows with named columns.")
    for place, row in enumerate(value, 1):
        if not isinstance(row, dict):
            raise BadInput(f"{where}: row {place} has no named columns. Mend it.")
        yield f"{where} row {place}", row


def dates(path: Path) -> dict[str, dt.date]:
    """Return release dates by agent.

    CSV with ``agent`` and ``release_date``, or a YAML or JSON mapping from name to date, which may
    lie under ``date`` as in METR's ``release_dates.yaml``.

    Raises:
        BadInput: It cannot be read.
    """
    if path.suffix.lower() == ".csv":
        return {
            str(fields.needed(row, AGENT, where)): fields.date(
                fields.needed(row, DATE, where), where
            )
            for where, row in csv_rows(path)
        }
    value = document(path)
    if isinstance(value, Mapping) and isinstance(value.get("date"), Mapping):
        value = value["date"]
    if not isinstance(value, Mapping):
        raise BadInput(f"{path} holds no names with dates. Write lines such as GPT-4: 2023-03-14.")
    return {str(name): fields.date(day, f"{path}: {name}") for name, day in value.items()}
