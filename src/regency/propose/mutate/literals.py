"""Steps for literals: what a number, a truth value or a zero may become, written nicely.

A number moves along a coordinate on which equal steps are equally bold: its logarithm, or
-log(1 - p) for p in (0.5, 1), so that 0.9, 0.99 and 0.999 are evenly spaced.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

FACTORS = (1.25, 1.5, 2.0, 3.0, 4.0)
BOLD = math.log(3.0)
_DECIMAL_INT = re.compile(r"[0-9][0-9_]*")


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that a site may become.

    Attributes:
        op: Operator, for example ``scale``.
        new: Source text that takes the site's place.
        at: Coordinate of the new value; None where there is no order.
        words: How to say the new text in a sentence, empty for the text itself.
    """

    op: str
    new: str
    at: float | None = None
    words: str = ""


def coordinate(value: int | float) -> float | None:  # noqa: PYI041 (the two differ here)
    """Return where ``value`` lies on its scale; None for zero, negative and non-finite floats."""
    if isinstance(value, int):
        return math.log(max(value, 0.5)) if value >= 0 else None
    if not 0 < value < math.inf:
        return None
    return -math.log1p(-value) if 0.5 < value < 1 else math.log(value)


def scale_name(value: int | float) -> str:  # noqa: PYI041 (the two differ here)
    """Return which scale `coordinate` uses: ``log`` or ``one`` (towards 1)."""
    return "one" if isinstance(value, float) and 0.5 < value < 1 else "log"


def number_moves(value: int | float, text: str) -> tuple[Move, ...]:  # noqa: PYI041 (they differ here)
    """Return the moves of the number ``value`` written as ``text`` (sign not included)."""
    if isinstance(value, int):
        found = _int_moves(value, text)
    elif value == 0:
        found = [Move("from zero", new) for new in ("0.1", "-0.1", "0.01", "0.001", "1.0")]
    elif scale_name(value) == "one":
        found = _near_one_moves(value, text)
    else:
        found = _float_moves(value, text)
    unique = {move.new: move for move in found if move.new != text}
    return tuple(unique.values())


def fine_moves(text: str, scale: str, steps: Iterable[float]) -> tuple[Move, ...]:
    """Return the moves of the float written as ``text`` by ``steps`` along its coordinate.

    Args:
        text: Its source, sign included.
        scale: Which scale it is on: ``log`` or ``one``.
        steps: Signed steps; the smaller, the more digits are written.
    """
    sign = "-" if text.startswith("-") else ""
    value = float(text.lstrip("- "))
    found: dict[str, Move] = {}
    for step in steps:
        digits = 1 if abs(step) > 0.15 else 2 if abs(step) > 0.015 else 3
        rest = (1 - value) * math.exp(-step) if scale == "one" else value * math.exp(step)
        near = float(f"{rest:.{digits}e}")
        new = 1 - near if scale == "one" else near
        if new != value and (0 < new < math.inf) and (scale != "one" or new < 1):
            written = repr(round(new, 12)) if scale == "one" else repr(new)
            at = -math.log1p(-new) if scale == "one" else math.log(new)
            found[written] = Move("step", sign + written, at)
    return tuple(found.values())


def _float_moves(value: float, text: str) -> list[Move]:
    moves = []
    for factor in (*FACTORS, *(1 / f for f in FACTORS)):
        new = _write_float(value * factor, text)
        if 0 < float(new) < math.inf and float(new) != value:
            moves.append(Move("scale", new, math.log(float(new))))
    return moves


def _near_one_moves(value: float, text: str) -> list[Move]:
    moves = []
    for factor in (*FACTORS, *(1 / f for f in FACTORS)):
        rest = _nice((1 - value) * factor)
        if rest >= 1:
            continue
        new = repr(round(1 - rest, 12))
        if 0 < float(new) < 1 and float(new) != value:
            op = "towards one" if factor < 1 else "away from one"
            moves.append(Move(op, new, -math.log1p(-float(new))))
    # It may not be a probability at all.
    new = _write_float(value * 2, text)
    return [*moves, Move("scale", new)]


def _int_moves(value: int, text: str) -> list[Move]:
    if not _DECIMAL_INT.fullmatch(text):
        return []
    wanted = {value - 1, value + 1} if value <= 8 else set()
    power = value > 0 and value & (value - 1) == 0
    factors = (2.0, 4.0, 1.5) if power else FACTORS
    if value > 1:
        wanted |= {_round_int(value * f) for f in (*factors, *(1 / f for f in factors))}
    wanted -= {value}
    return [
        Move("scale", f"{new:_}" if "_" in text else str(new), math.log(max(new, 0.5)))
        for new in sorted(wanted)
        if new >= 0
    ]


def _round_int(value: float) -> int:
    whole = round(value)
    if whole < 100 or whole & (whole - 1) == 0:
        return max(whole, 1)
    unit = 10 ** (len(str(whole)) - 2)
    near = round(whole / unit) * unit
    power = 1 << round(math.log2(whole))
    return power if abs(power - whole) <= 0.02 * whole else near


def _write_float(value: float, like: str) -> str:
    """Write ``value`` with two digits, scientific if ``like`` is; a float stays a float."""
    rounded = _nice(value)
    if "e" in like.lower():
        return _scientific(rounded)
    text = repr(rounded)
    return _scientific(rounded) if "e" in text else text


def _nice(value: float) -> float:
    """Return ``value`` with one digit where that is near enough, else with two."""
    one = float(f"{value:.0e}")
    near = one > 0 and abs(math.log(one / value)) < 0.12
    return one if near else float(f"{value:.1e}")


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
