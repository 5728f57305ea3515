"""Both gates together, over streams of candidates, beside keeping whatever scored better once."""

import numpy as np
import pytest
from scipy import stats

from regency.records import Purpose


def kept_if_better_once(lab, mean):
    """What peers keep: the first search trial is better than the champion's mean."""
    first = [r for r in lab.requests if r.purpose is Purpose.SEARCH and r.key.endswith("/0")]
    requests = list(lab.requests)
    kept = sum(lab.run(request).score < mean for request in first)
    lab.requests[:] = requests
    return kept


@pytest.mark.parametrize("wild", [1, 3])
def test_thirty_labs_in_which_nothing_is_better(make_lab, wild):
    """A false promotion in at most one lab in twenty; here one candidate in ten may be wild."""
    names = [f"c{n}" for n in range(1, 101)]
    noise = dict.fromkeys(names[::10], wild)
    promoted = kept = 0
    for start in range(30):
        lab = make_lab(start, noise=noise)
        promoted += bool(lab.stream(names))
        kept += kept_if_better_once(lab, 3.0)
    assert promoted <= stats.binom.ppf(0.99, 30, 0.05)
    assert 0.4 < kept / 3000 < 0.6


@pytest.mark.parametrize(("effect", "least"), [(1.5, 0.79), (2.0, 0.95)])
def test_one_in_twenty_is_better(make_lab, effect, least):
    names = [f"c{n}" for n in range(1, 501)]
    better = set(names[::20])
    found, false, runs = 0, 0, 0
    for start in range(4):
        lab = make_lab(start, effects=dict.fromkeys(better, effect))
        promoted = set(lab.stream(names))
        found, false = found + len(promoted & better), false + len(promoted - better)
        runs += len(lab.requests)
    tried = 4 * len(better)
    assert found >= stats.binom.ppf(0.01, tried, least)
    assert false <= 0.05 * found + 3
    assert runs / (4 * len(names)) < 6  # 3 pairs a candidate


@pytest.mark.slow
def test_three_hundred_labs_in_which_nothing_is_better(make_lab):
    """Without gate 1 in the way: every candidate is tested, until 20 tests are spent."""
    promoted = 0
    for start in range(300):
        lab = make_lab(start)
        calibration = lab.calibrate()
        tests = (lab.test(f"c{n}", calibration, n) for n in range(1, 21))
        promoted += any(verdict.answer == "better" for verdict in tests)
    assert promoted <= stats.binom.ppf(0.99, 300, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 1.0, 2.0])
def test_intervals_hold_at_the_pair_where_the_test_stopped(make_lab, effect):
    missed = 0
    for start in range(300):
        lab = make_lab(start, effects={"c1": effect})
        verdict = lab.test("c1", lab.calibrate())
        missed += not (verdict.low or -np.inf) <= effect <= (verdict.high or np.inf)
    assert missed <= stats.binom.ppf(0.99, 300, 2 * 0.05 / 11.5)
