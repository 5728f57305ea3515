"""New commits: trees changed, commits made and kept alive.

Writing objects ourselves takes about a tenth of the CPU of ``git fast-import`` with a checkpoint
per batch, and they are visible to every git process once they have their names: a few as loose
objects, many as a pack. Knows nothing of candidates; the ledger, not this module, says which
commits count.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from regency.errors import RepositoryError, TrialError
from regency.records import FileEdit
from regency.repo.encoding import EXECUTABLE, FOLDER, REGULAR, encode_commit, encode_tree
from regency.repo.git import Repo
from regency.repo.loose import Object, write_loose
from regency.repo.packs import write_pack
from regency.repo.process import version
from regency.repo.tree import unsafe_path

ARCHIVE = "refs/regency/archive"
KEEPER = ("Regency", "regency@localhost")
_MODES = (REGULAR, EXECUTABLE)
_LOOSE_LIMIT = 4000
_PACKS_LIMIT = 40
_PACK_FROM = 24  # objects; a batch of a handful of candidates
_TRIES = 4
_GEOMETRIC = (2, 32)
_Entries = dict[bytes, tuple[int, str]]
_Edit = tuple[list[bytes], FileEdit]


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be made.

    Attributes:
        parent: Commit id, or the place of an earlier commit in the same batch; empty: none.
        edits: Files as they should be afterwards.
        message: Text.
        author: Name and email.
        time: Unix seconds.
    """

    parent: str | int
    edits: tuple[FileEdit, ...]
    message: str
    author: tuple[str, str]
    time: int


@dataclass(frozen=True, slots=True)
class Written:
    """A commit that was made: its id and its tree's."""

    commit: str
    tree: str


