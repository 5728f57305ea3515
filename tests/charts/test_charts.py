"""Drawings: valid XML, nothing that runs or styles, values where they belong, texts harmless."""

import datetime as dt
import math
import re
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency import charts
from regency.charts import (
    Area,
    Axis,
    Bars,
    Chart,
    Line,
    Point,
    Points,
    Rule,
    Shade,
    Steps,
    colours,
    draw,
)
from regency.charts.lettering import Box, placed, shortened, width, wrapped
from regency.charts.markup import element, escaped, number
from regency.charts.scales import Scale, duration, fitted, ticks
from regency.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>\"'&\x00\x1b]\ud800\u202e"


def parsed(chart):
    return ET.fromstring(draw(chart))


def everything(text="x"):
    return Chart(
        title=text,
        summary=text,
        x=Axis(text),
        y=Axis(text, "log"),
        notes=(text,),
        marks=(
            Shade(1, 2, "x", text),
            Rule(3, "y", text),
            Area(text, ((0, 1, 2), (1, 2, 3))),
            Bars(text, ((0, 1, 2),)),
            Line(text, ((0, 1), (1, math.nan), (2, 3)), ((0, 1, 2), (1, 1, 3))),
            Steps(text, ((0, 1), (1, 2)), ((0, 1, 2), (1, 1, 3))),
            Points(text, (Point(1, 2, 0.0, math.inf, -math.inf, 2, text, text),), shape="diamond"),
        ),
    )


def test_texts_cannot_become_markup_and_nothing_needs_a_policy():
    root = parsed(everything(EVIL))
    assert not root.findall(f".//{SVG}script")
    assert "alert(1)" in root.find(f"{SVG}title").text
    for node in root.iter():
        assert node.tag.removeprefix(SVG) not in {"style", "script", "foreignObject", "image"}
        for name, value in node.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            assert "url(" not in value or value.startswith("url(#")


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_any_text_gives_valid_xml(text):
    parsed(everything(text))
    ET.fromstring(element("p", escaped(text), class_=text))


finite = st.floats(-1e12, 1e12)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(finite, finite), max_size=5),
    st.sampled_from(["linear", "percent", "log", "duration"]),
    st.sampled_from(["linear", "percent", "log", "duration"]),
)
def test_any_values_stay_near_the_picture(values, x_kind, y_kind):
    points = tuple(Point(x, y, y - 1, math.inf, label="p") for x, y in values)
    chart = Chart("t", Axis("x", x_kind), Axis("y", y_kind), (Points("s", points),))
    for circle in parsed(chart).iter(f"{SVG}circle"):
        assert -chart.width < float(circle.get("cx")) < 3 * chart.width
        assert -chart.height < float(circle.get("cy")) < 3 * chart.height


def test_it_names_itself_for_those_who_cannot_see_it():
    root = parsed(Chart("Title", Axis(), Axis(), (), summary="In words."))
    names = root.get("aria-labelledby").split()
    texts = {node.get("id"): node.text for node in root.iter() if node.get("id")}
    assert root.get("role") == "img"
    assert [texts[name] for name in names] == ["Title", "In words."]


def test_points_are_where_their_values_are():
    points = (Point(0, 1), Point(5, 10), Point(10, 100))
    chart = Chart(
        "t", Axis(low=0, high=10), Axis(kind="log", low=1, high=100), (Points("", points),)
    )
    found = [(float(c.get("cx")), float(c.get("cy"))) for c in parsed(chart).iter(f"{SVG}circle")]
    (x0, y0), (x1, y1), (x2, y2) = found
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.02)
    assert y1 == pytest.approx((y0 + y2) / 2, abs=0.02)
    assert x0 < x2
    assert y0 > y2


def test_an_end_that_is_not_finite_has_no_cap():
    def strokes(high):
        axis = Axis(low=0, high=10)
        chart = Chart("t", axis, axis, (Points("", (Point(1, 5, 4, high),)),))
        path = next(p for p in parsed(chart).iter(f"{SVG}path"))
        return path.get("d").count("M")

    assert strokes(6) == 3
    assert strokes(math.inf) == 2
    assert strokes(11) == 2


def test_stacks_add_up():
    first, second = charts.stacked_bars(("a", "b"), (0, 1), ((1, 2), (3, 4)))
    assert first.bars == ((0, 0, 1), (1, 0, 2))
    assert second.bars == ((0, 1, 4), (1, 2, 6))
    areas = charts.stacked_areas(("a", "b"), (0, 1), ((1, 2), (3, 4)))
    assert areas[1].points == ((0, 1, 4), (1, 2, 6))


def test_steps_hold_until_the_next():
    axis = Axis(low=0, high=10)
    root = parsed(Chart("t", axis, axis, (Steps("", ((0, 10), (10, 0))),)))
    places = re.findall(r"[\d.]+ [\d.]+", root.find(f".//{SVG}g/{SVG}path").get("d"))
    assert len(places) == 3
    assert places[0].split()[1] == places[1].split()[1]


