"""What was off in what was read: counted by kind, with one example of each."""

from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """One kind of problem: how often, and where it was met first."""

    kind: str
    count: int = 0
    example: str = ""


class Faults:
    """All kinds met so far."""

    def __init__(self) -> None:
        self._kinds: dict[str, Fault] = {}

    def add(self, kind: str, example: str = "", count: int = 1) -> None:
        """Count one more."""
        fault = self._kinds.setdefault(kind, Fault(kind, 0, example))
        fault.count += count

    def listed(self) -> tuple[Fault, ...]:
        """Return them, the most frequent first."""
        return tuple(sorted(self._kinds.values(), key=lambda f: (-f.count, f.kind)))
