"""One trial: a candidate's phases in the sandbox, a blind score, and the probes it is due.

A candidate's fault becomes the trial's ``fault``; only the lab's own faults are raised. This
module knows no queue, no ledger and no judge.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from regency.config import Config
from regency.errors import TrialError
from regency.evaluate import artifacts, probes
from regency.evaluate.run import Kit, Run, Sandbox
from regency.records import Outcome, Trial, TrialRequest

KEPT_LOG = 2000  # characters


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lab keeps what trials need.

    Attributes:
        private: Answers and data, never mounted as a whole.
        scorer: Folder with the epoch's own copy of the scorer.
        work: Scratch folder, emptied after each trial.
    """

    private: Path
    scorer: Path
    work: Path


class Evaluator:
    """Runs and scores trials, one after another, in one sandbox."""

    def __init__(
        self, config: Config, place: Place, sandbox: Sandbox, *, startup_cpu_s: float, core: int
    ) -> None:
        """Take what every trial of one epoch shares.

        Args:
            config: The settings in force.
            place: Folders.
            sandbox: Engine of its own.
            startup_cpu_s: CPU-seconds that starting costs, on top of the phase's budget.
            core: The core that the engine is pinned to, -1 for none.
        """
        self._config = config
        self._place = place
        self._core = core
        self.reader = artifacts.Reader(config.outputs, config.limits.output)
        self._kit = Kit(config, place.scorer, sandbox, self.reader, startup_cpu_s)

    def run(self, request: TrialRequest, files: str) -> Trial:
        """Return the finished trial for ``request`` on the candidate's ``files``."""
        out = self._emptied()
        run = Run(self._kit, files, request.split, request.seed, (self._place.private,), out)
        scores: dict[str, float] = {}
        score, fault = None, ""
        try:
            run.all()
            scores = run.score()
            probes.demand_plausible(self._config.probes, scores)
            if request.probed:
                scores |= probes.demand_all(run, scores[self._config.score.metric])
            score = scores[self._config.score.metric]
        except TrialError as error:
            scores, fault = {}, str(error)
        digests = {p.name: artifacts.digest(p) for p in sorted(out.glob("*/*")) if p.is_file()}
        shutil.rmtree(out, ignore_errors=True)
        return Trial(
            key=request.key,
            candidate=request.candidate,
            purpose=request.purpose,
            split=request.split,
            seed=request.seed,
            score=score,
            scores={**scores, **run.measured()},
            trust=self._config.score.trust,
            fault=fault,
            outcomes=tuple(_short(outcome) for outcome in run.outcomes),
            artifacts=digests,
            core=self._core,
        )

    def demand_null_fails(self, files: str) -> None:
        """Prove that nothing passes for nothing: empty programs and empty answers.

        Args:
            files: Host folder with the starting point's files.

        Raises:
            BadInput: The scorer gives one of them a score that it should not have.
        """
        for table in self._config.probes:
            if table.kind == "null":
                out = self._emptied()
                run = Run(self._kit, files, "search", 0, (self._place.private,), out)
                probes.demand_null_fails(table, run)
                shutil.rmtree(out, ignore_errors=True)

    def close(self) -> None:
        """End the sandbox and the reader."""
        self._kit.sandbox.close()
        self.reader.close()

    def _emptied(self) -> Path:
        shutil.rmtree(self._place.work, ignore_errors=True)
        self._place.work.mkdir(parents=True)
        return self._place.work


def _short(outcome: Outcome) -> Outcome:
    """Keep the last words of a log: enough to see why a run failed, little enough for a ledger."""
    return replace(outcome, stdout=outcome.stdout[-KEPT_LOG:], stderr=outcome.stderr[-KEPT_LOG:])
