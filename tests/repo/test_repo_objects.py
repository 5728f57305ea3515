import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regency.errors import RepositoryError, TrialError
from regency.records import FileEdit
from regency.repo import objects
from regency.repo.git import Repo
from regency.repo.objects import ARCHIVE, NewCommit, Writer
from regency.repo.tree import apply

AUTHOR = ("Ada <x>\n", "ada@example.org")
START = {"train.py": b"x = 1\n", "lib/a.py": b"a\n", "lib/sub/b.py": b"b\n", "lib.py": b"c\n"}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def repo(tmp_path: Path):
    for path, content in START.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    made = Repo.create(tmp_path, "Start", ("Ada", "ada@example.org"))
    yield made
    made.close()


def commit(parent: str | int, *edits: FileEdit, message: str = "m") -> NewCommit:
    return NewCommit(parent, edits, message, AUTHOR, 1_700_000_000)


def test_a_batch_whose_commits_build_on_one_another(repo: Repo):
    head = repo.head()
    written = Writer(repo).write([
        commit(head, FileEdit("train.py", b"1\n"), message="first\n\nRegency-Candidate: c1"),
        commit(0, FileEdit("new/deep/file.py", b"2\n", 0o100755), FileEdit("lib/a.py", None)),
        commit(1, FileEdit("new/deep/file.py", None)),
    ])  # fmt: skip
    first, second, third = written
    assert repo.parents(second.commit) == (first.commit,)
    assert repo.tree(third.commit) == third.tree
    assert sorted(repo.files(second.commit)) == [
        "lib.py", "lib/sub/b.py", "new/deep/file.py", "train.py"
    ]  # fmt: skip
    assert repo.files(second.commit)["new/deep/file.py"][0] == 0o100755
    assert "new/deep/file.py" not in repo.files(third.commit)
    seen = git(repo.root, "show", "--format=%an|%ae|%B", "--name-only", first.commit)
    assert "Ada x|ada@example.org|first\n\nRegency-Candidate: c1" in seen
    assert "unreachable" not in git(repo.root, "fsck", "--strict", "--no-dangling")


def test_the_same_commit_twice_is_one(repo: Repo):
    writer, new = Writer(repo), commit(repo.head(), FileEdit("train.py", b"1\n"))
    assert writer.write([new, new])[0] == writer.write([new])[0]


def test_files_and_folders_change_places(repo: Repo):
    written = Writer(repo).write([
        commit(repo.head(), FileEdit("train.py/x", b"1"), FileEdit("train.py", None)),
        commit(0, FileEdit("train.py", b"back"), FileEdit("train.py/x", None)),
        commit("", FileEdit("a/b", b"root"), FileEdit("a/c", b"root")),
    ])  # fmt: skip
    assert "train.py/x" in repo.files(written[0].commit)
    assert repo.read(written[1].commit, ["train.py"]) == {"train.py": b"back"}
    assert repo.parents(written[2].commit) == ()
    assert sorted(repo.files(written[2].commit)) == ["a/b", "a/c"]
    git(repo.root, "fsck", "--strict", "--no-dangling")


PATHS = st.sampled_from([
    "train.py", "lib/a.py", "lib/sub/b.py", "lib.py", "lib/z z.py", "n/m/o.py", "lib-a.py", "é"
])  # fmt: skip
EDITS = st.dictionaries(PATHS, st.one_of(st.none(), st.binary(max_size=30)), max_size=6)


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_trees_are_as_git_would_write_them(repo: Repo, rounds: list[dict[str, bytes | None]]):
    writer, files, parent = Writer(repo, durable=False), dict(START), repo.head()
    for changes in rounds:
        edits = [FileEdit(p, c) for p, c in changes.items() if c is not None or p in files]
        written = writer.write([commit(parent, *edits)])[0]
        files, parent = apply(files, edits), written.commit
        assert repo.read(parent, repo.files(parent)) == files
        index = {"GIT_INDEX_FILE": str(repo.root / ".git" / "other"), "PATH": os.environ["PATH"]}
        for arguments in (["read-tree", parent], ["write-tree"]):
            done = subprocess.run(["git", *arguments], cwd=repo.root, env=index,
                                  capture_output=True, check=True)  # fmt: skip
        assert done.stdout.decode().strip() == written.tree
    git(repo.root, "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (FileEdit("../evil", b""), "'..'"),
        (FileEdit("/evil", b""), "absolute"),
        (FileEdit("lib/.GIT/hooks/pre-commit", b""), "git's own"),
        (FileEdit("link", b"/etc/passwd", 0o120000), "regular"),
        (FileEdit("train.py/x", b""), "folder"),
        (FileEdit("lib", b""), "folder"),
        (FileEdit("lib", None), "cannot be deleted"),
        (FileEdit("gone.py", None), "cannot be deleted"),
    ],
)
def test_impossible_edits_are_the_candidates_fault(repo: Repo, edit: FileEdit, reason: str):
    writer, head = Writer(repo), repo.head()
    before = {p for p in (repo.root / ".git" / "objects").rglob("*") if p.is_file()}
    with pytest.raises(TrialError, match=reason):
        writer.write([commit(head, FileEdit("train.py", b"fine\n")), commit(0, edit)])
    assert {p for p in (repo.root / ".git" / "objects").rglob("*") if p.is_file()} == before
    assert writer.write([commit(head, FileEdit("train.py", b"fine\n"))])


