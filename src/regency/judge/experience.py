"""What a lab's own trials and tests have taught: its noise, the noise's shape, which tests pay.

Serves gate 1, and the choice of an e-process before a test starts; no test in progress uses it.
"""

import math
import statistics
from collections import deque
from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass, field

from regency.config import Config
from regency.judge import choice
from regency.judge.calibrate import Seeds
from regency.judge.nominate import Baseline, Noise, SearchResult, search
from regency.judge.scale import Scale
from regency.records import Answer, Batch, Calibration, Trial, Verdict
from regency.stats import shapes

RESULTS = 100  # searched candidates that tell the noise
TESTS = 200  # tests that tell the noise's shape
RECENT = 40  # tests that the bar is learned from
LOWEST_BAR, HIGHEST_BAR = 0.75, 2.0
MEDIAN_OF_NORMAL = 0.6745  # of |z|
MEDIAN_WORTH = 0.37  # degrees of freedom that one value is worth to a median
SETTLED = (Answer.BETTER, Answer.NOT_BETTER, Answer.UNDECIDED)

Scatter = tuple[float, float]  # sum of squares, degrees of freedom


@dataclass(slots=True)
class Experience:
    """What was seen in one epoch, the newest of it.

    Attributes:
        scale: How scores are compared.
        results: Searched candidates that say something of the noise.
        tests: Shape of the paired differences of each past test.
        paid: Of each past test, whether it ended ``better``.
    """

    scale: Scale
    results: deque[SearchResult] = field(default_factory=lambda: deque(maxlen=RESULTS))
    tests: deque[shapes.Moments] = field(default_factory=lambda: deque(maxlen=TESTS))
    paid: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    _noise: Noise | None = None

    @classmethod
    def after(cls, tests: Iterable[Verdict], scale: Scale) -> "Experience":
        """Return the experience of ``tests``, oldest first."""
        experience = cls(scale)
        for verdict in tests:
            experience.tested(verdict)
        return experience

    def search(
        self, candidate: str, base: Baseline, calibration: Calibration, config: Config, seeds: Seeds
    ) -> Generator[list[Batch], list[tuple[Trial, ...]], SearchResult]:
        """Return gate 1 for a candidate, with what was learned; see `nominate.search`."""
        return search(
            candidate,
            base,
            self.noise(calibration),
            config.judge,
            self.scale,
            seeds,
            together=config.together,
            bar=self.bar,
        )

    def searched(self, result: SearchResult) -> None:
        """Learn from a candidate that was searched."""
        if len(result.trials) > 1 or result.beside:
            self.results.append(result)
            self._noise = None

    def tested(self, verdict: Verdict) -> None:
        """Learn from a test that has ended."""
        if verdict.differences:
            self.tests.append(shapes.moments(verdict.differences))
        if verdict.answer in SETTLED:
            self.paid.append(verdict.answer is Answer.BETTER)

    def noise(self, calibration: Calibration) -> Noise:
        """Return how much scores differ by luck; ``calibration`` is the epoch's."""
        if self._noise is None:
            self._noise = pooled_noise(calibration, self.results, self.scale)
        return self._noise

    @property
    def bar(self) -> float:
        """Standard errors that a candidate's gain must be at the last look of gate 1."""
        return learned_bar(self.paid)

    def informed(self, calibration: Calibration) -> Calibration:
        """Return a calibration with the e-process that the next test is to use."""
        return choice.informed(calibration, self.scale, self.tests)


def learned_bar(outcomes: Collection[bool]) -> float:
    """Return the standard errors that a gain must be, from which of the lab's tests have paid.

    Where many nominations turn out better, more doubtful ones are worth a test; where none does,
    tests are spared. `bench/false_promotions.py`, against a fixed bar of 1: the same power with
    5 % truly better at 1.8 instead of 2.2 pairs a candidate, and 0.8 instead of 1.3 where nothing
    is better.

    Args:
        outcomes: Of the last tests, whether each ended ``better``.
    """
    paying = (sum(outcomes) + 1) / (len(outcomes) + 4)
    return min(max(HIGHEST_BAR * (1.1 - 1.1 * paying), LOWEST_BAR), HIGHEST_BAR)


def pooled_noise(
    calibration: Calibration, results: Collection[SearchResult], scale: Scale
) -> Noise:
    """Return the noise from calibration and from repeated search trials.

    A candidate's first trial and its first pair are left out: the others were run only because
    those were lucky, and counting them makes the noise look a fifth larger than it is. Candidates
    count by the median, for a few of them may be much noisier than the others.

    Args:
        calibration: Its pairs count one degree of freedom each.
        results: Of past candidates; runs of champions beside them tell how much the machine's
            speed changes.
        scale: How scores are compared.
    """
    alone = _typical([step for result in results for step in result.alone])
    paired = _typical([step for result in results for step in result.paired])
    pairs: list[Scatter] = [(math.fsum(d * d for d in calibration.differences), calibration.pairs)]
    pairs += [(2 * alone[0], alone[1]), paired]
    run_sd = calibration.run_sd or calibration.noise_sd / math.sqrt(2)
    runs: list[Scatter] = [(run_sd**2 * (calibration.runs - 1), calibration.runs - 1), alone]
    company = _company(results, scale)
    runs.append(shapes.pooled(company))
    return Noise(_sd(pairs), _sd(runs), sum(map(len, company)))


def _typical(steps: list[float]) -> Scatter:
    """Return the scatter of a typical candidate: of half of them, however wild some others are."""
    if not steps:
        return 0.0, 0.0
    sd = statistics.median(steps) / MEDIAN_OF_NORMAL
    return sd**2 * MEDIAN_WORTH * len(steps), MEDIAN_WORTH * len(steps)


def _company(results: Collection[SearchResult], scale: Scale) -> list[list[float]]:
    """Return the runs beside candidates, of each champion: improvements over its first one."""
    scores: dict[str, list[float]] = {}
    for result in results:
        scores.setdefault(result.champion, []).extend(result.beside)
    return [[scale.improvement(x, runs[0]) for x in runs] for runs in scores.values() if runs]


def _sd(parts: Collection[Scatter]) -> float:
    degrees = sum(df for _, df in parts)
    return math.sqrt(sum(squares for squares, _ in parts) / max(degrees, 1))
