"""What was tried before is not tried again: the same tree, or the same change laid out anew."""

from collections.abc import Callable, Mapping

MOST_KEPT = 4096


class Novelty:
    """Knows which trees were seen, in the ledger and in the batch at hand."""

    def __init__(self, recorded: Callable[[str], str | None]) -> None:
        """Take the question to the record: tree id → first candidate with it, or None."""
        self._recorded = recorded
        self._fresh: dict[str, str] = {}

    def twin(self, tree: str) -> str | None:
        """Return the candidate that already has ``tree``, or None."""
        return self._fresh.get(tree) or self._recorded(tree)

    def add(self, tree: str, candidate: str) -> None:
        """Remember ``candidate`` until the record has it."""
        if len(self._fresh) > 1000:
            self._fresh.clear()
        self._fresh.setdefault(tree, candidate)


class NearCopies:
    """Knows recent changes by their fingerprints, so that a flood of near-copies costs no run."""

    def __init__(self, recall: Callable[[str], Mapping[bytes, str]]) -> None:
        """Take the question to the record: parent id → fingerprints of its recent children."""
        self._recall = recall
        self._parents: set[str] = set()
        self._seen: dict[tuple[str, bytes], str] = {}

    def of(self, parent: str, change: bytes) -> str | None:
        """Return the recent candidate that made the same ``change`` to ``parent``, or None."""
        if parent not in self._parents:
            self._parents.add(parent)
            for known, candidate in self._recall(parent).items():
                self.add(parent, known, candidate)
        return self._seen.get((parent, change))

    def add(self, parent: str, change: bytes, candidate: str) -> None:
        """Remember that ``candidate`` made ``change``; the oldest memories make room."""
        if len(self._seen) >= MOST_KEPT:
            self._seen.pop(next(iter(self._seen)))
        self._seen.setdefault((parent, change), candidate)
