"""Bad input: one line that says what to do, the right exit code, nothing half-written."""

import fcntl

import pytest
from terminal import piped

from toy_lab import SETTINGS, better_model, git, make_toy_repo


def refused(done, code, *words):
    assert done.code == code, done
    assert done.err.startswith("regency: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def test_no_lab_here(tmp_path):
    for command in ("status", "run", "tree", "log", "brief", "review", "pause"):
        refused(piped(command, cwd=tmp_path), 2, "not in a lab", "regency init")
    refused(piped("status", "--dir", str(tmp_path / "gone")), 2, "not a folder")


def test_settings_but_no_lab_yet(tmp_path):
    refused(piped("status", cwd=make_toy_repo(tmp_path / "toy")), 2, "regency init")


def test_init_without_settings(tmp_path):
    repo = make_toy_repo(tmp_path / "toy")
    git(repo, "rm", "--quiet", "regency.toml")
    git(repo, "commit", "--quiet", "-m", "No settings")
    refused(piped("init", str(repo)), 2, "regency.toml", "--starter")


def test_init_outside_git(tmp_path):
    (tmp_path / "regency.toml").write_text(SETTINGS)
    refused(piped("init", str(tmp_path)), 2, "git")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "toy"', 'name = "toy', ("not valid TOML", "line 2")),
        ('goal = "minimize"', 'goal = "smaller"', ("line", "score.goal")),
        ("max_changed_lines", "max_changed_line", ("max_changed_line", "no such key")),
        ('editable = ["model.py"]', 'editable = ["*.rs"]', ("*.rs", "matches no file")),
        ('"python", "model.py"', '"no-such-program", "x"', ("no-such-program", "not there")),
        ('kind = "mutate"', 'kind = "mutant"', ("mutant",)),
    ],
)
def test_broken_settings(tmp_path, old, new, words):
    settings = (SETTINGS + '\n[agents.mutate]\nkind = "mutate"\n').replace(old, new)
    repo = make_toy_repo(tmp_path / "toy", settings)
    refused(piped("init", str(repo)), 2, *words)
    assert not (repo / ".regency").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy"]


def test_dirty_tree(tmp_path):
    repo = make_toy_repo(tmp_path / "toy")
    (repo / "model.py").write_text(better_model(2.0))
    refused(piped("init", str(repo)), 2, "uncommitted", "model.py")


def test_init_into_a_full_folder_and_of_an_unknown_lab(tmp_path):
    (tmp_path / "file").write_text("x")
    refused(piped("init", str(tmp_path), "--lab", "tiny_lm"), 2, "not empty")
    refused(piped("init", str(tmp_path / "new"), "--lab", "huge"), 2, "huge", "tiny_lm")
    assert not (tmp_path / "new").exists()


def test_init_of_a_lab(made):
    refused(piped("init", str(made)), 2, "already")


def test_unknown_agent(made):
    refused(piped("run", "--agent", "nobody", "--dir", str(made)), 2, "nobody", "mutate")


def test_a_second_run_is_refused(made, copied):
    lab = copied(made)
    with (lab / ".regency" / "run.lock").open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        refused(piped("run", "--dir", str(lab)), 3, "already being run")
    done = piped("status", "--dir", str(lab))
    assert done.code == 0


@pytest.mark.parametrize("name", ["c99", "p7", "generation/8", "nonsense", "c1; rm -rf /"])
def test_unknown_ids(tested, name):
    refused(piped("show", name, "--dir", str(tested)), 2)
    refused(piped("fetch", name, "--dir", str(tested)), 2)


def test_usage_errors():
    refused(piped("frobnicate"), 2, "No such command", "--help")
    refused(piped("run", "--max-time", "soon"), 2, "not a duration")
    refused(piped("run", "--max-candidates", "0"), 2, "--max-candidates")
    refused(piped("show"), 2, "ID")


def test_submissions_that_cannot_be_read(tested, tmp_path):
    def submitted(*arguments, stdin=""):
        said = ("--rationale", "x", "--dir", str(tested))
        return piped("submit", *said, *arguments, stdin=stdin)

    refused(submitted(), 2, "exactly one")
    refused(submitted("--patch", str(tmp_path / "gone")), 2, "cannot be read")
    refused(submitted("--patch", "-", stdin="hello\n"), 2, "no unified diff")
    refused(submitted("--commit", "no-such"), 2, "no commit")
    refused(submitted("--worktree", str(tmp_path / "gone")), 2, "not a folder")
    refused(submitted("--commit", "HEAD", "--parent", "c0"), 2, "changes nothing")
    misfit = "--- a/model.py\n+++ b/model.py\n@@ -1,1 +1,1 @@\n-import yaml\n+import os\n"
    refused(submitted("--patch", "-", stdin=misfit), 2, "does not fit model.py")


def test_a_damaged_database_and_a_missing_key(tested, copied):
    lab = copied(tested)
    (lab / ".regency" / "private" / "ledger.key").unlink()
    refused(piped("status", "--dir", str(lab)), 2, "key")
    for name in ("lab.db", "lab.db-wal"):
        (lab / ".regency" / name).write_bytes(b"not a database at all" * 500)
    done = piped("status", "--dir", str(lab))
    assert done.code in (1, 2)
    assert "Traceback" not in done.err
