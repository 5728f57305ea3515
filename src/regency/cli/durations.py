"""Durations as people write and read them: ``90s``, ``10m``, ``1h30m``."""

import re

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def parse_duration(text: str) -> float:
    """Return seconds.

    Args:
        text: For example ``90s``, ``10m``, ``2h``, ``1h30m`` or plain seconds.

    Raises:
        ValueError: It is no duration, or not positive.
    """
    folded = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", folded):
        folded += "s"
    if not _WHOLE.fullmatch(folded):
        raise ValueError(f"{text!r} is not a duration: write for example 90s, 10m or 2h")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(folded))
    if seconds <= 0:
        raise ValueError("a duration must be more than nothing")
    return seconds


def in_words(seconds: float) -> str:
    """Return ``seconds`` for people, in at most two units."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def duration(_: click.Context, param: click.Parameter, value: str | float | None) -> float | None:
    """Return seconds, or None where nothing was given; a callback for click's options."""
    if value is None or isinstance(value, int | float):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=param) from error