class Writer:
    """Writes commits to one repository. Not for several threads at once.

    Args:
        repo: Where.
        durable: Flush each object to the disk before it counts, so that a ledger entry never
            outlives the commit that it names, even when power fails.
    """

    def __init__(self, repo: Repo, *, durable: bool = True) -> None:
        self._repo, self._durable = repo, durable
        self._folder = Path(repo.common_dir) / "objects"
        # As `git gc --auto` estimates it: one of the 256 folders.
        sample = self._folder / "17"
        self._loose_count = 256 * sum(1 for _ in sample.iterdir()) if sample.is_dir() else 0
        self._packs_count = self._packs()
        self._fresh: dict[str, Object] = {}
        self._trees: dict[str, _Entries] = {}
        self._commits: dict[str, str] = {}

    def write(self, batch: Sequence[NewCommit]) -> list[Written]:
        """Make commits; when this returns every git process sees them.

        Args:
            batch: In order; a commit may name an earlier one of the batch as parent.

        Returns:
            One result per commit, in order. The same commit twice gives the same id.

        Raises:
            TrialError: An edit is impossible: an unsafe path, a file that would be a folder, or
                the deletion of a file that is not there.
            RepositoryError: The objects cannot be written, for example a full disk.
        """
        done: list[Written] = []
        try:
            for new in batch:
                done.append(self._commit(new, done))
        except BaseException:
            self._give_up()
            raise
        self._publish()
        return done

    def keep(self, commits: Sequence[str], time: int) -> str:
        """Keep ``commits`` alive by one more keeper commit on ``refs/regency/archive``.

        Args:
            commits: Commit ids; none are dropped, order does not matter.
            time: Unix seconds.

        Returns:
            The keeper's commit id, or an empty string if there was nothing to keep.

        Raises:
            RepositoryError: The reference cannot be moved.
        """
        if not commits:
            return ""
        for last in (False,) * _TRIES + (True,):
            before = self._archive()
            keeper = self._keepers(before, commits, time)
            try:
                self._repo.update_refs({ARCHIVE: keeper}, {ARCHIVE: before})
                break
            except RepositoryError:
                if last or self._archive() == before:
                    raise  # it was not that another process kept something meanwhile
        if self._loose_count >= _LOOSE_LIMIT or self._packs_count > _PACKS_LIMIT:
            self.pack()
        return keeper

    def kept(self) -> set[str]:
        """Return every commit that the keeper chain holds by name."""
        head = self._archive()
        if not head:
            return set()
        out = self._repo.run("rev-list", "--first-parent", "--parents", head).decode()
        # Each row is a keeper, the keeper before it, and what it keeps.
        return {commit for row in out.splitlines() for commit in row.split()[2:]}

    def repair(self, expected: Iterable[str], time: int) -> tuple[str, ...]:
        """Give a keeper to each of the ``expected`` commits that has none.

        Args:
            expected: Commits that the ledger names.
            time: Unix seconds.

        Returns:
            The commits that were not kept before.

        Raises:
            RepositoryError: The repository does not hold one of them (any more).
        """
        kept = self.kept()
        missing = tuple(commit for commit in dict.fromkeys(expected) if commit not in kept)
        for commit in missing:
            self._repo.tree(commit)
        for start in range(0, len(missing), 256):
            self.keep(missing[start : start + 256], time)
        return missing

    def pack(self) -> None:
        """Pack loose objects; cost grows with what is new, not with the repository."""
        loose = self._loose()
        if loose:
            target = str(self._folder / "pack" / "pack")
            self._repo.run(
                "pack-objects", "--quiet", "--threads=1", "--window=5", target,
                stdin="".join(f"{oid}\n" for oid in loose).encode(),
            )  # fmt: skip
            self._repo.run("prune-packed", "--quiet")
        if self._packs() > _PACKS_LIMIT and version() >= _GEOMETRIC:
            self._repo.run("repack", "--geometric=2", "-d", "--quiet", "--no-write-bitmap-index")
        self._loose_count = self._packs_count = 0  # an old git keeps them: ask again much later

    def _packs(self) -> int:
        return sum(1 for _ in (self._folder / "pack").glob("*.pack"))

    def _archive(self) -> str:
        try:
            return self._repo.objects.get(ARCHIVE)[0]
        except KeyError:
            return ""

    def _keepers(self, before: str, commits: Sequence[str], time: int) -> str:
        """Write the keeper of ``commits`` that comes after the keeper ``before``."""
        tree = self._object("tree", b"")
        head = before or self._keeper(tree, [], time, "Start of the archive")
        keeper = self._keeper(tree, [head, *commits], time, f"Keep {len(commits)} candidates")
        self._publish()
        return keeper

    def _keeper(self, tree: str, parents: Sequence[str], time: int, title: str) -> str:
        message = f"{title}\n\nMade by Regency to keep candidates alive. No branch needs this."
        return self._object("commit", encode_commit(tree, parents, KEEPER, time, message))

    def _commit(self, new: NewCommit, done: Sequence[Written]) -> Written:
        parent = done[new.parent].commit if isinstance(new.parent, int) else new.parent
        tree = self._edited(self._tree_of(parent) if parent else "", new.edits)
        content = encode_commit(tree, [parent] if parent else [], new.author, new.time, new.message)
        commit = self._object("commit", content)
        self._commits[commit] = tree
        return Written(commit, tree)

    def _loose(self) -> list[str]:
        width = 38 if self._repo.hash_name == "sha1" else 62
        found = []
        for folder in self._folder.iterdir():
            if len(folder.name) == 2:
                found += [
                    folder.name + file.name for file in folder.iterdir() if len(file.name) == width
                ]
        return found

    def _tree_of(self, commit: str) -> str:
        if commit not in self._commits:
            self._commits[commit] = self._repo.tree(commit)
        return self._commits[commit]

    def _entries(self, tree: str) -> _Entries:
        if tree not in self._trees:
            if len(self._trees) > 4096:
                self._trees.clear()
            self._trees[tree] = self._repo.entries(tree)
        return self._trees[tree]

    def _edited(self, tree: str, edits: Iterable[FileEdit]) -> str:
        split = []
        for edit in edits:
            problem = unsafe_path(edit.path)
            if not problem and edit.mode not in _MODES:
                problem = "not a regular file"
            if problem:
                raise TrialError(f"{edit.path!r} is {problem}: propose plain files of the lab.")
            split.append((edit.path.encode("utf-8", "surrogateescape").split(b"/"), edit))
        return self._folder_of(tree, split) or self._object("tree", b"")

    def _folder_of(self, tree: str, edits: list[_Edit]) -> str:
        """Return the id of ``tree`` with files changed; empty when nothing is left in it."""
        entries = dict(self._entries(tree)) if tree else {}
        groups: dict[bytes, list[_Edit]] = {}
        for parts, edit in edits:
            groups.setdefault(parts[0], []).append((parts[1:], edit))
        for name, group in groups.items():
            entry = self._entry(entries.pop(name, (0, "")), group)
            if entry[1]:
                entries[name] = entry
        if not entries:
            return ""
        changed = self._object("tree", encode_tree(entries))
        self._trees[changed] = entries
        return changed

    def _entry(self, entry: tuple[int, str], group: list[_Edit]) -> tuple[int, str]:
        """Return one entry of a folder after the edits to it and below it."""
        here = [edit for parts, edit in group if not parts]
        below = [(parts, edit) for parts, edit in group if parts]
        if here and here[-1].content is None:
            entry = self._without(entry, here[-1])
        if below:
            if entry[0] not in (0, FOLDER):
                path = below[0][1].path
                raise TrialError(f"{path!r} needs a folder where a file is: rename one.")
            oid = self._folder_of(entry[1], below)
            entry = (FOLDER if oid else 0, oid)
        if here and here[-1].content is not None:
            if entry[0] == FOLDER:
                raise TrialError(f"{here[-1].path!r} is a folder: rename the file.")
            entry = (here[-1].mode, self._object("blob", here[-1].content))
        return entry

    def _without(self, entry: tuple[int, str], edit: FileEdit) -> tuple[int, str]:
        if entry[0] in (0, FOLDER):
            raise TrialError(f"{edit.path!r} cannot be deleted: it is not a file there.")
        return 0, ""

    def _object(self, kind: str, content: bytes) -> str:
        """Take an object to be written by `_publish`; return its id."""
        whole = f"{kind} {len(content)}\0".encode() + content
        oid = hashlib.new(self._repo.hash_name, whole).hexdigest()
        if oid not in self._fresh and not self._there(oid):
            self._fresh[oid] = Object(oid, kind, content)
        return oid

    def _there(self, oid: str) -> bool:
        return os.path.exists(os.path.join(self._folder, oid[:2], oid[2:]))  # noqa: PTH110, PTH118

    def _publish(self) -> None:
        """Make visible what was taken: few objects as loose ones, many as a pack."""
        # Blobs were taken before trees before commits, so whatever is seen is complete.
        fresh = list(self._fresh.values())
        try:
            if len(fresh) < _PACK_FROM:
                write_loose(self._folder, fresh, durable=self._durable)
                self._loose_count += len(fresh)
            else:
                hash_name = self._repo.hash_name
                write_pack(self._folder / "pack", fresh, hash_name, durable=self._durable)
                self._packs_count += 1
        except OSError as error:
            self._give_up()
            raise RepositoryError(
                f"cannot write to {self._folder}: {error.strerror}. Free some space or check its "
                "permissions, then run again."
            ) from error
        for oid, kind, content in fresh:
            self._repo.objects.know(oid, kind, content)
        self._fresh.clear()

    def _give_up(self) -> None:
        for known in (self._fresh, self._trees, self._commits):
            known.clear()
