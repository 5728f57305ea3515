"""A range of commits as two trees: the files that differ, before and after, and the commits."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from regency.errors import BadInput
from regency.repo.history import Commit, History

MAX_BYTES = 4 << 20  # a larger file is told by its size alone
_FILES = (0o100644, 0o100755)
_KINDS = {0o120000: "a link", 0o160000: "a submodule"}


@dataclass(frozen=True, slots=True)
class Span:
    """A range of commits.

    Attributes:
        history: Whose.
        base: Where it starts.
        head: Where it ends.
        commits: Those of head that base does not have, parents first.
        before: Files that differ, before: path → content.
        after: The same after.
        modes: Files whose mode changed: path → (before, after); 0: none.
        left_out: Files that were not read, and why.
    """

    history: History
    base: str
    head: str
    commits: tuple[Commit, ...]
    before: dict[str, bytes]
    after: dict[str, bytes]
    modes: dict[str, tuple[int, int]]
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 that names exactly this range: commit ids cover all that is in it."""
        text = f"regency-review/v1\n{self.base}\n{self.head}\n"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """A file that differs between two trees: modes and blobs before and after."""

    path: str
    old_mode: int
    mode: int
    old_blob: str
    blob: str


def read(folder: str, asked: str) -> Span:
    """Return the range ``BASE..HEAD`` of the repository around ``folder``.

    The base is the merge base, as for a pull request: what the other side did since is not part
    of it.

    Raises:
        BadInput: It is no range, or an empty one.
        RepositoryError: There is no repository, or no such commit.
    """
    first, dots, last = asked.partition("..")
    last = last.removeprefix(".")
    if not dots or not first:
        raise BadInput(f"{asked!r} is no range of commits: give BASE..HEAD, such as main..feature.")
    history = History.discover(folder)
    head = history.resolve(last or "HEAD")
    base = _merge_base(history, history.resolve(first), head)
    commits = tuple(history.commits(f"{base}..{head}"))
    rows = list(differing(history, base, head))
    before, after, left_out = contents(history, rows)
    modes = {r.path: (r.old_mode, r.mode) for r in rows if r.old_mode != r.mode}
    if not rows:
        raise BadInput(f"nothing differs between {base[:12]} and {head[:12]}.")
    return Span(history, base, head, commits, before, after, modes, left_out)


def _merge_base(history: History, base: str, head: str) -> str:
    found = history.run("rev-list", "--max-count=1", f"{base}", f"^{head}").split()
    if not found:
        return base  # head has all of it
    shared = history.run("merge-base", "--all", base, head).decode().split()
    if not shared:
        raise BadInput(f"{base[:12]} and {head[:12]} have no commit in common.")
    return shared[0]


def differing(history: History, before: str, after: str) -> Iterable[Row]:
    """Yield the files that differ between two commits."""
    fields = history.run("diff-tree", "-r", "-z", "--raw", "--no-renames", before, after)
    parts = fields.split(b"\0")[:-1]
    for about, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, mode, old_blob, blob, _ = about[1:].decode().split(" ")
        name = path.decode("utf-8", "surrogateescape")
        yield Row(name, int(old_mode, 8), int(mode, 8), old_blob, blob)


def contents(
    history: History, rows: Iterable[Row]
) -> tuple[dict[str, bytes], dict[str, bytes], tuple[str, ...]]:
    """Return the files before and after, and what was left out and why."""
    listed = list(rows)
    wanted = {b for r in listed for m, b in ((r.old_mode, r.old_blob), (r.mode, r.blob))
              if m in _FILES}  # fmt: skip
    found = dict(history.contents(sorted(wanted)))
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    left_out = []
    for row in listed:
        sides = {
            True: _side(row.old_mode, row.old_blob, found),
            False: _side(row.mode, row.blob, found),
        }
        reason = next((r for _, r in sides.values() if r), "")
        if reason:
            left_out.append(f"{row.path}: {reason}")
            continue
        for is_old, files in ((True, before), (False, after)):
            content = sides[is_old][0]
            if content is not None:
                files[row.path] = content
    return before, after, tuple(left_out)


def _side(mode: int, blob: str, found: dict[str, bytes | None]) -> tuple[bytes | None, str]:
    if not mode:
        return None, ""
    if mode not in _FILES:
        return None, f"{_KINDS.get(mode, f'of mode {mode:o}')}, not a plain file"
    content = found.get(blob)
    if content is None:
        return None, "its content is not in this clone"
    if len(content) > MAX_BYTES:
        return None, f"{len(content):,} bytes, too large to read"
    return content, ""
