"""The command, on real repositories and a real lab."""

import json
import shlex
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from review_histories import Commit, history

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))
from terminal import piped

from toy_lab import make_toy_lab


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """Sixty merges over sixty days, reviewed one after another by Bea."""
    rng = np.random.default_rng(0)
    commits, main, free = [Commit("root")], "root", 0.0
    came = np.sort(rng.random(60)) * 60
    for n, (day, need) in enumerate(zip(came, rng.exponential(0.8, 60), strict=True)):
        free = max(day, free) + need
        commits.append(Commit(f"c{n}", ("root",), day - 0.5, day))
        merge = Commit(
            f"m{n}", (main, f"c{n}"), free, author="Bea", message=f"Merge pull request #{n}"
        )
        commits.append(merge)
        main = f"m{n}"
    commits.append(Commit("waits", ("root",), 60.0, message="Waits"))
    commits.append(Commit("end", (main,), free + 1))
    return history(tmp_path_factory.mktemp("git") / "work", commits, topic="waits")


def measured(*words: str):
    return piped("measure", "bottleneck", *words)


def test_a_repository_is_answered_in_words(repository):
    done = measured(str(repository), "--draws", "60")
    assert done.code == 0, done.err
    for said in ("Where the time goes", "utilisation", "What would help", "cannot be known"):
        assert said in done.out
    assert "last changed → merged" in done.out


def test_json_is_whole_and_the_printed_command_gives_it_again(repository):
    first = measured(str(repository), "--draws", "60", "--json")
    found = json.loads(first.out)
    assert found["history"][-1]["waiting"] == 1, "the branch"
    assert found["settled"] < found["until"], "of late arrivals not all are seen"
    assert found["reviewed"]["signs"] == {"a second person took it in": 60,
                                          "no sign of a second person": 2}  # fmt: skip
    again = measured(*shlex.split(found["command"])[3:], "--json")
    assert json.loads(again.out)["load"] == found["load"]
    assert json.loads(again.out)["options"] == found["options"]


def test_page_and_drawing_are_written(repository, tmp_path):
    page, drawing = tmp_path / "p.html", tmp_path / "d.svg"
    done = measured(
        str(repository), "--draws", "60", "--html", str(page), "--svg", str(drawing),
        "--figure", "options",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert ET.fromstring(drawing.read_text()).tag.endswith("svg")
    assert page.read_text().count("regency measure bottleneck") >= 4
    assert measured(str(repository), "--html", str(tmp_path / "no" / "p.html")).code == 2


def test_a_lab_is_read_from_its_record_and_as_git_if_asked(tmp_path):
    lab = make_toy_lab(tmp_path / "toy")
    found = json.loads(measured(str(lab), "--json").out)
    assert (found["source"], found["name"]) == ("lab", "toy")
    assert any("No human has decided" in p for p in found["problems"])
    assert json.loads(measured(str(lab), "--from", "git", "--json").out)["source"] == "git"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "not a folder"),
        (("--at", "yesterday"), "no date"),
        (("--minutes", "0"), "minutes"),
        (("--minutes", "9-3"), "minutes"),
        (("--window", "-1d"), "duration"),
        (("--reviewers", "0"), "reviewers"),
        (("--seed", "-1"), "seed"),
        (("--rev", "nowhere"), "no commit"),
        (("--at", "1980-01-01"), "later --at"),
    ],
)
def test_bad_input_is_one_line(repository, words, said):
    where = () if words == ("nowhere",) else (str(repository),)
    done = measured(*where, *words)
    assert done.code == 2
    assert said in done.err and done.err.count("\n") == 1 and done.out == ""


def test_no_repository_no_lab(tmp_path):
    done = measured(str(tmp_path))
    assert done.code == 2 and "not in a git repository" in done.err
    assert measured(str(tmp_path), "--from", "lab").code == 2
