"""Labs whose trials are random numbers: true effects are known, no process is started."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from regency.config import JudgeTable
from regency.judge import calibrate, confirm, nominate
from regency.judge.experience import Experience
from regency.judge.scale import Scale
from regency.records import Answer, Nomination, Trial, TrialRequest


def seeds(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")


@dataclass
class SimulatedLab:
    """Runs requests: score = (3 - effect + noise) for minimize, its negative for maximize."""

    start: int = 0
    goal: str = "minimize"
    effects: dict[str, float] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)  # sd of a paired difference, of one arm
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    drift: float = 0.0  # sd of what the machine does to all runs of one batch
    faults: dict[str, str] = field(default_factory=dict)  # key or candidate -> fault
    requests: list[TrialRequest] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    nominations: list[Nomination] = field(default_factory=list)

    @property
    def scale(self) -> Scale:
        return Scale(self.goal)

    def run(self, request: TrialRequest, weather: float = 0.0) -> Trial:
        self.requests.append(request)
        name = request.candidate
        fault = self.faults.get(request.key) or self.faults.get(name, "")
        rng = np.random.default_rng([self.start, request.seed])  # the same seed, the same score
        luck = rng.normal() * self.noise.get(name, 1.0) / np.sqrt(2)
        score = 3 - self.effects.get(name, 0.0) + luck + weather
        score = float(score if self.goal == "minimize" else -score)
        return Trial(
            request.key,
            name,
            request.purpose,
            request.split,
            request.seed,
            None if fault else score,
            scores=self.scores.get(name, {}),
            fault=fault,
        )

    def drive(self, stage):
        try:
            batches = next(stage)
            while True:
                self.rounds.append(len(batches))
                batches = stage.send([self._batch(batch) for batch in batches])
        except StopIteration as stop:
            return stop.value

    def _batch(self, batch):
        rng = np.random.default_rng([self.start, 1, *(request.seed for request in batch)])
        weather = float(rng.normal() * self.drift)
        return tuple(self.run(request, weather) for request in batch)

    def calibrate(self, settings=None):
        settings = settings or JudgeTable()
        stage = calibrate.calibrate("c0", settings, self.scale, seeds, 1)
        return self.drive(stage)

    def test(
        self, candidate, calibration, index=1, promotions=0, settings=None, guards=(), margin=0.0,
        **how,
    ):  # fmt: skip
        settings = settings or JudgeTable()
        nomination = confirm.start(
            index, promotions, candidate, "c0", calibration, settings, 1.0, self.scale,
            margin=margin,
        )  # fmt: skip
        self.nominations.append(nomination)
        stage = confirm.confirm(
            nomination, calibration, settings, guards, self.scale, seeds, generation=1, **how
        )
        return self.drive(stage)

    def stream(self, candidates, settings=None):
        """Both gates over ``candidates`` against a fixed champion; returns who was promoted."""
        settings = settings or JudgeTable()
        calibration = self.calibrate(settings)
        base = nominate.calibrated_baseline(calibration, 1)
        promoted, tested, learned = [], 0, Experience(self.scale)
        for name in candidates:
            noise = learned.noise(calibration)
            stage = nominate.search(name, base, noise, settings, self.scale, seeds, bar=learned.bar)
            result = self.drive(stage)
            base = nominate.refined(base, result)
            learned.searched(result)
            if nominate.choose([result], tested) is None:
                continue
            tested += 1
            informed = learned.informed(calibration)
            verdict = self.test(name, informed, tested, len(promoted), settings)
            learned.tested(verdict)
            if verdict.answer is Answer.BETTER:
                promoted.append(name)
        return promoted
