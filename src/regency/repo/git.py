"""The git program: the only home of git processes, kept apart from the user's git settings.

Knows processes, revisions, trees and references. Knows nothing of candidates, labs or agents, and
never touches the index or the working tree of a repository that it did not create.
"""

import contextlib
import functools
import getpass
import os
import re
import shutil
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from regency.errors import RepositoryError, TrialError
from regency.repo.encoding import (
    EXECUTABLE,
    FOLDER,
    REGULAR,
    decode_tree,
    encode_tag,
    text_bytes,
)
from regency.repo.tree import unsafe_path

OLDEST = (2, 30)
_REGULAR = (REGULAR, 0o100664, EXECUTABLE)
_KINDS = {0o120000: "a symbolic link", 0o160000: "a submodule"}
_CACHED_OBJECTS = 2048
_CACHED_BYTES = 256 << 10

# The user's hooks, monitors, filters, pagers and signing keys are theirs: none may run or be asked
# for because a program looks at a repository.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
)
_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_DIFF = (
    "diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
    "--full-index", "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=histogram",
    "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


def environment(git_dir: str | None = None) -> dict[str, str]:
    """Return a process environment in which git obeys us and not the caller's ``GIT_*``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "LC_", "LANG"))}
    kept |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
             "GIT_NO_REPLACE_OBJECTS": "1", "GIT_ATTR_NOSYSTEM": "1"}  # fmt: skip
    if git_dir:
        # Attributes could hide a change ("-diff"): they are read from the folder that git runs in
        # and from the index, so it runs in its own folder and with no index.
        kept |= {"GIT_DIR": git_dir, "GIT_INDEX_FILE": f"{git_dir}/regency-no-index"}
    return kept


def call(
    arguments: Sequence[str], *, cwd: Path, git_dir: str | None = None, stdin: bytes = b""
) -> bytes:
    """Run git once and return its standard output.

    Args:
        arguments: Everything after ``git``.
        cwd: Where it runs.
        git_dir: The repository, so that nothing in the working tree is looked at; None lets git
            find it from ``cwd``.
        stdin: Given to it.

    Raises:
        RepositoryError: Git is missing, the folder is gone, or git failed.
    """
    try:
        done = subprocess.run(
            ["git", *_OPTIONS, *arguments],
            cwd=cwd, env=environment(git_dir), input=stdin, capture_output=True, check=False,
        )  # fmt: skip
    except OSError as error:
        raise _cannot_start(cwd) from error
    if done.returncode:
        raise RepositoryError(_said(done.stderr.decode("utf-8", "replace"), arguments, cwd))
    return done.stdout


def _cannot_start(cwd: Path) -> RepositoryError:
    if not cwd.is_dir():
        return RepositoryError(f"the folder {cwd} is not there (any more): check the path.")
    return RepositoryError("the git program is not there: install git 2.30 or newer.")


def _said(stderr: str, arguments: Sequence[str], cwd: Path) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    first = (lines or ["no message"])[0].removeprefix("fatal: ").removeprefix("error: ")
    if "dubious ownership" in stderr or "unsafe repository" in stderr:
        return (
            f"{cwd} belongs to another user and git refuses it: if you trust it, run "
            f"`git config --global --add safe.directory {cwd}`."
        )
    if "not a git repository" in stderr:
        return f"{cwd} is not in a git repository: run `git init` there and commit your files."
    if "No space left" in stderr:
        return f"the disk of {cwd} is full: free some space and run the command again."
    return f"git {arguments[0]} failed in {cwd}: {first}. Run it by hand to see more."


@functools.cache
def version() -> tuple[int, int]:
    """Return the version of the git program.

    Raises:
        RepositoryError: It is missing or too old.
    """
    if shutil.which("git") is None:
        raise RepositoryError("the git program is not there: install git 2.30 or newer.")
    text = call(["--version"], cwd=Path("/")).decode()
    found = re.search(r"(\d+)\.(\d+)", text)
    numbers = (int(found[1]), int(found[2])) if found else (0, 0)
    if numbers < OLDEST:
        raise RepositoryError(f"{text.strip()} is too old: install git 2.30 or newer.")
    return numbers


class Objects:
    """Reads objects through one lasting ``git cat-file --batch``, started again if it dies."""

    def __init__(self, git_dir: str) -> None:
        self._git_dir = git_dir
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._known: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def get(self, name: str) -> tuple[str, str, bytes]:
        """Return object id, type and content of ``name``, any revision expression.

        Raises:
            KeyError: There is no such object.
            RepositoryError: Git failed twice.
        """
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return (name, *self._known[name])
            try:
                found = self._ask(name)
            except (OSError, EOFError):
                self.close()
                found = self._retry(name)
            self._remember(*found)
            return found

    def close(self) -> None:
        """End the process; the next read starts another."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        with contextlib.suppress(OSError):
                            pipe.close()

    def _retry(self, name: str) -> tuple[str, str, bytes]:
        try:
            return self._ask(name)
        except (OSError, EOFError) as error:
            self.close()
            raise RepositoryError(
                f"git cannot read objects of {self._git_dir}: run `git fsck` there."
            ) from error

    def _ask(self, name: str) -> tuple[str, str, bytes]:
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(name.encode("utf-8", "surrogateescape") + b"\n")
        process.stdin.flush()
        header = process.stdout.readline()
        if not header:
            raise EOFError
        words = header.decode("utf-8", "replace").split()
        if len(words) != 3 or words[-1] in ("missing", "ambiguous"):
            raise KeyError(name)
        size = int(words[2])
        content = process.stdout.read(size + 1)
        if len(content) != size + 1:
            raise EOFError
        return words[0], words[1], content[:-1]

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            self._process = subprocess.Popen(
                ["git", *_OPTIONS, "cat-file", "--batch"],
                cwd=self._git_dir, env=environment(self._git_dir), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise _cannot_start(Path(self._git_dir)) from error
        return self._process

    def _remember(self, oid: str, kind: str, content: bytes) -> None:
        if len(content) <= _CACHED_BYTES:
            self._known[oid] = (kind, content)
            if len(self._known) > _CACHED_OBJECTS:
                self._known.popitem(last=False)


class Repo:
    """One git repository with a working tree.

    Attributes:
        root: Top of the working tree.
        git_dir: The ``.git`` folder of this working tree, absolute.
        common_dir: The folder that holds objects and references, absolute.
        hash_name: ``sha1`` or ``sha256``.
        objects: Reader of objects.
    """

    def __init__(self, root: Path, git_dir: str, common_dir: str, hash_name: str) -> None:
        self.root, self.git_dir, self.common_dir = root, git_dir, common_dir
        self.hash_name = hash_name
        self.objects = Objects(git_dir)

    @classmethod
    def discover(cls, path: str | os.PathLike[str]) -> "Repo":
        """Return the repository that ``path`` lies in.

        Raises:
            RepositoryError: Git is missing or too old, the folder is not there or not in a
                repository, or the repository is bare or has no commits.
        """
        folder = Path(path).resolve()
        if not folder.is_dir():
            raise _cannot_start(folder)
        version()
        asked = call(
            ["rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir",
             "--git-common-dir", "--show-object-format"],
            cwd=folder,
        )  # fmt: skip
        bare, inside, git_dir, common, hash_name = os.fsdecode(asked).splitlines()
        if bare == "true" or inside != "true":
            raise RepositoryError(f"{folder} has no working tree (bare?): use a normal clone.")
        top = os.fsdecode(call(["rev-parse", "--show-toplevel"], cwd=folder)).rstrip("\n")
        repo = cls(Path(top), git_dir, str((folder / common).resolve()), hash_name)
        repo.head()
        return repo

    @classmethod
    def create(cls, folder: Path, message: str, author: tuple[str, str]) -> "Repo":
        """Make a repository in ``folder`` whose first commit holds all its files.

        Args:
            folder: Existing folder that is in no repository yet.
            message: Commit message.
            author: Name and email.

        Raises:
            RepositoryError: Git failed.
        """
        version()
        call(["init", "--quiet", "--template=", "--initial-branch=main", "."], cwd=folder)
        call(["add", "--all", "--force", "."], cwd=folder)
        _commit(folder, message, author, [])
        return cls.discover(folder)

    def commit(self, paths: Sequence[str], message: str, author: tuple[str, str]) -> str:
        """Commit ``paths`` of the working tree to the current branch; return the commit.

        Other staged changes stay staged.
        """
        call(["add", "--", *paths], cwd=self.root)
        _commit(self.root, message, author, paths)
        return self.head()

    def close(self) -> None:
        """End the git process that this repository keeps."""
        self.objects.close()

    def head(self) -> str:
        """Return the commit that is checked out.

        Raises:
            RepositoryError: There is none yet.
        """
        try:
            return self.objects.get("HEAD^{commit}")[0]
        except KeyError as error:
            raise RepositoryError(
                f"{self.root} has no commits yet: run `git add` and `git commit` first."
            ) from error

    def branch_here(self) -> str:
        """Return the reference that HEAD points to, empty if it is detached."""
        with contextlib.suppress(RepositoryError):
            return self._text("symbolic-ref", "--quiet", "HEAD")
        return ""

    def dirty(self, paths: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return changed and untracked files of the working tree, sorted.

        Args:
            paths: Look only at these files or folders; default all.
        """
        only = ["--", *(f":(top,literal){p}" for p in paths)] if paths is not None else []
        if paths is not None and len(only) == 1:
            return ()
        out = call(
            ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", *only],
            cwd=self.root,
        )
        return tuple(sorted(os.fsdecode(line[3:]) for line in out.split(b"\0") if line))

    def is_clean(self, paths: Iterable[str] | None = None) -> bool:
        """Return whether the working tree has nothing that is not committed."""
        return not self.dirty(paths)

    def resolve(self, revision: str) -> str:
        """Return the commit that ``revision`` names.

        Raises:
            RepositoryError: It names none.
        """
        plain = not any(ord(c) < 33 for c in revision) and not revision.startswith("-")
        try:
            if revision and plain:
                return self.objects.get(revision + "^{commit}")[0]
        except KeyError:
            pass
        raise RepositoryError(f"{revision!r} is no commit of {self.root}: see `git log --all`.")

    def tree(self, commit: str) -> str:
        """Return the tree id of ``commit``."""
        return self._lines(commit)[0].removeprefix("tree ")

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents of ``commit``, first parent first."""
        heads = (line.split(" ") for line in self._lines(commit)[1:])
        return tuple(words[1] for words in heads if words[0] == "parent")

    def message(self, commit: str) -> str:
        """Return the message of ``commit``."""
        return self._object(commit, "commit").partition(b"\n\n")[2].decode("utf-8", "replace")

    def entries(self, tree: str) -> dict[bytes, tuple[int, str]]:
        """Return the direct entries of a tree object: name → (mode, object id)."""
        return decode_tree(self._object(tree, "tree"), 20 if self.hash_name == "sha1" else 32)

    def files(self, commit: str) -> dict[str, tuple[int, str]]:
        """Return all files of ``commit``: path → (mode, blob id), links and submodules too."""
        found: dict[str, tuple[int, str]] = {}
        self._walk(self.tree(commit), b"", found)
        return found

    def read(self, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the content of those of ``paths`` that are regular files of ``commit``."""
        files = self.files(commit)
        wanted = ((p, files[p]) for p in paths if p in files)
        return {p: self.blob(oid) for p, (mode, oid) in wanted if mode in _REGULAR}

    def blob(self, oid: str) -> bytes:
        """Return the content of a blob."""
        return self._object(oid, "blob")

    def materialise(
        self, commit: str, folder: Path, leave_out: Callable[[str], bool] = lambda _: False
    ) -> None:
        """Write the files of ``commit`` below ``folder``, byte for byte as git holds them.

        Args:
            commit: Commit id.
            folder: Absent or empty.
            leave_out: Told each path; true leaves the file out.

        Raises:
            TrialError: The tree holds a link, a submodule or a path that could escape.
            RepositoryError: ``folder`` is not empty, or cannot be written.
        """
        wanted = {p: f for p, f in self.files(commit).items() if not leave_out(p)}
        for path, (mode, _) in wanted.items():
            problem = unsafe_path(path) or _KINDS.get(mode)
            if problem or mode not in _REGULAR:
                raise TrialError(f"{path!r} is {problem}: only regular files may be run.")
        try:
            self._write_out(wanted, folder)
        except OSError as error:
            raise RepositoryError(
                f"cannot write the files of {commit[:12]} to {folder}: {error.strerror}. "
                "Check its disk and permissions."
            ) from error

    def update_refs(self, moves: Mapping[str, str | None]) -> None:
        """Set references (full names) to objects, None deletes: all of them or none.

        Raises:
            RepositoryError: One of them could not be moved; nothing has changed.
        """
        lines = (f"delete {r}\0\0" if o is None else f"update {r}\0{o}\0\0"
                 for r, o in moves.items())  # fmt: skip
        if moves:
            self.run("update-ref", "--stdin", "-z", stdin="".join(lines).encode())

    def refs(self, prefix: str) -> dict[str, str]:
        """Return references below ``prefix`` (such as ``refs/heads/``): full name → commit.

        Annotated tags are followed to what they tag.
        """
        form = "--format=%(refname)%00%(objectname)%00%(*objectname)"
        rows = (line.split("\0") for line in self._text("for-each-ref", form, prefix).splitlines())
        return {name: target or oid for name, oid, target in rows}

    def tag(self, name: str, commit: str, message: str, author: tuple[str, str], time: int) -> None:
        """Make the annotated tag ``name``; nothing is signed with the user's own key.

        Args:
            name: Without ``refs/tags/``.
            commit: What is tagged.
            message: Text.
            author: Name and email of the tagger.
            time: Unix seconds.

        Raises:
            RepositoryError: There is such a tag already, or git failed.
        """
        content = encode_tag(name, commit, author, time, message)
        oid = self.run("hash-object", "-t", "tag", "-w", "--stdin", stdin=content)
        self._create(f"refs/tags/{name}", oid.decode().strip(), "tag")

    def branch(self, name: str, commit: str) -> None:
        """Make the branch ``name`` at ``commit``; harmless if it is there already.

        Raises:
            RepositoryError: There is such a branch with another commit.
        """
        if self.refs(f"refs/heads/{name}").get(f"refs/heads/{name}") != commit:
            self._create(f"refs/heads/{name}", commit, "branch")

    def diff(self, before: str, after: str, paths: Sequence[str] = ()) -> str:
        """Return the unified diff between two commits or trees, the same for every user.

        Args:
            before: Commit or tree id.
            after: Commit or tree id.
            paths: Only these files or folders.
        """
        only = (f":(literal){p}" for p in paths)
        return self.run(*_DIFF, before, after, "--", *only).decode("utf-8", "replace")

    def user(self) -> tuple[str, str]:
        """Return name and email of the user as git knows them, else the login's."""
        login = getpass.getuser()
        found = []
        for key, other in (("user.name", login), ("user.email", f"{login}@localhost")):
            try:
                found.append(self._text("config", "--get", key).strip() or other)
            except RepositoryError:
                found.append(other)
        return found[0], found[1]

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git on this repository, away from its working tree; return standard output."""
        return call(arguments, cwd=Path(self.git_dir), git_dir=self.git_dir, stdin=stdin)

    def _create(self, ref: str, oid: str, what: str) -> None:
        name = ref.split("/", 2)[2]
        if ref in self.refs(ref):
            raise RepositoryError(f"there is a {what} {name} already: delete or rename it first.")
        self.run("update-ref", "--stdin", "-z", stdin=f"create {ref}\0{oid}\0".encode())

    def _text(self, *arguments: str) -> str:
        return os.fsdecode(self.run(*arguments)).rstrip("\n")

    def _object(self, oid: str, kind: str) -> bytes:
        try:
            _, found, content = self.objects.get(oid)
        except KeyError as error:
            raise RepositoryError(f"{self.root} has no object {oid}: run `git fsck`.") from error
        if found != kind:
            raise RepositoryError(f"object {oid} is a {found}, not a {kind}: run `git fsck`.")
        return content

    def _lines(self, commit: str) -> list[str]:
        content = self._object(commit, "commit")
        return content.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")

    def _walk(self, tree: str, prefix: bytes, found: dict[str, tuple[int, str]]) -> None:
        for name, (mode, oid) in self.entries(tree).items():
            if mode == FOLDER:
                self._walk(oid, prefix + name + b"/", found)
            else:
                found[os.fsdecode(prefix + name)] = (mode, oid)

    def _write_out(self, wanted: Mapping[str, tuple[int, str]], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise RepositoryError(f"{folder} is not empty: give a fresh folder.")
        made = {folder}
        for path, (mode, oid) in wanted.items():
            target = folder / path
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            bits = 0o755 if mode == EXECUTABLE else 0o644
            with os.fdopen(os.open(target, flags, bits), "wb") as file:
                file.write(self.blob(oid))


def _commit(folder: Path, message: str, author: tuple[str, str], paths: Sequence[str]) -> None:
    name, email = author
    settings = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    only = ["--only", "--", *paths] if paths else []
    call(
        [*settings, "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-", *only],
        cwd=folder, stdin=text_bytes(message),
    )  # fmt: skip
