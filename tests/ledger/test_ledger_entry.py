import json
import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from regency.errors import LedgerError
from regency.ledger import LARGEST, canonical, encode, parse
from regency.ledger.entry import _whole, normal
from regency.records import Actor, ActorKind, Candidate, Entry, TrialRequest, build

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def entry(body):
    return Entry(3, "2026-01-02T03:04:05.678901Z", SYSTEM, "candidate", body)


def test_the_example_of_rfc_8785():
    text = (
        r'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        r'"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/",'
        r'"literals":[null,true,false]}'
    )
    assert canonical(json.loads(text)).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


ascii_text = st.text(st.characters(max_codepoint=127), max_size=6)
ascii_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ascii_text | st.floats(1e-7, 1e-3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ascii_text, inner, max_size=3),
    max_leaves=6,
)


@given(ascii_values)
def test_the_quick_way_writes_what_the_slow_one_writes(value):
    assert canonical(value) == rfc8785.dumps(normal(value))


@given(ascii_values, st.data())
def test_the_quick_way_takes_only_what_is_canonical(value, data):
    raw = encode(entry({"x": value}))
    place, other = data.draw(st.integers(0, len(raw))), data.draw(st.sampled_from(b" 0.eE+-19"))
    changed = raw[:place] + bytes([other]) + raw[place:]
    try:
        found = parse(changed)
    except LedgerError:
        return
    assert rfc8785.dumps(normal(json.loads(changed, parse_int=_whole))) == changed
    assert encode(found) == changed


@pytest.mark.parametrize(
    "number",
    ["1.0", "1E5", "1e5", "1e-05", "1e-5", "-0", "0.10", "1e16", "1e+16",
     "12345678901234567890", "NaN", "Infinity"],
)  # fmt: skip
def test_numbers_in_other_forms_are_refused(number):
    raw = encode(entry({"x": 777})).replace(b"777", number.encode())
    with pytest.raises(LedgerError):
        parse(raw)


@pytest.mark.parametrize("number", ["0.00001", "1e-7", "1e+21", "100000000000000000000", "0.5"])
def test_numbers_in_canonical_form_are_taken(number):
    raw = encode(entry({"x": 777})).replace(b"777", number.encode())
    assert parse(raw).body == {"x": float(number)}


def test_keys_are_sorted_by_utf_16():
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "a": 3}).decode() == (
        '{"a":3,"\U0001f600":2,"\ufb33":1}'
    )


@given(st.dictionaries(st.text(), values, max_size=4))
def test_canonical_bytes_come_back_as_they_went(body):
    data = encode(entry(body))
    again = parse(data)
    assert encode(again) == data
    assert b"\n" not in data


@given(st.floats(allow_nan=False))
def test_floats_keep_their_value(number):
    assert float(parse(encode(entry({"x": number}))).body["x"]) == number


def test_numbers_that_json_cannot_carry_become_text():
    body = {"big": 1 << 60, "small": -(1 << 60), "inf": math.inf, "nan": math.nan, "ok": 1 << 52}
    assert parse(encode(entry(body))).body == {
        "big": str(1 << 60),
        "small": str(-(1 << 60)),
        "inf": "Infinity",
        "nan": "NaN",
        "ok": 1 << 52,
    }


def test_a_large_seed_comes_back_as_a_number():
    data = {"key": "k", "candidate": "c1", "purpose": "search", "split": "search", "seed": 1 << 62}
    assert build(TrialRequest, parse(encode(entry(data))).body).seed == 1 << 62


def test_lone_surrogates_do_not_stop_the_record():
    assert parse(encode(entry({"text": "a\ud800b"}))).body == {"text": "a\ufffdb"}


def test_an_entry_has_at_most_65535_bytes():
    room = LARGEST - len(encode(entry({"text": ""})))
    assert len(encode(entry({"text": "x" * room}))) == LARGEST
    with pytest.raises(LedgerError, match="keep its large texts as blobs"):
        encode(entry({"text": "x" * (room + 1)}))


@pytest.mark.parametrize("body", [{"x": b"raw"}, {1: 2}, {"x": {1, 2}}, {"x": Candidate}])
def test_what_json_does_not_have_is_refused(body):
    with pytest.raises(LedgerError):
        encode(entry(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"seq":3', b'"seq": 3'),
        lambda data: data.replace(b'"seq":3', b'"seq":3,"more":1'),
        lambda data: data.replace(b"system", b"nobody"),
        lambda data: data[:-1],
        lambda _: b"[]",
        lambda _: b"\xff",
    ],
)
def test_what_is_not_an_entry_is_refused(change):
    with pytest.raises(LedgerError):
        parse(change(encode(entry({"x": 1}))))
