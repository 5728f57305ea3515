"""What each commit changed, line by line, as one stream over a whole history.

`git log -p -U0` walks ten thousand commits in about the time that ten `git blame` take. Lines are
compared as `git blame` compares them (the plain diff, with renames followed), so that applying
the changes one after another gives each line the origin that `git blame` gives it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from regency.repo.history import History, unquoted
from regency.repo.process import streamed

_MARK = b"\x02"
_PLAIN = (
    "--no-color", "--no-ext-diff", "--no-textconv", "--no-abbrev", "--full-index", "--unified=0",
    "--inter-hunk-context=0", "--diff-algorithm=default", "--src-prefix=a/", "--dst-prefix=b/",
    "--ignore-submodules=none", "--submodule=short", "-O/dev/null",
)  # fmt: skip
RENAMES = ("--find-renames=50%", "-l1000")
NO_BLOB = "0"


@dataclass(slots=True)
class Hunk:
    """Lines that were replaced: numbers from 1 before and after, and their text."""

    old_start: int
    new_start: int
    removed: list[bytes] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class FileChange:
    """One file that a commit changed.

    Attributes:
        status: A, M, D, R, C or T as in ``git diff --raw``.
        old_path: Its path before.
        path: Its path now.
        old_mode: Before; 0: it was not there.
        mode: Now.
        old_blob: Before.
        blob: Now.
        binary: Git took it for binary: there are no hunks.
        hunks: In order.
    """

    status: str
    old_path: str
    path: str
    old_mode: int
    mode: int
    old_blob: str
    blob: str
    binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


def changes(history: History, *revisions: str) -> Iterator[tuple[str, list[FileChange]]]:
    """Yield each commit that is no merge, parents first, with what it changed.

    Args:
        history: Whose.
        revisions: As for ``git log``.
    """
    asked = ["log", "--topo-order", "--reverse", "--no-merges", "--root", "--no-show-signature",
             "--format=%x02%H", "--raw", "-p", *_PLAIN, *RENAMES,
             *revisions, "--"]  # fmt: skip
    with streamed(asked, git_dir=history.git_dir) as output:
        yield from _commits(output)


def merges(history: History, *revisions: str) -> Iterator[tuple[str, list[FileChange]]]:
    """Yield each merge, parents first, with the files in which it differs from its first parent.

    There are no hunks and no renames: see `between`.
    """
    asked = ["log", "--topo-order", "--reverse", "--merges", "--no-show-signature",
             "--format=%x02%H", "--raw", "--no-abbrev", "--no-renames", "-O/dev/null",
             "--ignore-submodules=none", "--diff-merges=first-parent", *revisions,
             "--"]  # fmt: skip
    with streamed(asked, git_dir=history.git_dir) as output:
        yield from _commits(output)


def between(
    history: History, before: str, after: str, paths: Sequence[str] = ()
) -> list[FileChange]:
    """Return what changed between two commits or trees.

    Args:
        history: Whose.
        before: Commit or tree id.
        after: Commit or tree id.
        paths: Only these files; with them a rename is a new file.
    """
    only = [f":(literal){path}" for path in paths]
    renames = () if paths else RENAMES
    asked = ["diff-tree", "-r", "--raw", "-p", *_PLAIN, *renames, before, after, "--", *only]
    with streamed(asked, git_dir=history.git_dir) as output:
        return next(_commits(output, started=True))[1]


def of_commits(history: History, commits: Sequence[str]) -> Iterator[tuple[str, list[FileChange]]]:
    """Yield what each of ``commits`` changed against its first parent."""
    asked = ["diff-tree", "--stdin", "-r", "--root", "--raw", "-p", "--diff-merges=first-parent",
             "--format=%x02%H", *_PLAIN, *RENAMES]  # fmt: skip
    ids = (f"{commit}\n".encode() for commit in commits)
    with streamed(asked, git_dir=history.git_dir, stdin=ids) as output:
        yield from _commits(output)


def _commits(output: IO[bytes], *, started: bool = False) -> Iterator[tuple[str, list[FileChange]]]:
    commit, reader = "", _Reader()
    for line in output:
        if line[:1] == _MARK:
            if commit:
                yield commit, reader.found
            commit, reader = line[1:].strip().decode(), _Reader()
        else:
            reader.take(line)
    if commit or started:
        yield commit, reader.found


class _Reader:
    """Reads what one commit changed, line by line."""

    def __init__(self) -> None:
        self.found: list[FileChange] = []
        self._place = -1
        self._left = 0  # patches of the present file that are still to come
        self._hunk: Hunk | None = None

    def take(self, line: bytes) -> None:
        mark, hunk = line[:1], self._hunk
        if hunk is not None and mark == b"+":
            hunk.added.append(line[1:])
        elif hunk is not None and mark == b"-":
            hunk.removed.append(line[1:])
        elif mark == b"@":
            self._hunk = _hunk(line)
            self.found[self._place].hunks.append(self._hunk)
        elif mark == b":":
            self.found.append(_raw(line))
        elif line.startswith(b"diff --git "):
            self._next()
        elif line.startswith((b"Binary files ", b"GIT binary patch")):
            self.found[self._place].binary = True

    def _next(self) -> None:
        self._hunk = None
        if not self._left:
            self._place += 1
            self._left = 2 if self.found[self._place].status == "T" else 1
        self._left -= 1


def _hunk(line: bytes) -> Hunk:
    _, old, new, *_ = line.split(b" ", 3)
    return Hunk(_start(old), _start(new))


def _start(numbers: bytes) -> int:
    """Return the first line of a side; git gives the line before it if the side has none."""
    first, _, count = numbers[1:].partition(b",")
    return int(first) + (count == b"0")


def _raw(line: bytes) -> FileChange:
    about, _, paths = line.rstrip(b"\n").partition(b"\t")
    old_mode, mode, old_blob, blob, status = about[1:].split(b" ")
    old_path, _, path = paths.partition(b"\t")
    before = unquoted(old_path)
    return FileChange(
        os.fsdecode(status[:1]), before, unquoted(path) if path else before,
        int(old_mode, 8), int(mode, 8), old_blob.decode(), blob.decode(),
    )  # fmt: skip
