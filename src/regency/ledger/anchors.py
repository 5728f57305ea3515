"""Anchors: checkpoints that were kept where the key's holder cannot change them.

They come as signed checkpoints, inside the text of a generation's tag, or at the end of a proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.errors import LedgerError
from regency.ledger.keys import VerifierKey
from regency.ledger.note import Checkpoint, open_checkpoint
from regency.ledger.witness import Cosigned, cosigned

MARK = "Ledger checkpoint"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint to hold a log against.

    Attributes:
        name: Where it comes from, for messages.
        text: What was kept: a signed checkpoint, or a text that ends with one.
        own: Whether it was kept where the key's holder could change it too, so that it proves
            nothing but has to agree.
    """

    name: str
    text: str
    own: bool = False

    @property
    def note(self) -> str:
        """The signed checkpoint in the text."""
        lines = self.text.split("\n")
        if self.text.startswith("c2sp.org/tlog-proof@") or self.text.startswith("old "):
            return self.text.partition("\n\n")[2]
        if MARK in lines:
            last = len(lines) - 1 - lines[::-1].index(MARK)
            kept = "\n".join(lines[last + 1 :]).partition("\n-----BEGIN ")[0]  # of a signed tag
            return kept.strip("\n") + "\n"
        return self.text.strip("\n") + "\n"

    def open(self, key: VerifierKey) -> Checkpoint:
        """Return the checkpoint, signed by ``key``.

        Raises:
            LedgerError: It is none, or of another log.
        """
        try:
            return open_checkpoint(self.note, key)
        except LedgerError as error:
            raise LedgerError(f"{self.name} is no anchor for this record: {error}") from error

    def seen_by(self, witnesses: Sequence[VerifierKey]) -> tuple[Cosigned, ...]:
        """Return which witnesses cosigned it, and when."""
        return cosigned(self.note, witnesses)


def named(anchors: Sequence["Anchor | str"]) -> list[Anchor]:
    """Return ``anchors`` with a name each."""
    return [a if isinstance(a, Anchor) else Anchor("the anchor", a) for a in anchors]
