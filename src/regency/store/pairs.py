"""The runs of one test on the confirm split, paired: what a verdict rests on."""

import re

from regency.records import Answer, Purpose, Trial, Verdict
from regency.store.queries import Queries


def pairs(store: Queries, verdict: Verdict) -> list[tuple[Trial, Trial]]:
    """Return the scored pairs that a verdict looked at, in order, the candidate's run first.

    The index of a nomination counts within its generation, so the candidate's own runs say which
    of the champion's belong to the same test.

    Args:
        store: Where trials are.
        verdict: Of a test; of others nothing is found.
    """
    if verdict.gate != "confirm":
        return []
    new, old = _runs(store, verdict, verdict.candidate), _runs(store, verdict, verdict.champion)
    return [(new[pair], old[pair]) for pair in sorted(set(new) & set(old))][: verdict.looks]


def _runs(store: Queries, verdict: Verdict, candidate: str) -> dict[tuple[int, int], Trial]:
    """Return a candidate's runs in one test by generation and number of the pair."""
    if verdict.answer is Answer.AS_GOOD:
        test = rf"as good/(\d+)/{verdict.champion}/{verdict.candidate}/(\d+)/.*"
    else:
        arm = "candidate" if candidate == verdict.candidate else "champion"
        test = rf"confirm/(\d+)/{verdict.nomination}/(\d+)/(?:.*/)?{arm}"
    found = {}
    for trial in store.trials(candidate, Purpose.CONFIRM):
        pair = re.fullmatch(test, trial.key)
        if pair and trial.score is not None:
            found[int(pair[1]), int(pair[2])] = trial
    return found
