import json
import time

import pytest
from terminal import piped, typed

from regency.cli.shown import Shown


@pytest.fixture
def file(tmp_path):
    return tmp_path / "regency" / "shown.json"


def test_minutes_since_something_was_first_shown(file, monkeypatch):
    start = time.time()
    shown = Shown(file)
    assert shown.minutes("p1") == 0
    monkeypatch.setattr(time, "time", lambda: start)
    shown.add("p1")
    monkeypatch.setattr(time, "time", lambda: start + 60)
    shown.add("p1")
    monkeypatch.setattr(time, "time", lambda: start + 180)
    assert shown.minutes("p1") == pytest.approx(3.0)
    assert shown.minutes("p2") == 0


def test_what_was_shown_long_ago_is_read_anew(file, monkeypatch):
    start = time.time()
    shown = Shown(file)
    monkeypatch.setattr(time, "time", lambda: start)
    shown.add("p1")
    monkeypatch.setattr(time, "time", lambda: start + 86400)
    assert shown.minutes("p1") == 0
    shown.add("p1")
    monkeypatch.setattr(time, "time", lambda: start + 86460)
    assert shown.minutes("p1") == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"p1": 3}', '{"p1": ["x", 1]}', "\x00"])
def test_a_spoilt_file_tells_nothing(file, text):
    file.parent.mkdir()
    file.write_text(text)
    assert Shown(file).minutes("p1") == 0
    Shown(file).add("p1")
    assert "p1" in json.loads(file.read_text())


def test_many_are_forgotten(file):
    shown = Shown(file)
    for number in range(250):
        shown.add(f"p{number}")
    assert len(json.loads(file.read_text())) == 200


def test_the_minutes_between_showing_and_deciding_are_on_record(tested, copied):
    lab = copied(tested)
    assert "lines by" in typed("review", "show", "p1", "--dir", str(lab)).out
    done = typed("review", "approve", "p1", "--reason", "read", "--dir", str(lab),
                 keys="y\n", wait_for="[y/N]")  # fmt: skip
    assert done.code == 0, done.out
    (decision,) = json.loads(piped("show", "p1", "--dir", str(lab), "--json").out)["decisions"]
    assert 0 < decision["minutes"] < 5
    assert "after under a minute" in typed("show", "p1", "--dir", str(lab)).out


def test_a_decision_on_what_was_not_shown_has_no_minutes(simulated, copied):
    lab = copied(simulated)
    piped("review", "reject", "p1", "--reason", "no", "--dir", str(lab))
    (decision,) = json.loads(piped("show", "p1", "--dir", str(lab), "--json").out)["decisions"]
    assert decision["minutes"] == 0
