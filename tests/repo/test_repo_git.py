import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from regency.errors import RepositoryError, TrialError
from regency.records import FileEdit
from regency.repo import process as git_module
from regency.repo.git import Repo
from regency.repo.objects import NewCommit, Writer

AUTHOR = ("Ada", "ada@example.org")
FILES = {
    "train.py": b"x = 1\n",
    "with space/ünï cödé.py": b"y = 2\n",
    "deep/" * 12 + "z" * 200 + ".txt": b"z",
    "run.sh": b"#!/bin/sh\n",
    "binary.bin": bytes(range(256)) * 10,
    "crlf.txt": b"a\r\nb\r\n",
}


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def repo(tmp_path: Path):
    write_files(tmp_path / "lab", FILES)
    (tmp_path / "lab" / "run.sh").chmod(0o755)
    made = Repo.create(tmp_path / "lab", "Start", AUTHOR)
    yield made
    made.close()


def change(repo: Repo, edits: dict[str, bytes | None], parent: str = "") -> str:
    new = NewCommit(
        parent or repo.head(), tuple(FileEdit(*e) for e in edits.items()), "m", AUTHOR, 1
    )
    return Writer(repo, durable=False).write([new])[0].commit


def test_reads_what_git_holds(repo: Repo):
    head = repo.head()
    assert head == git(repo.root, "rev-parse", "HEAD").strip()
    assert repo.read(head, FILES) == FILES
    assert repo.read(head, ["absent"]) == {}
    assert repo.tree(head) == git(repo.root, "rev-parse", "HEAD^{tree}").strip()
    assert repo.message(head) == "Start"
    assert repo.parents(head) == ()
    listed = git(repo.root, "ls-tree", "-rz", "--full-tree", "HEAD").split("\0")[:-1]
    expected = {}
    for line in listed:
        meta, _, path = line.partition("\t")
        expected[path] = (int(meta.split()[0], 8), meta.split()[2])
    assert repo.files(head) == expected


def test_materialise_keeps_bytes_and_bits_and_leaves_out(repo: Repo, tmp_path: Path):
    repo.materialise(repo.head(), tmp_path / "out", lambda path: path == "train.py")
    found = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes()
        for p in (tmp_path / "out").rglob("*")
        if p.is_file()
    }
    assert found == {p: c for p, c in FILES.items() if p != "train.py"}
    assert (tmp_path / "out" / "run.sh").stat().st_mode & stat.S_IXUSR
    with pytest.raises(RepositoryError, match="not empty"):
        repo.materialise(repo.head(), tmp_path / "out")


