"""One trial: a candidate's phases in the sandbox, then a blind score by the trusted scorer.

A candidate's fault becomes the trial's ``fault``; only the lab's own faults are raised. This
module knows no queue, no ledger and no judge.
"""

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from regency.config import Config, PhaseTable
from regency.errors import BadInput, SandboxError, TrialError
from regency.evaluate import artifacts
from regency.records import Job, Limits, Outcome, Trial, TrialRequest
from regency.sandbox.trusted import run_trusted

SCORER_WALL_S = 120.0
KEPT_LOG = 2000  # characters


class Sandbox(Protocol):
    """What an engine of ``regency.sandboxes`` can do."""

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run one job and wait for it."""

    def close(self) -> None:
        """End everything that the engine started."""


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
        self._sandbox = sandbox
        self._startup_cpu_s = startup_cpu_s
        self._core = core
        self._reader = artifacts.Reader(config.outputs, config.limits.output)

    def run(self, request: TrialRequest, files: str) -> Trial:
        """Return the finished trial for ``request`` on the candidate's ``files``."""
        out = self._place.work
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        outcomes: list[Outcome] = []
        try:
            for phase in self._config.run:
                outcomes.append(self._run_phase(phase, request, files))
                _demand_ok(phase, outcomes[-1])
                for name in phase.outputs:
                    self._reader.check(name, out / phase.name / name)
            scores = self._score(request, outcomes)
            score: float | None = scores[self._config.score.metric]
            fault = ""
        except TrialError as error:
            score, scores, fault = None, {}, str(error)
        digests = {p.name: artifacts.digest(p) for p in sorted(out.glob("*/*")) if p.is_file()}
        shutil.rmtree(out, ignore_errors=True)
        return Trial(
            key=request.key,
            candidate=request.candidate,
            purpose=request.purpose,
            split=request.split,
            seed=request.seed,
            score=score,
            scores={**scores, **_measured(outcomes)},
            trust=self._config.score.trust,
            fault=fault,
            outcomes=tuple(_short(outcome) for outcome in outcomes),
            artifacts=digests,
            core=self._core,
        )

    def close(self) -> None:
        """End the sandbox and the reader."""
        self._sandbox.close()
        self._reader.close()

    def _run_phase(self, phase: PhaseTable, request: TrialRequest, files: str) -> Outcome:
        folder = self._place.work / phase.name
        folder.mkdir()
        limits = self._config.limits.of(phase)
        if limits.cpu_s is not None:
            limits = replace(limits, cpu_s=limits.cpu_s + self._startup_cpu_s)
        job = Job(
            command=tuple(part.replace("{seed}", str(request.seed)) for part in phase.command),
            files=files,
            inputs=self._inputs(phase, request.split),
            outputs={name: str(folder / name) for name in phase.outputs},
        )
        outcome = self._sandbox.run(job, limits)
        if outcome.status == "ok" and outcome.start != self._config.limits.start:
            raise SandboxError(
                f"the sandbox engine started a trial {outcome.start}, the epoch says "
                f'{self._config.limits.start}. Set [limits] start = "{outcome.start}".'
            )
        return outcome

    def _inputs(self, phase: PhaseTable, split: str) -> Mapping[str, str]:
        inputs = {}
        for name in phase.inputs:
            if ":" in name:
                earlier, output = name.split(":", 1)
                path = self._place.work / earlier / output
            else:
                path = self._place.private / name.replace("{split}", split)
                if not path.is_file():
                    raise BadInput(f"the lab's data {path} is gone. Restore it, or init anew.")
            inputs[PurePosixPath(name.split(":")[-1]).name] = str(path)
        return inputs

    def _score(self, request: TrialRequest, outcomes: list[Outcome]) -> dict[str, float]:
        table = self._config.score
        if table.command is not None:
            scores = self._ask_scorer(request)
        elif table.read == "stdout":
            scores = artifacts.numbers_in_lines("\n".join(o.stdout for o in outcomes))
        else:
            scores = self._read_result(str(table.read))
        scores |= _measured(outcomes)  # never what the candidate says it used
        if table.metric not in scores:
            raise TrialError(f"no number named {table.metric!r} came out; print or write it")
        return scores

    def _ask_scorer(self, request: TrialRequest) -> dict[str, float]:
        table = self._config.score
        merged = self._place.work / ".outputs"
        merged.mkdir()
        for path in sorted(self._place.work.glob("*/*")):
            if path.parent != merged:
                path.rename(merged / path.name)
        extra = ("--out", str(merged), "--private", str(self._place.private))
        command = (*(table.command or ()), *extra, "--split", request.split)
        result = run_trusted(command, self._place.scorer, SCORER_WALL_S)
        if result.exit_code is None:
            raise TrialError(f"the scorer ran longer than {SCORER_WALL_S:.0f} s")
        if result.exit_code != 0:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise TrialError(f"the scorer refused the output: {last[:300]}")
        return artifacts.numbers_in_json(result.stdout)

    def _read_result(self, name: str) -> dict[str, float]:
        found = sorted(self._place.work.glob(f"*/{name}"))
        if not found:
            raise TrialError(f"no phase wrote {name!r}")
        if found[-1].stat().st_size > artifacts.MAX_JSON_BYTES:
            raise TrialError(f"{name} is larger than {artifacts.MAX_JSON_BYTES} bytes")
        return artifacts.numbers_in_json(found[-1].read_text(errors="replace"))


def _short(outcome: Outcome) -> Outcome:
    """Keep the last words of a log: enough to see why a run failed, little enough for a ledger."""
    return replace(outcome, stdout=outcome.stdout[-KEPT_LOG:], stderr=outcome.stderr[-KEPT_LOG:])


def _demand_ok(phase: PhaseTable, outcome: Outcome) -> None:
    if outcome.status != "ok":
        raise TrialError(f"phase {phase.name!r}: {outcome.message or outcome.status}")


def _measured(outcomes: list[Outcome]) -> dict[str, float]:
    if not outcomes:
        return {}
    sizes: dict[str, float] = {}
    for outcome in outcomes:
        sizes |= {f"{name}_bytes": float(size) for name, size in outcome.outputs.items()}
    return {
        "cpu_s": math.fsum(o.cpu_s for o in outcomes),
        "wall_s": math.fsum(o.wall_s for o in outcomes),
        "memory_bytes": float(max(o.memory_bytes for o in outcomes)),
        **sizes,
    }
