"""What a chart is made of: plain values, no drawing."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["linear", "percent", "log", "date", "duration", "category"]
Shape = Literal["circle", "square", "diamond", "triangle"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        label: What it shows, with its unit.
        kind: ``linear``; ``percent`` (values are shares, 1 is 100 %); ``log``; ``date`` (values
            are `datetime.date.toordinal`); ``duration`` (values are minutes, log, ticks such as
            15 min or 4 h); ``category`` (values are places 0, 1, … in ``categories``; upon a
            vertical axis the first is at the top).
        low: Smallest value; None: from the data.
        high: Largest value; None: from the data.
        categories: Names, for ``category``.
    """

    label: str = ""
    kind: Kind = "linear"
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line, with an interval band if there is one.

    Attributes:
        label: Name in the legend; empty: not in it.
        points: x and y, in order; a y that is not finite breaks the line.
        band: x, lower and upper end.
        colour: A colour; empty: the next of the palette.
        dashed: For what is extrapolated or less sure.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()
    colour: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """A step curve, such as a survival curve: each y holds until the next x. As `Line` else."""

    label: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()
    colour: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A filled area between two curves: x, lower and upper end of each point."""

    label: str
    points: tuple[tuple[float, float, float], ...]
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point.

    Attributes:
        x: Place.
        y: Place.
        low: Lower end of its interval along y; infinite or beyond the axis: drawn as an arrow.
        high: Upper end.
        left: Lower end along x.
        right: Upper end along x.
        label: Text beside it, where there is room.
        note: More text, shown by browsers when pointed at.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    left: float | None = None
    right: float | None = None
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Points with error bars.

    Attributes:
        label: Name in the legend; empty: not in it.
        points: The points.
        colour: A colour; empty: the next of the palette.
        hollow: For what counts less.
        shape: Their shape.
    """

    label: str
    points: tuple[Point, ...]
    colour: str = ""
    hollow: bool = False
    shape: Shape = "circle"


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars; several stand on one another by their bases.

    Attributes:
        label: Name in the legend; empty: not in it.
        bars: Place, base and top of each, in axis units.
        flat: Whether they lie along x, their places upon y.
        thickness: In units of the places' axis.
        colour: A colour; empty: the next of the palette.
    """

    label: str
    bars: tuple[tuple[float, float, float], ...]
    flat: bool = False
    thickness: float = 0.7
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line across the plot at one value of x or y, with a few words."""

    at: float
    along: Literal["x", "y"] = "y"
    label: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Shade:
    """A shaded part of the plot between two values of x or y; None: to the edge."""

    low: float | None
    high: float | None
    along: Literal["x", "y"] = "x"
    label: str = ""


Mark = Line | Steps | Area | Points | Bars | Rule | Shade


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        title: What it says, in a sentence.
        x: Horizontal axis.
        y: Vertical axis.
        marks: What is drawn, the first at the back.
        summary: The same in words, for those who cannot see it; shown under the title.
        notes: Remarks under the plot, one line each (long ones are wrapped).
        width: Pixels.
        height: Pixels, of the whole picture; more if legend and notes need it.
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    summary: str = ""
    notes: tuple[str, ...] = ()
    width: int = 860
    height: int = 480


def stacked_bars(
    labels: tuple[str, ...],
    places: tuple[float, ...],
    rows: tuple[tuple[float, ...], ...],
    *,
    flat: bool = False,
) -> tuple[Bars, ...]:
    """Return bars that stand on one another.

    Args:
        labels: Name of each series.
        places: Place of each bar.
        rows: For each series a value at each place.
        flat: Whether they lie along x.
    """
    return tuple(
        Bars(label, tuple((x, low, high) for x, low, high in points), flat=flat)
        for label, points in zip(labels, _stack(places, rows), strict=True)
    )


def stacked_areas(
    labels: tuple[str, ...], places: tuple[float, ...], rows: tuple[tuple[float, ...], ...]
) -> tuple[Area, ...]:
    """Return areas that lie on one another; arguments as of `stacked_bars`."""
    stacks = _stack(places, rows)
    return tuple(Area(label, points) for label, points in zip(labels, stacks, strict=True))


def _stack(
    places: tuple[float, ...], rows: tuple[tuple[float, ...], ...]
) -> list[tuple[tuple[float, float, float], ...]]:
    base = [0.0] * len(places)
    found = []
    for row in rows:
        top = [b + value for b, value in zip(base, row, strict=True)]
        found.append(tuple(zip(places, base, top, strict=True)))
        base = top
    return found
