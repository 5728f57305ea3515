"""The guard ``margin``: numbers, groups and counts, looked at after every pair."""

import numpy as np
import pytest

from regency.config import GuardTable
from regency.judge import guards
from regency.records import Purpose, Trial


def arm(runs):
    """Trials with these scores; a plain number is ``size``."""
    return [
        Trial(
            f"k{n}", "c1", Purpose.CONFIRM, "confirm", n, 1.0,
            scores=run if isinstance(run, dict) else {"size": float(run)},
        )
        for n, run in enumerate(runs)
    ]  # fmt: skip


def made(**table):
    return guards.load([GuardTable(**{"name": "g", "of": "size", **table})])


def findings(new, old, **table):
    return guards.check(made(**table), arm(new), arm(old))


def check(new, old, **table):
    (finding,) = findings(new, old, **table)
    return finding


def ever_passes(guard, pairs):
    """Whether the guard passes at any look."""
    new, old = map(arm, zip(*pairs, strict=True))
    return any(
        all(f.passed for f in guards.check(guard, new[:n], old[:n])) for n in range(2, len(new) + 1)
    )


@pytest.mark.parametrize(
    ("margin", "new", "passes"),
    [
        ({"max_ratio": 1.5}, 150, True),
        ({"max_ratio": 1.5}, 151, False),
        ({"max_ratio": 1.1}, 110, True),
        ({"max_increase": 5}, 105, True),
        ({"max_increase": 5}, 106, False),
        ({"max_increase": 0}, 100, True),
        ({"max_decrease": 5}, 95, True),
        ({"max_decrease": 5}, 94, False),
        ({"max_decrease": 0}, 1000, True),
        ({"most": 120}, 120, True),
        ({"most": 120}, 121, False),
        ({"least": 90}, 90, True),
        ({"least": 90}, 89, False),
    ],
)
def test_numbers_that_never_vary_are_compared_exactly(margin, new, passes):
    finding = check([new] * 3, [100] * 3, **margin)
    assert finding.passed is passes
    assert finding.settled
    assert (finding.candidate_value, finding.champion_value) == (new, 100)
    assert finding.message.endswith("within." if passes else "beyond.")


def test_one_pair_proves_nothing_and_two_only_a_failure():
    one, two = (check([150] * n, [100] * n, max_ratio=2) for n in (1, 2))
    assert not (one.passed or one.settled or two.passed or two.settled)
    assert "too uncertain" in two.message
    assert not check([300], [100], max_ratio=2).settled
    assert check([300] * 2, [100] * 2, max_ratio=2).settled


def test_within_on_average_is_not_enough():
    finding = check([90, 130, 80, 139], [100] * 4, max_ratio=1.1)
    assert not finding.passed
    assert not finding.settled
    assert "too uncertain" in finding.message


@pytest.mark.parametrize(
    "kind", ["increase", "ratio of skewed times", "limit", "heavy tails", "decrease"]
)
def test_a_candidate_at_the_margin_passes_at_most_one_time_in_twenty(kind):
    rng = np.random.default_rng(0)

    def pairs():
        if kind == "ratio of skewed times":
            times = rng.lognormal(0, 0.3, (20, 2)) * 10
            return [(new * 1.2, old) for new, old in times]
        noise = rng.standard_t(3, (20, 2)) if kind == "heavy tails" else rng.normal(size=(20, 2))
        shift = -10 if kind == "decrease" else 10
        return [(100 + shift + new, 100 + old) for new, old in noise]

    table = {
        "increase": {"max_increase": 10}, "heavy tails": {"max_increase": 10},
        "decrease": {"max_decrease": 10}, "limit": {"most": 110},
        "ratio of skewed times": {"max_ratio": 1.2},
    }[kind]  # fmt: skip
    guard = made(**table)
    passed = sum(ever_passes(guard, pairs()) for _ in range(300))
    assert passed <= 25  # 15 expected at most; this many with chance 0.01


def test_equal_times_pass_a_margin_well_above_their_noise():
    rng = np.random.default_rng(1)
    passed = [
        check(rng.normal(100, 3, 6), rng.normal(100, 3, 6), max_ratio=1.2).passed
        for _ in range(100)
    ]
    assert np.mean(passed) > 0.98


def test_far_beyond_is_settled_early():
    rng = np.random.default_rng(2)
    found = [check(rng.normal(130, 3, 4), rng.normal(100, 3, 4), max_ratio=1.1) for _ in range(50)]
    assert sum(f.settled and not f.passed for f in found) > 40


GROUPS = {"max_decrease": 0.02, "of": "accuracy", "over": "each"}


def by_group(rng, b, runs=8):
    return [
        {"accuracy/a": 0.9 + rng.normal() * 0.004, "accuracy/b": b + rng.normal() * 0.004}
        for _ in range(runs)
    ]


def test_each_group_is_guarded_and_named():
    rng = np.random.default_rng(3)
    good, bad = findings(by_group(rng, 0.80), by_group(rng, 0.86), **GROUPS)
    assert (good.passed, bad.passed, bad.settled) == (True, False, True)
    assert good.message.startswith("accuracy/a: 0.8")
    assert bad.message.startswith("accuracy/b: 0.79")
    assert "at most 0.02 less: beyond." in bad.message


