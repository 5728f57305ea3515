"""What a check of a log found, and what it collects on the way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.ledger.witness import Cosigned

NOT_ANCHORED = "not anchored: the key holder could have rewritten this"
_MOST = 50  # problems told one by one


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check of a log found.

    Attributes:
        ok: Whether everything holds.
        problems: What does not, one sentence each, naming the entry, content or anchor.
        size: Number of entries read.
        root: Root hash of their tree, hexadecimal.
        notes: What the check cannot say.
        origin: Name of the log.
        key: The verifier key that it was checked with.
        anchored: Size of the latest anchor that held, 0 without any: up to there nothing was
            rewritten since the anchor was kept.
        witnesses: Who cosigned an anchor or the checkpoint, and when.
        checked: What was checked → how many.
        generations: Tag of each generation → its commit.
    """

    ok: bool
    problems: tuple[str, ...]
    size: int
    root: str
    notes: tuple[str, ...]
    origin: str = ""
    key: str = ""
    anchored: int = 0
    witnesses: tuple[Cosigned, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)
    generations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def broken(cls, problem: str) -> "VerifyReport":
        """Return the report on something that is no log at all."""
        return cls(ok=False, problems=(problem,), size=0, root="", notes=())


class Findings:
    """What does not hold, what cannot be said, and how much was checked."""

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._more = 0
        self.notes: list[str] = []
        self.checked: Counter[str] = Counter()
        self.generations: dict[str, str] = {}

    def problem(self, text: str) -> None:
        """Take down what does not hold."""
        if len(self._problems) < _MOST:
            self._problems.append(text)
        else:
            self._more += 1

    def first(self, text: str) -> None:
        """Take down what does not hold and explains the rest."""
        self._problems.insert(0, text)

    def note(self, text: str) -> None:
        """Take down what the check cannot say."""
        if text not in self.notes:
            self.notes.append(text)

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems, the last one counting those that are left out."""
        more = (f"and {self._more} more.",) if self._more else ()
        return (*self._problems, *more)
