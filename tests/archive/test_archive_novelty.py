"""Novelty."""

from regency.archive.novelty import NearCopies, Novelty


def test_a_tree_is_known_from_the_record_or_from_the_batch_at_hand():
    novelty = Novelty({"old": "c1"}.get)
    assert novelty.twin("old") == "c1"
    assert novelty.twin("new") is None
    novelty.add("new", "c2")
    novelty.add("new", "c3")
    assert novelty.twin("new") == "c2"


def test_near_copies_are_known_by_parent_and_change():
    asked: list[str] = []

    def recall(parent: str) -> dict[bytes, str]:
        asked.append(parent)
        return {b"old": "c1"}

    near = NearCopies(recall)
    assert near.of("c0", b"old") == "c1"
    assert near.of("c0", b"new") is None
    near.add("c0", b"new", "c2")
    near.add("c0", b"new", "c3")
    assert near.of("c0", b"new") == "c2"
    assert near.of("c9", b"new") is None
    assert asked == ["c0", "c9"]
