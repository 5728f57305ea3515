"""Span arithmetic against sets of whole seconds."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from regency.measure.bottleneck.spans import common, minus, total, union

SPAN = st.tuples(st.integers(0, 40), st.integers(0, 40))
SPANS = st.lists(SPAN, max_size=8)


def seconds(spans) -> set[int]:
    return {second for start, end in spans for second in range(int(start), int(end))}


@given(SPANS)
def test_union_keeps_every_second_once_sorted_and_apart(spans):
    made = union(spans)
    assert seconds(made) == seconds(spans)
    assert total(spans) == len(seconds(spans))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(made))
    assert all(start < end for start, end in made)


@given(SPANS, SPANS)
def test_common_and_minus_are_those_of_sets(one, two):
    assert seconds(common(one, two)) == seconds(one) & seconds(two)
    assert seconds(minus(one, two)) == seconds(one) - seconds(two)


@given(SPANS, SPANS)
def test_the_parts_add_up_to_the_whole(one, two):
    assert total(common(one, two)) + total(minus(one, two)) == total(one)
    assert union(minus(one, two)) == minus(one, two)