def test_a_legend_holds_each_name_once():
    marks = (Line("a", ((0, 1), (1, 2))), Points("b", (Point(0, 1),)), Points("b", (Point(1, 1),)))
    texts = [node.text for node in parsed(Chart("t", Axis(), Axis(), marks)).iter(f"{SVG}text")]
    assert texts.count("a") == 1
    assert texts.count("b") == 1


def contrast_with_white(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 1.05 / (sum(c * w for c, w in zip(linear, (0.2126, 0.7152, 0.0722), strict=True)) + 0.05)


def test_colours_can_be_read_on_white():
    assert all(contrast_with_white(colour) >= 3 for colour in colours.SERIES)
    assert contrast_with_white(colours.QUIET) >= 4.5
    assert len(set(colours.SERIES)) == len(colours.SERIES)


@pytest.mark.parametrize(
    ("kind", "low", "high", "texts"),
    [
        ("linear", 0, 10, ["0", "2", "4", "6", "8", "10"]),
        ("linear", 0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ("linear", 0, 12_000, ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]),
        ("percent", 0, 1, ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        ("log", 1, 1000, ["1", "10", "100", "1,000"]),
        ("duration", 1, 1000, ["1 min", "4 min", "15 min", "1 h", "4 h", "16 h"]),
    ],
)
def test_ticks_are_round(kind, low, high, texts):
    assert [text for _, text in ticks(Axis(kind=kind), low, high, 6)] == texts


def test_dates():
    def day(*date):
        return dt.date(*date).toordinal()

    years = ticks(Axis(kind="date"), day(2020, 6, 1), day(2026, 2, 1), 8)
    assert [text for _, text in years] == ["2021", "2022", "2023", "2024", "2025", "2026"]
    assert years[0][0] == day(2021, 1, 1)
    months = ticks(Axis(kind="date"), day(2025, 1, 1), day(2025, 6, 30), 8)
    assert months[1] == (day(2025, 2, 1), "Feb 2025")
    days = ticks(Axis(kind="date"), day(2025, 1, 1), day(2025, 1, 9), 8)
    assert ("2025-01-03" in [text for _, text in days]) or days[0][1] == "2025-01-01"


@given(finite, finite, st.sampled_from(["linear", "percent", "log", "duration"]))
def test_an_axis_holds_its_data(a, b, kind):
    low, high = fitted(Axis(kind=kind), [a, b])
    assert low < high
    if kind == "linear":
        assert low <= min(a, b)
        assert max(a, b) <= high
    found = ticks(Axis(kind=kind), low, high, 6)
    assert len(found) <= 14
    assert all(low <= value <= high for value, _ in found)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1e-30, "under 0.01 s"),
        (0.05, "3 s"), (0.5, "30 s"), (3.987, "4 min"), (3.5, "3.5 min"), (59.4, "59 min"),
        (60, "1.0 h"), (342, "5.7 h"), (718.8, "12 h"), (4304.7, "72 h"),
        (math.inf, "without bound"),
        (math.nan, "unknown"),
    ],
)  # fmt: skip
def test_durations(minutes, text):
    assert duration(minutes) == text


def test_labels_cover_neither_points_nor_one_another():
    spots = [(50.0 + 4 * n, 50.0 + n, f"label {n}") for n in range(12)]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y, _ in spots]
    found = placed(spots, 12, Box(0, 0, 300, 100), taken)
    boxes = [Box(x, y - 9, x + width(text, 12), y) for x, y, text in found]
    assert 2 <= len(found) < 12
    for n, box in enumerate(boxes):
        assert not any(box.meets(other) for other in [*boxes[:n], *taken])


def test_wrapping():
    assert wrapped("one two three", 12, width("one two", 12)) == ["one two", "three"]
    assert shortened("a long name", 12, 1000) == "a long name"
    assert shortened("a long name", 12, 40).endswith("…")
    assert width(shortened("a long name", 12, 40), 12) <= 40


def test_numbers_are_short_and_finite():
    assert [number(v) for v in (1.0, -0.001, 0.125, -3.0, 100.0)] == ["1", "0", "0.12", "-3", "100"]
    with pytest.raises(ValueError, match="drawn"):
        number(math.nan)


def test_a_scale_has_no_place_for_zero_on_a_log_axis():
    scale = Scale(1, 100, 0, 100, log=True)
    assert scale.at(10) == pytest.approx(50)
    assert scale.at(0) == -100
    assert not scale.holds(0)


def test_a_png_is_a_picture():
    png = charts.rasterised(draw(everything()), scale=1)
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 860


def test_a_png_without_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(BadInput, match=r"regency\[measure\]"):
        charts.rasterised(draw(everything()))


def test_a_png_without_fonts(monkeypatch):
    import resvg_py

    def blind(**arguments):
        return resvg_py.svg_to_bytes(skip_system_fonts=True, **arguments)

    monkeypatch.setitem(sys.modules, "resvg_py", type("Module", (), {"svg_to_bytes": blind}))
    with pytest.raises(BadInput, match="font"):
        charts.rasterised(draw(everything()))
