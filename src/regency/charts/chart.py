"""Draws a `Chart` as SVG text."""

import hashlib
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from regency.charts import colours
from regency.charts.frame import EDGE, SMALL, Frame, Key, framed, symbol
from regency.charts.lettering import FONT, Box, placed, shortened, width, words
from regency.charts.markup import Markup, element, escaped, number, together
from regency.charts.records import (
    Area,
    Bars,
    Chart,
    Line,
    Mark,
    Point,
    Points,
    Rule,
    Shade,
    Steps,
)

CAP = 4.0  # half the width of an error bar's end
HALO: Any = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 3}


def draw(chart: Chart) -> Markup:
    """Return a chart as one SVG element: valid XML, no script, no style, nothing from outside.

    Presentation attributes only, so that it shows under any content security policy, inline in a
    page or as a file. Texts of the chart are escaped; title and summary are its accessible name.
    """
    keys = list(_keys(chart.marks))
    frame = framed(chart, [key for key in keys if key.label])
    data = together(*(_mark(key, frame) for key in keys))
    identity = "c" + hashlib.sha256(repr(chart).encode(errors="replace")).hexdigest()[:12]
    box = frame.box
    clip = element(
        "clipPath",
        element("rect", x=box.left - 6, y=box.top - 6, width=box.right - box.left + 12,
                height=box.bottom - box.top + 12),
        id=f"{identity}-plot",
    )  # fmt: skip
    return element(
        "svg",
        element("title", escaped(chart.title), id=f"{identity}-title"),
        element("desc", escaped(_described(chart)), id=f"{identity}-desc"),
        element("defs", clip),
        element("rect", width=chart.width, height=frame.height, fill="#ffffff"),
        frame.behind,
        element("g", data, clip_path=f"url(#{identity}-plot)"),
        frame.around,
        _labels(chart.marks, frame),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {chart.width} {number(frame.height)}",
        width=chart.width,
        height=frame.height,
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        font_family=FONT,
    )


def stacked(charts: Sequence[Chart]) -> Markup:
    """Return several charts as one SVG element, one below the other."""
    parts, below = [], 0.0
    for chart in charts:
        parts.append(element("g", draw(chart), transform=f"translate(0 {number(below)})"))
        below += framed(chart, [key for key in _keys(chart.marks) if key.label]).height
    width = max((chart.width for chart in charts), default=0)
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {number(below)}",
        width=width,
        height=below,
    )


def _described(chart: Chart) -> str:
    return " ".join(filter(None, (chart.summary, *chart.notes))) or chart.title


def _keys(marks: Sequence[Mark]) -> Iterator[Key]:
    """Give every mark its colour; series of one name share it, and stand in the legend once."""
    known: dict[str, int] = {}
    said: set[tuple[str, type]] = set()
    for mark in marks:
        if isinstance(mark, Rule | Shade):
            yield Key("", mark, getattr(mark, "colour", "") or colours.QUIET, "5 4")
            continue
        index = known.setdefault(mark.label or f"\0{len(known)}", len(known))
        dashed = isinstance(mark, Line | Steps) and mark.dashed
        shown = "" if (mark.label, type(mark)) in said else mark.label
        said.add((mark.label, type(mark)))
        dash = "6 4" if dashed else colours.dash(index)
        yield Key(shown, mark, mark.colour or colours.colour(index), dash)


def _mark(key: Key, frame: Frame) -> Markup:
    mark = key.mark
    if isinstance(mark, Shade):
        return _shade(mark, frame)
    if isinstance(mark, Rule):
        return _rule(mark, frame, key.colour)
    if isinstance(mark, Points):
        return together(*(_point(mark, point, frame, key.colour) for point in mark.points))
    if isinstance(mark, Bars):
        return together(*(_bar(mark, bar, frame, key.colour) for bar in mark.bars))
    if isinstance(mark, Area):
        return _between(mark.points, frame, key.colour, 0.85)
    return _curve(mark, frame, key)


def _curve(mark: Line | Steps, frame: Frame, key: Key) -> Markup:
    stepped = isinstance(mark, Steps)
    points = _stepped(mark.points) if stepped else list(mark.points)
    band = _stepped_band(mark.band) if stepped else list(mark.band)
    path = " ".join(_path(run, frame) for run in _runs(points))
    line = element(
        "path", d=path, fill="none", stroke=key.colour, stroke_width=2.2, stroke_linejoin="round",
        stroke_dasharray=key.dash,
    )  # fmt: skip
    return together(_between(band, frame, key.colour, 0.16), line) if band else line


