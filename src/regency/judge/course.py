"""The course of a test: what was known after each pair, and what was missing at the end.

Computed again from the recorded runs, for people: everything here comes from the confirm split.
Decides nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regency.errors import TrialError
from regency.judge import simplify
from regency.judge.scale import Scale, Scores
from regency.judge.verdict import finite
from regency.records import Calibration, Nomination

MOST_TIMES = 20  # a test that would need more than this many times its cap is not worth a number


@dataclass(frozen=True, slots=True)
class Look:
    """What was known after one more pair.

    Attributes:
        pair: Its number, from 1.
        effect: Improvement in this pair, positive is better, metric units.
        mean: Mean improvement so far.
        low: Lower end of the time-uniform interval so far; None where nothing is ruled out yet.
        high: Upper end.
        e_value: Largest e-value so far.
    """

    pair: int
    effect: float
    mean: float
    low: float | None
    high: float | None
    e_value: float


@dataclass(frozen=True, slots=True)
class Course:
    """One test from its first pair to its last.

    Attributes:
        candidate: Candidate id.
        champion: What it was tested against.
        index: Its number within the generation.
        generation: Number of that generation.
        used: Which test it was on this confirm split.
        e_process: Name of the e-process.
        level: Fixed before the first pair.
        bar: The e-value that must be reached, ``1 / level``.
        max_pairs: Most pairs that the test could take.
        smallest_effect: Gains below this are not worth having, metric units.
        looks: One for each pair.
        needed: Pairs in all after which the bar would have been reached, had they gone on like
            those seen; None if it was reached, or would not have been in any number.
        margin: 0: evidence is against "no better". Above 0, of a candidate promoted as simpler:
            against "worse by this or more", metric units.
    """

    candidate: str
    champion: str
    index: int
    generation: int
    used: int
    e_process: str
    level: float
    bar: float
    max_pairs: int
    smallest_effect: float
    looks: tuple[Look, ...]
    needed: int | None
    margin: float = 0.0


def course(
    nomination: Nomination,
    calibration: Calibration,
    scale: Scale,
    scores: Scores,
    *,
    smallest_effect: float,
    generation: int,
    used: int,
    margin: float = 0.0,
) -> Course:
    """Return the course of the test of ``nomination``.

    Args:
        nomination: As recorded when the test began.
        calibration: Of its epoch.
        scale: How scores are compared.
        scores: The pairs that were looked at, in order, the candidate's first.
        smallest_effect: As it was in force.
        generation: Number of the generation it is counted in.
        used: Which test it was on its confirm split.
        margin: Of the verdict.
    """
    bar = 1 / nomination.level
    looks = _looks(nomination, calibration.differences, scale, scores, margin)
    reached = bool(looks) and looks[-1].e_value >= bar
    return Course(
        candidate=nomination.candidate,
        champion=nomination.champion,
        index=nomination.index,
        generation=generation,
        used=used,
        e_process=nomination.e_process,
        level=nomination.level,
        bar=bar,
        max_pairs=nomination.max_pairs,
        smallest_effect=smallest_effect,
        looks=looks,
        needed=None if reached else _needed(nomination, calibration.differences, scale, scores),
        margin=margin,
    )


def _looks(
    nomination: Nomination, known: Sequence[float], scale: Scale, scores: Scores, margin: float
) -> tuple[Look, ...]:
    effects = scale.differences(scores)
    looks, highest = [], 1.0
    for n in range(1, len(scores) + 1):
        highest = max(highest, _evidence(nomination.e_process, scale, scores[:n], known, margin))
        low, high = scale.interval(nomination.e_process, scores[:n], nomination.level, known)
        mean = math.fsum(effects[:n]) / n
        looks.append(Look(n, effects[n - 1], mean, finite(low), finite(high), highest))
    return tuple(looks)


def _evidence(
    e_process: str, scale: Scale, scores: Scores, known: Sequence[float], margin: float
) -> float:
    if margin > 0:
        return simplify.evidence(scale, e_process, scores, known, margin)
    return scale.evidence(e_process, scores, known)


def _needed(
    nomination: Nomination, known: Sequence[float], scale: Scale, scores: Scores
) -> int | None:
    """Return after how many pairs the bar would be reached if those seen came again and again."""
    if not scores or math.fsum(scale.differences(scores)) <= 0:
        return None
    for pairs in range(len(scores) + 1, MOST_TIMES * nomination.max_pairs + 1):
        again = [scores[n % len(scores)] for n in range(pairs)]
        try:
            evidence = scale.evidence(nomination.e_process, again, known)
        except TrialError:
            return None
        if evidence * nomination.level >= 1:
            return pairs
    return None
