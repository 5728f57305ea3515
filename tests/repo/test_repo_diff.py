import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from regency.repo import diff

LINES = st.lists(st.sampled_from([b"a", b"b", b"c = 1", b"", b"-- x", b"++ y", b"d"]), max_size=25)
TEXTS = st.builds(lambda lines, end: b"\n".join(lines) + end, LINES, st.sampled_from([b"\n", b""]))


@settings(max_examples=60, deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_the_diff_applies_with_the_git_program(tmp_path_factory, before: bytes, after: bytes):
    folder = tmp_path_factory.mktemp("apply")
    (folder / "f").write_bytes(before)
    text = diff.unified("f", before, after)
    assert (text == "") == (before == after)
    if text:
        subprocess.run(["git", "apply", "--unidiff-zero", "-"], cwd=folder, check=True,
                       input=text.encode())  # fmt: skip
        assert (folder / "f").read_bytes() == after


@given(TEXTS, TEXTS)
def test_counts_ranges_and_hunks_agree(before: bytes, after: bytes):
    added, removed = diff.changed_lines(before, after)
    assert added - removed == len(diff.split_lines(after)) - len(diff.split_lines(before))
    ranges = diff.added_ranges(before, after)
    assert sum(b - a + 1 for a, b in ranges) == added
    lines = diff.split_lines(after)
    left = [line for n, line in enumerate(lines, 1) if not any(a <= n <= b for a, b in ranges)]
    rest = iter(diff.split_lines(before))
    assert all(any(line == other for other in rest) for line in left)
    parsed = diff.parse(diff.unified("f", before, after))
    marks = [line[:1] for file in parsed for hunk in file.hunks for line in hunk.lines]
    assert (marks.count("+"), marks.count("-")) == (added, removed)
    assert diff.changed_lines(before.decode(), after.decode()) == (added, removed)


def test_new_deleted_and_binary_files():
    text = diff.unified_tree({"old": b"1\n", "same": b"s"}, {"new.py": b"2\n3", "same": b"s"})
    assert text == (
        "diff --git a/new.py b/new.py\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,2 @@\n+2\n+3\n"
        "\\ No newline at end of file\n"
        "diff --git a/old b/old\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"
    )
    new, old = diff.parse(text)
    assert (new.old_path, new.new_path, old.old_path, old.new_path) == ("", "new.py", "old", "")
    assert new.hunks[0].new_start == 1
    assert "Binary files" in diff.unified("b", b"\0", b"\0\1")
    assert diff.changed_lines_of({"a": b"1\n"}, {"b": b"2\n3\n"}) == (2, 1)


def test_a_line_that_looks_like_a_header_stays_in_its_hunk():
    before, after = b"-- a/x\nx\n", b"++ b/y\nx\n"
    (file,) = diff.parse(diff.unified("f", before, after))
    assert file.hunks[0].lines == ("--- a/x", "+++ b/y", " x")


def test_two_edits_far_apart_in_a_long_file_are_quick(tmp_path: Path):
    before = b"".join(b"\n" if n % 2 else b"line %d\n" % n for n in range(40_000))
    after = b"first\n" + before + b"last\n"
    after = after.replace(b"line 20000\n", b"line twenty thousand\n")
    assert diff.changed_lines(before, after) == (3, 1)
    assert diff.added_ranges(before, after)[0] == (1, 1)
