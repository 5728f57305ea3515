import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.cli import numbers, plot


@pytest.mark.parametrize(
    ("level", "text"), [(0.05, "95%"), (0.0434, "95.6%"), (0.01, "99%"), (1 / 230, "99.56%")]
)
def test_confidence(level, text):
    assert numbers.confidence(level) == text


@given(st.floats(1e-9, 0.5))
def test_confidence_never_promises_more_than_there_is(level):
    assert float(numbers.confidence(level).rstrip("%")) <= (1 - level) * 100 + 1e-9


def test_interval_says_what_it_has():
    assert numbers.interval(0.1, None, 0.05) == "95% sure: at least +0.1"
    assert numbers.interval(-0.1, 0.2, 0.05) == "95% sure: between -0.1 and +0.2"
    assert numbers.interval(None, None, 0.05) == "no interval yet"


def test_steps_rise_where_the_points_do():
    assert plot.steps([(0, 0.0), (5, 1.0)], 10, 10, 2) == ["    ██████", "    ██████"]
    assert plot.steps([(0, 0.0)], 10, 10, 2) == []


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.integers(1, 60))
def test_spark_fits(values, width):
    assert len(plot.spark(values, width)) == min(len(values), width)
