"""The conformance suite passes the built-in guard and finds out guards that break the contract."""

import itertools
import math

import pytest

from regency.judge.margins import MarginGuard
from regency.records import Finding
from regency.testing.guards import check_guard, example_trials

CHAMPION = example_trials([{"loss": 1.0 + 0.01 * (n % 3)} for n in range(8)], "c0")
GOOD = (example_trials([{"loss": 1.01 - 0.01 * (n % 2)} for n in range(8)]), CHAMPION)
BAD = (example_trials([{"loss": 1.5 + 0.01 * (n % 2)} for n in range(8)]), CHAMPION)


class Mean:
    """A good guard of another kind: the candidate's mean loss stays below 1.2."""

    name = "mean"

    def check(self, candidate, baseline):
        losses = [trial.scores.get("loss", math.inf) for trial in candidate]
        passed = sum(losses) / len(losses) < 1.2
        return [Finding(self.name, passed, "Mean loss is looked at.", settled=True)]


def run(make, harmless=GOOD, harmful=BAD):
    check_guard(make, harmless=harmless, harmful=harmful)


def test_guards_that_keep_to_it():
    run(Mean)
    run(lambda: MarginGuard("loss", of="loss", max_increase=0.1))
    run(lambda: MarginGuard("loss", of="loss", max_ratio=1.1))
    run(lambda: MarginGuard("loss", of="loss", most=1.2))


CALLS = itertools.count()


class Broken(Mean):
    """A guard with one fault."""

    def __init__(self, fault):
        self.fault = fault

    def check(self, candidate, baseline):
        (finding,) = Mean.check(self, candidate, baseline)
        if self.fault == "changes":
            candidate[0].scores["loss"] = 0.0
        return {
            "nothing": [],
            "blind": [Finding(self.name, True, "Fine.")],
            "strict": [Finding(self.name, False, "No.")],
            "moody": [Finding(self.name, finding.passed, f"Call {next(CALLS)}.")],
            "stranger": [Finding("other", finding.passed, "Fine.")],
            "endless": [Finding(self.name, finding.passed, "Fine.", math.inf)],
            "wordy": [Finding(self.name, finding.passed, "Two\nlines.")],
            "open": [Finding(self.name, finding.passed, "Fine.", settled=False)],
            "changes": [finding],
        }[self.fault]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("nothing", "found nothing"),
        ("blind", "harmful candidate passes after pair 1"),
        ("strict", "harmless candidate does not pass"),
        ("moody", "keeps state"),
        ("stranger", "another guard's name"),
        ("wordy", "longer than a line"),
        ("open", "not settled"),
        ("changes", "changed the trials"),
    ],
)
def test_guards_that_do_not(fault, said):
    with pytest.raises(AssertionError, match=said):
        run(lambda: Broken(fault))


def test_numbers_that_no_ledger_can_hold():
    with pytest.raises(ValueError, match="not JSON compliant"):
        run(lambda: Broken("endless"))


def test_a_guard_that_raises_where_nothing_is_reported():
    class Fragile(Mean):
        def check(self, candidate, baseline):
            losses = [trial.scores["loss"] for trial in candidate]
            return [Finding(self.name, max(losses) < 1.2, "Fine.")]

    with pytest.raises(KeyError):
        run(Fragile)
