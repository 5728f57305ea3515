"""What was tried before is not tried again: the same files, or the same ones laid out anew."""

from collections.abc import Callable, Mapping

MOST_KEPT = 4096


class Novelty:
    """Knows which trees, or their forms, were seen: in the ledger and in the batch at hand."""

    def __init__(self, recorded: Callable[[str], str | None]) -> None:
        """Take the question to the record: digest → first candidate with it, or None."""
        self._recorded = recorded
        self._fresh: dict[str, str] = {}

    def twin(self, digest: str) -> str | None:
        """Return the candidate that already has ``digest``, or None."""
        return self._fresh.get(digest) or self._recorded(digest)

    def add(self, digest: str, candidate: str) -> None:
        """Remember ``candidate`` until the record has it."""
        if len(self._fresh) > 1000:
            self._fresh.clear()
        self._fresh.setdefault(digest, candidate)


def without_effect(gain: float | None, parent: float | None, score: float) -> bool:
    """Return whether a candidate does what its parent does, as far as scores can tell.

    Only for labs whose scores are the same every time, whatever the seed.

    Args:
        gain: Its mean gain over the champion; None if it did not run.
        parent: Its parent's gain over the same champion; None if that is not known.
        score: The champion's score, for what rounding leaves of equal means.
    """
    return gain is not None and parent is not None and abs(gain - parent) <= 1e-12 * abs(score)


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