def test_links_are_refused_unless_left_out(repo: Repo, tmp_path: Path):
    (repo.root / "link").symlink_to("/etc/passwd")
    commit = repo.commit(["link"], "link", AUTHOR)
    with pytest.raises(TrialError, match="symbolic link"):
        repo.materialise(commit, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    repo.materialise(commit, tmp_path / "out2", lambda path: path == "link")


def test_a_tree_that_would_escape_is_refused(repo: Repo, tmp_path: Path):
    blob = repo.files(repo.head())["train.py"][1]
    raw = b"100644 ..\0" + bytes.fromhex(blob)
    tree = repo.run("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)
    commit = git(repo.root, "commit-tree", "-m", "bad", tree.decode().strip()).strip()
    with pytest.raises(TrialError, match=r"'\.\.'"):
        repo.materialise(commit, tmp_path / "out")


def test_dirty_names_files(repo: Repo):
    assert repo.is_clean()
    (repo.root / "train.py").write_text("changed\n")
    (repo.root / "with space" / "new one.py").write_text("new\n")
    assert repo.dirty() == ("train.py", "with space/new one.py")
    assert repo.dirty(["train.py", "run.sh"]) == ("train.py",)
    assert repo.is_clean(["run.sh"])
    assert repo.is_clean([])
    repo.commit(["train.py"], "mine", AUTHOR)
    assert repo.dirty() == ("with space/new one.py",)


def test_refs_move_together_or_not_at_all(repo: Repo):
    head, other = repo.head(), change(repo, {"train.py": b"2"})
    repo.update_refs({"refs/heads/regency/champion": head, "refs/regency/x": other})
    assert repo.refs("refs/regency/") == {"refs/regency/x": other}
    with pytest.raises(RepositoryError):
        repo.update_refs({"refs/regency/x": head, "refs/heads/bad": "1" * 40})
    assert repo.refs("refs/regency/") == {"refs/regency/x": other}
    repo.update_refs({"refs/regency/x": None})
    assert repo.refs("refs/regency/") == {}
    assert repo.resolve("regency/champion") == head
    repo.update_refs({"refs/heads/regency/champion": other})
    assert repo.resolve("regency/champion") == other


def test_tag_is_annotated_and_never_replaced(repo: Repo):
    head = repo.head()
    repo.tag("generation/1", head, "Generation 1\n\nwhy", AUTHOR, 1_700_000_000)
    assert git(repo.root, "cat-file", "-t", "generation/1").strip() == "tag"
    assert "why" in git(repo.root, "for-each-ref", "--format=%(contents)", "refs/tags")
    assert repo.refs("refs/tags/") == {"refs/tags/generation/1": head}
    with pytest.raises(RepositoryError, match="already"):
        repo.tag("generation/1", head, "again", AUTHOR, 1)
    git(repo.root, "fsck", "--strict")


def test_branch(repo: Repo):
    head, other = repo.head(), change(repo, {"train.py": b"2"})
    repo.branch("look/c1", other)
    repo.branch("look/c1", other)
    assert repo.refs("refs/heads/look/") == {"refs/heads/look/c1": other}
    with pytest.raises(RepositoryError, match="already"):
        repo.branch("look/c1", head)
    with pytest.raises(RepositoryError):
        repo.branch("bad..name", head)
    assert repo.branch_here() == "refs/heads/main"


def test_resolve_refuses_what_is_no_commit(repo: Repo):
    assert repo.resolve("HEAD") == repo.head()
    assert repo.resolve("main~0") == repo.head()
    for bad in ("nope", "", "--all", "HEAD HEAD", "HEAD\nHEAD", "HEAD:train.py", "0" * 40):
        with pytest.raises(RepositoryError, match="is no commit"):
            repo.resolve(bad)
    assert repo.resolve("HEAD") == repo.head()


def test_diff_ignores_the_users_settings_and_the_trees_attributes(repo: Repo, tmp_path: Path):
    after = change(
        repo, {"train.py": b"x = 3\n", ".gitattributes": b"*.py -diff\n", "run.sh": None}
    )
    plain = repo.diff(repo.head(), after)
    assert "-x = 1\n+x = 3\n" in plain
    assert "deleted file" in plain
    (repo.root / ".gitattributes").write_bytes(b"*.py -diff\n")
    for key, value in {"diff.noprefix": "true", "diff.external": "false", "diff.context": "0",
                       "color.ui": "always", "diff.algorithm": "minimal"}.items():  # fmt: skip
        git(repo.root, "config", key, value)
    git(repo.root, "add", ".gitattributes")
    assert repo.diff(repo.head(), after) == plain
    assert "run.sh" not in repo.diff(repo.head(), after, ["train.py"])


def test_nothing_of_the_users_runs(repo: Repo, tmp_path: Path, monkeypatch):
    witness = tmp_path / "witness"
    hooks = repo.root / ".git" / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "pre-commit", "commit-msg", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {witness}\n")
        (hooks / name).chmod(0o755)
    git(repo.root, "config", "core.fsmonitor", str(hooks / "pre-commit"))
    git(repo.root, "config", "commit.gpgSign", "true")
    git(repo.root, "config", "tag.gpgSign", "true")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Mallory")
    found = Repo.discover(repo.root)
    found.tag("generation/1", found.head(), "m", AUTHOR, 1)
    (repo.root / "train.py").write_text("changed\n")
    assert found.dirty() == ("train.py",)
    commit = found.commit(["train.py"], "m", AUTHOR)
    found.update_refs({"refs/heads/x": commit})
    assert not witness.exists()
    assert b"author Ada <ada@example.org>" in found.run("cat-file", "commit", commit)


def test_the_reader_starts_again_when_it_dies(repo: Repo):
    head = repo.head()
    process = repo.objects._process
    assert process is not None
    process.kill()
    process.wait()
    repo.objects.forget()
    assert repo.read(head, ["train.py"]) == {"train.py": b"x = 1\n"}
    assert repo.objects._process is not process


def test_an_interrupted_read_does_not_leave_its_answer_to_the_next(repo: Repo):
    files = repo.files(repo.head())
    first, second = files["train.py"][1], files["crlf.txt"][1]
    process = repo.objects._process

    class Interrupting:
        def __init__(self, pipe):
            self.pipe = pipe

        def readline(self):
            raise KeyboardInterrupt

        def close(self):
            self.pipe.close()

    process.stdout = Interrupting(process.stdout)
    with pytest.raises(KeyboardInterrupt):
        repo.blob(first)
    assert repo.blob(second) == FILES["crlf.txt"]


def test_references_are_compared_before_they_move(repo: Repo):
    head, other = repo.head(), change(repo, {"train.py": b"2"})
    repo.update_refs({"refs/regency/x": head}, {"refs/regency/x": ""})
    with pytest.raises(RepositoryError):
        repo.update_refs({"refs/regency/x": other}, {"refs/regency/x": ""})
    with pytest.raises(RepositoryError):
        repo.update_refs({"refs/regency/x": other}, {"refs/regency/x": other})
    repo.update_refs({"refs/regency/x": other}, {"refs/regency/x": head})
    assert repo.refs("refs/regency/") == {"refs/regency/x": other}


def test_a_left_over_lock_is_named(repo: Repo):
    lock = repo.root / ".git" / "refs" / "regency" / "x.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(RepositoryError, match=r"remove .*refs/regency/x\.lock"):
        repo.update_refs({"refs/regency/x": repo.head()})


def test_a_fork_does_not_share_the_reader(repo: Repo):
    head = repo.head()
    child = os.fork()
    if child == 0:
        repo.objects.forget()
        os._exit(0 if repo.read(head, ["train.py"]) == {"train.py": b"x = 1\n"} else 1)
    assert os.waitpid(child, 0)[1] == 0
    repo.objects.forget()
    assert repo.read(head, FILES) == FILES


def test_user_falls_back_to_the_login(repo: Repo, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    name, email = repo.user()
    assert name
    assert email
    git(repo.root, "config", "user.name", "Grace Hopper")
    assert repo.user()[0] == "Grace Hopper"


def test_discover_says_what_is_wrong(tmp_path: Path, monkeypatch):
    with pytest.raises(RepositoryError, match="not there"):
        Repo.discover(tmp_path / "gone")
    with pytest.raises(RepositoryError, match="git init"):
        Repo.discover(tmp_path)
    git(tmp_path, "init", "-q", "bare", "--bare")
    with pytest.raises(RepositoryError, match="bare"):
        Repo.discover(tmp_path / "bare")
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(RepositoryError, match="no commits"):
        Repo.discover(tmp_path / "empty")
    with pytest.raises(RepositoryError, match="working tree"):
        Repo.discover(tmp_path / "empty" / ".git")
    git_module.version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="install git"):
        Repo.discover(tmp_path)
    git_module.version.cache_clear()


def test_a_folder_that_vanished(repo: Repo):
    shutil.rmtree(repo.root)
    repo.objects.close()
    repo.objects.forget()
    with pytest.raises(RepositoryError, match="not there"):
        repo.head()
    with pytest.raises(RepositoryError, match="not there"):
        repo.dirty()


def test_a_subfolder_and_a_linked_worktree(repo: Repo, tmp_path: Path):
    assert Repo.discover(repo.root / "with space").root == repo.root
    git(repo.root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repo.discover(tmp_path / "side")
    assert side.root == tmp_path / "side"
    commit = change(side, {"train.py": b"side\n"})
    assert repo.read(commit, ["train.py"]) == {"train.py": b"side\n"}
    assert repo.is_clean()


@pytest.mark.skipif(os.getuid() != 0, reason="needs to change owners")
def test_someone_elses_repository(repo: Repo, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (repo.root, repo.root / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match=r"safe\.directory"):
        Repo.discover(repo.root)


def test_sha256_repository(tmp_path: Path):
    git(tmp_path, "init", "-q", "--object-format=sha256", "new")
    write_files(tmp_path / "new", FILES)
    git(tmp_path / "new", "add", ".")
    git(tmp_path / "new", "-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", "m")
    found = Repo.discover(tmp_path / "new")
    assert found.read(found.head(), FILES) == FILES
    commit = change(found, {"deep/new.py": b"1\n"})
    assert len(commit) == 64
    git(tmp_path / "new", "fsck", "--strict")


def test_references_move_again_after_their_process_died(repo: Repo):
    head = repo.head()
    repo.update_refs({"refs/regency/x": head})
    process = repo._references._process
    process.kill()
    process.wait()
    repo.update_refs({"refs/regency/y": head})
    assert sorted(repo.refs("refs/regency/")) == ["refs/regency/x", "refs/regency/y"]
    assert list(Path(repo.git_dir).rglob("*.lock")) == []


def test_references_follow_what_other_processes_did(repo: Repo):
    head, other = repo.head(), change(repo, {"train.py": b"2"})
    repo.update_refs({"refs/regency/x": head})
    git(repo.root, "pack-refs", "--all")
    git(repo.root, "update-ref", "refs/regency/x", other)
    with pytest.raises(RepositoryError):
        repo.update_refs({"refs/regency/x": head}, {"refs/regency/x": head})
    git(repo.root, "pack-refs", "--all")
    repo.update_refs({"refs/regency/x": head}, {"refs/regency/x": other})
    assert repo.refs("refs/regency/") == {"refs/regency/x": head}


def test_a_user_without_a_name_is_known_by_number(repo: Repo, monkeypatch, tmp_path: Path):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    number = str(os.getuid())
    assert repo.user() == (number, f"{number}@localhost")
