import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_oversee_atoms import TREES

from regency.oversee import rejection
from regency.oversee.groups import groups, with_only
from regency.oversee.rejection import Rejected, again, applied_diff, marks, without
from regency.repo import diff

BASE = {"m.py": b"RATE = 1\nWIDTH = 2\nDEPTH = 3\n\n\ndef f():\n    return RATE\n"}


def edited(*pairs: tuple[str, str], base=BASE) -> dict[str, bytes]:
    text = base["m.py"].decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return {**base, "m.py": text.encode()}


def change(before, after) -> str:
    return diff.unified_tree(before, after)


def test_one_change_is_dropped_and_the_others_stay():
    one, both = (
        edited(("RATE = 1", "RATE = 9")),
        edited(("RATE = 1", "RATE = 9"), ("H = 3", "H = 4")),
    )
    assert without(change(BASE, one), BASE, both) == edited(("H = 3", "H = 4"))
    assert without(change(BASE, both), BASE, both) == BASE


def test_what_came_later_on_the_same_lines_goes_too():
    first = edited(("RATE = 1", "RATE = 9"))
    later = edited(("RATE = 1", "RATE = 27"), ("WIDTH = 2", "WIDTH = 4"))
    assert without(change(BASE, first), BASE, later) == edited(("WIDTH = 2", "WIDTH = 4"))


def test_what_depends_on_it_goes_too():
    helper = {**BASE, "extra.py": b"def g():\n    return 1\n"}
    head = {**edited(("DEPTH = 3", "DEPTH = 4")), "extra.py": helper["extra.py"]}
    head["m.py"] = b"import extra\n" + head["m.py"].replace(b"WIDTH = 2", b"WIDTH = extra.g()")
    assert without(change(BASE, helper), BASE, head) == edited(("DEPTH = 3", "DEPTH = 4"))


def test_a_name_that_the_base_has_ties_nothing():
    head = edited(("RATE = 1", "RATE = 9"), ("return RATE", "return RATE * 2"))
    assert without(change(BASE, edited(("RATE = 1", "RATE = 9"))), BASE, head) == edited(
        ("return RATE", "return RATE * 2")
    )


@settings(max_examples=100, deadline=None)
@given(TREES, TREES, st.randoms())
def test_dropping_any_group_leaves_none_of_its_lines(before, after, random):
    every = groups(before, after)
    if not every:
        return
    group = random.choice(every)
    alone = with_only(group, before, after)
    left = without(change(before, alone), before, after)
    assert with_only(group, before, after) != left or alone == before
    regrouped = {piece for g in groups(before, left) for piece in g.pieces}
    assert not set(group.pieces) & regrouped or left == before


@settings(max_examples=150, deadline=None)
@given(TREES, TREES)
def test_a_diff_applied_gives_what_it_was_made_of(before, after):
    text = {p: c for p, c in before.items() if not diff.is_binary(c) and c}
    then = {p: c for p, c in after.items() if not diff.is_binary(c) and c}
    assert applied_diff(change(text, then), text) == then


REJECTED = Rejected("p1.1", "no", marks(BASE, edited(("RATE = 1", "RATE = 9"))))


@pytest.mark.parametrize(
    ("after", "blocked"),
    [
        (edited(("RATE = 1", "RATE = 9")), True),
        (edited(("RATE = 1", "RATE  =  9  # faster")), True),
        (edited(("RATE = 1\n", "\n# new\nRATE = 9\n"), ("WIDTH = 2", "WIDTH = 5")), True),
        (edited(("RATE = 1", "RATE = 8")), False),
        (edited(("WIDTH = 2", "WIDTH = 9")), False),
        (BASE, False),
    ],
)
def test_the_same_change_is_known_again(after, blocked):
    assert (again([REJECTED], BASE, BASE, after) is REJECTED) is blocked


def test_what_the_parent_has_already_is_not_held_against_a_proposal():
    parent = edited(("RATE = 1", "RATE = 9"))  # a person ratified it after all
    after = edited(("WIDTH = 2", "WIDTH = 5"), base=parent)
    assert again([REJECTED], BASE, parent, after) is None


def test_it_is_known_in_a_tree_that_went_on_without_it():
    later = edited(("WIDTH = 2", "WIDTH = 5"))
    after = edited(("RATE = 1", "RATE = 9"), base=later)
    assert again([REJECTED], later, later, after) is REJECTED
    assert again([], BASE, BASE, after) is None


def test_comments_alone_leave_no_mark():
    assert marks(BASE, edited(("WIDTH = 2", "WIDTH = 2  # units"))) == frozenset()
    assert rejection.again([Rejected("p1.1", "no", frozenset())], BASE, BASE, BASE) is None
