"""Gate 2: better? how sure? Everything that the promise rests on.

Fresh seeds for candidate and champion, interleaved on one core, looked at pair by pair against
the level that was written down at the start. Runs nothing itself: it yields requests for trials.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from regency.config import GuardTable, JudgeTable
from regency.errors import BadInput, TrialError
from regency.judge import guards as guarding
from regency.judge import outlook
from regency.judge.calibrate import Seeds
from regency.judge.scale import Scale
from regency.judge.verdict import GUARDED, REASONS, finite
from regency.records import (
    Answer,
    Batch,
    Calibration,
    Finding,
    Nomination,
    Purpose,
    Trial,
    TrialRequest,
    Verdict,
)
from regency.stats import sequential

# Pairs whose candidate is probed as well: the first, so that a cheat costs little, and later ones
# ever more rarely, so that one that cheats now and then is caught before it has won.
PROBED = {0, 2, 5, 11, 23}
Requests = Generator[list[Batch], list[tuple[Trial, ...]], Verdict]
Pair = tuple[Trial, Trial]


def start(
    index: int,
    promotions_so_far: int,
    candidate: str,
    champion: str,
    calibration: Calibration,
    settings: JudgeTable,
    gain: float,
    scale: Scale,
) -> Nomination:
    """Return the nomination, with its level fixed; write it down before any pair is run.

    Args:
        index: t, counted within the generation from 1.
        promotions_so_far: Promotions in this generation so far.
        candidate: The candidate.
        champion: The champion now.
        calibration: Of the epoch.
        settings: ``[judge]``.
        gain: Mean gain on the search split.
        scale: How scores are compared.
    """
    level = sequential.level(index, promotions_so_far, settings.false_promotion_rate)
    fewest = scale.fewest_pairs(calibration.e_process, level, calibration.pairs)
    cap = max(settings.confirm_pairs, fewest)
    return Nomination(index, candidate, champion, level, cap, calibration.e_process, gain)


@dataclass(slots=True)
class Test:
    """What one nomination's test has seen so far.

    Attributes:
        nomination: The nomination.
        calibration: Of the epoch.
        smallest_effect: Gains below this are not worth having, metric units.
        guards: Guards to pass.
        scale: How scores are compared.
        pairs: Valid pairs looked at, candidate first.
        differences: Their improvements, metric units.
        highest: Largest e-value so far.
    """

    nomination: Nomination
    calibration: Calibration
    smallest_effect: float
    guards: Sequence[GuardTable]
    scale: Scale
    pairs: list[Pair] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    highest: float = 1.0

    def look(self, pair: Pair) -> Verdict | None:
        """Take one more pair and return the verdict if it can be given by now."""
        candidate, champion = pair
        if candidate.score is None or champion.score is None:
            return self.verdict(Answer.INVALID, candidate.fault or "A run gave no score.")
        self.pairs.append(pair)
        scores, known = self._scores(), self.calibration.differences
        try:
            self.differences = self.scale.differences(scores)
            evidence = self.scale.evidence(self.nomination.e_process, scores, known)
        except TrialError as error:
            return self.verdict(Answer.INVALID, f"{str(error).capitalize()}.")
        self.highest = max(self.highest, evidence)
        if self.highest * self.nomination.level >= 1:
            return self._better()
        answer = outlook.stop(scores, self.scale, self.nomination, self.smallest_effect)
        return self.verdict(answer, REASONS[answer]) if answer else None

    def _scores(self) -> list[tuple[float, float]]:
        return [(new.score or 0.0, old.score or 0.0) for new, old in self.pairs]

    def _better(self) -> Verdict:
        new, old = zip(*self.pairs, strict=True)
        findings = guarding.check(self.guards, new, old)
        failed = ", ".join(finding.guard for finding in findings if not finding.passed)
        if failed:
            return self.verdict(Answer.NOT_BETTER, GUARDED.format(names=failed), findings)
        return self.verdict(Answer.BETTER, REASONS[Answer.BETTER], findings)

    def _interval(self) -> tuple[float | None, float | None]:
        level, known = self.nomination.level, self.calibration.differences
        ends = self.scale.interval(self.nomination.e_process, self._scores(), level, known)
        return finite(ends[0]), finite(ends[1])

    def verdict(self, answer: Answer, reason: str, findings: tuple[Finding, ...] = ()) -> Verdict:
        """Return ``answer`` with the evidence as it stands."""
        looks = len(self.differences)
        low, high = self._interval() if looks else (None, None)
        return Verdict(
            candidate=self.nomination.candidate,
            answer=answer,
            gate="confirm",
            reason=reason,
            champion=self.nomination.champion,
            nomination=self.nomination.index,
            effect=math.fsum(self.differences) / looks if looks else None,
            low=low,
            high=high,
            e_value=self.highest,
            level=self.nomination.level,
            looks=looks,
            findings=findings,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Which runs a test asks for: keys, fresh seeds and the order within a pair.

    Attributes:
        nomination: The nomination.
        generation: Number of the generation it is counted in.
        seeds: Seed of a key.
    """

    nomination: Nomination
    generation: int
    seeds: Seeds

    def batch(self, pair: str) -> Batch:
        """Return the two runs of ``pair`` in random order."""
        prefix = f"confirm/{self.generation}/{self.nomination.index}/{pair}"
        arms = {"candidate": self.nomination.candidate, "champion": self.nomination.champion}
        probed = int(pair.partition("/")[0]) in PROBED
        requests = [
            TrialRequest(
                key,
                arms[arm],
                Purpose.CONFIRM,
                "confirm",
                self.seeds(key),
                probed=probed and arm == "candidate",
            )
            for arm in arms
            for key in [f"{prefix}/{arm}"]
        ]
        return tuple(requests[:: -1 if self.seeds(f"{prefix}/order") & 1 else 1])

    def take(self, batch: Batch, trials: tuple[Trial, ...]) -> Pair:
        """Return the trials of ``batch``, the candidate's first."""
        by_arm = {
            request.key.rpartition("/")[2]: trial
            for request, trial in zip(batch, trials, strict=True)
        }
        return by_arm["candidate"], by_arm["champion"]


