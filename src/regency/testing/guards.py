"""Conformance suite for guards: what any guard must keep to, as one function to call in a test.

It shows a guard runs that must pass and runs that must not, pair by pair, as gate 2 does.
"""

import copy
import json
from collections.abc import Callable, Mapping, Sequence

from regency.judge.guards import Guard
from regency.records import Finding, Purpose, Trial, build, plain

MOST_MESSAGE = 300
Arms = tuple[Sequence[Trial], Sequence[Trial]]


def example_trials(runs: Sequence[Mapping[str, float]], candidate: str = "c1") -> tuple[Trial, ...]:
    """Return trials of gate 2 that reported these numbers, one for each run."""
    return tuple(
        Trial(
            key=f"confirm/0/1/{pair}/{candidate}",
            candidate=candidate,
            purpose=Purpose.CONFIRM,
            split="confirm",
            seed=pair,
            score=1.0,
            scores=dict(scores),
        )
        for pair, scores in enumerate(runs)
    )


def check_guard(make: Callable[[], Guard], *, harmless: Arms, harmful: Arms) -> None:
    """Hold a guard to the contract.

    Args:
        make: Makes the guard afresh, as a lab would after a restart.
        harmless: Candidate's and champion's trials, as many pairs as a test may take, of a
            candidate that is well within the margin.
        harmful: The same of one that is far beyond it.

    Raises:
        AssertionError: It breaks the contract; the message says where.
    """
    guard = make()
    assert guard.name, "it has no name"
    good, bad = _looks(guard, harmless), _looks(guard, harmful)
    assert good == _looks(make(), harmless), "made afresh it finds something else: it keeps state"
    assert all(f.passed for f in good[-1]), "a harmless candidate does not pass after all pairs"
    for number, findings in enumerate(good, 1):
        turned = [f for f in findings if f.settled and not f.passed]
        assert not turned, f"a harmless candidate is turned down for good after pair {number}"
    for number, findings in enumerate(bad, 1):
        through = all(f.passed for f in findings)
        assert not through, f"a harmful candidate passes after pair {number}"
    _check_absence(guard, harmless)


def check_findings(guard: Guard, findings: Sequence[Finding]) -> None:
    """Hold what a guard returned to the contract; raises AssertionError."""
    assert findings, "it found nothing: return one finding at least, passed or not"
    for finding in findings:
        assert isinstance(finding, Finding), f"{finding!r} is no Finding"
        assert finding.guard == guard.name, "a finding bears another guard's name"
        assert finding.message.strip(), "a finding says nothing"
        assert "\n" not in finding.message, "a message is longer than a line"
        assert len(finding.message) <= MOST_MESSAGE, f"a message is over {MOST_MESSAGE} long"
        assert finding.settled or not finding.passed, "it passed, and is not settled"
        text = json.dumps(plain(finding), allow_nan=False)
        assert build(Finding, json.loads(text)) == finding, "a finding does not survive JSON"


def _looks(guard: Guard, arms: Arms) -> list[tuple[Finding, ...]]:
    """Return what is found after each pair."""
    candidate, baseline = arms
    assert len(candidate) == len(baseline) > 1, "the example needs two pairs or more"
    found = []
    for pairs in range(1, len(candidate) + 1):
        new, old = tuple(candidate[:pairs]), tuple(baseline[:pairs])
        before = copy.deepcopy((new, old))
        findings = tuple(guard.check(new, old))
        assert (new, old) == before, "check changed the trials that it was given"
        check_findings(guard, findings)
        found.append(findings)
    return found


def _check_absence(guard: Guard, arms: Arms) -> None:
    """A candidate that reports nothing must not pass, and must not make the guard raise."""
    candidate, baseline = arms
    silent = example_trials([{}] * len(candidate))
    findings = guard.check(silent, baseline)
    check_findings(guard, findings)
    assert not all(f.passed for f in findings), "a candidate that reports nothing passes"
