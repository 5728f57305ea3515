"""What entries say of each other, checked while a log is read."""

from collections.abc import Callable

from regency.ledger.export import named
from regency.ledger.keys import VerifierKey
from regency.ledger.leaves import Leaves
from regency.ledger.report import Findings
from regency.records import Entry

Fetch = Callable[[str], bytes | None]


class Contents:
    """The meaning of entries, taken in order.

    Args:
        key: The log's public key.
        leaves: All leaves up to the entry that is looked at, at least.
        found: Takes what does not hold.
    """

    def __init__(self, key: VerifierKey, leaves: Leaves, found: Findings) -> None:
        self._key, self._leaves, self._found = key, leaves, found

    def look(self, entry: Entry, content: Fetch | None) -> None:
        """Take the next entry."""
        if entry.seq == 0 and entry.kind == "lab.created":
            said = (entry.body.get("name"), entry.body.get("public_key"))
            if said != (self._key.name, self._key.text):
                self._found.problem(f"entry 0 founds another lab, {said[0]!r} with key {said[1]}.")
        if entry.kind == "generation":
            self._found.generations[str(entry.body.get("tag"))] = str(entry.body.get("commit"))
        if content is None:
            self._found.note("contents kept by digest are not in this export: they were not read")
        elif gone := [digest for digest in named(entry.body) if content(digest) is None]:
            self._found.problem(
                f"content {gone[0][:64]}, named by entry {entry.seq}, is missing or was changed."
            )

    def end(self) -> None:
        """Say what is open at the end."""
