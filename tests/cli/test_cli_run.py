"""A run as a process of its own: stopped, refused a second time, gone on with."""

import json
import signal
import subprocess
import sys
import time

from terminal import piped, typed

COMMAND = [sys.executable, "-m", "regency.cli", "run"]


def begin(lab):
    process = subprocess.Popen(
        [*COMMAND, "--dir", str(lab), "--workers", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert "Luck alone moves loss" in process.stdout.readline()
    return process


def status(lab):
    return json.loads(piped("status", "--dir", str(lab), "--json").out)


def test_a_run_is_stopped_cleanly_and_gone_on_with(made, copied):
    lab = copied(made)
    process = begin(lab)
    try:
        assert status(lab)["running"] == process.pid
        second = piped("run", "--dir", str(lab))
        assert second.code == 3
        assert f"process {process.pid}" in second.err
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Stopping at the next step" in err
    assert "Traceback" not in err
    assert "Go on with: regency run" in out
    before = status(lab)
    assert before["running"] is None
    done = piped("run", "--dir", str(lab), "--max-candidates", "1", "--workers", "1")
    assert done.code == 0, done.err
    assert "Ended after" in done.out
    after = status(lab)
    assert after["counts"]["trials"] > before["counts"]["trials"]
    assert (
        len(
            json.loads(piped("log", "--kind", "calibration", "--dir", str(lab), "--json").out)[
                "entries"
            ]
        )
        == 1
    )


def test_twice_is_at_once(made, copied):
    process = begin(copied(made))
    try:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        process.communicate(timeout=30)
        assert time.monotonic() - start < 10
    finally:
        process.kill()
    assert process.returncode == 130


def test_live_progress_at_a_terminal(made, copied):
    lab = copied(made)
    done = typed("run", "--dir", str(lab), "--max-candidates", "3", "--workers", "1")
    assert done.code == 0, done.out
    for words in ("champion", "candidates", "a minute", "time"):
        assert words in done.out, words


def test_nothing_to_do(tested):
    done = piped("run", "--dir", str(tested))
    assert done.code == 2
    assert "nothing to do" in done.err


def test_the_author_cannot_approve_alone(made, copied, tmp_path):
    lab = copied(made)
    work = tmp_path / "work"
    work.mkdir()
    for name in ("model.py", "program.md"):
        (work / name).write_text((lab / name).read_text().replace("X = 1.0", "X = 2.5"))
    said = ("--rationale", "Set X.", "--dir", str(lab))
    assert piped("submit", *said, "--worktree", str(work)).code == 0
    done = piped("run", "--dir", str(lab), "--max-candidates", "1", "--workers", "1")
    assert "New champion c1" in done.out, done.err
    decided = typed(
        "review", "approve", "p1", "--dir", str(lab), "--reason", "mine", keys="y\n",
        wait_for="[y/N]",
    )  # fmt: skip
    assert "1 missing" in decided.out
    assert "✗" in decided.out


def test_a_lab_folder_that_vanishes(made, copied):
    lab = copied(made)
    process = begin(lab)
    lab.rename(lab.with_name("elsewhere"))
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode in (1, 2)
    assert err.startswith("regency: ")
    assert "Traceback" not in err
