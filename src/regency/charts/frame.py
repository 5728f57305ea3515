"""What stands around the data: title, legend, axes, notes; and the plot's place among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.charts import colours
from regency.charts.lettering import LINE, Box, shortened, width, words, wrapped
from regency.charts.markup import Markup, element, together
from regency.charts.records import (
    Area,
    Axis,
    Bars,
    Chart,
    Line,
    Mark,
    Points,
    Rule,
    Shade,
    Steps,
)
from regency.charts.scales import LOGARITHMIC, Scale, Tick, fitted, ticks

EDGE = 18.0
TITLE, TEXT, SMALL = 17.0, 12.5, 11.5
KEY, KEY_GAP = 22.0, 18.0
X_TICK, Y_TICK = 92.0, 46.0  # about so many pixels from one tick to the next
MOST_NAME = 0.36  # of the width, for names of categories


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's place and scales, the picture's height, and what was drawn around the plot."""

    box: Box
    x: Scale
    y: Scale
    height: float
    behind: Markup
    around: Markup


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    label: str
    mark: Mark
    colour: str
    dash: str


def framed(chart: Chart, keys: Sequence[Key]) -> Frame:
    """Lay out everything but the data."""
    top, head = _head(chart, keys)
    x_range = fitted(chart.x, _values(chart.marks, 0))
    y_range = fitted(chart.y, _values(chart.marks, 1))
    room = chart.width - 2 * EDGE
    notes = [line for note in chart.notes for line in wrapped(note, SMALL, room)]
    below = (2 * TEXT + 22 if chart.x.label else TEXT + 18) + len(notes) * SMALL * LINE + 8
    height = max(chart.height, top + below + 160)
    y_marks = ticks(chart.y, *y_range, int((height - top - below) / Y_TICK))
    widest = max((width(text, SMALL) for _, text in y_marks), default=0)
    left = EDGE + min(widest, chart.width * MOST_NAME) + 10 + (TEXT * LINE if chart.y.label else 0)
    box = Box(left, top, chart.width - EDGE - 8, height - below)
    x_marks = ticks(chart.x, *x_range, int((box.right - box.left) / X_TICK))
    x = Scale(*x_range, box.left, box.right, chart.x.kind in LOGARITHMIC)
    down = chart.y.kind == "category"
    ends = (box.top, box.bottom) if down else (box.bottom, box.top)
    y = Scale(*y_range, *ends, chart.y.kind in LOGARITHMIC)
    grid, labels = _axes(chart, box, (x, x_marks), (y, y_marks))
    first = box.bottom + below - len(notes) * SMALL * LINE
    said = [
        words(note, EDGE, first + n * SMALL * LINE, SMALL, fill=colours.QUIET)
        for n, note in enumerate(notes)
    ]
    return Frame(box, x, y, height, grid, together(head, labels, *said))


def _head(chart: Chart, keys: Sequence[Key]) -> tuple[float, Markup]:
    """Return where the plot begins, and title, summary and legend."""
    room = chart.width - 2 * EDGE
    y, parts = EDGE, []
    for line in wrapped(chart.title, TITLE, room):
        y += TITLE * 1.2
        parts.append(words(line, EDGE, y, TITLE, font_weight="bold"))
    for line in wrapped(chart.summary, TEXT, room):
        y += TEXT * LINE
        parts.append(words(line, EDGE, y + 3, TEXT, fill=colours.QUIET))
    y += 12
    x = EDGE
    for key in keys:
        wide = KEY + 6 + width(key.label, TEXT) + KEY_GAP
        if x > EDGE and x + wide > chart.width - EDGE:
            x, y = EDGE, y + TEXT * 1.6
        parts += [_swatch(key, x, y + 6), words(key.label, x + KEY + 6, y + 10, TEXT)]
        x += wide
    return y + (26 if keys else 6), together(*parts)


def _swatch(key: Key, x: float, y: float) -> Markup:
    mark, colour = key.mark, key.colour
    if isinstance(mark, Points):
        return symbol(mark, x + KEY / 2, y, colour)
    if isinstance(mark, Line | Steps):
        band = element("rect", x=x, y=y - 6, width=KEY, height=12, fill=colour, fill_opacity=0.16)
        line = element(
            "line", x1=x, y1=y, x2=x + KEY, y2=y, stroke=colour, stroke_width=2.2,
            stroke_dasharray=key.dash,
        )  # fmt: skip
        return together(band, line) if mark.band else line
    return element("rect", x=x + 3, y=y - 6, width=KEY - 6, height=12, fill=colour)


