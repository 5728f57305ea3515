"""Proposals from outside: folders, commits and patches become candidates."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal import piped

from regency.errors import BadInput
from regency.lab.patching import patched
from regency.repo.diff import unified
from toy_lab import MODEL, better_model, git


def submit(lab, *arguments, stdin=""):
    return piped("submit", "--rationale", "Set X.", "--dir", str(lab), *arguments, stdin=stdin)


def test_a_patch(tested, copied):
    lab = copied(tested)
    patch = unified("model.py", better_model(2.5).encode(), better_model(3.0).encode())
    done = submit(lab, "--patch", "-", "--agent", "Aider", "--model", "m-1", stdin=patch)
    assert (done.code, done.out) == (0, "c2 is queued.\n"), done.err
    shown = piped("show", "c2", "--dir", str(lab)).out
    assert "Aider m-1" in shown
    assert "+X = 3.0" in shown
    assert "made from  c1" in shown


def test_a_commit_is_taken_against_what_it_grew_from(tested, copied):
    lab = copied(tested)
    git(lab, "checkout", "--quiet", "-b", "mine", "main")
    (lab / "model.py").write_text(better_model(2.9))
    git(lab, "commit", "--quiet", "-am", "Mine")
    git(lab, "checkout", "--quiet", "main")
    assert submit(lab, "--commit", "mine").code == 0
    shown = piped("show", "c2", "--dir", str(lab)).out
    assert "made from  c0" in shown
    assert "by         Ada Tester" in shown


def test_a_brief_tree_and_back(tested, copied, tmp_path):
    lab, tree = copied(tested), tmp_path / "tree"
    assert piped("brief", "--dir", str(lab), "--tree", str(tree)).code == 0
    (tree / "model.py").write_text(better_model(2.8))
    (tree / "model.pyc").write_bytes(b"\0")
    (tree / ".gitignore").write_text("*.pyc\n.gitignore\n")
    done = submit(lab, "--worktree", str(tree))
    assert (done.code, done.out) == (0, "c2 is queued.\n"), done.err


def test_files_that_may_not_change_are_a_verdict_not_an_error(tested, copied):
    lab = copied(tested)
    git(lab, "checkout", "--quiet", "-b", "mine", "main")
    (lab / "regency.toml").write_text("# mine now\n")
    git(lab, "commit", "--quiet", "-am", "Mine")
    git(lab, "checkout", "--quiet", "main")
    done = submit(lab, "--commit", "mine")
    assert done.code == 1
    assert done.out.startswith("c2: invalid.")


def test_links_in_a_worktree(tested, tmp_path):
    (tmp_path / "model.py").symlink_to("/etc/passwd")
    done = submit(tested, "--worktree", str(tmp_path))
    assert done.code == 2
    assert "no regular file" in done.err


def test_waiting_ends(tested, copied):
    lab = copied(tested)
    patch = unified("model.py", better_model(2.5).encode(), better_model(2.6).encode())
    done = submit(lab, "--patch", "-", "--wait", "--max-time", "1s", stdin=patch)
    assert done.code == 0
    assert "No run is going on" in done.err
    assert "No verdict yet" in done.err


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c c\n"]), max_size=12).map(b"".join)
ENDS = st.sampled_from([b"", b"end", b"end\n"])


@settings(max_examples=200)
@given(LINES, ENDS, LINES, ENDS)
def test_patches_undo_diffs(old, old_end, new, new_end):
    before, after = old + old_end, new + new_end
    text = unified("f", before, after)
    if before != after:
        assert patched({"f": before, "g": b"g"}, text) == {"f": after, "g": b"g"}


def test_patches_of_git_that_add_and_delete(tmp_path):
    (tmp_path / "a").write_text("one\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    (tmp_path / "a").unlink()
    (tmp_path / "b").write_text("two")
    git(tmp_path, "add", "--intent-to-add", "b")
    text = git(tmp_path, "diff")
    assert patched({"a": b"one\n"}, text) == {"b": b"two"}


def test_a_patch_that_moved_fits():
    patch = unified("model.py", MODEL.encode(), better_model(2.0).encode())
    moved = b"# a new first line\n# and another\n" + MODEL.encode()
    expected = b"# a new first line\n# and another\n" + better_model(2.0).encode()
    assert patched({"model.py": moved}, patch) == {"model.py": expected}


def test_a_patch_on_a_missing_file():
    with pytest.raises(BadInput, match="not there"):
        patched({}, unified("f", b"a\n", b"b\n"))


def test_patch_agrees_with_the_patch_program(tmp_path):
    (tmp_path / "f").write_bytes(MODEL.encode())
    text = unified("f", MODEL.encode(), better_model(2.0).encode())
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=text.encode(), check=True)
    assert patched({"f": MODEL.encode()}, text)["f"] == (tmp_path / "f").read_bytes()