def test_keepers_hold_candidates_through_gc(repo: Repo):
    writer, head = Writer(repo), repo.head()
    made = writer.write([commit(head, FileEdit("train.py", b"%d\n" % n)) for n in range(5)])
    lost = writer.write([commit(head, FileEdit("train.py", b"lost\n"))])[0].commit
    commits = [w.commit for w in made]
    writer.keep(commits[:2], 1)
    writer.keep(commits[2:4], 1)
    assert writer.kept() == set(commits[:4])
    assert writer.repair(commits, 1) == (commits[4],)
    assert writer.repair(commits, 1) == ()
    assert writer.keep([], 1) == ""
    git(repo.root, "reflog", "expire", "--expire=now", "--all")
    git(repo.root, "gc", "-q", "--prune=now")
    fresh = Repo.discover(repo.root)
    assert [fresh.tree(c) for c in commits] == [w.tree for w in made]
    with pytest.raises(RepositoryError):
        fresh.tree(lost)
    assert list(repo.refs("refs/regency/")) == [ARCHIVE]
    assert "Keep" not in git(repo.root, "log", "--format=%s", "--branches")


def test_two_processes_keep_at_once(repo: Repo, monkeypatch):
    writer, other = Writer(repo), Writer(Repo.discover(repo.root))
    edits = (FileEdit("train.py", b"%d\n" % n) for n in range(2))
    one, two = (w.commit for w in writer.write([commit(repo.head(), e) for e in edits]))
    archive, calls = writer._archive, []

    def slow() -> str:
        found = archive()
        calls.append(found)
        if len(calls) == 1:
            other.keep([two], 1)
        return found

    monkeypatch.setattr(writer, "_archive", slow)
    writer.keep([one], 1)
    assert other.kept() == {one, two}


def test_repair_says_when_a_commit_is_gone(repo: Repo):
    with pytest.raises(RepositoryError, match="no object"):
        Writer(repo).repair(["1" * 40], 1)


def test_packing_keeps_everything_readable_and_small(repo: Repo, monkeypatch):
    monkeypatch.setattr(objects, "_LOOSE_LIMIT", 60)
    monkeypatch.setattr(objects, "_PACKS_LIMIT", 3)
    writer, parent = Writer(repo, durable=False), repo.head()
    made = []
    for n in range(140):
        parent = writer.write([commit(parent, FileEdit("lib/a.py", b"%d\n" % n))])[0].commit
        writer.keep([parent], n)
        made.append(parent)
    counts = dict(line.split(": ") for line in git(repo.root, "count-objects", "-v").splitlines())
    assert int(counts["count"]) < 70
    assert int(counts["packs"]) <= 4
    assert counts["garbage"] == "0"
    repo.objects.forget()
    assert [repo.read(c, ["lib/a.py"])["lib/a.py"] for c in made] == [
        b"%d\n" % n for n in range(140)
    ]
    assert writer.kept() == set(made)
    git(repo.root, "fsck", "--strict")


def test_a_full_disk_leaves_nothing_half_written(repo: Repo, monkeypatch):
    writer, head = Writer(repo), repo.head()
    calls = []

    def full(number: int) -> None:
        calls.append(number)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("regency.repo.loose.os.fdatasync", full)
    with pytest.raises(RepositoryError, match="No space left"):
        writer.write([commit(head, FileEdit("lib/a.py", b"new\n"))])
    assert not list((repo.root / ".git" / "objects").rglob("tmp_obj_*"))
    assert writer.write([commit(head, FileEdit("lib/a.py", b"new\n"))])
