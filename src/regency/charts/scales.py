"""From values to pixels, and where the ticks stand."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from regency.charts.records import Axis

LOGARITHMIC = ("log", "duration")
HOUR = 60.0
TINY, HUGE = 1e-100, 1e100  # values beyond do not stretch an axis
# Durations in minutes, each about twice the one before; work is told in hours, never in days.
DURATIONS = (
    (0.5 / 60, "0.5 s"), (1 / 60, "1 s"), (2 / 60, "2 s"), (4 / 60, "4 s"), (8 / 60, "8 s"),
    (15 / 60, "15 s"), (30 / 60, "30 s"), (1.0, "1 min"), (2.0, "2 min"), (4.0, "4 min"),
    (8.0, "8 min"), (15.0, "15 min"), (30.0, "30 min"), (HOUR, "1 h"), (2 * HOUR, "2 h"),
    (4 * HOUR, "4 h"), (8 * HOUR, "8 h"), (16 * HOUR, "16 h"), (32 * HOUR, "32 h"),
    (64 * HOUR, "64 h"), (128 * HOUR, "128 h"), (256 * HOUR, "256 h"), (512 * HOUR, "512 h"),
    (1024 * HOUR, "1,024 h"), (2048 * HOUR, "2,048 h"), (4096 * HOUR, "4,096 h"),
    (8192 * HOUR, "8,192 h"), (16384 * HOUR, "16,384 h"),
)  # fmt: skip
Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis in pixels.

    Attributes:
        low: Value at ``start``.
        high: Value at ``end``.
        start: Pixel.
        end: Pixel.
        log: Whether equal factors are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of ``value``, at most a plot's length beyond either end."""
        part = self.part(value)
        return self.start + min(max(part, -1.0), 2.0) * (self.end - self.start)

    def part(self, value: float) -> float:
        """Return how far along the axis ``value`` lies, 0 to 1; infinite where it has no place."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        if value <= 0:
            return -math.inf
        return math.log(value / self.low) / math.log(self.high / self.low)

    def holds(self, value: float) -> bool:
        """Return whether ``value`` is on the axis."""
        return -1e-9 <= self.part(value) <= 1 + 1e-9


def fitted(axis: Axis, values: Iterable[float]) -> tuple[float, float]:
    """Return the ends of an axis: as asked, else a little beyond the data."""
    if axis.kind == "category":
        return -0.6, max(len(axis.categories), 1) - 0.4
    log = axis.kind in LOGARITHMIC
    smallest = TINY if log else -HUGE
    found = [v for v in values if smallest <= v <= HUGE]
    low, high = (min(found), max(found)) if found else (1.0, 10.0)
    low, high = _widened(low, high, log=log)
    if axis.kind == "percent":
        low, high = 0.0, max(high, 1.0) if high > 0.5 else high
    elif not log and axis.kind != "date" and min(found, default=0) >= 0 and low < high / 3:
        low = 0.0
    low = low if axis.low is None else axis.low
    high = high if axis.high is None else axis.high
    return (low, high) if low < high else _widened(min(low, high), max(low, high), log=log)


def _widened(low: float, high: float, *, log: bool) -> tuple[float, float]:
    if log:
        factor = max((high / low) ** 0.04, 1.5)
        return low / factor, high * factor
    space = (high - low) * 0.04 or max(abs(low) * 0.1, 0.5)
    return low - space, high + space


def ticks(axis: Axis, low: float, high: float, most: int) -> list[Tick]:
    """Return at most about ``most`` values to mark, with their texts."""
    made = {
        "linear": _linear,
        "percent": _percent,
        "log": _decades,
        "date": _dates,
        "duration": _durations,
    }
    if axis.kind == "category":
        return [(float(place), name) for place, name in enumerate(axis.categories)]
    return [(v, text) for v, text in made[axis.kind](low, high, max(most, 2)) if low <= v <= high]


def duration(minutes: float) -> str:
    """Return a duration in words: ``40 s``, ``3.5 min``, ``5.9 h``, ``64 h``."""
    if not math.isfinite(minutes):
        return "without bound" if minutes > 0 else "unknown"
    if 0 < minutes < 0.01 / 60:
        return "under 0.01 s"
    if minutes < 0.995:
        return f"{minutes * 60:.2g} s"
    if minutes < 59.5:
        return f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.2g} min"
    hours = minutes / 60
    return f"{hours:.1f} h" if hours < 9.95 else f"{hours:,.0f} h"


def _linear(low: float, high: float, most: int) -> list[Tick]:
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, f"{n * step + 0.0:,.{digits}f}") for n in range(first, last + 1)]


def _percent(low: float, high: float, most: int) -> list[Tick]:
    return [(value / 100, f"{text} %") for value, text in _linear(low * 100, high * 100, most)]


def _decades(low: float, high: float, most: int) -> list[Tick]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, math.ceil((last - first) / most))
    parts = (1, 2, 5) if (last - first) * 3 <= most else (1,)
    found = [m * 10.0**p for p in range(first, last + 1, step) for m in parts]
    return [(value, f"{value:,.10g}") for value in found]


def _durations(low: float, high: float, most: int) -> list[Tick]:
    inside = sum(low <= minutes <= high for minutes, _ in DURATIONS)
    step = 1
    while inside / step > most:
        step *= 2
    return list(DURATIONS[1::step])


def _dates(low: float, high: float, most: int) -> list[Tick]:
    days = (high - low) / most
    if days < 10:
        step = next((n for n in (1, 2, 7, 14) if n >= days), 28)
        first = math.ceil(low / step) * step
        return [(float(d), _day(d)) for d in range(first, math.floor(high) + 1, step)]
    months = next((n for n in (1, 2, 3, 6, 12, 24, 60, 120) if n * 30.5 >= days), 240)
    start, end = (dt.date.fromordinal(max(1, int(d))) for d in (low, high))
    found = []
    for month in range(start.year * 12 // months * months, end.year * 12 + 13, months):
        first_day = dt.date(max(month // 12, 1), month % 12 + 1, 1)
        found.append((float(first_day.toordinal()), _month(first_day, months)))
    return found


def _day(ordinal: int) -> str:
    return dt.date.fromordinal(ordinal).isoformat()


def _month(day: dt.date, months: int) -> str:
    return str(day.year) if months >= 12 else f"{day:%b} {day.year}"
