"""The demo as a user's first command, without a terminal."""

import subprocess
import sys
import time

import pytest
from terminal import piped

DEMO = [sys.executable, "-m", "regency.cli", "demo"]


def test_the_first_line_comes_at_once_and_failing_leaves_nothing(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    start = time.monotonic()
    process = subprocess.Popen(
        [*DEMO, "full"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    first = process.stdout.readline()
    assert time.monotonic() - start < 2  # about 0.2 s alone on a core
    assert "an agent improves the training code" in first
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "full is not empty" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]


@pytest.mark.slow
def test_the_demo_ends_by_saying_what_to_do(tmp_path):
    done = subprocess.run(
        [*DEMO, "--max-time", "40s"], cwd=tmp_path, capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--dir regency-demo" in done.stdout
    if "What got better" in done.stdout:
        assert "The budget is unchanged: 2 CPU-seconds" in done.stdout
        assert "\n+" in done.stdout
        assert "regency review approve p1 --dir regency-demo" in done.stdout
    else:
        assert "Nothing was promoted this time" in done.stdout
    assert piped("status", "--dir", str(tmp_path / "regency-demo")).code == 0
