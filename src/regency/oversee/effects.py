"""What a test measured of a candidate's own step: the metric, and what its runs used."""

import math
from collections.abc import Sequence
from statistics import fmean

from regency.config import Config
from regency.oversee.claims.effect import Effect, names_of
from regency.records import Trial, Verdict
from regency.stats.intervals import upper_t_bound

FEWEST = 2  # pairs that say something of luck
CHANCE = 0.05  # of each end of an interval, for what the judge gives none
_SPENT = 0.9  # of a budget used: it is what ends the run
Effects = dict[str, Effect]


def effects(pairs: Sequence[tuple[Trial, Trial]], verdict: Verdict, config: Config) -> Effects:
    """Return name → effect, of all that was measured in the same pairs.

    The metric's interval is the judge's own; those of the other numbers are Student's, for the
    pairs as they are.

    Args:
        pairs: Scored runs of the candidate and of what it was held against.
        verdict: Of that test.
        config: The settings in force.
    """
    if len(pairs) < FEWEST:
        return {}
    metric = config.score.metric
    names = set.intersection(*(set(trial.scores) for pair in pairs for trial in pair)) - {metric}
    found = {metric: _metric(pairs, verdict, config)}
    for name in sorted(names):
        found[name] = _used(name, pairs, config)
    return found


def _metric(pairs: Sequence[tuple[Trial, Trial]], verdict: Verdict, config: Config) -> Effect:
    better = -1 if config.score.goal == "minimize" else 1
    low = -math.inf if verdict.low is None else verdict.low
    high = math.inf if verdict.high is None else verdict.high
    least, most = sorted((better * low, better * high))
    new, old = ([trial.score or 0.0 for trial in arm] for arm in zip(*pairs, strict=True))
    called = names_of(config.score.metric, better)
    return Effect(fmean(old), fmean(new), least, most, called, better)


def _used(name: str, pairs: Sequence[tuple[Trial, Trial]], config: Config) -> Effect:
    moves = [new.scores[name] - old.scores[name] for new, old in pairs]
    low = -upper_t_bound([-move for move in moves], CHANCE)
    before = fmean(old.scores[name] for _, old in pairs)
    after = fmean(new.scores[name] for new, _ in pairs)
    spent = before >= _SPENT * _budget(name, config)
    return Effect(before, after, low, upper_t_bound(moves, CHANCE), spent=spent)


def _budget(name: str, config: Config) -> float:
    """Return the largest budget of a phase that a measurement is held against."""
    limits = config.limits
    own: dict[str, list[float | None]] = {
        "cpu_s": [limits.cpu_s, *(phase.cpu_s for phase in config.run)],
        "wall_s": [limits.wall_s],
    }
    return max((size for size in own.get(name, ()) if size is not None), default=math.inf)
