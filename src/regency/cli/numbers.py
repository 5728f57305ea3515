"""Numbers in plain words: gains, intervals, chances."""

import math


def gain(value: float | None, noise_sd: float = 0.0) -> str:
    """Return a gain in metric units and, where the noise is known, in noise sds."""
    if value is None:
        return "-"
    text = f"{value:.4g}"
    return f"{text} ({value / noise_sd:.1f} noise sd)" if noise_sd > 0 else text


def interval(low: float | None, high: float | None, level: float) -> str:
    """Return an anytime-valid interval for an effect in words.

    Args:
        low: Lower end in metric units, None: unbounded.
        high: Upper end.
        level: α; the interval holds with probability ``1 - level`` at least.
    """
    if low is None and high is None:
        return "no interval yet"
    sure = f"{confidence(level)} sure"
    if low is None:
        return f"{sure}: at most {high:+.4g}"
    if high is None:
        return f"{sure}: at least {low:+.4g}"
    return f"{sure}: between {low:+.4g} and {high:+.4g}"


def confidence(level: float) -> str:
    """Return ``1 - level`` as a percentage, rounded down so that it never promises too much."""
    if level <= 0:
        return "100%"
    digits = max(0, math.ceil(-math.log10(level)) - 1)
    scale = 10.0**digits
    text = f"{math.floor((1 - level) * 100 * scale + 1e-9) / scale:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def odds(level: float) -> str:
    """Return how seldom luck alone gets as far as a test at ``level`` asks for."""
    return f"1 in {1 / level:,.0f}" if level > 0 else "-"


def count(number: int, one: str, many: str = "") -> str:
    """Return ``number`` with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def minutes(value: float | None) -> str:
    """Return review minutes."""
    if value is None:
        return "-"
    return "under a minute" if 0 < value < 1 else f"{value:.0f} min"
