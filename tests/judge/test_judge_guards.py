import numpy as np
import pytest

from regency.config import GuardTable
from regency.judge import guards
from regency.records import Purpose, Trial


def arm(values, name="model_bytes"):
    return [
        Trial(f"k{n}", "c1", Purpose.CONFIRM, "confirm", n, 1.0, scores={name: float(v)})
        for n, v in enumerate(values)
    ]


def check(new, old, **margin):
    (finding,) = guards.check(
        [GuardTable(name="g", of="model_bytes", **margin)], arm(new), arm(old)
    )
    return finding


@pytest.mark.parametrize(
    ("margin", "new", "passes"),
    [
        ({"max_ratio": 1.5}, 150, True),
        ({"max_ratio": 1.5}, 151, False),
        ({"max_increase": 5}, 105, True),
        ({"max_increase": 5}, 106, False),
        ({"max_increase": 0}, 100, True),
        ({"max_decrease": 5}, 95, True),
        ({"max_decrease": 5}, 94, False),
        ({"max_decrease": 0}, 1000, True),
    ],
)
def test_numbers_that_never_vary_are_compared_exactly(margin, new, passes):
    finding = check([new] * 3, [100] * 3, **margin)
    assert finding.passed is passes
    assert (finding.candidate_value, finding.champion_value) == (new, 100)
    assert finding.message.endswith("within." if passes else "beyond.")


def test_within_on_average_is_not_enough():
    finding = check([90, 130, 80, 139], [100] * 4, max_ratio=1.1)
    assert not finding.passed
    assert "too uncertain" in finding.message


def test_a_candidate_at_the_margin_passes_one_time_in_twenty():
    rng = np.random.default_rng(0)
    passed = [
        check(110 + rng.normal(size=6), 100 + rng.normal(size=6), max_increase=10).passed
        for _ in range(2000)
    ]
    assert 0.03 < np.mean(passed) < 0.07


def test_equal_times_pass_a_margin_well_above_their_noise():
    rng = np.random.default_rng(1)
    passed = [
        check(rng.normal(100, 3, 6), rng.normal(100, 3, 6), max_ratio=1.2).passed
        for _ in range(200)
    ]
    assert np.mean(passed) > 0.99


def test_a_number_that_is_not_there_fails_and_says_what_to_check():
    (finding,) = guards.check(
        [GuardTable(name="g", of="latency", max_ratio=1)], arm([1, 2]), arm([1, 2])
    )
    assert not finding.passed
    assert "check `of`" in finding.message
