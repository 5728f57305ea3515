"""Points of risk factors, moved by what people decided."""

from hypothesis import given
from hypothesis import strategies as st

from regency.oversee.weights import FEWEST, FEWEST_WITH, PRIOR, weights
from regency.records import Factor

A, B = Factor("a", 0.2, "it is a"), Factor("b", 0.4, "it is b")


def test_too_few_decisions_leave_points_and_order_as_they_are():
    few = [([A], True)] * (FEWEST - 1)
    assert weights(few).applied([A, B]) == [A, B]
    rare = [([A], True)] * (FEWEST_WITH - 1) + [([B], False)] * FEWEST
    assert weights(rare).applied([A]) == [A]


def test_a_factor_by_hand():
    """10 with it, 6 rejected; 10 without it, 1 rejected: b = 1.5 / 11, w = 1 - 0.4 / (1 - b)."""
    decided = [([A], n < 6) for n in range(10)] + [([B], n < 1) for n in range(10)]
    (moved,) = weights(decided).applied([A])
    w = 1 - 0.4 / (1 - 1.5 / 11)
    assert abs(moved.points - (PRIOR * 0.2 + 10 * w) / (PRIOR + 10)) < 1e-4
    assert moved.judged == 0.2
    assert moved.reason == "it is a; of 10 decided changes with this, 6 rejected"


def test_what_was_moved_once_is_counted_by_its_judgement():
    moved = Factor("a", 0.8, "", judged=0.2)
    decided = [([A], n < 6) for n in range(10)] + [([], n < 1) for n in range(10)]
    again = [([moved] if factors else [], rejected) for factors, rejected in decided]
    assert weights(decided) == weights(again)


@given(st.integers(5, 60), st.data(), st.integers(20, 60), st.floats(0.01, 0.6))
def test_points_lie_between_judgement_and_evidence_and_grow_with_rejections(n, data, m, points):
    k = data.draw(st.integers(0, n))
    others = [([], i % 7 == 0) for i in range(m)]
    factor = Factor("a", points, "")

    def moved(rejected: int) -> float:
        decided = [([factor], i < rejected) for i in range(n)] + others
        return weights(decided).applied([factor])[0].points

    without = (sum(r for _, r in others) + 0.5) / (m + 1)
    own = max(0.0, 1 - (1 - k / n) / (1 - without))
    here = moved(k)
    assert min(points, own) - 1e-3 <= here <= min(max(points, own), 0.9) + 1e-3 or here == 0.9
    assert k == n or moved(k + 1) >= here


@given(st.lists(st.booleans(), min_size=FEWEST, max_size=60))
def test_a_factor_that_every_change_has_says_its_own_rate(rejections):
    factor = Factor("a", 0.3, "")
    (moved,) = weights([([factor], one) for one in rejections]).applied([factor])
    n, k = len(rejections), sum(rejections)
    assert abs(moved.points - min(0.9, (PRIOR * 0.3 + k) / (PRIOR + n))) < 1e-3
