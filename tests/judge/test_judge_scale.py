"""How scores are compared: by difference, by ratio, as shares."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regency.config import ScoreTable
from regency.errors import TrialError
from regency.judge.scale import BOUNDED, Scale, scale_of
from regency.stats import evalues

positive = st.floats(1e-3, 1e3)


def table(**more):
    return ScoreTable.model_validate(
        {"metric": "m", "goal": "maximize", "command": ["python", "s.py"]} | more
    )


@given(positive, positive, positive)
def test_a_ratio_does_not_depend_on_the_unit(new, old, unit):
    scale = Scale("minimize", ratio=True)
    assert scale.improvement(new * unit, old * unit) == pytest.approx(scale.improvement(new, old))
    assert (scale.improvement(new, old) > 0) == (math.log(new / old) < 0)


@pytest.mark.parametrize("score", [0.0, -1.0])
def test_a_ratio_of_nothing_is_refused(score):
    with pytest.raises(TrialError, match="above zero"):
        Scale(ratio=True).improvement(1.0, score)


def test_shares_go_from_worst_to_best_and_not_beyond():
    up, down = Scale("maximize", low=0, high=200), Scale("minimize", low=0, high=200)
    assert (up.share(50), down.share(50)) == (0.25, 0.75)
    with pytest.raises(TrialError, match="201 is not between 0 and 200"):
        up.share(201)


def test_settings_choose_the_scale():
    assert scale_of(table()) == Scale("maximize")
    assert scale_of(table(metric="wall_s")).ratio
    assert not scale_of(table(metric="wall_s", compare="difference")).ratio
    shares = scale_of(table(bounds=[0, 1], items=40))
    assert (shares.bounded, shares.items) == (True, 40)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"bounds": [1, 0]}, "larger one"), ({"items": 5}, "set `bounds`")]
)
def test_settings_that_say_nothing_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        table(**wrong)


def test_a_rate_of_many_tasks_needs_few_pairs_and_the_interval_is_in_metric_units():
    scale = Scale("maximize", low=0, high=100, items=50)
    scores = [(80.0, 50.0)] * 5
    assert scale.evidence(BOUNDED, scores, ()) > 230
    low, high = scale.interval(BOUNDED, scores, 0.01, ())
    assert 0 < low < 30 < high < 100
    assert scale.fewest_pairs(BOUNDED, 1 / 230, 4) == 1
    assert Scale(low=0, high=1).fewest_pairs(BOUNDED, 1 / 230, 4) > 3


def test_other_e_processes_are_passed_on():
    scores = [(3.0, 1.0), (2.5, 1.0), (4.0, 1.5)]
    differences = [2.0, 1.5, 2.5]
    scale = Scale("maximize")
    expected = evalues.evidence(evalues.SYMMETRIC, differences)
    assert scale.evidence(evalues.SYMMETRIC, scores, ()) == expected
    assert scale.fewest_pairs(evalues.SYMMETRIC, 1 / 230, 4) == 9
