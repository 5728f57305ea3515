"""What was tried before is not tried again: exact trees for now."""

from collections.abc import Iterable


class Novelty:
    """Remembers which trees were seen, and as which candidate."""

    def __init__(self, seen: Iterable[tuple[str, str]]) -> None:
        """Take all (tree id, candidate id) so far."""
        self._seen = dict(seen)

    def twin(self, tree: str) -> str | None:
        """Return the candidate that already has ``tree``, or None."""
        return self._seen.get(tree)

    def add(self, tree: str, candidate: str) -> None:
        """Remember ``candidate``; the first one with a tree stays its owner."""
        self._seen.setdefault(tree, candidate)