def symbol(points: Points, x: float, y: float, colour: str) -> Markup:
    """Return one symbol of a series."""
    fill = "#ffffff" if points.hollow else colour
    if points.shape == "circle":
        return element("circle", cx=x, cy=y, r=4.4, fill=fill, stroke=colour, stroke_width=1.6)
    path = {
        "square": "M-4-4h8v8h-8z",
        "diamond": "M0-5.4L5.4 0L0 5.4L-5.4 0z",
        "triangle": "M0-5.2L5 4.2L-5 4.2z",
    }[points.shape]
    moved = f"translate({x:.2f} {y:.2f})"
    return element("path", d=path, transform=moved, fill=fill, stroke=colour, stroke_width=1.6)


def _axes(
    chart: Chart, box: Box, x: tuple[Scale, list[Tick]], y: tuple[Scale, list[Tick]]
) -> tuple[Markup, Markup]:
    """Return the grid behind the data, and the axes' texts."""
    grid, labels = [], []
    for value, text in y[1]:
        at = y[0].at(value)
        if chart.y.kind != "category":
            grid.append(_line(box.left, at, box.right, at, colours.GRID))
        shown = shortened(text, SMALL, chart.width * MOST_NAME)
        labels.append(words(shown, box.left - 8, at + 4, SMALL, anchor="end"))
    for value, text in _spread(x[0], x[1], chart.x):
        at = x[0].at(value)
        if chart.x.kind != "category":
            grid.append(_line(at, box.top, at, box.bottom, colours.GRID))
            labels.append(_line(at, box.bottom, at, box.bottom + 4, colours.FRAME))
        labels.append(words(text, at, box.bottom + 17, SMALL, anchor="middle"))
    labels.append(_line(box.left, box.bottom, box.right, box.bottom, colours.FRAME))
    middle = (box.left + box.right) / 2
    if chart.x.label:
        below = box.bottom + 17 + TEXT * 1.5
        labels.append(words(chart.x.label, middle, below, TEXT, anchor="middle"))
    if chart.y.label:
        at, half = EDGE + TEXT - 4, (box.top + box.bottom) / 2
        turned = f"rotate(-90 {at:.2f} {half:.2f})"
        labels.append(words(chart.y.label, at, half, TEXT, anchor="middle", transform=turned))
    return together(*grid), together(*labels)


def _spread(scale: Scale, marks: list[Tick], axis: Axis) -> list[Tick]:
    """Return the ticks whose texts do not touch; names of categories are cut to their room."""
    if axis.kind == "category":
        room = abs(scale.at(1) - scale.at(0)) - 6
        return [(value, shortened(text, SMALL, room)) for value, text in marks]
    kept: list[Tick] = []
    free = float("-inf")
    for value, text in marks:
        half = width(text, SMALL) / 2
        if scale.at(value) - half > free:
            kept.append((value, text))
            free = scale.at(value) + half + 6
    return kept


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=1)


def _values(marks: Sequence[Mark], which: int) -> list[float]:
    """Return every value along x (0) or y (1) that the data has."""
    return [value for mark in marks for value in _of(mark, which)]


def _of(mark: Mark, which: int) -> list[float]:
    if isinstance(mark, Rule):
        return [mark.at] if mark.along == "xy"[which] else []
    if isinstance(mark, Shade):
        return []
    if isinstance(mark, Points):
        ends = [(p.x, p.left, p.right) if which == 0 else (p.y, p.low, p.high) for p in mark.points]
        return [value for three in ends for value in three if value is not None]
    if isinstance(mark, Bars):
        return [
            v for bar in mark.bars for v in ((bar[0],) if (which == 0) != mark.flat else bar[1:])
        ]
    if isinstance(mark, Area):
        return [v for point in mark.points for v in ((point[0],) if which == 0 else point[1:])]
    band = [v for three in mark.band for v in three[1:]] if which else []
    return [point[which] for point in mark.points] + band
