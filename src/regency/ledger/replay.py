"""Going through a log from its first entry, and saying what does not hold."""

from collections.abc import Sequence

from regency.errors import LedgerError
from regency.ledger.anchors import Anchor
from regency.ledger.contents import Contents, Fetch
from regency.ledger.entry import parse
from regency.ledger.keys import VerifierKey
from regency.ledger.leaves import Leaves
from regency.ledger.note import Checkpoint, open_checkpoint
from regency.ledger.report import NOT_ANCHORED, Findings, VerifyReport
from regency.ledger.witness import Cosigned
from regency.records import Entry


class Replay:
    """A check in progress: leaves and entries go in, in order, a report comes out.

    Args:
        key: The log's public key.
        anchors: Checkpoints kept elsewhere.
        witnesses: Keys of witnesses whose cosignatures are wanted.
    """

    def __init__(
        self,
        key: VerifierKey,
        anchors: Sequence[Anchor] = (),
        witnesses: Sequence[VerifierKey] = (),
    ) -> None:
        self.found = Findings()
        self.leaves = Leaves()
        self._key, self._witnesses = key, witnesses
        self._contents = Contents(key, self.leaves, self.found)
        self._seen: list[Cosigned] = []
        self._anchored = 0
        self._anchors: list[tuple[Anchor, Checkpoint]] = []
        if all(anchor.own for anchor in anchors):
            self.found.note(NOT_ANCHORED)
        for anchor in anchors:
            self._take(anchor)

    def grow(self, leaf: bytes) -> None:
        """Take the next leaf's hash."""
        self.leaves.append(leaf)

    def entry(self, raw: bytes | str, content: Fetch | None) -> Entry | None:
        """Look into an entry whose leaf, like all before it, was taken; return it if it is one.

        Args:
            raw: Its canonical text.
            content: Digest → what is kept under it, None if it is gone; None: they were
                not exported.
        """
        try:
            entry = parse(raw)
        except LedgerError as error:
            self.found.problem(str(error))
            return None
        self.look(entry, content)
        return entry

    def look(self, entry: Entry, content: Fetch | None) -> None:
        """Look into an entry that was read already."""
        self.found.checked["entries"] += 1
        self._contents.look(entry, content)

    def head(self, note: str) -> Checkpoint | None:
        """Take the log's own signed checkpoint; return it if its signature holds."""
        try:
            head = open_checkpoint(note, self._key)
            self._witnessed("the checkpoint", note)
        except LedgerError as error:
            self.found.problem(f"the checkpoint does not stand: {error}")
            return None
        return head

    def report(self) -> VerifyReport:
        """Return what was found."""
        self._contents.end()
        for anchor, head in self._anchors:
            self._hold(anchor, head)
        self._missing_witnesses()
        return VerifyReport(
            ok=not self.found.problems,
            problems=self.found.problems,
            size=self.leaves.size,
            root=self.leaves.root().hex(),
            notes=tuple(self.found.notes),
            origin=self._key.name,
            key=self._key.text,
            anchored=self._anchored,
            witnesses=tuple(dict.fromkeys(self._seen)),
            checked=dict(self.found.checked),
            generations=dict(self.found.generations),
        )

    def _take(self, anchor: Anchor) -> None:
        try:
            self._anchors.append((anchor, anchor.open(self._key)))
            self._witnessed(anchor.name, anchor.note)
        except LedgerError as error:
            self.found.problem(str(error))

    def _hold(self, anchor: Anchor, head: Checkpoint) -> None:
        size = self.leaves.size
        if head.origin != self._key.name:
            problem = f"is of the log {head.origin!r}, not {self._key.name!r}."
        elif head.size > size:
            problem = f"counts {head.size} entries, but only {size} are here: the end is missing."
        elif head.root != self.leaves.root(head.size):
            problem = (
                f"at {head.size} entries has another root: one of the entries 0 to "
                f"{head.size - 1} was changed, added or removed after it was kept."
            )
        else:
            self.found.checked["anchors"] += not anchor.own
            self._anchored = max(self._anchored, 0 if anchor.own else head.size)
            return
        self.found.problem(f"{anchor.name} {problem}")

    def _witnessed(self, name: str, note: str) -> None:
        try:
            self._seen += Anchor(name, note).seen_by(self._witnesses)
        except LedgerError as error:
            self.found.problem(f"{name}: {error}")

    def _missing_witnesses(self) -> None:
        seen = {cosigned.witness for cosigned in self._seen}
        for witness in self._witnesses:
            if witness.name not in seen:
                self.found.problem(f"the witness {witness.name} cosigned nothing that is here.")
