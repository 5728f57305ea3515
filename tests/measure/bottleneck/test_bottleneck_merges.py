"""Real histories: what was merged, when it waited, what shows a review, and what is wrong."""

import subprocess
import time

import pytest
from review_histories import DAY, NOW, START, Commit, history

from regency.errors import RepositoryError
from regency.measure.bottleneck import merges
from regency.measure.bottleneck.items import Item, Sign, Stream
from regency.repo.git import Repo
from toy_lab import git

ROOT = Commit("root")


def read(folder, now: float = NOW, **wanted) -> Stream:
    repo = Repo.discover(folder)
    try:
        return merges.stream(repo, merges.Reading(**wanted), now=now)
    finally:
        repo.close()


def days(item: Item) -> list[float | None]:
    return [None if t is None else (t - START) / DAY for t in item.times]


def only(stream: Stream) -> Item:
    items = [i for i in stream.items if i.times[2] != START]
    assert len(items) == 1
    return items[0]


def test_a_merge_waits_from_its_last_change(tmp_path):
    made = history(tmp_path / "r", [
        ROOT,
        Commit("a", ("root",), 1.0, message="First"),
        Commit("b", ("a",), 2.0, 3.0, message="Second"),
        Commit("m", ("root", "b"), 7.0, author="Bea", committer="GitHub",
               message="Merge pull request #4 from ada/b"),
    ])  # fmt: skip
    item = only(read(made))
    assert days(item) == [1.0, 3.0, 7.0]
    assert (item.sign, item.reviewer) == (Sign.SECOND, "Bea")
    assert (item.arrived, item.served) == (START + 3 * DAY, START + 7 * DAY)


def test_who_merges_may_be_who_reviewed_but_not_who_wrote(tmp_path):
    for who, sign in (("Bea", Sign.REVIEWED), ("Ada", Sign.SECOND)):
        said = f"Merge a\n\nReviewed-by: {who} <{who.lower()}@example.org>"
        made = history(tmp_path / who, [
            ROOT,
            Commit("a", ("root",), 1.0),
            Commit("m", ("root", "a"), 2.0, author="Bea", message=said),
        ])  # fmt: skip
        assert only(read(made)).sign is sign


def test_every_commit_belongs_to_the_first_merge_that_brought_it(tmp_path):
    made = history(tmp_path / "r", [
        ROOT,
        Commit("a", ("root",), 1.0),
        Commit("m1", ("root", "a"), 2.0, message="Merge branch 'a' into 'main'"),
        Commit("b", ("a",), 3.0),
        Commit("m2", ("m1", "b"), 5.0, message="Merge branch 'b' into 'main'"),
    ])  # fmt: skip
    first, second = (i for i in read(made).items if i.arrived is not None)
    assert days(first) == [1.0, 1.0, 2.0]
    assert days(second) == [3.0, 3.0, 5.0], "commit a came in before"
    assert first.sign is Sign.FORGE


def test_octopus_and_updates_count_once_and_are_named(tmp_path):
    made = history(tmp_path / "r", [
        ROOT,
        Commit("a", ("root",), 1.0),
        Commit("b", ("root",), 2.0),
        Commit("m", ("root", "a", "b"), 4.0, message="Merge branches 'a' and 'b'"),
        Commit("c", ("root",), 4.5),
        Commit("pull", ("m", "c"), 5.0, message="Merge branch 'main' of example.org:x"),
    ])  # fmt: skip
    stream = read(made)
    assert days(only(stream)) == [1.0, 2.0, 4.0]
    assert any("more than two parents" in p for p in stream.problems)
    assert any("up to date" in p for p in stream.problems)


@pytest.mark.parametrize(
    ("message", "committer", "sign"),
    [
        ("Fix\n\nReviewed-by: Bea <bea@example.org>", "", Sign.REVIEWED),
        ("Fix\n\nAcked-by: Bea <bea@example.org>\n", "", Sign.REVIEWED),
        ("Fix\n\nReviewed-by: Ada <ada@example.org>", "", Sign.NONE),
        ("Fix\n\nSigned-off-by: Ada <ada@example.org>", "", Sign.NONE),
        ("Fix\n\nSigned-off-by: Bea <bea@example.org>", "", Sign.SECOND),
        ("Fix", "Bea", Sign.SECOND),
        ("Fix (#123)", "GitHub", Sign.FORGE),
        ("Fix\n\nChange-Id: I1\nReviewed-on: https://example.org/7", "", Sign.FORGE),
        ("Fix", "", Sign.NONE),
        ("Fix", "renovate[bot]", Sign.NONE),
    ],
)
def test_signs_of_review(tmp_path, message, committer, sign):
    made = history(
        tmp_path / "r",
        [ROOT, Commit("a", ("root",), 1.0, 3.0, committer=committer, message=message)],
    )
    item = only(read(made))
    assert item.sign is sign
    assert days(item) == [1.0, None, 3.0]


