"""What was tried before is not tried again: exact trees for now."""

from collections.abc import Callable


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
