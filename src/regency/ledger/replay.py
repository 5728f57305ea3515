"""Going through a log from its first entry, and saying what does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.errors import LedgerError
from regency.ledger.entry import parse
from regency.ledger.keys import VerifierKey
from regency.ledger.merkle import Frontier, leaf_hash
from regency.ledger.note import Checkpoint, open_checkpoint

FORMAT = "regency-ledger/1"
NOT_ANCHORED = "not anchored: the key holder could have rewritten this"
_MOST = 50  # problems told one by one


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check of a log found.

    Attributes:
        ok: Whether everything holds.
        problems: What does not, one sentence each.
        size: Number of entries read.
        root: Root hash of their tree, hexadecimal.
        notes: What the check cannot say.
    """

    ok: bool
    problems: tuple[str, ...]
    size: int
    root: str
    notes: tuple[str, ...]

    @classmethod
    def broken(cls, problem: str) -> "VerifyReport":
        """Return the report on something that is no log at all."""
        return cls(ok=False, problems=(problem,), size=0, root="", notes=())


class Replay:
    """A check in progress: entries go in, in order, a report comes out.

    Args:
        key: The log's public key.
        origin: The log's name.
        anchors: Checkpoints kept elsewhere.

    Raises:
        LedgerError: An anchor is no checkpoint of this log, signed by ``key``.
    """

    def __init__(self, key: VerifierKey, origin: str, anchors: Sequence[str] = ()) -> None:
        self._key, self._origin = key, origin
        self._tree = Frontier()
        self._problems: list[str] = []
        self._notes: list[str] = [] if anchors else [NOT_ANCHORED]
        self._anchors = [open_checkpoint(anchor, key) for anchor in anchors]
        self._hold()

    def entry(self, text: str | bytes) -> list[tuple[int, bytes]]:
        """Take the next entry's canonical text; return the tree nodes that it completes."""
        seq = self._tree.size
        try:
            entry = parse(text)
            if entry.seq != seq:
                self.problem(f"entry {seq} says that it is entry {entry.seq}.")
        except LedgerError as error:
            self.problem(f"entry {seq}: {error}")
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        made = self._tree.append(leaf_hash(data))
        self._hold()
        return made

    def head(self, note: str) -> None:
        """Take the log's own signed checkpoint, after its last entry."""
        try:
            self._match(open_checkpoint(note, self._key), "the checkpoint")
        except LedgerError as error:
            self.problem(str(error))

    @property
    def size(self) -> int:
        """Number of entries taken."""
        return self._tree.size

    def problem(self, text: str) -> None:
        """Take down what does not hold."""
        self._problems.append(text)

    def note(self, text: str) -> None:
        """Take down what the check cannot say."""
        self._notes.append(text)

    def report(self) -> VerifyReport:
        """Return what was found."""
        size = self._tree.size
        for anchor in self._anchors:
            if anchor.size > size:
                self.problem(f"an anchor has {anchor.size} entries, but only {size} are here.")
        told = self._problems[:_MOST]
        if len(self._problems) > _MOST:
            told.append(f"and {len(self._problems) - _MOST} more.")
        return VerifyReport(
            ok=not told,
            problems=tuple(told),
            size=size,
            root=self._tree.root().hex(),
            notes=tuple(self._notes),
        )

    def _hold(self) -> None:
        for anchor in self._anchors:
            if anchor.size == self._tree.size:
                self._match(anchor, f"the anchor at {anchor.size}")

    def _match(self, checkpoint: Checkpoint, what: str) -> None:
        if checkpoint.origin != self._origin:
            self.problem(f"{what} is of the log {checkpoint.origin!r}, not {self._origin!r}.")
        if checkpoint.size != self._tree.size:
            self.problem(f"{what} counts {checkpoint.size} entries, not {self._tree.size}.")
        elif checkpoint.root != self._tree.root():
            self.problem(f"{what} has another root: an entry was changed, added or removed.")
