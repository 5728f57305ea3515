"""`regency show` on a real lab: why a verdict is so, and who may see its numbers."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from terminal import piped, typed

PLOT = ("●", "evidence (log)", "needed")


def test_a_person_sees_why_and_the_course_of_the_test(tested):
    shown = typed("show", "c1", "--dir", str(tested))
    assert shown.code == 0
    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", shown.out).split())
    assert "Promoted: the evidence reached" in text
    assert "Test 1 of generation 0, c1 against c0" in text
    assert "level 1 in 230" in text
    assert "1st test on this confirm split" in text
    assert all(part in shown.out for part in PLOT)
    assert "\x1b[2J" not in shown.out


def test_an_agent_sees_the_answer_alone(tested):
    for shown in (
        piped("show", "c1", "--dir", str(tested)),
        typed("show", "c1", "--view", "agent", "--dir", str(tested)),
    ):
        assert shown.code == 0
        assert "Better than the champion" in shown.out
        assert not any(part in shown.out for part in (*PLOT, "Promoted:", "level"))
    (verdict,) = json.loads(piped("show", "c1", "--json", "--dir", str(tested)).out)["verdicts"]
    assert not {"test", "account", "effect", "low", "e_value", "looks"} & set(verdict)


def test_a_person_gets_the_test_as_json_with_everything(tested):
    shown = typed("show", "c1", "--json", "--dir", str(tested))
    found = json.loads(shown.out)
    (verdict,) = found["verdicts"]
    test = verdict["test"]
    assert len(test["looks"]) == verdict["looks"]
    assert test["looks"][-1]["e_value"] == pytest.approx(verdict["e_value"])
    assert (test["index"], test["generation"], test["used"]) == (1, 0, 1)


@pytest.mark.parametrize("kind", [".svg", ".png", ".html"])
def test_the_charts_go_into_a_file(tested, tmp_path, kind):
    path = tmp_path / f"c1{kind}"
    assert typed("show", "c1", "--dir", str(tested), "--out", str(path)).code == 0
    if kind == ".svg":
        drawing = ET.fromstring(path.read_text())
        assert len(drawing.findall(".//{http://www.w3.org/2000/svg}title")) >= 2
    else:
        assert path.read_bytes()[:9] in (b"\x89PNG\r\n\x1a\n\0", b"<!DOCTYPE")


def test_no_chart_for_agents_of_nothing_or_into_nowhere(tested, tmp_path):
    path = tmp_path / "c1.svg"
    refused = piped("show", "c1", "--dir", str(tested), "--out", str(path))
    assert (refused.code, refused.out) == (3, "")
    untested = typed("show", "c0", "--dir", str(tested), "--out", str(path))
    assert untested.code == 2
    assert "never tested" in untested.out
    wrong = piped("show", "c1", "--dir", str(tested), "--out", str(tmp_path / "c1.jpg"))
    assert (wrong.code, len(wrong.err.splitlines())) == (2, 1)
    assert not list(tmp_path.iterdir())
