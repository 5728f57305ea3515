"""Gate 2: better? how sure? Everything that the promise rests on.

Fresh seeds for candidate and champion, interleaved on one core, looked at pair by pair against
the level that was written down at the start. Runs nothing itself: it yields requests for trials.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from regency.config import GuardTable, JudgeTable
from regency.errors import BadInput, TrialError
from regency.judge import guards as guarding
from regency.judge import outlook, simplify
from regency.judge.calibrate import Seeds
from regency.judge.guards import Guard
from regency.judge.scale import Scale, Scores
from regency.judge.verdict import (
    GUARDED,
    NEW_RULES,
    REASONS,
    SIMPLER,
    UNSURE,
    WORSENED,
    broken,
    finite,
)
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


def start(  # noqa: PLR0913 - everything that is fixed beforehand
    index: int,
    promotions_so_far: int,
    candidate: str,
    champion: str,
    calibration: Calibration,
    settings: JudgeTable,
    gain: float,
    scale: Scale,
    *,
    margin: float = 0.0,
    epoch: int = 0,
) -> Nomination:
    """Return the nomination, with its level fixed; write it down before any pair is run.

    Args:
        index: t, counted within the generation from 1.
        promotions_so_far: Promotions in this generation so far.
        candidate: The candidate.
        champion: The champion now.
        calibration: Of the epoch, with the e-process to use (see `choice.informed`).
        settings: ``[judge]``.
        gain: Mean gain on the search split.
        scale: How scores are compared.
        margin: How much worse it may be and still be promoted as simpler, metric units; 0: not.
        epoch: Number of the epoch.
    """
    level = sequential.level(index, promotions_so_far, settings.false_promotion_rate)
    fewest = scale.fewest_pairs(calibration.e_process, level, calibration.pairs)
    cap = max(settings.confirm_pairs, fewest)
    return Nomination(
        index,
        candidate,
        champion,
        level,
        cap,
        calibration.e_process,
        gain,
        margin,
        epoch,
        calibration.why,
        calibration.caveat,
    )


def abandoned(nomination: Nomination) -> Verdict:
    """Return the verdict on a test begun under other rules: evidence never crosses epochs."""
    return Verdict(
        candidate=nomination.candidate,
        answer=Answer.SUPERSEDED,
        gate="confirm",
        reason=NEW_RULES,
        champion=nomination.champion,
        nomination=nomination.index,
        level=nomination.level,
    )


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
        within: Largest e-value so far against "worse by more than the nomination's margin".
        findings: What the guards found at the latest look.
    """

    nomination: Nomination
    calibration: Calibration
    smallest_effect: float
    guards: Sequence[Guard]
    scale: Scale
    pairs: list[Pair] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    highest: float = 1.0
    within: float = 1.0
    findings: tuple[Finding, ...] = ()

    def look(self, pair: Pair) -> Verdict | None:
        """Take one more pair and return the verdict if it can be given by now."""
        candidate, champion = pair
        if candidate.score is None or champion.score is None:
            return self._invalid(candidate.fault or "A run gave no score.")
        self.pairs.append(pair)
        scores = self._scores()
        try:
            self._weigh(scores)
        except TrialError as error:
            return self._invalid(str(error))
        new, old = zip(*self.pairs, strict=True)
        self.findings = guarding.check(self.guards, new, old)
        reached = self._shown()
        if names := guarding.broken(self.findings):
            return self._turned_down(Answer.NOT_BETTER, GUARDED if reached else WORSENED, names)
        if reached:
            return self._reached()
        answer = outlook.stop(scores, self.scale, self.nomination, self.smallest_effect)
        return self._given_up(answer, scores) if answer else None

    def _invalid(self, fault: str) -> Verdict:
        return replace(self.verdict(Answer.INVALID, broken(fault)), fault=fault)

    def _weigh(self, scores: Scores) -> None:
        process, known = self.nomination.e_process, self.calibration.differences
        self.differences = self.scale.differences(scores)
        self.highest = max(self.highest, self.scale.evidence(process, scores, known))
        if margin := self.nomination.margin:
            evidence = simplify.evidence(self.scale, process, scores, known, margin)
            self.within = max(self.within, evidence)

    def _shown(self) -> bool:
        """Return whether it is known to be better; what is better is within the margin as well."""
        least = min(self.highest, self.within) if self.nomination.margin else self.highest
        return least * self.nomination.level >= 1

    def _scores(self) -> list[tuple[float, float]]:
        return [(new.score or 0.0, old.score or 0.0) for new, old in self.pairs]

    def _reached(self) -> Verdict | None:
        """Return the verdict on a candidate that is better, once its guards are settled."""
        names = guarding.unsettled(self.findings)
        if not names:
            return self._promoted(REASONS[Answer.BETTER], self.highest, 0.0)
        if len(self.pairs) < self.nomination.max_pairs:
            return None
        return self._turned_down(Answer.UNDECIDED, UNSURE, names)

    def _given_up(self, answer: Answer, scores: Scores) -> Verdict | None:
        """Return the verdict on a candidate that is not going to be found better.

        If it is simpler, to be no worse is enough. Both may be asked at one level: what is worse
        by more than the margin is no better either, so that there is one mistake to be made.
        """
        given_up = self.verdict(answer, REASONS[answer])
        if not self.nomination.margin:
            return given_up
        if self.within * self.nomination.level >= 1 and not guarding.unsettled(self.findings):
            return self._promoted(SIMPLER, self.within, self.nomination.margin)
        return given_up if simplify.hopeless(self.scale, scores, self.nomination) else None

    def _promoted(self, reason: str, evidence: float, margin: float) -> Verdict:
        """Return ``better``: what was shown at any look stays shown, so it bounds the interval."""
        verdict = self.verdict(Answer.BETTER, reason)
        low = -margin if verdict.low is None else max(verdict.low, -margin)
        return replace(verdict, margin=margin, e_value=evidence, low=low + 0.0)

    def _turned_down(self, answer: Answer, reason: str, names: Sequence[str]) -> Verdict:
        return self.verdict(answer, reason.format(names=", ".join(names)))

    def _interval(self) -> tuple[float | None, float | None]:
        level, known = self.nomination.level, self.calibration.differences
        ends = self.scale.interval(self.nomination.e_process, self._scores(), level, known)
        return finite(ends[0]), finite(ends[1])

    def verdict(self, answer: Answer, reason: str) -> Verdict:
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
            findings=self.findings,
            differences=tuple(self.differences),
            caveat=self.nomination.caveat,
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
        ``better`` only if the e-value reached ``1 / level`` and every guard passed; marked as
        simpler if it is not known to be better, but to be within the nomination's margin.

    Raises:
        BadInput: The champion failed twice in the same pair.
    """
    loaded = guarding.load(guards)
    test = Test(nomination, calibration, settings.smallest_effect, loaded, scale)
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