def test_a_gain_elsewhere_does_not_make_up_for_a_group():
    rng = np.random.default_rng(4)
    new = [{**run, "accuracy/a": 0.99} for run in by_group(rng, 0.80)]
    assert not all(f.passed for f in findings(new, by_group(rng, 0.86), **GROUPS))


def test_the_worst_group_and_the_gap():
    new = [{"loss/a": 1.0, "loss/b": 2.0}] * 3
    old = [{"loss/a": 1.9, "loss/b": 1.8}] * 3
    worst = check(new, old, of="loss", over="worst", max_increase=0.05)
    assert (worst.passed, worst.candidate_value) == (False, 2.0)
    assert worst.message.startswith("worst group of loss: 2 against 1.9")
    gap = check(new, old, of="loss", over="gap", most=0.5)
    assert (gap.passed, gap.candidate_value) == (False, 1.0)
    assert gap.message == "gap in loss: 1, at most 0.5: beyond."
    assert check(old, old, of="loss", over="gap", max_increase=0.0).passed
    lowest = check(new, new, of="loss", over="worst", least=1.0)
    assert (lowest.passed, lowest.candidate_value) == (True, 1.0)


def test_a_group_that_one_side_leaves_out_fails():
    new = [{"accuracy/a": 0.9}] * 3
    old = [{"accuracy/a": 0.9, "accuracy/b": 0.9}] * 3
    for over in ("each", "worst"):
        found = findings(new, old, of="accuracy", over=over, max_decrease=0.1)
        assert not all(f.passed for f in found)
        assert any("not reported in every run" in f.message for f in found)


COUNTS = {"of": "harmful", "out_of": "prompts", "max_increase": 0.03}


def counts(rng, share, runs, prompts=200):
    return [
        {"harmful": float(rng.binomial(prompts, share)), "prompts": prompts} for _ in range(runs)
    ]


def test_counts_are_shares_of_their_items():
    rng = np.random.default_rng(5)
    finding = check(counts(rng, 0.02, 20), counts(rng, 0.02, 20), **COUNTS)
    assert finding.passed
    assert finding.candidate_value == pytest.approx(0.02, abs=0.01)
    worse = check(counts(rng, 0.15, 6), counts(rng, 0.02, 6), **COUNTS)
    assert (worse.passed, worse.settled) == (False, True)


def test_no_harm_in_a_few_prompts_is_no_proof():
    none = [{"harmful": 0.0, "prompts": 10.0}] * 3
    assert not check(none, none, **COUNTS).passed
    many = [{"harmful": 0.0, "prompts": 200.0}] * 3
    assert check(many, many, **COUNTS).passed
    assert check(many, many, of="harmful", out_of=200, most=0.02).passed
    assert not check(many, many, of="harmful", out_of=200, most=0.001).passed


def test_counts_beyond_the_margin_pass_at_most_one_time_in_twenty():
    rng = np.random.default_rng(6)
    guard = made(**COUNTS)
    arms = ((counts(rng, 0.05, 12), counts(rng, 0.02, 12)) for _ in range(200))
    passed = sum(ever_passes(guard, list(zip(*both, strict=True))) for both in arms)
    assert passed <= 19


def test_models_that_differ_from_run_to_run_are_not_taken_for_items():
    """All answers of one run go together: items are far from independent."""
    rng = np.random.default_rng(7)

    def run(share):
        return {"harmful": 200.0 * (rng.random() < share), "prompts": 200.0}

    guard = made(**COUNTS)
    passed = sum(ever_passes(guard, [(run(0.33), run(0.3)) for _ in range(12)]) for _ in range(100))
    assert passed <= 12


def test_counts_by_group_use_the_items_of_the_group():
    run = {"harmful/a": 1.0, "harmful/b": 30.0, "prompts/a": 100.0, "prompts/b": 300.0}
    found = findings([run] * 3, [run] * 3, **{**COUNTS, "over": "each", "max_increase": 0.2})
    assert [f.candidate_value for f in found] == pytest.approx([0.01, 0.1])
    worst = check([run] * 3, [run] * 3, **{**COUNTS, "over": "worst"})
    assert worst.candidate_value == pytest.approx(0.1)


def test_good_things_are_counted_the_other_way_round():
    run = {"solved": 95.0, "tasks": 100.0}
    worse = {"solved": 60.0, "tasks": 100.0}
    table = {"of": "solved", "out_of": "tasks", "max_decrease": 0.1}
    assert check([run] * 4, [run] * 4, **table).passed
    assert check([worse] * 4, [run] * 4, **table).settled
    assert not check([worse] * 4, [run] * 4, **table).passed


def test_a_command_without_a_number_only_has_to_succeed():
    (finding,) = guards.check(
        guards.load([GuardTable(name="tests", command=["python", "check.py"])]), arm([1]), arm([1])
    )
    assert finding.passed


@pytest.mark.parametrize("table", [{"of": "latency"}, {"of": "latency", "over": "gap"}])
def test_a_number_that_is_not_there_fails_and_says_what_to_check(table):
    finding = check([1, 2], [1, 2], max_ratio=1, **table)
    assert not finding.passed
    assert "check `of`" in finding.message