def test_a_squash_without_an_earlier_date_shows_no_wait(tmp_path):
    made = history(tmp_path / "r", [ROOT, Commit("a", ("root",), 3.0, message="Fix (#1)")])
    item = only(read(made))
    assert (item.arrived, item.served) == (None, START + 3 * DAY)


def test_clock_skew_leaves_the_merge_and_not_the_wait(tmp_path):
    made = history(tmp_path / "r", [
        ROOT,
        Commit("a", ("root",), 9.0),
        Commit("m", ("root", "a"), 4.0, message="Merge a"),
    ])  # fmt: skip
    stream = read(made)
    assert days(only(stream)) == [None, None, 4.0]
    assert any("clock skew" in p for p in stream.problems)


def test_a_date_in_the_future_is_named_and_does_not_stretch_time(tmp_path):
    made = history(tmp_path / "r", [
        ROOT, Commit("a", ("root",), 1.0, 2.0), Commit("b", ("a",), 5000.0)
    ])  # fmt: skip
    stream = read(made)
    assert stream.until == START + 2 * DAY
    assert days(only(stream)) == [1.0, None, 2.0]
    assert any("future" in p for p in stream.problems)


def test_branches_wait_unless_landed_long_silent_or_of_a_release(tmp_path):
    made = history(tmp_path / "r", [
        ROOT,
        Commit("fresh", ("root",), 95.0, message="Fresh"),
        Commit("old", ("root",), 2.0, message="Old"),
        Commit("landed", ("root",), 90.0, message="Landed"),
        Commit("v2", ("root",), 94.0, message="Two"),
        Commit("squashed", ("root",), 91.0, 91.0, message="Landed (#7)"),
        Commit("end", ("squashed",), 100.0, message="End"),
    ], fresh="fresh", old="old", landed="landed", release__2="v2")  # fmt: skip
    waiting = {i.id: i for i in read(made, abandoned_s=30 * DAY).items if i.sign is Sign.WAITING}
    assert set(waiting) == {"fresh", "old"}
    assert waiting["fresh"].left is None and waiting["fresh"].served is None
    assert waiting["old"].left == START + 32 * DAY


def test_a_shallow_clone_says_so(tmp_path):
    made = history(tmp_path / "r", [
        ROOT, Commit("a", ("root",), 1.0, 2.0), Commit("b", ("a",), 3.0, 4.0)
    ])  # fmt: skip
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{made}", str(tmp_path / "s")], check=True
    )
    stream = read(tmp_path / "s")
    assert any("shallow" in p for p in stream.problems)
    assert len(stream.items) == 1


def test_missing_contents_leave_all_but_the_minutes(tmp_path):
    made = history(tmp_path / "r", [ROOT, Commit("a", ("root",), 1.0, 2.0)])
    packs = made / ".git" / "objects" / "pack"
    for pack in packs.glob("*.pack"):
        moved = tmp_path / pack.name
        pack.rename(moved)
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as stream:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=made, stdin=stream, check=True)
    blob = git(made, "rev-parse", "HEAD:a").strip()
    (made / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    stream = read(made)
    assert days(only(stream)) == [1.0, None, 2.0]
    assert stream.minutes is None
    assert any("Sizes of changes cannot be read" in p for p in stream.problems)


def test_minutes_of_merges_are_those_of_what_they_brought_in(tmp_path):
    made = history(tmp_path / "r", [ROOT])
    git(made, "reset", "--quiet", "--hard")
    git(made, "checkout", "--quiet", "-b", "topic")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for lines in (50, 100):
        (made / "long.txt").write_text("line\n" * lines)
        git(made, "add", ".")
        git(made, *who, "commit", "--quiet", "-m", f"{lines} lines")
    git(made, "checkout", "--quiet", "main")
    git(made, *who, "merge", "--quiet", "--no-ff", "-m", "Merge topic", "topic")
    assert read(made, now=time.time()).minutes == pytest.approx((100 / 500 * 60, 100 / 200 * 60))


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(RepositoryError, match="not in a git repository"):
        read(tmp_path)
    git(tmp_path, "init", "--quiet", ".")
    with pytest.raises(RepositoryError, match="no commits"):
        read(tmp_path)
    made = history(tmp_path / "r", [ROOT])
    with pytest.raises(RepositoryError, match="no commit of"):
        read(made, revision="nowhere")
    with pytest.raises(RepositoryError, match="before the time"):
        read(made, until=START - DAY)


def test_names_that_are_hostile_stay_names(tmp_path):
    message = "Evil \x1f\x1e %x00 subject\n\nReviewed-by: <>\nReviewed-by: no address"
    made = history(tmp_path / "r", [ROOT, Commit("a", ("root",), 1.0, 2.0, message=message)])
    item = only(read(made))
    assert item.sign is Sign.REVIEWED
    assert days(item) == [1.0, None, 2.0]


def test_review_minutes_come_from_lines_between_two_paces(tmp_path):
    made = history(tmp_path / "r", [ROOT, Commit("a", ("root",), 1.0, 2.0)])
    assert read(made).minutes == (1.0, 1.0), "one line: the least there is"
    assert read(made, sample=0).minutes is None
