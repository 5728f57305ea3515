"""Which candidate to build on next: parent rules, by entry point ``regency.selectors``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """What a parent rule may look at; its size does not grow with the lab's history.

    Attributes:
        champion: The champion's id.
        best: Best candidates by search gain over the champion: (id, mean gain in metric units).
        noise_sd: Standard deviation of one paired difference.
    """

    champion: str
    best: Sequence[tuple[str, float]]
    noise_sd: float


class Selector(Protocol):
    """A parent rule."""

    def __call__(self, view: ArchiveView, seed: int) -> str:
        """Return the id of the candidate to build on."""


def greedy(view: ArchiveView, seed: int) -> str:
    """Return the champion: only what passed both gates is built on."""
    del seed
    return view.champion
