"""Real labs for the command line: made once, copied for each test that changes them."""

import shutil
from pathlib import Path

import pytest
from terminal import piped

from toy_lab import AGENT, SETTINGS, better_model, make_toy_lab


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A real lab in which nothing has run; not to be changed."""
    return make_toy_lab(tmp_path_factory.mktemp("made") / "toy", settings=SETTINGS + AGENT)


@pytest.fixture(scope="session")
def tested(tmp_path_factory) -> Path:
    """A real lab where one candidate, c1, was promoted and waits as p1; not to be changed."""
    return _promoted(tmp_path_factory.mktemp("tested") / "toy", simulated=False)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory) -> Path:
    """The same with simulated humans; not to be changed."""
    return _promoted(tmp_path_factory.mktemp("simulated") / "toy", simulated=True)


@pytest.fixture
def copied(tmp_path):
    """A function that copies a lab, so that a test may change it."""

    def copy(lab: Path) -> Path:
        return Path(shutil.copytree(lab, tmp_path / "lab", symlinks=True))

    return copy


def _promoted(folder: Path, *, simulated: bool) -> Path:
    lab = make_toy_lab(folder, simulated=simulated)
    work = folder.parent / "work"
    work.mkdir()
    (work / "model.py").write_text(better_model(2.5))
    (work / "program.md").write_text((lab / "program.md").read_text())
    said = ("--agent", "outsider", "--rationale", "Set X.\x1b[2J", "--claim", "changes only X")
    done = piped("submit", "--dir", str(lab), "--worktree", str(work), *said)
    assert (done.code, done.out) == (0, "c1 is queued.\n"), done.err
    done = piped("run", "--dir", str(lab), "--max-time", "60s", "--workers", "1")
    assert done.code == 0, done.err
    assert "New champion c1; packet p1 waits for a human." in done.out
    return lab
