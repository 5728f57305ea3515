"""Aider's own method on histories whose lines are counted by hand."""

import pytest
from written import Written, git

from regency.errors import BadInput
from regency.measure.authorship.aider import counts, releases

AIDER = ("Paul (aider)", "p@x")
PAUL = ("Paul", "p@x")


@pytest.fixture
def released(tmp_path):
    made = Written(tmp_path)
    old = [f"an old line that was there before, number {n}" for n in range(5)]
    made.commit({"a.py": old, "b.md": ["not source"]}, author=PAUL)
    git(tmp_path, "tag", "v0.1.0", "main")
    made.commit({"a.py": [*old, "one", "two"]}, author=AIDER)
    made.commit({"a.py": [*old, "one", "two", "by hand"]}, author=PAUL)
    made.commit({"b.sh": ["x", "y"]}, "aider: add", author=PAUL)
    git(tmp_path, "tag", "v0.2.0", "main")
    made.commit({"c.py": ["with co-author"]}, "x\n\nCo-authored-by: aider (o3) <a@b>", author=PAUL)
    made.commit({"c.py": ["with co-author", *old], "a.py": ["one", "two", "by hand"]}, author=PAUL)
    made.commit({"d.py": ["form\x0cfeed"], "prompts.py": ["p"]}, author=PAUL)
    git(tmp_path, "tag", "v0.2.1", "main")
    git(tmp_path, "tag", "v0.3.0-rc.0", "main")
    git(tmp_path, "tag", "v0.3.0", "main")
    git(tmp_path, "tag", "v0.10.0", "main")
    return tmp_path


def test_each_release_by_hand(released):
    found = releases(str(released), "v0.1.0", each=True)
    assert [(r.start, r.end) for r in found] == [
        ("v0.1.0", "v0.2.0"), ("v0.2.0", "v0.3.0-rc.0"), ("v0.3.0-rc.0", "v0.3.0"),
        ("v0.3.0", "v0.10.0"),
    ]  # fmt: skip
    first, second, *_ = found
    assert (first.aider, first.lines, first.percentage) == (4, 5, 80.0)
    assert dict(first.authors) == {"Paul (aider)": 4, "Paul": 1}
    # moved lines stay old; the line with a form feed is two, one of them nobody's
    assert dict(second.authors) == {"Paul (aider)": 1, "Paul": 1, "Unknown": 1}
    assert second.percentage == 33.33
    assert (found[3].lines, found[3].percentage) == (0, 0.0)


def test_one_release_and_the_newest(released):
    (found,) = releases(str(released), "v0.1.0", "v0.2.0")
    assert found.percentage == 80.0
    (newest,) = releases(str(released))
    assert (newest.start, newest.end, newest.lines) == ("v0.10.0", "HEAD", 0)


def test_without_a_release_there_is_an_error(tmp_path):
    Written(tmp_path).commit({"a.py": ["x"]})
    with pytest.raises(BadInput, match="--since"):
        releases(str(tmp_path))
    with pytest.raises(BadInput, match="no version"):
        releases(str(tmp_path), "HEAD", each=True)


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("a.py", True), ("x/Dockerfile", True), ("a.md", False), (".github/workflows/ci.yml", True),
        ("ci.yml", False), ("aider/resources/models.yml", True), ("a/x_prompts.py", False),
        ("tests/fixtures/watch.js", False), ("aider/website/install.sh", False), ("ü.py", False),
        ("tests/fixtures/languages/c/test.c", True), ("aider/website/index.html", True),
    ],
)  # fmt: skip
def test_the_files_that_aider_counts(path, counted):
    assert counts(path) is counted
