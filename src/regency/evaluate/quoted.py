"""Hidden text that a candidate brings along in its own source, however it came by it.

The sandbox keeps the answers out of reach while a candidate runs; an agent may know them from
elsewhere, for instance by heart. Windows are those of `contamination`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from regency.evaluate.contamination import trigger_of, windows_of
from regency.evaluate.scanner_program import Array, digest, places, words
from regency.records import FileEdit

WINDOW = 48  # bytes in a row that count as the same text
LEAST_QUOTED = 2  # windows of one document; one may be a common phrase
FAULT = "{path!r} holds text of the lab's hidden data: a candidate may learn, not look up"


class Quoted:
    """Knows the hidden text by its hashes, read when it is first asked."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the private data; its ``*.txt`` files are the hidden documents."""
        self._folder = folder
        self._known: tuple[int, Array, Array] | None = None

    def fault(self, edits: Sequence[FileEdit], before: Mapping[str, bytes]) -> str:
        """Return what is quoted, empty if nothing is.

        Args:
            edits: The proposal.
            before: The parent's files; what stands there already is nobody's fault.
        """
        for edit in edits:
            fresh = _fresh(edit.content or b"", before.get(edit.path, b""))
            if len(fresh) >= WINDOW and self._quotes(fresh):
                return FAULT.format(path=edit.path)
        return ""

    def _quotes(self, text: bytes) -> bool:
        if self._known is None:
            self._known = self._read()
        trigger, hashes, owners = self._known
        if not len(hashes):
            return False
        data = np.frombuffer(text, np.uint8)
        found = digest(words(data), places(data, trigger, WINDOW), WINDOW)
        at = np.searchsorted(hashes, found).clip(max=len(hashes) - 1)
        hits = np.unique(at[hashes[at] == found])
        return bool(len(hits)) and int(np.bincount(owners[hits]).max()) >= LEAST_QUOTED

    def _read(self) -> tuple[int, Array, Array]:
        """Return the byte that windows start at, their hashes in order, and whose each is."""
        paths = sorted(self._folder.rglob("*.txt"))
        texts = [np.frombuffer(path.read_bytes(), np.uint8) for path in paths]
        trigger = trigger_of(texts)
        table, owners = windows_of(texts, trigger, WINDOW)
        order = np.argsort(table["hash"], kind="stable")
        return trigger, table["hash"][order], owners[order]


def _fresh(content: bytes, before: bytes) -> bytes:
    known = set(before.split(b"\n"))
    return b"\n".join(line for line in content.split(b"\n") if line not in known)
