"""The scorers of the two published problems trust nothing that a candidate wrote."""

import importlib.util
import json
import math
from pathlib import Path

import pytest

import regency.labs

LABS = Path(regency.labs.__file__).parent


def scorer(name):
    spec = importlib.util.spec_from_file_location(f"{name}_score", LABS / name / "files/score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(count=26):
    """Equal circles in a line, each touching the next exactly."""
    return [[(2 * i + 1) / 64, 0.5, 1 / 64] for i in range(count)]


def written(tmp_path, value):
    (tmp_path / "out.json").write_text(value if isinstance(value, str) else json.dumps(value))
    return tmp_path / "out.json"


def test_circles_may_touch(tmp_path):
    circles = scorer("circles")
    assert circles.total(circles.read(written(tmp_path, row()))) == 26 / 64


@pytest.mark.parametrize("place", range(3))
def test_circles_may_not_overlap_by_one_bit(tmp_path, place):
    circles, rows = scorer("circles"), row()
    rows[3 + place][2] = math.nextafter(rows[3 + place][2], 1)
    with pytest.raises(circles.Refused, match="overlap"):
        circles.total(circles.read(written(tmp_path, rows)))


@pytest.mark.parametrize(
    "circle",
    [[math.nan, 0.9, 0.01], [0.5, 0.9, math.inf], [True, 0.9, 0.01], [0.5, 0.9], "abc",
     [0.5, 0.875, math.nextafter(0.125, 1)], [0.5, 0.9, -0.01], [1000, 1000, 1000]],
)  # fmt: skip
def test_circles_that_are_none_or_stick_out_are_refused(tmp_path, circle):
    circles = scorer("circles")
    with pytest.raises(circles.Refused):
        circles.total(circles.read(written(tmp_path, [*row(25), circle])))


@pytest.mark.parametrize("text", ["", "[" * 5000, json.dumps(row(27)), "[" + " " * 30_000 + "]"])
def test_files_that_are_no_packing_are_refused(tmp_path, text):
    circles = scorer("circles")
    with pytest.raises(circles.Refused):
        circles.read(written(tmp_path, text))


def test_the_lowest_point_has_the_published_value(tmp_path):
    minimum = scorer("minimum")
    point = minimum.read(written(tmp_path, [-1.704, 0.678]))
    assert minimum.height(*point) == pytest.approx(-1.519, abs=5e-4)
    for bad in ([9, 9], [math.nan, 0], [0], [True, 0], "x"):
        with pytest.raises(minimum.Refused):
            minimum.read(written(tmp_path, bad))
