"""Records go to JSON and come back the same."""

import json
import types
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency import records
from regency.records import (
    Agent,
    Answer,
    Candidate,
    Finding,
    Outcome,
    Purpose,
    Trial,
    Verdict,
    build,
    plain,
    seconds_since,
)

TEXT = st.text(max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)

RECORDS = [
    kind
    for name in records.__all__
    if isinstance(kind := getattr(records, name), type) and hasattr(kind, "__dataclass_fields__")
]


def values(hint: object) -> st.SearchStrategy[object]:
    """Return a strategy for a field's type."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return st.one_of(*(values(a) for a in inside))
    if origin is tuple:
        return st.lists(values(inside[0]), max_size=2).map(tuple)
    if origin is not None:
        return st.dictionaries(TEXT, st.none() | st.booleans() | NUMBER | TEXT, max_size=2)
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return of(hint)
    if isinstance(hint, type) and issubclass(hint, (Answer, Purpose, records.ActorKind)):
        return st.sampled_from(list(hint))
    simple = {str: TEXT, float: NUMBER, int: st.integers(0, 2**40), bool: st.booleans()}
    return simple.get(hint, st.none())


def of(kind: type) -> st.SearchStrategy[object]:
    """Return a strategy for a record."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})


WITHOUT_BYTES = [kind for kind in RECORDS if kind not in (records.FileEdit, records.Proposal)]


@given(st.sampled_from(WITHOUT_BYTES).flatmap(of))
def test_every_record_survives_json(record):
    text = json.dumps(plain(record))
    again = build(type(record), json.loads(text))
    assert plain(again) == json.loads(text)
    assert type(again) is type(record)


def test_nested_records_keep_their_kinds():
    verdict = Verdict("c1", Answer.BETTER, "confirm", "r", findings=(Finding("g", True, "m"),))
    assert build(Verdict, plain(verdict)) == verdict
    trial = Trial("k", "c1", Purpose.CONFIRM, "confirm", 3, None, outcomes=(Outcome("ok"),))
    again = build(Trial, plain(trial))
    assert again == trial
    assert again.purpose is Purpose.CONFIRM


def test_older_entries_lack_fields_and_newer_ones_have_more():
    data = plain(Candidate("c1", "a", "b", "c0", Agent("x", "y")))
    del data["rationale"]
    assert build(Candidate, {**data, "later": 1}).rationale == ""
    del data["commit"]
    with pytest.raises(KeyError, match="commit"):
        build(Candidate, data)


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_frozen_slotted_and_documented(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    assert kind.__doc__


def test_time_goes_on():
    moment = records.now()
    assert moment.endswith("Z")
    assert 0 <= seconds_since(moment) < 60
