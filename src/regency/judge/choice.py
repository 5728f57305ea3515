"""Which e-process a test uses, why, and what its promise does not carry: all of it in words.

Chosen from settings, from the champion against itself, and from the pairs of past tests; fixed
when a test starts. Knows no trials.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from regency.judge.scale import BOUNDED, Scale
from regency.records import Calibration
from regency.stats import evalues, shapes

CERTAIN = 20.0  # evidence of a lean that is acted on: a false alarm in one lab of twenty at most
LEANING = 0.3  # skewness below which a lean harms nothing
HEAVY = 3.5  # standard errors of the fourth moment above a Gaussian's
UNEQUAL = 3.0  # standard errors

BY_SHARE = (
    "Scores lie between {low:g} and {high:g}, each the mean of {items} item{s}. Gate 2 bets on "
    "shares: the promise holds whatever their spread, as long as items are independent of one "
    "another."
)
BY_PAIRS_WON = (
    "The champion scored the same with every seed, so there is no noise to measure a gain against. "
    "Gate 2 counts pairs won and lost: each pair won about doubles the evidence. That holds for "
    "whatever noise a candidate itself brings in."
)
BY_STEPS = (
    "In {ties} of {pairs} pairs the champion scored exactly the same twice: scores come in steps. "
    "Gate 2 counts pairs won and lost, leaving out ties."
)
BY_T = (
    "Scores differ from seed to seed. Gate 2 compares the mean paired difference with its own "
    "spread; noise is not assumed known. The promise holds for bell-shaped differences of any "
    f"size, up to {evalues.NOISE_ALLOWANCE:g} times the champion's for calibration pairs to count, "
    "and errs on the safe side for heavy symmetric tails. It does not hold where a candidate's "
    "scores are mostly good with rare disasters{seen}."
)
UNSEEN = ", of which there is no sign in the {tests} tests so far"
BY_SYMMETRY = (
    "In {tests} tests so far, paired differences had heavier tails than a bell curve's. Gate 2 "
    "bets on the sign of each pair, more on large ones: the promise holds whatever the tails, as "
    "long as differences scatter alike to both sides of their centre."
)
BY_BOTH = (
    "In {tests} tests so far, most paired differences were a little above their mean and a few far "
    "below it (skewness about {skewness:.1f}). Gate 2 asks for both: that the mean difference is "
    "large against its spread, and that more than half of the pairs are won."
)
TYPICAL_ONLY = (
    "Not promised here is that the mean of a promoted candidate is better, only that it does "
    "better than the champion in more than half of all pairs: past pairs show rare disasters, "
    "which a few pairs can miss. If scores have bounds, set `[score] bounds`."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """An e-process for gate 2.

    Attributes:
        e_process: Its name.
        why: Why that one, and when its promise holds.
        caveat: What is not promised, for a reason that was seen; empty if there is none.
    """

    e_process: str
    why: str
    caveat: str = ""


def choose(known: Sequence[float], scale: Scale, past: Collection[shapes.Moments] = ()) -> Choice:
    """Return the e-process for gate 2 and why that one, in words.

    Whatever is chosen from what was seen before a test starts, the test keeps its level as long as
    the assumption of the chosen e-process holds: its own pairs had no part in the choice.

    Args:
        known: Paired differences of the champion against itself, metric units.
        scale: How scores are compared.
        past: Of the paired differences of each past test, in order.
    """
    if scale.bounded:
        s = "s" if scale.items > 1 else ""
        why = BY_SHARE.format(low=scale.low, high=scale.high, items=scale.items, s=s)
        return Choice(BOUNDED, why)
    skewness = shapes.skewness(past)
    leaning = skewness <= -LEANING and shapes.leaning_down(past) >= CERTAIN
    caveat = TYPICAL_ONLY if leaning else ""
    ties = sum(d == 0 for d in known)
    if ties == len(known):
        return Choice(evalues.SIGN, BY_PAIRS_WON, caveat)
    if 2 * ties >= len(known):
        return Choice(evalues.SIGN, BY_STEPS.format(ties=ties, pairs=len(known)), caveat)
    if leaning:
        why = BY_BOTH.format(tests=len(past), skewness=skewness)
        return Choice(evalues.T_AND_SIGN, why, caveat)
    if shapes.tails(past) >= HEAVY:
        return Choice(evalues.SYMMETRIC, BY_SYMMETRY.format(tests=len(past)))
    seen = UNSEEN.format(tests=len(past)) if past else ""
    return Choice(evalues.RIGHT_HAAR_T, BY_T.format(seen=seen))


def informed(calibration: Calibration, scale: Scale, past: Sequence[shapes.Moments]) -> Calibration:
    """Return a calibration with its e-process chosen anew, from what tests have shown since.

    Args:
        calibration: Of the epoch.
        scale: How scores are compared.
        past: Of the paired differences of each test of the epoch so far, in order.
    """
    choice = choose(calibration.differences, scale, past)
    return replace(calibration, e_process=choice.e_process, why=choice.why, caveat=choice.caveat)
