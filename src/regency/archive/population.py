"""The candidates that may be built on: a bounded part of the archive, kept up entry by entry.

Each new result costs the same whatever the lab's history: nothing here looks through it. The words
for cells are those of pyribs (Tjanaka et al., 2023; MAP-Elites: Mouret and Clune, 2015,
arXiv 1504.04909): *measures* say where a candidate's *cell* is, its *elite* is the best that fell
there.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

ISLANDS = 4
BINS = 6  # a measure, so that there are at most ISLANDS · BINS² cells
KEPT = 32  # best candidates kept, whatever their cells
_DEEPEST = 256  # ancestors that hear of one outcome

Cell = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Elite:
    """A candidate that may be built on.

    Attributes:
        candidate: Its id.
        gain: Mean gain on the search split over the present champion, metric units.
        children: Candidates made from it that were judged.
        wins: Of itself and all its descendants, those that search found worth a test, less those
            that the test turned down: its clade's.
        losses: The others of its clade.
        cell: Island, then one bin a measure: lines more or fewer than the lab's start, and
            how many edits lie between.
    """

    candidate: str
    gain: float
    children: int = 0
    wins: int = 0
    losses: int = 0
    cell: Cell = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Result:
    """What search found of one candidate.

    Attributes:
        candidate: Its id.
        parent: What it was made from.
        gain: Over the champion at the time; None if it did not run.
        promising: Whether search found it worth a test.
        lines: Lines added less lines removed, against the parent.
    """

    candidate: str
    parent: str
    gain: float | None
    promising: bool
    lines: int = 0


@dataclass(slots=True)
class _Node:
    parent: str
    elite: Elite
    lines: int
    depth: int


@dataclass(slots=True)
class Population:
    """Elites and best candidates, with what became of their clades.

    Attributes:
        champion: The champion; always kept.
    """

    champion: str
    _nodes: dict[str, _Node] = field(default_factory=dict)
    _cells: dict[Cell, str] = field(default_factory=dict)
    _best: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with the champion alone."""
        self._nodes[self.champion] = _Node("", Elite(self.champion, 0.0), 0, 0)

    @property
    def elites(self) -> tuple[Elite, ...]:
        """All that may be built on, oldest first; the champion among them."""
        return tuple(node.elite for node in self._nodes.values())

    def add(self, result: Result) -> None:
        """Take in one candidate that search is done with."""
        above = self._nodes.get(result.parent)
        if above is not None:
            above.elite = replace(above.elite, children=above.elite.children + 1)
        if result.gain is not None and result.candidate not in self._nodes:
            self._enter(result, result.gain, above)
        self._credit(result.candidate, result.parent, won=result.promising)
        self._forget()

    def refuted(self, candidate: str) -> None:
        """Take back the win of a candidate that its test turned down, all along its line."""
        for name in self._line(candidate):
            self._count(name, -1, 1)

    def moved(self, champion: str) -> None:
        """Follow the champion: all gains are over the new one from now on."""
        known = self._nodes.get(champion)
        if known is None:  # never searched, such as a minimised one: as good as the last
            last = self._nodes[self.champion]
            known = _Node(
                self.champion, replace(last.elite, candidate=champion), last.lines, last.depth
            )
            self._nodes[champion] = known
        lift = known.elite.gain
        for node in self._nodes.values():
            node.elite = replace(node.elite, gain=node.elite.gain - lift)
        self.champion = champion
        self._forget()

    def _enter(self, result: Result, gain: float, above: _Node | None) -> None:
        lines = (above.lines if above else 0) + result.lines
        depth = (above.depth if above else 0) + 1
        island = above.elite.cell[0] if above and above.parent else _island(result.candidate)
        cell = (island, _bin(lines), min(depth.bit_length(), BINS) - 1)
        elite = Elite(result.candidate, gain, cell=cell)
        self._nodes[result.candidate] = _Node(result.parent, elite, lines, depth)
        holder = self._nodes.get(self._cells.get(cell, ""))
        if holder is None or holder.elite.gain < gain:
            self._cells[cell] = result.candidate
        self._best.add(result.candidate)
        if len(self._best) > KEPT:
            self._best.remove(min(self._best, key=lambda name: self._nodes[name].elite.gain))

    def _credit(self, candidate: str, parent: str, *, won: bool) -> None:
        for name in self._line(candidate if candidate in self._nodes else parent):
            self._count(name, int(won), int(not won))

    def _count(self, name: str, wins: int, losses: int) -> None:
        node = self._nodes[name]
        wins, losses = max(node.elite.wins + wins, 0), node.elite.losses + losses
        node.elite = replace(node.elite, wins=wins, losses=losses)

    def _line(self, name: str) -> Iterable[str]:
        """Yield ``name`` and its ancestors, as far up as they are kept."""
        for _ in range(_DEEPEST):
            node = self._nodes.get(name)
            if node is None:
                return
            yield name
            name = node.parent

    def _forget(self) -> None:
        """Drop whoever is neither elite, best nor champion; its children hang on to its parent."""
        wanted = {self.champion, *self._cells.values(), *self._best}
        for name in [name for name in self._nodes if name not in wanted]:
            gone = self._nodes.pop(name)
            for node in self._nodes.values():
                if node.parent == name:
                    node.parent = gone.parent


def _bin(lines: int) -> int:
    """Return the bin of a change of the number of lines: fewer, about as many, then by doubling."""
    return 0 if lines < 0 else min(1 + (lines // 4).bit_length(), BINS - 1)


def _island(candidate: str) -> int:
    """Return the island on which a line of descent begins: by name, so the same every time."""
    return zlib.crc32(candidate.encode()) % ISLANDS
