"""Before and after, with all that may be said of the difference: see ``cases/``."""

import re
from pathlib import Path

import pytest

from regency.oversee.explain import facts

_PART = re.compile(r"^(<<<|>>>|\?\?\?) (\S+)\n", re.MULTILINE)


def cases():
    for file in sorted((Path(__file__).parent / "cases").glob("*.txt")):
        _, *found = re.split(r"^=== (.+)\n", file.read_text("utf-8"), flags=re.MULTILINE)
        for name, body in zip(found[::2], found[1::2], strict=True):
            parts = _PART.split(body)[1:]
            sides = {"<<<": {}, ">>>": {}, "???": {}}
            for mark, path, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
                sides[mark][path] = text
            said = sides["???"]["facts"].strip().split("\n")
            before, after = (
                {path: text.strip("\n").encode() + b"\n" for path, text in sides[mark].items()}
                for mark in ("<<<", ">>>")
            )
            yield pytest.param(before, after, said, id=f"{file.stem}: {name}")


CASES = list(cases())


def told(before, after):
    return [f"{fact.kind} {fact.where}: {fact.text}" for fact in facts(before, after)]


@pytest.mark.parametrize(("before", "after", "said"), CASES)
def test_exactly_that_is_said(before, after, said):
    assert sorted(told(before, after)) == sorted(said)


@pytest.mark.parametrize(("before", "after", "said"), CASES)
def test_nothing_is_said_of_what_is_the_same(before, after, said):
    assert told(before, before) == told(after, after) == []


@pytest.mark.parametrize(("before", "after", "said"), CASES)
def test_the_way_back_is_a_change_too(before, after, said):
    assert told(after, before)
