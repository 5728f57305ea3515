"""The history of any git repository, read as streams; nothing in the repository is changed.

Bare and shallow repositories are fine, and objects that are not there are said to be missing:
unlike `regency.repo.git`, nothing here expects a working tree or a lab.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from regency.errors import RepositoryError
from regency.repo.encoding import REGULAR
from regency.repo.process import Objects, call, cannot_start, streamed, version

FILE_MODES = (REGULAR, 0o100755, 0o100664)
LINK, SUBMODULE = 0o120000, 0o160000
LARGEST_BYTES = 64 << 20
_CHUNK = 1 << 20
_FIELDS = ("%H", "%P", "%at", "%ct", "%an", "%ae", "%cn", "%ce", "%B")
_LOG = ("log", "--topo-order", "--reverse", "--no-show-signature", "--encoding=UTF-8")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit.

    Attributes:
        commit: Its id.
        parents: Their ids; none for a root, or where a shallow clone ends.
        authored: Author's time, Unix seconds.
        committed: Committer's time, Unix seconds.
        author: Name and email.
        committer: Name and email.
        message: All of it.
    """

    commit: str
    parents: tuple[str, ...]
    authored: int
    committed: int
    author: tuple[str, str]
    committer: tuple[str, str]
    message: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive lines of a file that git blames on the same place.

    Attributes:
        first: The first line's number, from 1.
        lines: How many.
        commit: Where they come from.
        path: Their file there.
        source: The first line's number there.
    """

    first: int
    lines: int
    commit: str
    path: str
    source: int


class History:
    """Everything that led to one commit of a repository.

    Attributes:
        place: The folder that was asked for.
        git_dir: The repository.
        shallow: Commits whose parents a shallow clone left out.
        partial: Whether the clone left objects out.
    """

    def __init__(self, place: Path, git_dir: str, common_dir: str, *, partial: bool) -> None:
        self.place, self.git_dir, self.common_dir = place, git_dir, common_dir
        self.partial = partial
        self.shallow = _shallow(Path(common_dir))

    @classmethod
    def discover(cls, path: str | os.PathLike[str]) -> "History":
        """Return the history of the repository that ``path`` lies in.

        Raises:
            RepositoryError: There is none, or git is missing or too old.
        """
        folder = Path(path).resolve()
        if not folder.is_dir():
            raise cannot_start(folder)
        version()
        asked = call(["rev-parse", "--absolute-git-dir", "--git-common-dir"], cwd=folder)
        git_dir, common = os.fsdecode(asked).splitlines()
        settings = call(["config", "--list", "--null"], cwd=folder, git_dir=git_dir)
        partial = b".promisor\ntrue" in settings or b"\nextensions.partialclone" in settings
        return cls(folder, git_dir, str((folder / common).resolve()), partial=partial)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git on this repository, away from any working tree; return standard output."""
        return call(arguments, cwd=Path(self.git_dir), git_dir=self.git_dir, stdin=stdin)

    def resolve(self, revision: str) -> str:
        """Return the commit that ``revision`` names.

        Raises:
            RepositoryError: It names none.
        """
        plain = revision and not revision.startswith("-") and all(ord(c) > 32 for c in revision)
        with closing(Objects(self.git_dir)) as objects:
            try:
                if plain:
                    return objects.get(revision + "^{commit}")[0]
            except KeyError:
                pass
        if revision == "HEAD":
            raise RepositoryError(f"{self.place} has no commits yet: there is nothing to measure.")
        raise RepositoryError(f"{revision!r} is no commit of {self.place}: see `git log --all`.")

    def refs(self, *prefixes: str) -> dict[str, str]:
        """Return references below ``prefixes``: full name → object id, not followed."""
        rows = self.run("for-each-ref", "--format=%(refname) %(objectname)", *prefixes)
        pairs = (os.fsdecode(row).rpartition(" ") for row in rows.splitlines())
        return {name: oid for name, _, oid in pairs}

    def tags(self, commit: str) -> list[tuple[str, str, int]]:
        """Return the tags that ``commit`` contains: name, commit, Unix seconds; oldest first."""
        form = "%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)"
        rows = self.run("for-each-ref", f"--merged={commit}", "--sort=creatordate",
                        f"--format={form}", "refs/tags")  # fmt: skip
        parts = (os.fsdecode(row).split("\0") for row in rows.splitlines())
        return [(n, target or oid, int(time or 0)) for n, oid, target, time in parts]

    def files(self, commit: str) -> dict[str, tuple[int, str]]:
        """Return all files of a commit or tree: path → (mode, object id)."""
        found: dict[str, tuple[int, str]] = {}
        with streamed(["ls-tree", "-r", "-z", commit], git_dir=self.git_dir) as output:
            for entry in _split(output):
                about, _, path = entry.partition(b"\t")
                mode, _, oid = about.split(b" ", 2)
                found[os.fsdecode(path)] = (int(mode, 8), oid.decode())
        return found

    def commits(self, *revisions: str) -> Iterator[Commit]:
        """Yield the commits that lead to ``revisions``, parents before children."""
        form = "%x00".join(_FIELDS)
        asked = [*_LOG, "-z", f"--format={form}", *revisions, "--"]
        with streamed(asked, git_dir=self.git_dir) as output:
            fields = _split(output)
            for commit in fields:
                yield _commit(commit, [next(fields) for _ in _FIELDS[1:]])

    def contents(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the content of each object in turn; None: missing, or more than 64 MiB.

        Raises:
            RepositoryError: Git failed.
        """
        asked = (f"{oid}\n".encode() for oid in oids)
        with streamed(["cat-file", "--batch"], git_dir=self.git_dir, stdin=asked) as output:
            while header := output.readline():
                oid, *about = header.decode("utf-8", "replace").split()
                if len(about) != 2:
                    yield oid, None
                    continue
                yield oid, _content(output, int(about[1]))

    def present(self, oids: Iterable[str]) -> set[str]:
        """Return those of ``oids`` that the repository holds."""
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        rows = self.run("cat-file", "--batch-check", stdin=asked).decode().splitlines()
        return {row.split()[0] for row in rows if not row.endswith("missing")}

    def blame(self, commit: str, path: str, *options: str) -> list[Stretch]:
        """Return where the lines of a file come from, in git's own word.

        Args:
            commit: At which commit.
            path: The file.
            options: Such as ``-M`` and ``-C``.
        """
        asked = ["blame", "--incremental", *options, commit, "--", path]
        with streamed(asked, git_dir=self.git_dir) as output:
            return sorted(_stretches(output), key=lambda s: s.first)


def _stretches(output: IO[bytes]) -> Iterator[Stretch]:
    header: list[bytes] = []
    for line in output:
        if not header:
            header = line.split()
        elif line.startswith(b"filename "):
            commit, source, first, lines = header
            path = unquoted(line[9:].rstrip(b"\n"))
            yield Stretch(int(first), int(lines), commit.decode(), path, int(source))
            header = []


def unquoted(path: bytes) -> str:
    """Return a path as git quotes it in lines of text (``quote_c_style``), unquoted."""
    if path[:1] != b'"':
        return os.fsdecode(path)
    return os.fsdecode(_unescaped(path[1:-1]))


def _unescaped(text: bytes) -> bytes:
    letters = {97: 7, 98: 8, 116: 9, 110: 10, 118: 11, 102: 12, 114: 13}
    made, at = bytearray(), 0
    while at < len(text):
        if text[at] != 92:
            made.append(text[at])
            at += 1
        elif text[at + 1 : at + 2].isdigit():
            made.append(int(text[at + 1 : at + 4], 8))
            at += 4
        else:
            made.append(letters.get(text[at + 1], text[at + 1]))
            at += 2
    return bytes(made)


def _commit(oid: bytes, fields: Sequence[bytes]) -> Commit:
    parents, authored, committed, *texts = (f.decode("utf-8", "replace") for f in fields)
    name, email, other, other_email, message = texts
    return Commit(
        oid.strip().decode(), tuple(parents.split()), int(authored or 0), int(committed or 0),
        (name, email), (other, other_email), message,
    )  # fmt: skip


def _content(output: IO[bytes], size: int) -> bytes | None:
    if size <= LARGEST_BYTES:
        return output.read(size + 1)[:-1]
    left = size + 1
    while left:
        left -= len(output.read(min(left, _CHUNK)))
    return None


def _split(output: IO[bytes]) -> Iterator[bytes]:
    """Yield what lies between zero bytes."""
    rest = b""
    while chunk := output.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    if rest.strip():
        yield rest


def _shallow(common_dir: Path) -> frozenset[str]:
    try:
        return frozenset((common_dir / "shallow").read_text().split())
    except OSError:
        return frozenset()
