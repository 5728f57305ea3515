"""Is a smaller part of the champion as good? One non-inferiority test on the total margin.

Fresh seeds, both arms, the confirm split: part and champion run with the same seed, interleaved
as in gate 2, and looked at pair by pair. The part is as good once the anytime-valid interval for
its effect lies above minus the margin, so that a part which loses more than the margin passes with
a chance of at most the level, however often one looks (`regency.stats.intervals`).

Runs nothing itself: it yields requests for trials.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from regency.config import GuardTable
from regency.judge import guards as guarding
from regency.judge.calibrate import Seeds
from regency.judge.guards import Guard
from regency.judge.scale import Scale
from regency.judge.verdict import GUARDED, finite
from regency.records import Answer, Batch, Finding, Purpose, Trial, TrialRequest, Verdict

# Pairs until a part that loses nothing is shown to be as good, in units of (noise / margin)²
# and beyond them, at a level of 0.05: `pairs_needed`.
PAIRS_PER_SD = 16.0
PAIRS_AT_LEAST = 8
LEAST_PAIRS = 6  # before giving up on one that seems to lose the margin
HOPE = 1.75  # standard errors that the loss may be below its mean so far
ROOM = 2.5  # times the pairs needed, for one that loses a little

AS_GOOD = "It keeps the gain with fewer changes: what was left out did not earn its place."
WORSE = "Leaving that out loses more of the gain than may be lost."
UNSURE = "In the pairs that this test may use it was not shown that the gain is kept."
MOVED = "The champion moved during the test."


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be shown.

    Attributes:
        candidate: The part of the champion.
        champion: The champion.
        generation: Number of the generation that the champion grew from.
        margin: Most of the gain that may be lost, metric units.
        level: Chance of passing a part that loses more.
        e_process: Of the epoch's calibration.
        noise_sd: Standard deviation of one paired difference.
        least_pairs: The cap is never below this.
    """

    candidate: str
    champion: str
    generation: int
    margin: float
    level: float
    e_process: str
    noise_sd: float
    least_pairs: int

    @property
    def max_pairs(self) -> int:
        """The cap on pairs."""
        return max(self.least_pairs, math.ceil(ROOM * pairs_needed(self.noise_sd, self.margin)))


def pairs_needed(noise_sd: float, margin: float) -> float:
    """Return about how many pairs show that a part is as good which loses nothing.

    Args:
        noise_sd: Standard deviation of one paired difference.
        margin: Most that may be lost, the same unit.
    """
    return math.inf if margin <= 0 else PAIRS_AT_LEAST + PAIRS_PER_SD * (noise_sd / margin) ** 2


@dataclass(slots=True)
class Looks:
    """What the test has seen so far."""

    claim: Claim
    scale: Scale
    guards: Sequence[Guard]
    trials: list[tuple[Trial, Trial]] = field(default_factory=list)

    def take(self, part: Trial, champion: Trial) -> Verdict | None:
        """Take one more pair and return the verdict if it can be given by now."""
        if part.score is None or champion.score is None:
            return self.verdict(Answer.INVALID, part.fault or champion.fault or "No score.")
        self.trials.append((part, champion))
        low, high = self._interval()
        if low >= -self.claim.margin:
            return self._passed()
        lost = high < -self.claim.margin or self._hopeless()
        return self.verdict(Answer.NOT_BETTER, WORSE) if lost else None

    def _hopeless(self) -> bool:
        """Whether more than half of the margin seems lost, luck aside."""
        looks = len(self.trials)
        luck = HOPE * self.claim.noise_sd / math.sqrt(looks)
        mean = math.fsum(self._differences()) / looks
        return looks >= LEAST_PAIRS and mean + luck <= -self.claim.margin / 2

    def _passed(self) -> Verdict | None:
        """Return the verdict on a part that keeps the gain, once its guards are settled."""
        new, old = zip(*self.trials, strict=True)
        findings = guarding.check(self.guards, new, old)
        if failed := guarding.broken(findings):
            reason = GUARDED.format(names=", ".join(failed))
            return self.verdict(Answer.NOT_BETTER, reason, findings)
        if guarding.unsettled(findings):
            return None
        return self.verdict(Answer.AS_GOOD, AS_GOOD, findings)

    def _scores(self) -> list[tuple[float, float]]:
        return [(new.score or 0.0, old.score or 0.0) for new, old in self.trials]

    def _differences(self) -> list[float]:
        return self.scale.differences(self._scores())

    def _interval(self) -> tuple[float, float]:
        claim = self.claim
        # Calibration's pairs had two seeds each, these have one: they say nothing of each other.
        return self.scale.interval(claim.e_process, self._scores(), claim.level, ())

    def verdict(self, answer: Answer, reason: str, findings: Sequence[Finding] = ()) -> Verdict:
        """Return ``answer`` with the evidence as it stands."""
        looks = len(self.trials)
        low, high = map(finite, self._interval()) if looks else (None, None)
        return Verdict(
            candidate=self.claim.candidate,
            answer=answer,
            gate="confirm",
            reason=reason,
            champion=self.claim.champion,
            effect=math.fsum(self._differences()) / looks if looks else None,
            low=low,
            high=high,
            level=self.claim.level,
            looks=looks,
            findings=tuple(findings),
            margin=self.claim.margin,
        )


def as_good(
    claim: Claim, guards: Sequence[GuardTable], scale: Scale, seeds: Seeds, width: int = 1
) -> Generator[list[Batch], list[tuple[Trial, ...]], Verdict]:
    """Test whether a part of the champion keeps its gain.

    Args:
        claim: What is to be shown.
        guards: ``[[guards]]``.
        scale: How scores are compared.
        seeds: Seed of a key; keys are ``as good/GENERATION/CHAMPION/CANDIDATE/PAIR/ARM``.
        width: Pairs asked for at once; they are looked at in order all the same.

    Returns:
        The verdict, ``as good`` only if the interval lies above minus the margin and every guard
        passed. Its ``level`` is not taken from the budget of the generation's promotions: it says
        nothing of being better.
    """
    looks = Looks(claim, scale, guarding.load(guards))
    for first in range(0, claim.max_pairs, width):
        numbers = range(first, min(first + width, claim.max_pairs))
        for trials in (yield [_batch(claim, seeds, number) for number in numbers]):
            by_candidate = {trial.candidate: trial for trial in trials}
            verdict = looks.take(by_candidate[claim.candidate], by_candidate[claim.champion])
            if verdict is not None:
                return verdict
    return looks.verdict(Answer.UNDECIDED, UNSURE)


def _batch(claim: Claim, seeds: Seeds, number: int) -> Batch:
    prefix = f"as good/{claim.generation}/{claim.champion}/{claim.candidate}/{number}"
    seed, probed = seeds(prefix), number == 0
    arms = (("part", claim.candidate, probed), ("champion", claim.champion, False))
    requests = [
        TrialRequest(f"{prefix}/{arm}", who, Purpose.CONFIRM, "confirm", seed, probed=ask)
        for arm, who, ask in arms
    ]
    return tuple(requests[:: -1 if seeds(f"{prefix}/order") & 1 else 1])
