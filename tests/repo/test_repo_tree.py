import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.repo.tree import apply, edits_between, match, unsafe_path

TREES = st.dictionaries(st.sampled_from(["a", "b/c", "b/d", "e.py"]), st.binary(max_size=8))


@given(TREES, TREES)
def test_edits_between_are_what_apply_makes(before: dict[str, bytes], after: dict[str, bytes]):
    edits = edits_between(before, after)
    assert apply(before, edits) == after
    assert len(edits) == sum(before.get(p) != after.get(p) for p in {*before, *after})


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("train.py", ["train.py"], ["a/train.py", "train.pyc", "trainXpy"]),
        ("*.py", ["a.py", ".py"], ["a/b.py"]),
        ("src/*.py", ["src/a.py"], ["src/a/b.py", "src"]),
        ("**/*.py", ["a.py", "x/y/a.py"], ["a.txt"]),
        ("src/**", ["src/a", "src/b/c"], ["src", "srcs/a"]),
        ("src/", ["src/a", "src/b/c"], ["src"]),
        ("./src/**/t?st.py", ["src/test.py", "src/a/b/tost.py"], ["src/a/t/st.py"]),
        ("[ab].py", ["a.py", "b.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py"]),
        ("a[0-9].py", ["a7.py"], ["ax.py"]),
        ("a[!].py", ["a[!].py"], ["ax.py"]),
        ("a[9-0].py", ["a[9-0].py"], ["a5.py"]),
        ("**", ["a", "a/b"], ["../a", "/etc/passwd", "a/../../b", "a//b", ".git/config", ""]),
    ],
)
def test_globs(pattern: str, yes: list[str], no: list[str]):
    assert [p for p in yes if not match(p, [pattern])] == []
    assert [p for p in no if match(p, [pattern])] == []
    assert match(yes[0], ["nothing", pattern])


@given(st.text("ab*?.", min_size=1, max_size=6), st.text("ab.c", min_size=1, max_size=6))
def test_globs_of_one_part_agree_with_fnmatch(pattern: str, path: str):
    if "**" in pattern or pattern.startswith("./") or unsafe_path(path) or pattern == ".":
        return
    assert match(path, [pattern]) == fnmatch.fnmatchcase(path, pattern)


@given(st.text(max_size=8), st.text(max_size=8))
def test_globs_never_fail(pattern: str, path: str):
    match(path, [pattern])


@pytest.mark.parametrize(
    "path",
    [
        "", "/a", "a/", "a//b", "./a", "a/..", "..", "a\\b", "a\nb", "a\0b", ".git", "a/.Git/x",
        ".g\u200cit", ".git ", ".git.", "git~1", ".git::$INDEX_ALLOCATION", "x" * 256, "a/" * 600,
    ],
)  # fmt: skip
def test_unsafe_paths(path: str):
    assert unsafe_path(path)


def test_ordinary_paths_are_safe():
    for path in ("a", "a b/ü.py", ".gitignore", ".github/x.yml", "a.git/b", "x" * 255, "..a"):
        assert not unsafe_path(path)
