"""Reading numbers from untrusted output."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.errors import TrialError
from regency.evaluate.artifacts import finite, numbers_in_json, numbers_in_lines


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_both_line_forms_give_the_number(value: float):
    assert numbers_in_lines(f"noise\nval_bpb: {value}\n") == {"val_bpb": value}
    assert numbers_in_lines(f"METRIC val_bpb={value}") == {"val_bpb": value}


def test_the_last_line_counts_and_prose_is_left_out():
    text = "score: 1\nscore: 2.5\nsee: the manual\n: 3\nscore 9"
    assert numbers_in_lines(text) == {"score": 2.5}


@pytest.mark.parametrize("text", ["score: nan", "score: inf", "METRIC score=-inf", "score: 1e999"])
def test_what_would_win_every_comparison_is_refused(text: str):
    with pytest.raises(TrialError, match="finite"):
        numbers_in_lines(text)


@pytest.mark.parametrize(
    "text",
    ["", "[1]", '"x"', "{", "[" * 100_000, '{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}'],
)
def test_json_that_is_no_object_of_finite_numbers_is_refused(text: str):
    with pytest.raises(TrialError):
        numbers_in_json(text)


def test_json_keeps_numbers_and_leaves_the_rest():
    text = json.dumps({"a": 1, "b": 0.5, "c": "x", "d": [1], "e": True, "f": None})
    assert numbers_in_json(text) == {"a": 1.0, "b": 0.5}


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None, [1], 10**400])
def test_only_plain_finite_numbers_pass(value: object):
    with pytest.raises(TrialError):
        finite("score", value)


def test_numbers_by_group_are_named_by_both():
    text = '{"error": 0.1, "accuracy": {"a": 0.9, "b": {"old": 1}}, "note": "x", "empty": {}}'
    expected = {"error": 0.1, "accuracy/a": 0.9, "accuracy/b/old": 1.0}
    assert numbers_in_json(text) == expected
    with pytest.raises(TrialError, match="comes twice"):
        numbers_in_json('{"a/b": 1, "a": {"b": 2}}')
    with pytest.raises(TrialError, match="accuracy/a is nan, not a finite number"):
        numbers_in_json('{"accuracy": {"a": NaN}}')
    with pytest.raises(TrialError, match="not JSON"):
        numbers_in_json('{"a":' * 100_000 + "1" + "}" * 100_000)
