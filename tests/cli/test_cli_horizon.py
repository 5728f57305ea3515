"""``regency measure horizon``: what it prints and writes, and how it refuses."""

import json
import xml.etree.ElementTree as ET

import pytest
from terminal import piped, typed

import toy_runs

QUICK = ("--draws", "60", "--no-joint")


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    return str(
        toy_runs.write_counts(tmp_path_factory.mktemp("runs") / "counts.csv", toy_runs.made())
    )


def horizon(*arguments, **more):
    return piped("measure", "horizon", *arguments, **more)


def refused(done, *words):
    assert done.code == 2, done
    assert done.err.count("\n") == 1
    assert done.err.startswith("regency: ")
    for word in words:
        assert word in done.err, done.err


def test_it_says_the_answer_first(counts):
    done = horizon(counts, "--draws", "60")
    assert done.code == 0, done.err
    assert done.out.startswith("a2 succeeds half of the time on tasks that take people")
    assert "doubling every" in done.out
    assert "marginal 80 %" in done.out
    assert "Extrapolation to" in done.out
    assert "λ = 1e-05" in done.out
    assert "\x1b" not in done.out


def test_colours_and_progress_at_a_terminal_only(counts):
    done = typed("measure", "horizon", counts, *QUICK)
    assert done.code == 0
    assert "\x1b[" in done.out
    assert "doubling every" in done.out


def test_json_holds_everything(counts):
    done = horizon(counts, *QUICK, "--json")
    found = json.loads(done.out)
    assert {"agents", "trends", "settings", "remarks", "scale_change"} <= set(found)
    agent = found["agents"][0]
    assert agent["p50"]["low"] < agent["p50"]["value"] < agent["p50"]["high"]
    assert agent["released"] == "2023-06-01"
    assert agent["joint"] is None
    assert found == json.loads(horizon(counts, *QUICK, "--json").out), "same seed, same answer"


def test_endless_numbers_are_words_in_json(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("agent,task_id,human_minutes,n_successes,n_runs\nA,f/a,3,2,2\nA,g/b,9,2,2\n")
    found = json.loads(horizon(str(path), *QUICK, "--json").out)
    assert found["agents"][0]["p50"] == {"value": "Infinity", "low": None, "high": None}
    assert "Every run succeeded" in found["agents"][0]["warnings"][0]


@pytest.mark.parametrize("figure", ["trend", "curves", "data", "influence"])
def test_figures(counts, tmp_path, figure):
    out = tmp_path / "x.svg"
    assert horizon(counts, *QUICK, "--figure", figure, "--out", str(out)).code == 0
    assert ET.fromstring(out.read_text()).tag.endswith("svg")


def test_a_picture_a_page_and_a_file_of_numbers(counts, tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.html", b"<!DOCTYPE html>"), ("a.json", b"{")):
        done = horizon(counts, *QUICK, "--out", str(tmp_path / name))
        assert (done.code, done.out) == (0, f"Wrote {tmp_path / name}.\n"), done.err
        assert (tmp_path / name).read_bytes().startswith(start)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.json", "a.png"]


def test_a_page_prints_the_command_that_makes_each_figure(counts, tmp_path):
    out = tmp_path / "a.html"
    horizon(counts, *QUICK, "--seed", "7", "--out", str(out))
    command = f"measure horizon {counts} --draws 60 --seed 7 --no-joint"
    text = out.read_text()
    assert text.count(command) >= 6
    figure = tmp_path / "data.svg"
    again = (counts, "--draws", "60", "--seed", "7", "--no-joint")
    horizon(*again, "--figure", "data", "--out", str(figure))
    assert figure.read_text() in text, "the printed command makes the same figure"


def test_only_some_agents(counts):
    found = json.loads(horizon(counts, *QUICK, "--agent", "a1", "--json").out)
    assert [agent["name"] for agent in found["agents"]] == ["a1"]
    refused(horizon(counts, "--agent", "nobody"), "nobody", "a0, a1, a2")


def test_earlier_horizons_from_a_file(counts, tmp_path):
    old = tmp_path / "old.csv"
    old.write_text("agent,release_date,p50\no1,2019-01-01,0.1\no2,2021-01-01,1\nnew,2024-01-01,9\n")
    found = json.loads(horizon(counts, *QUICK, "--earlier", str(old), "--json").out)
    assert found["trends"][0]["agents"] == ["o1", "o2", "a0", "a1", "a2"]
    assert horizon(str(old), *QUICK).code == 0
    refused(horizon(counts, "--earlier", counts), "no published horizons")


def test_bad_input_is_one_line(counts, tmp_path):
    refused(horizon("gone.csv"), "gone.csv", "cannot be read")
    refused(horizon(counts, "--out", "x.pdf"), "x.pdf", ".html")
    refused(horizon(counts, "--out", str(tmp_path / "no" / "x.svg")), "not a folder")
    refused(horizon(counts, "--since", "yesterday"), "yesterday", "2026-01-31")
    refused(horizon(counts, "--dates", "gone.yaml"), "gone.yaml")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"task_id": "a"\n')
    refused(horizon(str(broken)), "broken.jsonl line 1", "not valid JSON")
    out = tmp_path / "a.svg"
    refused(horizon(str(broken), "--out", str(out)), "line 1")
    assert not out.exists()
    bare = tmp_path / "bare.csv"
    bare.write_text("agent,task_id,human_minutes,n_successes,n_runs\nA,f/a,3,0,2\n")
    refused(horizon(str(bare), *QUICK, "--out", str(out)), "no data for the figure trend")


def test_names_from_outside_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "c.json"
    row = {"task_family": "f", "human_minutes": 3, "n_runs": 3, "agent": "A\x1b[2J\u202e"}
    rows = [
        {**row, "task_id": f"t{n}", "human_minutes": 2**n, "n_successes": 3 - n % 4}
        for n in range(8)
    ]
    path.write_text(json.dumps(rows))
    done = horizon(str(path), *QUICK)
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_a_lab_without_milestones(made):
    refused(horizon(str(made)), "[[milestones]]", "human_minutes")
