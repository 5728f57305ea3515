"""Single values of a row, checked: numbers, dates, yes or no, spans of time."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any

from regency.errors import BadInput
from regency.measure.horizon.reading.texts import Row

SHORTEST = 1.0  # minutes: the lower end of "less than …", where none is given
UNITS = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 480.0}  # a working day has eight hours
TRUE, FALSE = {"true", "yes", "1", "1.0"}, {"false", "no", "0", "0.0", "", "none", "null"}


def first(row: Row, names: Sequence[str]) -> Any:
    """Return the first of several columns that is there and not empty, else None."""
    return next((row[n] for n in names if row.get(n) not in (None, "")), None)


def needed(row: Row, names: Sequence[str], where: str) -> Any:
    """Return the same.

    Raises:
        BadInput: None is there.
    """
    value = first(row, names)
    if value is None:
        found = ", ".join(str(name) for name in row) or "nothing"
        raise BadInput(f"{where} has no {' or '.join(names)}; it has {found}. Add it.")
    return value


def number(value: Any, what: str, where: str) -> float:
    """Return a finite number.

    Raises:
        BadInput: It is none.
    """
    try:
        made = float(value)
    except (TypeError, ValueError, OverflowError):
        made = math.nan
    if not math.isfinite(made):
        raise BadInput(f"{where}: {what} is {value!r}, not a number. Mend it.")
    return made


def minutes(value: Any, where: str) -> float:
    """Return a time in minutes, above zero.

    Raises:
        BadInput: It is none.
    """
    made = number(value, "human_minutes", where)
    if made <= 0:
        raise BadInput(f"{where}: human_minutes is {value}: a task takes some time. Mend it.")
    return made


def count(value: Any, what: str, where: str) -> int:
    """Return a whole number, zero or more.

    Raises:
        BadInput: It is none.
    """
    made = number(value, what, where)
    if made != int(made) or made < 0:
        raise BadInput(f"{where}: {what} is {value}, not a count. Mend it.")
    return int(made)


def score(value: Any, what: str, where: str) -> float:
    """Return a score, 0 to 1.

    Raises:
        BadInput: It is none.
    """
    made = number(float(value) if isinstance(value, bool) else value, what, where)
    if not 0 <= made <= 1:
        raise BadInput(f"{where}: {what} is {value}, not between 0 and 1. Mend it.")
    return made


def flag(value: Any, what: str, where: str) -> bool:
    """Return yes or no.

    Raises:
        BadInput: It is neither.
    """
    word = str(value).strip().lower()
    if word not in TRUE | FALSE:
        raise BadInput(f"{where}: {what} is {value!r}: write true or false.")
    return word in TRUE


def date(value: Any, where: str) -> dt.date:
    """Return a date.

    Raises:
        BadInput: It is none.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise BadInput(f"{where}: {value!r} is not a date: write it as 2026-01-31.") from error


def span(text: Any, where: str) -> tuple[float, float]:
    """Return a span of time as minutes, the end infinite where there is none.

    Knows the four classes of SWE-bench Verified (``<15 min fix``, ``15 min - 1 hour``,
    ``1-4 hours``, ``>4 hours``) and whatever is written alike.

    Raises:
        BadInput: It is no span.
    """
    words = str(text).strip().lower()
    found = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.sub(r"\bfix\b", "", words))
    units = [unit for _, unit in found if unit]
    if not found or not units or len(found) > 2:
        raise BadInput(f"{where}: {text!r} is not a span of time: write for example '1-4 hours'.")
    ends = [float(value) * UNITS[unit or units[-1]] for value, unit in found]
    if len(ends) == 2:
        low, high = ends
    elif words[0] in "<≤" or words.startswith(("less", "under", "up to")):
        low, high = min(SHORTEST, ends[0] / 2), ends[0]
    elif words[0] in ">≥" or words.startswith(("more", "over")):
        low, high = ends[0], math.inf
    else:
        low = high = ends[0]
    if not 0 < low <= high:
        raise BadInput(f"{where}: {text!r} ends before it begins, or begins at 0. Mend it.")
    return low, high
