"""The replay against git's own blame, on histories as tangled as they come."""

from array import array

import pytest
from written import START, Written, git, tangle

from regency.errors import RepositoryError
from regency.measure.authorship.replay import Replay
from regency.repo.history import History


def replayed(folder, *, moves=False):
    history = History.discover(folder)
    commits = list(history.commits("HEAD"))

    def nobody(number, births, changed):
        return [array("I", [0]) * len(b.lines) for b in births]

    return commits, Replay(history, commits, nobody, moves=moves).run()


def origins(commits, found, path):
    return [commits[found.lines.born[line]].commit for line in found.files[path].lines]


def blamed(folder, path):
    stretches = History.discover(folder).blame("HEAD", path)
    return [s.commit for s in stretches for _ in range(s.lines)]


@pytest.mark.parametrize("seed", range(6))
def test_every_line_has_the_origin_that_git_blame_gives_it(tmp_path, seed):
    tangle(tmp_path / "r", seed)
    commits, found = replayed(tmp_path / "r")
    listed = set(git(tmp_path / "r", "ls-tree", "-r", "--name-only", "HEAD").splitlines())
    assert set(found.files) == listed
    for path in found.files:
        assert origins(commits, found, path) == blamed(tmp_path / "r", path), path


@pytest.mark.parametrize("seed", range(12, 15))
def test_every_line_is_born_once_and_ends_once(tmp_path, seed):
    tangle(tmp_path / "r", seed)
    commits, found = replayed(tmp_path / "r", moves=True)
    alive = [line for entry in found.files.values() for line in entry.lines]
    assert not any(found.lines.ended[line] for line in alive)
    ended = sum(1 for end in found.lines.ended if end)
    assert len(set(alive)) + ended + found.lost == len(found.lines.born)
    for born, end in zip(found.lines.born, found.lines.ended, strict=True):
        assert not end or commits[end - 1].committed >= commits[born].committed


def test_moved_lines_keep_their_origin_and_move_once(tmp_path):
    made = Written(tmp_path / "r")
    block = [f"a rather long line of code, number {n}" for n in range(4)]
    first = made.commit({"a": [*block, "x", "y"], "b": ["z"]})
    second = made.commit({"a": ["x", "y"], "b": ["z", *block, *block]})
    commits, plain = replayed(tmp_path / "r")
    assert origins(commits, plain, "b") == [first] + [second] * 8
    commits, moved = replayed(tmp_path / "r", moves=True)
    assert sorted(origins(commits, moved, "b")) == sorted([first] * 5 + [second] * 4)
    made.commit({"a": ["y", "x"]})  # too short to be more than chance
    commits, moved = replayed(tmp_path / "r", moves=True)
    assert len(set(origins(commits, moved, "a"))) == 2


def test_text_that_was_binary_for_a_while(tmp_path):
    made = Written(tmp_path / "r")
    made.commit({"a": ["1", "2"]})
    made.commit({"a": b"1\0\n2\n"})
    back = made.commit({"a": ["1", "2"]})
    last = made.commit({"a": ["1", "two"]})
    commits, found = replayed(tmp_path / "r")
    assert origins(commits, found, "a") == [back, last] == blamed(tmp_path / "r", "a")


def test_a_file_that_becomes_a_link_and_odd_names(tmp_path):
    made = Written(tmp_path / "r")
    odd = 'sp ace/"quo\tte"/ümlaut\n'
    quoted = '"sp ace/\\"quo\\tte\\"/\\303\\274mlaut\\n"'
    first = made.commit({quoted: ["1"], "a": ["1"]})
    made.commit({quoted: ["1", "2"], "b": b"no end"})
    link = git(made.folder, "hash-object", "-w", "--stdin", stdin=b"b")
    said = f"commit refs/heads/main\ncommitter A <a@x> {START + 10**6} +0000\ndata 1\nm\n"
    said += f"from refs/heads/main^0\nM 120000 {link} a\n\n"
    git(made.folder, "fast-import", "--quiet", stdin=said.encode())
    commits, found = replayed(made.folder)
    assert set(found.files) == {odd, "b"}
    assert origins(commits, found, odd)[0] == first
    assert len(found.files[odd].lines) == 2 and len(found.files["b"].lines) == 1


def test_a_missing_object_is_an_error_and_no_number(tmp_path):
    made = Written(tmp_path / "r")
    made.commit({"a": ["1", "2"]})
    made.commit({"a": ["1", "3"]})
    blob = git(made.folder, "rev-parse", "HEAD^:a")
    pack = next((made.folder / ".git/objects/pack").glob("*.pack"), None)
    if pack:
        data = pack.read_bytes()
        for old in (made.folder / ".git/objects/pack").iterdir():
            old.unlink()
        git(made.folder, "unpack-objects", "-q", stdin=data)
    (made.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(RepositoryError, match="git log failed"):
        replayed(made.folder)
