"""Counts of lines by category, and the shares that can honestly be said of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from regency.measure.authorship.authors import Category

ORDER = tuple(Category)


@dataclass(frozen=True, slots=True)
class Tally:
    """Lines by who wrote them; the four numbers make up all lines."""

    ai: int = 0
    human: int = 0
    automation: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, counts: Mapping[Category, int]) -> "Tally":
        """Return the tally of some counts."""
        return cls(*(int(counts.get(category, 0)) for category in ORDER))

    @property
    def lines(self) -> int:
        """All lines."""
        return self.ai + self.human + self.automation + self.unknown

    @property
    def at_least(self) -> float:
        """The share that is known to be AI's."""
        return self.ai / self.lines if self.lines else 0.0

    @property
    def at_most(self) -> float:
        """The share that AI can have written at most: all but what others are known for."""
        return (self.ai + self.unknown) / self.lines if self.lines else 0.0

    def __getitem__(self, category: Category) -> int:
        return int(getattr(self, category.value))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(self[c] + other[c] for c in ORDER))


def top(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """Return the largest counts, the rest summed up as ``other``."""
    ordered = Counter(counts).most_common()
    rest = sum(count for _, count in ordered[most:])
    return ordered[:most] + ([("other", rest)] if rest else [])
