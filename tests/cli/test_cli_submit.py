"""Proposals from outside: folders, commits and patches become candidates."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal import piped

from regency.errors import BadInput
from regency.lab import Lab
from regency.lab.patching import patched
from regency.repo.diff import unified
from regency.repo.provenance import session_id
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


def note(lab, commit: str) -> tuple[str, dict]:
    lines, _, about = git(lab, "notes", "--ref=ai", "show", commit).partition("---\n")
    return lines, json.loads(about)


def test_lines_are_the_agents_session_and_what_a_person_changes_on_top_is_theirs(
    tested, copied, tmp_path
):
    lab = copied(tested)
    text = better_model(2.5).replace("import sys\n", "import sys\n# wider\n")
    patch = unified("model.py", better_model(2.5).encode(), text.encode())
    said = ("--patch", "-", "--agent", "Claude", "--model", "m-1", "--session", "s-42", "--json")
    done = submit(lab, *said, stdin=patch)
    told = json.loads(done.out)
    assert (told["candidate"], told["parent"]) == ("c2", "c1")
    assert piped("fetch", "c2", "--dir", str(lab)).out == "regency/c2\n"
    lines, about = note(lab, "regency/c2")
    ((key, session),) = about["sessions"].items()
    assert session["agent_id"] == {"tool": "Claude", "id": "s-42", "model": "m-1"}
    assert key == session_id("Claude", "s-42")
    assert lines.split()[-1] == "4"

    tree = tmp_path / "tree"
    git(lab, "worktree", "add", "--quiet", str(tree), "regency/c2")
    (tree / "model.py").write_text(text.replace("# wider", "# wider, says Ada"))
    assert submit(lab, "--worktree", str(tree)).out.startswith("c3")
    with Lab.open(lab) as opened:
        c3 = opened.store.candidate("c3").record
    assert (c3.parent, c3.agent.kind) == ("c2", "human")
    lines, about = note(lab, c3.commit)
    assert (list(about["humans"].values()), "sessions" in about) == (
        [{"author": "Ada Tester"}],
        False,
    )
    assert lines.split()[-1] == "4"
    assert "Assisted-by" not in git(lab, "log", "-1", "--format=%B", c3.commit)
    assert "Assisted-by: Claude:m-1" in git(lab, "log", "-1", "--format=%B", "regency/c2")


def test_a_plain_folder_with_only_what_changed(tested, copied, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "model.py").write_text(better_model(2.7))
    done = submit(copied(tested), "--worktree", str(tmp_path / "work"))
    assert (done.code, done.out) == (0, "c2 is queued.\n"), done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "exactly one of"),
        (("--patch", "-", "--worktree", "."), "exactly one of"),
        (("--patch", "-"), "no unified diff"),
        (("--patch", "/no/such"), "cannot be read"),
        (("--worktree", "/no/such"), "not a folder"),
        (("--commit", "nothing"), "nothing"),
        (("--commit", "main", "--parent", "c77"), "c77"),
        (("--patch", "-", "--agent", "--"), "cannot be an agent's name"),
        (("--patch", "-", "--model", "m"), "--agent NAME too"),
        (("--patch", "-", "--max-time", "5s"), "give --wait too"),
        (("--patch", "-", "--rationale", " "), "rationale is empty"),
        (("--commit", "main", "--parent", "c0"), "changes nothing"),
    ],
)
def test_bad_submissions(tested, arguments, says):
    done = submit(tested, *arguments, stdin="hello")
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1


def test_waiting_ends_when_the_lab_is_paused(tested, copied):
    lab = copied(tested)
    assert piped("pause", "--dir", str(lab), "--reason", "Lunch.").code == 0
    patch = unified("model.py", better_model(2.5).encode(), better_model(2.6).encode())
    done = submit(lab, "--patch", "-", "--wait", stdin=patch)
    assert done.code == 3
    assert "Lunch" in done.err


def test_waiting_for_a_verdict_from_a_run_that_begins_later(made, copied, tmp_path):
    lab = copied(made)
    (tmp_path / "p").write_text(unified("model.py", MODEL.encode(), b"raise SystemExit(3)\n"))
    words = [sys.executable, "-m", "regency.cli"]
    said = ["submit", "--dir", str(lab), "--patch", str(tmp_path / "p"), "--rationale", "Broken."]
    waiting = subprocess.Popen(
        [*words, *said, "--wait", "--max-time", "100s"], stdout=subprocess.PIPE, text=True
    )
    run = ["run", "--dir", str(lab), "--max-candidates", "2", "--workers", "1"]
    assert waiting.stdout.readline() == "c1 is queued.\n"
    subprocess.run([*words, *run], stdout=subprocess.DEVNULL, check=True)
    assert waiting.wait(60) == 1
    assert waiting.stdout.read().startswith("c1: invalid.")