def _runs(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Yield the unbroken stretches."""
    run: list[tuple[float, float]] = []
    for point in points:
        if all(map(math.isfinite, point)):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _path(points: Sequence[tuple[float, float]], frame: Frame) -> str:
    places = (f"{number(frame.x.at(x))} {number(frame.y.at(y))}" for x, y in points)
    return "M" + "L".join(places)


def _between(
    points: Sequence[tuple[float, float, float]], frame: Frame, colour: str, opacity: float
) -> Markup:
    kept = [(x, low, high) for x, low, high in points if not any(map(math.isnan, (x, low, high)))]
    if not kept:
        return Markup("")
    there = [(x, high) for x, _, high in kept]
    back = [(x, low) for x, low, _ in reversed(kept)]
    path = _path([*there, *back], frame) + "Z"
    return element("path", d=path, fill=colour, fill_opacity=opacity)


def _stepped(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    made = list(points[:1])
    for (_, held), (x, y) in itertools.pairwise(points):
        made += [(x, held), (x, y)]
    return made


def _stepped_band(
    points: Sequence[tuple[float, float, float]],
) -> list[tuple[float, float, float]]:
    made = list(points[:1])
    for (_, low, high), after in itertools.pairwise(points):
        made += [(after[0], low, high), after]
    return made


def _point(mark: Points, point: Point, frame: Frame, colour: str) -> Markup:
    x, y = frame.x.at(point.x), frame.y.at(point.y)
    note = [element("title", escaped(point.note or point.label))]
    parts = note if point.note or point.label else []
    if point.low is not None and point.high is not None:
        ends = [(frame.y.at(v), frame.y.holds(v)) for v in (point.low, point.high)]
        parts += _error_bar(x, ends, colour, upright=True)
    if point.left is not None and point.right is not None:
        ends = [(frame.x.at(v), frame.x.holds(v)) for v in (point.left, point.right)]
        parts += _error_bar(y, ends, colour, upright=False)
    return element("g", *parts, symbol(mark, x, y, colour))


def _error_bar(
    place: float, ends: Sequence[tuple[float, bool]], colour: str, *, upright: bool
) -> list[Markup]:
    """Return a bar from end to end; an end off the axis has no cap: the bar leaves the plot."""
    (a, _), (b, _) = ends
    strokes = [(place, a, place, b) if upright else (a, place, b, place)]
    for at, held in ends:
        if held:
            low, high = place - CAP, place + CAP
            strokes.append((low, at, high, at) if upright else (at, low, at, high))
    path = "".join(
        f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}" for x1, y1, x2, y2 in strokes
    )
    return [element("path", d=path, stroke=colour, stroke_width=1.4, stroke_opacity=0.75)]


def _bar(mark: Bars, bar: tuple[float, float, float], frame: Frame, colour: str) -> Markup:
    place, base, top = bar
    half = mark.thickness / 2
    along, across = (frame.x, frame.y) if mark.flat else (frame.y, frame.x)
    a, b = sorted((along.at(base), along.at(top)))
    c, d = sorted((across.at(place - half), across.at(place + half)))
    left, up, wide, high = (a, c, b - a, d - c) if mark.flat else (c, a, d - c, b - a)
    return element("rect", x=left, y=up, width=wide, height=high, fill=colour)


def _ends(mark: Shade, frame: Frame) -> tuple[float, float]:
    scale = frame.x if mark.along == "x" else frame.y
    low = scale.start if mark.low is None else scale.at(mark.low)
    high = scale.end if mark.high is None else scale.at(mark.high)
    return min(low, high), max(low, high)


def _shade(mark: Shade, frame: Frame) -> Markup:
    low, high = _ends(mark, frame)
    box = frame.box
    if mark.along == "x":
        low, high = max(low, box.left), min(high, box.right)
        area = Box(low, box.top, high, box.bottom)
    else:
        area = Box(box.left, max(low, box.top), box.right, min(high, box.bottom))
    wide, high = max(area.right - area.left, 0), max(area.bottom - area.top, 0)
    rect = element(
        "rect", x=area.left, y=area.top, width=wide, height=high, fill=colours.SERIES[6],
        fill_opacity=0.1,
    )  # fmt: skip
    text = shortened(mark.label, SMALL, wide - 8)
    said = words(text, area.left + 5, area.top + 14, SMALL, fill=colours.QUIET)
    return together(rect, said) if mark.label else rect


def _rule(mark: Rule, frame: Frame, colour: str) -> Markup:
    box = frame.box
    if mark.along == "x":
        at = frame.x.at(mark.at)
        ends = (at, box.top, at, box.bottom)
        text_x, text_y, anchor = at + 5, box.top + 12, ""
        if at + width(mark.label, SMALL) > box.right:
            text_x, anchor = at - 5, "end"
    else:
        at = frame.y.at(mark.at)
        ends = (box.left, at, box.right, at)
        text_x, text_y, anchor = box.left + 5, at - 5, ""
    x1, y1, x2, y2 = ends
    line = element(
        "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=1.2, stroke_dasharray="5 4"
    )
    said = words(mark.label, text_x, text_y, SMALL, anchor=anchor, fill=colour)
    return together(line, said) if mark.label else line


def _labels(marks: Sequence[Mark], frame: Frame) -> Markup:
    """Return the labels beside points, as far as there is room."""
    points = [p for mark in marks if isinstance(mark, Points) for p in mark.points]
    spots = [(frame.x.at(p.x), frame.y.at(p.y), p.label) for p in points]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y, _ in spots]
    bars = [box for point in points for box in _reach(point, frame)]
    taken += [_said(mark, frame) for mark in marks if isinstance(mark, Rule) and mark.along == "y"]
    box = frame.box
    room = Box(box.left, box.top, box.right + EDGE, box.bottom)
    found = placed([spot for spot in spots if spot[2]], SMALL, room, taken, bars)
    return together(*(words(text, x, y, SMALL, **HALO) for x, y, text in found))


def _reach(point: Point, frame: Frame) -> Iterator[Box]:
    """Yield what the error bars of a point cover."""
    x, y = frame.x.at(point.x), frame.y.at(point.y)
    if point.low is not None and point.high is not None:
        yield Box(x - 1, frame.y.at(point.high), x + 1, frame.y.at(point.low))
    if point.left is not None and point.right is not None:
        yield Box(frame.x.at(point.left), y - 1, frame.x.at(point.right), y + 1)


def _said(rule: Rule, frame: Frame) -> Box:
    """Return what the words on a level rule cover."""
    left, at = frame.box.left, frame.y.at(rule.at)
    return Box(left, at - SMALL - 6, left + 5 + width(rule.label, SMALL), at + 1)
