"""Parent rules."""

import itertools
from collections import Counter

import pytest

from regency import plugins
from regency.archive.population import Elite
from regency.archive.select import ArchiveView, cells, clades, greedy, score_children
from regency.testing.selectors import check_selector


@pytest.mark.parametrize("name", plugins.names("regency.selectors"))
def test_every_rule_keeps_to_the_contract(name):
    check_selector(plugins.load("regency.selectors", name))


def test_the_suite_finds_a_rule_that_invents_candidates():
    with pytest.raises(AssertionError, match="not in the view"):
        check_selector(lambda view, seed: "c999")


def test_the_suite_finds_a_rule_that_keeps_state():
    calls = itertools.count()

    def fickle(view: ArchiveView, seed: int) -> str:
        names = [elite.candidate for elite in view.elites] or [view.champion]
        return names[next(calls) % len(names)]

    with pytest.raises(AssertionError, match="gave another"):
        check_selector(fickle)


def shares(select, *elites: Elite, noise_sd: float = 1.0) -> dict[str, float]:
    view = ArchiveView("c0", [], noise_sd, elites)
    counts = Counter(select(view, seed) for seed in range(4000))
    return {name: count / 4000 for name, count in counts.items()}


def test_greedy_builds_on_the_champion_whatever_else_looks_good():
    assert greedy(ArchiveView("c4", [("c9", 3.0)], 0.1), 7) == "c4"


def test_score_and_children_weigh_as_the_formula_says():
    found = shares(score_children, Elite("c0", 0.0, children=3), Elite("c1", 2.0, children=1))
    weights = 0.5 / 4, 0.880797 / 2
    assert found["c0"] == pytest.approx(weights[0] / sum(weights), abs=0.02)
    huge = shares(score_children, Elite("c0", 0.0), Elite("c1", -1e6))
    assert huge == {"c0": 1.0}


def test_clades_are_drawn_as_often_as_they_may_be_the_best():
    found = shares(clades, Elite("c0", 0.0, wins=0, losses=1), Elite("c1", -9.0, wins=1, losses=0))
    # P(Beta(2, 1) > Beta(1, 2)) = 5/6, by integrating 2x over the other's distribution function.
    assert found["c1"] == pytest.approx(5 / 6, abs=0.02)


def test_cells_are_as_likely_on_each_island_and_only_elites_are_chosen():
    found = shares(
        cells,
        Elite("c0", 0.0, cell=(0, 0, 0)),
        Elite("c1", -1.0, cell=(0, 0, 0)),
        Elite("c2", -5.0, cell=(1, 0, 0)),
        Elite("c3", -5.0, cell=(1, 2, 0)),
    )
    assert "c1" not in found
    assert found["c0"] == pytest.approx(0.5, abs=0.03)
    assert found["c2"] == pytest.approx(0.25, abs=0.03)
