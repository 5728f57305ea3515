"""One git repository: revisions, trees, files, references, tags, differences.

Knows nothing of candidates, labs or agents, and changes the index or the working tree only where
it is told to create or commit.
"""

import contextlib
import getpass
import os
import time as clock
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
from regency.repo.process import Objects, References, call, cannot_start, version
from regency.repo.tree import unsafe_path

_REGULAR = (REGULAR, 0o100664, EXECUTABLE)
_AS_IS = ("-c", "core.autocrlf=false")  # bytes of files are evidence: none may be changed
_KINDS = {0o120000: "a symbolic link", 0o160000: "a submodule"}
_DIFF = (
    "diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
    "--full-index", "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=histogram",
    "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


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
        self._references = References(git_dir)
        self._width = 40 if hash_name == "sha1" else 64

    @classmethod
    def discover(cls, path: str | os.PathLike[str]) -> "Repo":
        """Return the repository that ``path`` lies in.

        Raises:
            RepositoryError: Git is missing or too old, the folder is not there or not in a
                repository, or the repository is bare or has no commits.
        """
        folder = Path(path).resolve()
        if not folder.is_dir():
            raise cannot_start(folder)
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
        call([*_AS_IS, "add", "--all", "--force", "."], cwd=folder)
        _commit(folder, message, author, [])
        return cls.discover(folder)

    def commit(self, paths: Sequence[str], message: str, author: tuple[str, str]) -> str:
        """Commit ``paths`` of the working tree to the current branch; return the commit.

        Other staged changes stay staged.
        """
        call([*_AS_IS, "add", "--", *paths], cwd=self.root)
        _commit(self.root, message, author, paths)
        return self.head()

    def close(self) -> None:
        """End the git processes that this repository keeps."""
        self.objects.close()
        self._references.close()

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
        return decode_tree(self._object(tree, "tree"), self._width // 2)

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

    def update_refs(
        self, moves: Mapping[str, str | None], expected: Mapping[str, str] | None = None
    ) -> None:
        """Set references (full names) to objects, None deletes: all of them or none.

        Args:
            moves: Reference → object id, or None.
            expected: Reference → what it must be now; empty: it must not exist. References that
                are not named may be anything.

        Raises:
            RepositoryError: One of them could not be moved; nothing has changed.
        """
        old = {ref: oid or "0" * self._width for ref, oid in (expected or {}).items()}
        lines = (f"delete {ref}\0{old.get(ref, '')}\0" if oid is None
                 else f"update {ref}\0{oid}\0{old.get(ref, '')}\0"
                 for ref, oid in moves.items())  # fmt: skip
        if moves:
            self._references.move("".join(lines))

    def refs(self, prefix: str) -> dict[str, str]:
        """Return references below ``prefix`` (such as ``refs/heads/``): full name → commit.

        Annotated tags are followed to what they tag.
        """
        form = "--format=%(refname)%00%(objectname)%00%(*objectname)"
        rows = (line.split("\0") for line in self._text("for-each-ref", form, prefix).splitlines())
        return {name: target or oid for name, oid, target in rows}

    def tag(
        self,
        name: str,
        commit: str,
        message: str,
        author: tuple[str, str] | None = None,
        time: int | None = None,
    ) -> None:
        """Make the annotated tag ``name``; nothing is signed with the user's own key.

        Args:
            name: Without ``refs/tags/``.
            commit: What is tagged.
            message: Text.
            author: Name and email of the tagger; None: the user.
            time: Unix seconds; None: now.

        Raises:
            RepositoryError: There is such a tag already, or git failed.
        """
        moment = int(clock.time()) if time is None else time
        content = encode_tag(name, commit, author or self.user(), moment, message)
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
        try:
            login = getpass.getuser()
        except (KeyError, OSError):  # a number without a name, as in many containers
            login = str(os.getuid())
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
        self._references.move(f"create {ref}\0{oid}\0")

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
        [*_AS_IS, *settings, "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-",
         *only],
        cwd=folder, stdin=text_bytes(message),
    )  # fmt: skip
