"""Numbers and durations in words."""

import math
from datetime import UTC, datetime

SIZES = (
    (31_557_600.0, "years"), (604_800.0 * 8, "weeks"), (86_400.0 * 2, "days"),
    (3_600.0, "h"), (60.0, "min"), (1.0, "s"),
)  # fmt: skip
SECONDS = {"years": 31_557_600.0, "weeks": 604_800.0, "days": 86_400.0, "h": 3_600.0, "min": 60.0}


def measure_of(seconds: float) -> tuple[float, str]:
    """Return the unit in which ``seconds`` reads best: its seconds and its name."""
    name = next((n for least, n in SIZES if seconds >= least), "s")
    return SECONDS.get(name, 1.0), name


def lasting(seconds: float | None) -> str:
    """Return a duration in words."""
    if seconds is None:
        return "unknown"
    size, name = measure_of(abs(seconds))
    return f"{figure(seconds / size)} {name}"


def changes(count: int) -> str:
    """Return so many changes."""
    return f"{count:,} change{'' if count == 1 else 's'}"


def day(moment: float | None) -> str:
    """Return a moment in UTC, to the minute."""
    if moment is None:
        return "no bound"
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return "far beyond any calendar"


def figure(value: float) -> str:
    """Return a number with as many digits as matter."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "without bound"
    digits = max(0, 1 - math.floor(math.log10(abs(float(f"{value:.2g}")))))
    return f"{value:,.{min(digits, 4)}f}"
