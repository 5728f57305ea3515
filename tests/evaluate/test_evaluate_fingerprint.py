"""What files say once layout is taken away."""

import pytest

from regency.evaluate.fingerprint import form

CODE = b"""
RATE = 0.1

def fit(data, *rest, scale=1.0, **more):
    total = 0.0
    for value in data:
        total += value * scale
    return total, rest, more
"""
RENAMED = CODE.replace(b"total", b"amount").replace(b"value", b"one")


def says(code: bytes) -> str:
    return form({"a.py": code})


def test_locals_may_be_called_anything():
    assert says(CODE) == says(RENAMED)
    assert says(CODE) == says(b'"""Fits."""\n# a comment\n' + RENAMED)


def test_docstrings_leave_nothing_where_exceptions_are_handled():
    code = b"def f(x):\n    with open(x) as file:\n        return file.read()\n"
    assert says(code) == says(
        b'"""A module."""\n' + code.replace(b":\n", b':\n    """Read."""\n', 1)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"scale", b"size"),  # a caller may use the names of arguments
        (b"*rest", b"*others"),
        (b"**more", b"**options"),
        (b"RATE", b"SPEED"),  # importers may use those of globals
        (b"0.0", b"0"),
        (b"+=", b"-="),
        (b"total, rest", b"rest, total"),
    ],
)
def test_other_names_and_all_else_count(old: bytes, new: bytes):
    changed = CODE.replace(old, new)
    assert changed != CODE
    if old in (b"*rest", b"**more"):
        changed = CODE.replace(old.strip(b"*"), new.strip(b"*"))
    assert says(changed) != says(CODE)


@pytest.mark.parametrize("asking", [b"locals()", b"eval('total')", b"vars()"])
def test_where_code_can_ask_for_its_locals_their_names_count(asking: bytes):
    ask = CODE.replace(b"    return total", b"    print(" + asking + b")\n    return total")
    assert says(ask) != says(
        ask.replace(b"total = 0.0", b"amount = 0.0").replace(b"total +", b"amount +")
    )
    assert says(ask) == says(ask + b"\n\n")


def test_swapping_two_locals_is_a_change():
    one = b"def f():\n    a = 1\n    b = 2\n    return a - b\n"
    other = b"def f():\n    a = 1\n    b = 2\n    return b - a\n"
    assert says(one) != says(other)


def test_paths_and_other_text_count():
    assert form({"a.py": CODE}) != form({"b.py": CODE})
    assert form({"a.md": b"a \n\nb"}) == form({"a.md": b"a\nb\n"}) != form({"a.md": b"ab"})
