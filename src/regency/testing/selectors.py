"""Conformance suite for parent rules: what any must keep to, as one function to call in a test."""

from collections.abc import Callable

from regency.archive.population import Elite, Population, Result
from regency.archive.select import ArchiveView

SEEDS = range(40)


def example_view(candidates: int = 300) -> ArchiveView:
    """Return the view of a lab with a history: descent, failures, a champion that moved."""
    population = Population("c0")
    for number in range(1, candidates):
        parent = population.elites[number * 7 % len(population.elites)].candidate
        gain = None if number % 11 == 0 else (number * 37 % 101 - 60) / 100
        population.add(
            Result(f"c{number}", parent, gain, gain is not None and gain > 0.2, number % 9)
        )
        if number == candidates // 2:
            population.moved(max(population.elites, key=lambda e: e.gain).candidate)
    best = sorted(population.elites, key=lambda e: -e.gain)[:16]
    pool = [(elite.candidate, elite.gain) for elite in best]
    return ArchiveView(population.champion, pool, 0.1, population.elites)


def check_selector(select: Callable[[ArchiveView, int], str]) -> None:
    """Ask ``select`` in every situation that a lab can be in.

    Raises:
        AssertionError: It breaks the contract; the message says where.
    """
    for view in (
        ArchiveView("c0", [], 0.0),
        ArchiveView("c0", [], 0.1, (Elite("c0", 0.0),)),
        ArchiveView("c0", [], 0.0, (Elite("c0", 0.0), Elite("c1", -1e300, 3, 0, 3))),
        example_view(),
    ):
        known = {view.champion, *(e.candidate for e in view.elites), *(c for c, _ in view.best)}
        for seed in SEEDS:
            chosen = select(view, seed)
            assert chosen in known, f"it chose {chosen!r}, which is not in the view"
            assert select(view, seed) == chosen, "the same view and seed gave another candidate"
