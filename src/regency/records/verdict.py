"""What the judge measures and says."""

import enum
from dataclasses import dataclass


class Answer(enum.StrEnum):
    """What the judge says of a candidate; ``as good``: it keeps the gain of what it is part of."""

    BETTER = "better"
    AS_GOOD = "as good"
    NOT_BETTER = "not better"
    UNDECIDED = "undecided"
    SUPERSEDED = "superseded"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The champion against itself at the start of an epoch.

    Attributes:
        candidate: The champion that was measured.
        pairs: Number of A/A pairs, each with two different seeds.
        noise_sd: Standard deviation of one paired difference (never of one run), metric units.
        differences: The paired differences themselves.
        search_mean: Mean search score of all runs.
        runs: Number of runs behind ``search_mean``.
        repeatable: Whether the same seed gave exactly the same score twice.
        seed_gap: Absolute difference between two runs of one seed.
        e_process: Name of the e-process chosen for gate 2.
        why: Why that one, in words.
        startup_cpu_s: CPU-seconds that starting an empty program costs in this sandbox.
        run_sd: Standard deviation of one run about the mean of runs made at other times, metric
            units: luck and the machine's changing speed. 0 in older records: not measured.
        notes: What was seen of the noise, a plain sentence each: repeatability, drift, tails.
        caveat: What the promise does not carry here, in words; empty if nothing is known against.
    """

    candidate: str
    pairs: int
    noise_sd: float
    differences: tuple[float, ...]
    search_mean: float
    runs: int
    repeatable: bool
    seed_gap: float
    e_process: str
    why: str
    startup_cpu_s: float = 0.0
    run_sd: float = 0.0
    notes: tuple[str, ...] = ()
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Nomination:
    """A candidate that gate 1 found worth a test; its level is fixed when the test starts.

    Attributes:
        index: t, counted within the generation from 1.
        candidate: Candidate id.
        champion: Champion at the start of the test.
        level: α_t.
        max_pairs: Cap on pairs, high enough that crossing ``1 / level`` is possible.
        e_process: Name of the e-process.
        gain: Mean gain on the search split that earned the nomination.
        margin: How much worse it may be and still count as an improvement, because it is simpler:
            metric units, 0 where it must be better.
        epoch: Number of the epoch; 0 in older records.
        why: Why that e-process, in words.
        caveat: What the promise does not carry here, in words; empty if nothing is known against.
    """

    index: int
    candidate: str
    champion: str
    level: float
    max_pairs: int
    e_process: str
    gain: float = 0.0
    margin: float = 0.0
    epoch: int = 0
    why: str = ""
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one guard found.

    Attributes:
        guard: Name of the guard.
        passed: Whether the candidate is known to be within the margin.
        message: One plain sentence, with numbers: for people.
        candidate_value: What was measured of the candidate, on average.
        champion_value: The same of the champion.
        settled: Whether more pairs could change nothing: a finding that neither passed nor is
            settled is still too uncertain.
    """

    guard: str
    passed: bool
    message: str
    candidate_value: float | None = None
    champion_value: float | None = None
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says of a candidate, and on what.

    Attributes:
        candidate: Candidate id.
        answer: The answer.
        gate: ``screen``, ``search`` or ``confirm``.
        reason: One plain sentence.
        champion: What it was compared with.
        nomination: Index of the nomination, 0 if it was never nominated.
        effect: Mean improvement, positive is better, metric units; None if never scored.
        low: Lower end of the anytime-valid interval for the effect at ``1 - level``.
        high: Upper end.
        e_value: Largest e-value seen.
        level: α_t, 0 outside gate 2.
        looks: Number of pairs looked at.
        findings: Guards.
        margin: 0: what was shown is that the metric is better. Above 0: that the candidate is
            simpler, with fewer lines, and not worse by more than this, metric units.
        differences: Improvement of each pair looked at, in order, metric units; empty outside
            gate 2 and in older records.
        fault: Why a run on the confirm split was invalid, in full: for people.
        caveat: What its promise does not carry, in words: that of its nomination.
    """

    candidate: str
    answer: Answer
    gate: str
    reason: str
    champion: str = ""
    nomination: int = 0
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    e_value: float | None = None
    level: float = 0.0
    looks: int = 0
    findings: tuple[Finding, ...] = ()
    margin: float = 0.0
    differences: tuple[float, ...] = ()
    fault: str = ""
    caveat: str = ""

    @property
    def simpler(self) -> bool:
        """Whether it was promoted for being simpler, not for a better metric."""
        return self.answer is Answer.BETTER and self.margin > 0
