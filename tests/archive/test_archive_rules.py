"""Parent choice and novelty."""

from regency.archive.novelty import Novelty
from regency.archive.select import ArchiveView, greedy


def test_greedy_builds_on_the_champion_whatever_else_looks_good():
    assert greedy(ArchiveView("c4", [("c9", 3.0)], 0.1), 7) == "c4"


def test_a_tree_is_known_from_the_record_or_from_the_batch_at_hand():
    novelty = Novelty({"old": "c1"}.get)
    assert novelty.twin("old") == "c1"
    assert novelty.twin("new") is None
    novelty.add("new", "c2")
    novelty.add("new", "c3")
    assert novelty.twin("new") == "c2"
