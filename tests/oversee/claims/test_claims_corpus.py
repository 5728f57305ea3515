import sys
from pathlib import Path

import pytest

from regency.oversee.claims import check_claims

sys.path.insert(0, str(Path(__file__).parent))
from corpus import FILE, VERDICTS, cases

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.change}: {c.sentence}")
def test_the_verdict(case):
    (found,) = check_claims([case.sentence], "", case.before, case.after, measured=case.measured)
    assert found.result == case.asked, found.reason
    assert found.reason


def test_the_corpus_is_large_and_mixed():
    counts = {t: sum(c.truth == t for c in CASES) for t in ("true", "false", "open")}
    assert min(counts.values()) >= 30
    assert sum(counts.values()) >= 120


def test_nobody_is_accused_falsely_in_sentences_that_it_was_not_made_for():
    for name in ("unseen.txt", "unseen_measured.txt"):
        for case in cases(FILE.with_name(name)):
            not_accused(case)


def not_accused(case):
    change = (case.before, case.after)
    (found,) = check_claims([case.sentence], "", *change, measured=case.measured)
    assert found.result in (VERDICTS[case.truth], "unknown"), (case.sentence, found.reason)


def test_in_a_rationale_the_same_sentences_get_the_same_verdicts():
    for case in CASES:
        found = check_claims([], case.sentence, case.before, case.after, measured=case.measured)
        assert all(c.result == case.asked for c in found if c.claim == case.sentence)