def confirm(  # noqa: PLR0913 - everything that a verdict rests on
    nomination: Nomination,
    calibration: Calibration,
    settings: JudgeTable,
    guards: Sequence[GuardTable],
    scale: Scale,
    seeds: Seeds,
    *,
    generation: int,
    width: int = 1,
    superseded: Callable[[], bool] = lambda: False,
) -> Requests:
    """Test a nomination and return its verdict.

    Args:
        nomination: From `start`, already in the ledger.
        calibration: Of the epoch.
        settings: ``[judge]``.
        guards: ``[[guards]]``.
        scale: How scores are compared.
        seeds: Seed of a key; keys are ``confirm/GENERATION/INDEX/PAIR/ARM``.
        generation: Number of the generation the nomination is counted in.
        width: Pairs asked for at once; they are looked at in order all the same.
        superseded: Whether the champion has moved; asked before each request.

    Returns:
        ``better`` only if the e-value reached ``1 / level`` and every guard passed.

    Raises:
        BadInput: The champion failed twice in the same pair.
    """
    test = Test(nomination, calibration, settings.smallest_effect, guards, scale)
    plan = Plan(nomination, generation, seeds)
    asked = 0
    while asked < nomination.max_pairs:
        if superseded():
            return test.verdict(Answer.SUPERSEDED, REASONS[Answer.SUPERSEDED])
        numbers = range(asked, min(asked + width, nomination.max_pairs))
        asked += len(numbers)
        for pair in (yield from _run(plan, [str(number) for number in numbers])):
            verdict = test.look(pair)
            if verdict is not None:
                return verdict
    return test.verdict(Answer.UNDECIDED, REASONS[Answer.UNDECIDED])


def _run(
    plan: Plan, names: list[str]
) -> Generator[list[Batch], list[tuple[Trial, ...]], list[Pair]]:
    """Return the pairs called ``names``, each run once more where the champion failed."""
    batches = [plan.batch(name) for name in names]
    answered = yield batches
    pairs = [plan.take(batch, trials) for batch, trials in zip(batches, answered, strict=True)]
    void = [n for n, (_, champion) in enumerate(pairs) if champion.score is None]
    if not void:
        return pairs
    batches = [plan.batch(f"{names[n]}/again") for n in void]
    answered = yield batches
    for n, batch, trials in zip(void, batches, answered, strict=True):
        pairs[n] = plan.take(batch, trials)
        champion = pairs[n][1]
        if champion.score is None:
            raise BadInput(
                f"the champion {champion.candidate} failed twice in pair {names[n]} of its test: "
                f"{champion.fault} Check the machine and the limits, then run again."
            )
    return pairs
