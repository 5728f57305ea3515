"""The candidates that may be built on: bounded, kept up entry by entry."""

import random

from regency.archive.population import BINS, ISLANDS, KEPT, Elite, Population, Result


def by_name(population: Population) -> dict[str, Elite]:
    return {elite.candidate: elite for elite in population.elites}


def test_a_clade_is_credited_all_along_its_line_and_a_refuted_win_is_taken_back():
    population = Population("c0")
    population.add(Result("c1", "c0", -0.5, promising=False))
    population.add(Result("c2", "c1", 0.4, promising=True, lines=6))
    population.add(Result("c3", "c2", None, promising=False))
    known = by_name(population)
    assert "c3" not in known
    assert (known["c0"].wins, known["c0"].losses, known["c0"].children) == (1, 2, 1)
    assert (known["c1"].wins, known["c1"].losses, known["c1"].children) == (1, 2, 1)
    assert (known["c2"].wins, known["c2"].losses, known["c2"].children) == (1, 1, 1)
    population.refuted("c2")
    known = by_name(population)
    assert [(known[n].wins, known[n].losses) for n in ("c0", "c1", "c2")] == [
        (0, 3),
        (0, 3),
        (0, 2),
    ]


def test_gains_are_over_the_champion_whoever_that_is():
    population = Population("c0")
    population.add(Result("c1", "c0", 0.5, promising=True))
    population.add(Result("c2", "c0", 0.2, promising=True, lines=30))
    population.moved("c1")
    known = by_name(population)
    assert (known["c1"].gain, known["c2"].gain) == (0.0, 0.2 - 0.5)
    population.moved("p9")  # minimised: never searched
    assert by_name(population)["p9"].gain == 0.0
    assert population.champion == "p9"


def test_a_cell_holds_its_best_and_children_stay_on_their_island():
    population = Population("c0")
    rng = random.Random(1)
    for number in range(1, 400):
        parent = rng.choice(population.elites)
        population.add(Result(f"c{number}", parent.candidate, rng.gauss(), promising=False))
        known = by_name(population)
        if parent.candidate != "c0" and f"c{number}" in known:
            assert known[f"c{number}"].cell[0] == parent.cell[0]
    cells = {elite.cell[0] for elite in population.elites}
    assert cells == set(range(ISLANDS))


def test_it_is_as_small_after_thousands_as_after_hundreds_and_keeps_the_best():
    population, rng, best = Population("c0"), random.Random(2), 0.0
    for number in range(1, 4000):
        gain = rng.gauss()
        best = max(best, gain)
        parent = rng.choice(population.elites).candidate
        lines = rng.randrange(-3, 60)
        population.add(Result(f"c{number}", parent, gain, gain > 1, lines))
        assert len(population.elites) <= KEPT + ISLANDS * BINS**2 + 1
    assert max(elite.gain for elite in population.elites) == best
    assert "c0" in by_name(population)
