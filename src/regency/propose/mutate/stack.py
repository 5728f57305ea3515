"""Hunks that earned their place elsewhere, and which of them to combine on a parent, best first."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regency.propose.mutate.hunks import Hunk, rebased
from regency.propose.mutate.sites import Site

# Gain, in noise units, from which a hunk is worth combining; one in 15 nulls gets there by luck.
_PROMISING = 1.5
_MOST_EARNED = 64
_CONSIDERED = 6


@dataclass(slots=True)
class Earned:
    """A promising hunk, what it is believed to be worth, and the parent it was tried on."""

    hunk: Hunk
    value: float
    parent: str


class Stack:
    """The promising hunks seen so far."""

    def __init__(self, most_hunks: int) -> None:
        """Combine at most ``most_hunks`` at a time."""
        self.most_hunks = most_hunks
        self.earned: dict[tuple[str, str, str], Earned] = {}

    def observe(self, hunks: tuple[Hunk, ...], effect: float | None, parent: str) -> None:
        """Take in what ``hunks`` together brought on ``parent``, in noise units."""
        if len(hunks) == 1:
            self._single(hunks[0], effect, parent)
            return
        members = [self.earned[key] for key in map(_key, hunks) if key in self.earned]
        expected = sum(member.value for member in members)
        if effect is None or effect < 0.5 * expected:
            for member in members:
                member.value *= 0.6

    def _single(self, hunk: Hunk, effect: float | None, parent: str) -> None:
        if effect is None or effect < _PROMISING:
            self.earned.pop(_key(hunk), None)
            return
        # Shrunk, because what was picked for scoring well scored better than it is.
        self.earned[_key(hunk)] = Earned(hunk, 0.8 * effect - 0.5, parent)
        if len(self.earned) > _MOST_EARNED:
            worst = min(self.earned, key=lambda key: self.earned[key].value)
            del self.earned[worst]

    def combinations(self, sites: Mapping[str, Site], parent: str) -> Iterator[list[Earned]]:
        """Yield what to combine on ``parent``, best guess first.

        Args:
            sites: The parent's sites by key.
            parent: Digest of the parent; hunks tried on another one may come alone, too.
        """
        able: dict[str, Earned] = {}
        for one in sorted(self.earned.values(), key=lambda e: (-e.value, e.hunk.site)):
            if one.value > 0.5 and rebased(one.hunk, sites):
                able.setdefault(one.hunk.site, one)
        best = list(able.values())[:_CONSIDERED]
        # Two at a time, then more: a first stack that holds is nominated sooner.
        for size in range(2, min(self.most_hunks, len(best)) + 1):
            yield best[:size]
        yield from ([one] for one in best if one.parent != parent)
        yield from map(list, itertools.combinations(best, 2))


def _key(hunk: Hunk) -> tuple[str, str, str]:
    return hunk.site, hunk.old, hunk.new
