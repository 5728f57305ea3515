import hashlib
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.errors import RepositoryError
from regency.records import FileEdit
from regency.repo import packs
from regency.repo.git import Repo
from regency.repo.loose import Object
from regency.repo.objects import NewCommit, Writer

AUTHOR = ("Ada", "ada@example.org")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def blob(content: bytes, name: str) -> Object:
    whole = b"blob %d\0" % len(content) + content
    return Object(hashlib.new(name, whole).hexdigest(), "blob", content)


@pytest.mark.parametrize("name", ["sha1", "sha256"])
@settings(max_examples=15, deadline=None)
@given(contents=st.lists(st.binary(max_size=5000), min_size=1, max_size=40, unique=True))
def test_index_is_the_one_git_would_make(name, contents):
    with tempfile.TemporaryDirectory() as folder:
        objects = [blob(content, name) for content in contents]
        pack, index = packs.encode(objects, name)
        path = Path(folder) / "p.pack"
        path.write_bytes(pack)
        git(Path(folder), "index-pack", f"--object-format={name}", "-o", "p.idx", "p.pack")
        assert (Path(folder) / "p.idx").read_bytes() == index


@pytest.fixture
def repo(tmp_path: Path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    made = Repo.create(tmp_path, "Start", AUTHOR)
    yield made
    made.close()


def many(repo: Repo, count: int = 12) -> list[NewCommit]:
    edits = [(FileEdit("lib/a.py", b"%d\n" % n),) for n in range(count)]
    return [NewCommit(repo.head(), edit, "m", AUTHOR, 1_700_000_000) for edit in edits]


def test_a_large_batch_is_one_pack_that_git_accepts(repo: Repo):
    done = Writer(repo).write(many(repo))
    repo.objects.forget()
    assert [repo.read(d.commit, ["lib/a.py"])["lib/a.py"] for d in done] == [
        b"%d\n" % n for n in range(12)
    ]
    counts = dict(line.split(": ") for line in git(repo.root, "count-objects", "-v").splitlines())
    assert (counts["packs"], counts["in-pack"], counts["garbage"]) == ("1", "48", "0")
    git(repo.root, "fsck", "--strict")


def test_a_lasting_reader_sees_a_new_pack(repo: Repo):
    reader = Repo.discover(repo.root)
    reader.tree(repo.head())  # it has looked into the folder of packs by now
    done = Writer(repo).write(many(repo))
    assert reader.tree(done[-1].commit) == done[-1].tree
    reader.close()


def test_the_same_batch_twice_is_one_pack(repo: Repo):
    first = Writer(repo).write(many(repo))
    assert Writer(repo).write(many(repo)) == first
    assert len(list((repo.root / ".git" / "objects" / "pack").glob("*.pack"))) == 1


@pytest.mark.parametrize("failing", [1, 2])
def test_a_full_disk_leaves_no_pack(repo: Repo, monkeypatch, failing: int):
    calls = []

    def full(number: int) -> None:
        calls.append(number)
        if len(calls) == failing:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("regency.repo.loose.os.fdatasync", full)
    writer = Writer(repo)
    with pytest.raises(RepositoryError, match="No space left"):
        writer.write(many(repo))
    assert not list((repo.root / ".git" / "objects" / "pack").iterdir())
    assert writer.write(many(repo))
    git(repo.root, "fsck", "--strict")
