"""Simpler is better: fewer lines for nothing, and the smaller of two changes that seem alike.

What is free of promises here decides only what is tested; `evidence` is what gate 2 rests on.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from regency.config import JudgeTable
from regency.judge import outlook
from regency.judge.nominate import PAIRS_AT_LEAST, PAIRS_PER_SD, SearchResult
from regency.judge.scale import BOUNDED, Scale, Scores
from regency.records import Answer, Candidate, Nomination, Verdict
from regency.stats import evalues, shares

ALIKE_SE = 0.5  # standard errors within which two gains count as the same
LEAST_SHARE = 0.25  # of the margin; with less of it left no test is begun


def margin_left(settings: JudgeTable, promoted: Sequence[Verdict]) -> float:
    """Return how much worse the next simpler candidate may be, metric units.

    The margin is shared by a generation, so that many small losses do not add up unseen: what
    each earlier simplification may have cost, by the lower end of its interval, is taken off.

    Args:
        settings: ``[judge]``.
        promoted: Verdicts of this generation's promotions.
    """
    whole = settings.simpler_margin
    whole = settings.smallest_effect if whole is None else whole
    spent = [v.margin if v.low is None else max(0.0, -v.low) for v in promoted if v.simpler]
    left = whole - math.fsum(spent)
    return left if left > LEAST_SHARE * whole else 0.0


def is_simpler(candidate: Candidate) -> bool:
    """Return whether a candidate has fewer lines than what it was made from."""
    return candidate.lines_removed > candidate.lines_added


def worth_testing(result: SearchResult, margin: float, noise_sd: float, most_pairs: int) -> bool:
    """Return whether a simpler candidate that search turned down may be worth a test after all.

    Args:
        result: What gate 1 found.
        margin: How much worse it may be, metric units.
        noise_sd: Standard deviation of one paired difference.
        most_pairs: Cap on pairs.
    """
    if result.promising or margin <= 0 or result.gain is None or result.gain <= -margin:
        return False
    return PAIRS_AT_LEAST + PAIRS_PER_SD * noise_sd / margin <= most_pairs


def as_promising(result: SearchResult) -> SearchResult:
    """Return the result of a simpler candidate as one that may wait for a test."""
    return replace(result, promising=True, verdict=None)


def smallest(
    choice: SearchResult, pool: Sequence[SearchResult], record: Callable[[str], Candidate]
) -> SearchResult:
    """Return of the candidates that seem as good as ``choice`` the one with the smallest change.

    Args:
        choice: The candidate to be tested next.
        pool: All that wait.
        record: Candidate id → candidate.
    """

    def lines(result: SearchResult) -> int:
        candidate = record(result.candidate)
        return candidate.lines_added + candidate.lines_removed

    least = (choice.gain or 0.0) - ALIKE_SE * choice.gain_se
    alike = [r for r in pool if (r.gain or 0.0) >= least and r.gain_se <= choice.gain_se]
    return min([choice, *alike], key=lines)


def evidence(
    scale: Scale, e_process: str, scores: Scores, known: Sequence[float], margin: float
) -> float:
    """Return the evidence that a candidate is not worse by ``margin`` or more.

    Args:
        scale: How scores are compared.
        e_process: The nomination's.
        scores: Pairs of scores so far, the candidate's first.
        known: Paired differences of the champion against itself.
        margin: Above 0, metric units.
    """
    if e_process != BOUNDED:
        return evalues.evidence(e_process, scale.differences(scores), known, -margin)
    lost = [
        scale.items * math.fsum(1 - scale.share(score) for score in arm)
        for arm in zip(*scores, strict=True)
    ]
    items = scale.items * len(scores)
    width = (scale.high or 0.0) - (scale.low or 0.0)
    return shares.share_evidence(lost[0], items, lost[1], items, min(margin / width, 0.999))


def hopeless(scale: Scale, scores: Scores, nomination: Nomination) -> bool:
    """Return whether to give up on finding a candidate no worse than its margin."""
    if len(scores) >= nomination.max_pairs:
        return True
    margin = nomination.margin
    if nomination.e_process == BOUNDED:
        against = [-d - margin for d in scale.differences(scores)]
        return evalues.evidence(evalues.RIGHT_HAAR_T, against) >= outlook.AGAINST
    shifted = [(_improved(scale, new, margin), old) for new, old in scores]
    return isinstance(outlook.stop(shifted, scale, nomination, 0.0), Answer)


def _improved(scale: Scale, score: float, gain: float) -> float:
    """Return ``score`` made better by ``gain``."""
    way = -1.0 if scale.goal == "minimize" else 1.0
    return score * math.exp(way * gain) if scale.ratio else score + way * gain
