"""Experiments of agents: on record, within a budget, rounded, and nothing is paid twice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from terminal import piped

from regency.lab import Lab
from regency.lab.experiments import budget
from regency.repo.diff import unified
from toy_lab import MODEL, SETTINGS, better_model, make_toy_lab

NARROW = SETTINGS + "\n[tries]\nper_agent = 3\nper_generation = 5\n"


@pytest.fixture
def narrow(tmp_path):
    return make_toy_lab(tmp_path / "toy", settings=NARROW)


def patch(x: float, of: str = MODEL) -> str:
    return unified("model.py", of.encode(), better_model(x).encode())


def attempt(lab, x: float, *arguments: str, agent: str = "Claude"):
    said = ("--dir", str(lab), "--patch", "-", "--json", "--agent", agent, "--parent", "c0")
    return piped("try", *said, *arguments, stdin=patch(x))


def test_a_try_tells_score_and_gain_and_makes_no_candidate(tested, copied):
    lab = copied(tested)
    done = attempt(lab, 2.9)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["key"] == "try/Claude/1"
    assert told["champion"] == "c1"
    assert abs(told["score"] - 0.01) < 0.05
    assert abs(told["gain"] - 0.24) < 0.05
    assert told["left"] == 19
    with Lab.open(lab) as opened:
        assert [s.record.id for s in opened.store.candidates()] == ["c1", "c0"]
        half = opened.store.calibration().noise_sd / 2
        assert all(
            abs(told[n] / half - round(told[n] / half)) < 1e-6
            for n in ("score", "gain", "champion_score")
        )
        (body,) = opened.store.written("try", "Claude")
        assert body["trials"][0]["score"] != told["score"]  # kept whole, told rounded
        assert opened.recorder.log.verify().ok
    logged = piped("log", "--dir", str(lab), "--json", "--kind", "try").out
    assert str(body["trials"][0]["score"]) not in logged
    assert "+X = 2.9" not in piped("log", "--dir", str(lab), "--json").out


def test_before_the_first_run_a_score_has_two_digits_and_there_is_no_gain(narrow):
    told = json.loads(attempt(narrow, 1.0 + 2 / 3).out)
    assert told["score"] == float(f"{told['score']:.2g}")
    assert told["gain"] is None
    shown = piped("try", "--dir", str(narrow), "--patch", "-", stdin=patch(2.0))
    assert "the champion is not measured yet" in shown.out


def test_the_budget_ends_and_a_proposal_renews_it(narrow):
    assert attempt(narrow, 2.0, "--trials", "2").code == 0
    refused = attempt(narrow, 2.1, "--trials", "2")
    assert (refused.code, "1 trials left until its next proposal" in refused.err) == (3, True)
    assert attempt(narrow, 2.1).code == 0
    assert attempt(narrow, 2.2).code == 3
    said = ("--rationale", "Set X.", "--agent", "Claude", "--dir", str(narrow), "--patch", "-")
    assert piped("submit", *said, stdin=patch(2.1)).code == 0
    assert json.loads(attempt(narrow, 2.2).out)["left"] == 1
    other = attempt(narrow, 2.3, "--trials", "2", agent="another name")
    assert (other.code, "all agents together have 1 trials" in other.err) == (3, True)


def test_a_broken_change_is_told_and_counts(narrow):
    broken = MODEL.replace("import sys", "import sys\nprint('began')\nraise SystemExit('no luck')")
    text = unified("model.py", MODEL.encode(), broken.encode())
    done = piped("try", "--dir", str(narrow), "--patch", "-", "--agent", "a", stdin=text)
    assert done.code == 1
    assert "it does not run" in done.out and "no luck" in done.out and "began" in done.out
    assert "2 trials left" in done.out


def test_what_may_not_change_is_refused_and_costs_nothing(narrow):
    text = unified("program.md", b"", b"Easy.\n")
    done = piped("try", "--dir", str(narrow), "--patch", "-", "--agent", "a", stdin=text)
    assert done.code == 2
    assert "may not run here" in done.err
    with Lab.open(narrow) as lab:
        assert budget(lab, "a").left == 3


@pytest.mark.parametrize("trials", ["0", "-1", "101", "x"])
def test_a_wrong_number_of_trials(tested, trials):
    assert attempt(tested, 2.0, "--trials", trials).code == 2


def test_a_paused_lab_runs_nothing(tested, copied):
    lab = copied(tested)
    assert piped("pause", "--dir", str(lab), "--reason", "Lunch.").code == 0
    assert attempt(lab, 2.0).code == 3


SLOW = MODEL.replace("import json", "import json, time; time.sleep(4)")


def test_kill_nine_in_a_try_costs_nothing_more(narrow, tmp_path):
    (tmp_path / "p").write_text(unified("model.py", MODEL.encode(), SLOW.encode()))
    words = [sys.executable, "-m", "regency.cli", "try", "--dir", str(narrow), "--agent", "a"]
    words += ["--patch", str(tmp_path / "p")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    with Lab.open(narrow) as lab:
        while not lab.store.written("try.begun"):
            time.sleep(0.05)
            assert process.poll() is None
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "try/a/1: loss" in done.stdout and "2 trials left" in done.stdout
    with Lab.open(narrow) as lab:
        assert len(lab.store.written("try.begun")) == len(lab.store.written("try")) == 1
    assert [p.suffix for p in (narrow / ".regency" / "tries").iterdir()] == [".lock"]


def test_a_try_beside_a_run(made, copied):
    lab = copied(made)
    words = [sys.executable, "-m", "regency.cli", "run", "--dir", str(lab), "--max-time", "60s"]
    process = subprocess.Popen([*words, "--workers", "1"], stdout=subprocess.DEVNULL)
    try:
        with Lab.open(lab) as opened:
            while opened.store.calibration() is None:
                time.sleep(0.05)
                assert process.poll() is None
        told = json.loads(attempt(lab, 2.9).out)
        assert process.poll() is None
        assert told["gain"] is not None
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    with Lab.open(lab) as opened:
        assert opened.recorder.log.verify().ok
        assert len(opened.store.written("try")) == 1
