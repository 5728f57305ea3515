import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.oversee.atoms import applied, atoms, levels

STATEMENTS = st.sampled_from(
    ["a = 1", "b = 2", "b = 3", "def f():\n    x = 1\n    # why\n    y = 2\n    return x", "",
     "# words", "if a:\n    c = 3\n    d = 4", "@staticmethod\ndef g():\n    pass", "print(a)"]
)  # fmt: skip
TEXTS = st.lists(STATEMENTS, max_size=8).map(lambda found: "\n".join(found).encode() + b"\n")
TREES = st.dictionaries(st.sampled_from(["m.py", "n.py", "t.txt", "b.bin"]),
                        TEXTS | st.sampled_from([b"", b"\0\1", b"not ( python"]))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(TREES, TREES, st.randoms())
def test_parts_make_up_the_difference_and_any_of_them_can_be_left_out(before, after, random):
    parts = atoms(before, after)
    assert applied(parts, before, after) == after
    assert applied([], before, after) == before
    chosen = [part for part in parts if random.random() < 0.5]
    mixed = applied(chosen, before, after)
    lines = {
        line for files in (before, after) for text in files.values() for line in text.split(b"\n")
    }
    assert {line for text in mixed.values() for line in text.split(b"\n")} <= lines
    for one, other in itertools.pairwise(p for p in parts if p.path == "m.py"):
        assert one.old[1] <= other.old[0] and one.new[1] <= other.new[0]


@settings(max_examples=80, deadline=None)
@given(TREES, TREES)
def test_every_level_divides_all_parts_and_each_is_finer(before, after):
    parts = atoms(before, after)
    found = list(levels(parts, before, after))
    for units in found:
        assert sorted(atom for unit in units for atom in unit) == sorted(parts)
    by_file, _, *inner = found
    for coarse, fine in itertools.pairwise([by_file, *inner]):
        assert len(coarse) <= len(fine)
    assert len(found[-1]) == len(parts)


def titles(before: str, after: str) -> list[tuple[str, str]]:
    old, new = (f"{text}\n".encode() for text in (before, after))
    return [
        ("".join(before.splitlines(keepends=True)[slice(*part.old)]).strip(),
         "".join(after.splitlines(keepends=True)[slice(*part.new)]).strip())
        for part in atoms({"m.py": old}, {"m.py": new})
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("A = 1\nB = 2", "A = 5\nB = 6", [("A = 1", "A = 5"), ("B = 2", "B = 6")]),
        (
            "A = 1\nB = 2",
            "A = 5\nX = 0\nB = 6",
            [("A = 1", "A = 5"), ("", "X = 0"), ("B = 2", "B = 6")],
        ),
        ("A = 1\nB = 2\nC = 3", "A = 1\nC = 4", [("B = 2", ""), ("C = 3", "C = 4")]),
        (
            "a = 1",
            "a = 1\n\n\ndef f():\n    x = 1\n    # why\n    y = 2",
            [("", "def f():"), ("", "x = 1"), ("", "# why\n    y = 2")],
        ),
        (
            "def f():\n    x = 1\n    return x",
            "def f():\n    x = 2\n    y = 3\n    return y",
            [("x = 1", "x = 2"), ("", "y = 3"), ("return x", "return y")],
        ),
    ],
)  # fmt: skip
def test_statements_are_parts_of_their_own(before, after, parts):
    assert titles(before, after) == parts
