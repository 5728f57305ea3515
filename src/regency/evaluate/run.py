"""One run of a candidate: its phases in the sandbox, one after another, then its score.

A candidate's fault is a `TrialError`; only the lab's own faults are raised as anything else.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from regency.config import Config, PhaseTable
from regency.errors import BadInput, SandboxError, TrialError
from regency.evaluate import artifacts
from regency.records import Job, Limits, Outcome
from regency.sandbox.trusted import run_trusted

SCORER_WALL_S = 120.0
OUTPUTS = ".outputs"  # all outputs together, for the scorer


class Sandbox(Protocol):
    """What an engine of ``regency.sandboxes`` can do."""

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run one job and wait for it."""

    def close(self) -> None:
        """End everything that the engine started."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What every run of one epoch shares.

    Attributes:
        config: The settings in force.
        scorer: Folder with the epoch's own copy of the scorer.
        sandbox: Engine.
        reader: Holds outputs against what the lab says they are.
        startup_cpu_s: CPU-seconds that starting costs, on top of a phase's budget.
    """

    config: Config
    scorer: Path
    sandbox: Sandbox
    reader: artifacts.Reader
    startup_cpu_s: float


@dataclass(slots=True)
class Run:
    """One run with one seed on one split.

    Attributes:
        kit: What it shares with others.
        files: Host folder with the candidate's files.
        split: ``search`` or ``confirm``.
        seed: Seed given to the candidate.
        private: Folders with data, the first that has a file counts; answers are in the first.
        work: Empty folder for what phases write.
        outcomes: One per phase so far.
    """

    kit: Kit
    files: str
    split: str
    seed: int
    private: tuple[Path, ...]
    work: Path
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def phases(self) -> list[PhaseTable]:
        """Those that are run on this split, in order."""
        return [p for p in self.kit.config.run if p.only in (None, self.split)]

    def all(self) -> None:
        """Run every phase.

        Raises:
            TrialError: A phase failed, or an output is not what the lab says.
        """
        for phase in self.phases:
            folder = self.work / phase.name
            folder.mkdir()
            self.outcomes.append(self.start(phase, folder))
            self.demand(phase, folder, self.outcomes[-1])

    def start(
        self, phase: PhaseTable, folder: Path, replaced: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run ``phase`` and return what became of it.

        Args:
            phase: A phase whose earlier ones have run.
            folder: Receives its outputs.
            replaced: Inputs to give it instead, name below ``{in}`` → host path.

        Raises:
            SandboxError: The engine starts programs in another way than the epoch says.
            BadInput: The lab's own data is gone.
        """
        limits = self.kit.config.limits.of(phase)
        if limits.cpu_s is not None:
            limits = replace(limits, cpu_s=limits.cpu_s + self.kit.startup_cpu_s)
        job = Job(
            command=tuple(part.replace("{seed}", str(self.seed)) for part in phase.command),
            files=self.files,
            inputs={**self.inputs(phase), **(replaced or {})},
            outputs={name: str(folder / name) for name in phase.outputs},
        )
        outcome = self.kit.sandbox.run(job, limits)
        if outcome.status == "ok" and outcome.start != self.kit.config.limits.start:
            raise SandboxError(
                f"the sandbox engine started a trial {outcome.start}, the epoch says "
                f'{self.kit.config.limits.start}. Set [limits] start = "{outcome.start}".'
            )
        return outcome

    def demand(self, phase: PhaseTable, folder: Path, outcome: Outcome) -> None:
        """Refuse a phase that failed, or whose outputs are not what the lab says.

        Raises:
            TrialError: With the reason.
        """
        if outcome.status != "ok":
            raise TrialError(f"phase {phase.name!r}: {outcome.message or outcome.status}")
        for name in phase.outputs:
            self.kit.reader.check(name, folder / name)

    def inputs(self, phase: PhaseTable) -> dict[str, str]:
        """Return what ``phase`` reads: name below ``{in}`` → host path."""
        inputs = {}
        for name in phase.inputs:
            if ":" in name:
                earlier, output = name.split(":", 1)
                path = self.work / earlier / output
            else:
                path = self._data(name.replace("{split}", self.split))
            inputs[PurePosixPath(name.split(":")[-1]).name] = str(path)
        return inputs

    def score(self) -> dict[str, float]:
        """Return the numbers of this run: the scorer's, and what was measured.

        Raises:
            TrialError: The output cannot be scored, or the metric did not come out.
        """
        table = self.kit.config.score
        if table.command is not None:
            scores = self.ask_scorer(self._gathered())
        elif table.read == "stdout":
            scores = artifacts.numbers_in_lines("\n".join(o.stdout for o in self.outcomes))
        else:
            scores = self._read_result(str(table.read))
        scores |= self.ask_guards()
        scores |= self.measured()  # never what the candidate says it used
        if table.metric not in scores:
            raise TrialError(f"no number named {table.metric!r} came out; print or write it")
        return scores

    def ask_scorer(self, outputs: Path) -> dict[str, float]:
        """Return what the scorer says of the folder ``outputs``.

        Raises:
            TrialError: It refuses, takes too long, or prints no numbers.
        """
        return self._ask("scorer", self.kit.config.score.command or (), outputs)

    def ask_guards(self) -> dict[str, float]:
        """Return the numbers of the guards' own commands, which are asked in gate 2 alone.

        Raises:
            TrialError: One refuses the output, takes too long, or prints no numbers.
            BadInput: One prints the metric itself.
        """
        asked = [g for g in self.kit.config.guards if g.command and self.split == "confirm"]
        found: dict[str, float] = {}
        for guard in asked:
            said = self._ask(f"guard {guard.name}", guard.command or (), self._gathered())
            if self.kit.config.score.metric in said:
                raise BadInput(
                    f"the command of guard {guard.name!r} prints {self.kit.config.score.metric!r}, "
                    "which is the metric. Give its number another name."
                )
            found |= said
        return found

    def _ask(self, who: str, command: Sequence[str], outputs: Path) -> dict[str, float]:
        extra = ("--out", str(outputs), "--private", str(self.private[0]), "--split", self.split)
        result = run_trusted((*command, *extra), self.kit.scorer, SCORER_WALL_S)
        if result.exit_code is None:
            raise TrialError(f"the {who} ran longer than {SCORER_WALL_S:.0f} s")
        if result.exit_code != 0:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise TrialError(f"the {who} refused the output: {last[:300]}")
        return artifacts.numbers_in_json(result.stdout)

    def measured(self) -> dict[str, float]:
        """Return what the launcher measured, all phases together."""
        if not self.outcomes:
            return {}
        sizes: dict[str, float] = {}
        for outcome in self.outcomes:
            sizes |= {f"{name}_bytes": float(size) for name, size in outcome.outputs.items()}
        return {
            "cpu_s": math.fsum(o.cpu_s for o in self.outcomes),
            "wall_s": math.fsum(o.wall_s for o in self.outcomes),
            "memory_bytes": float(max(o.memory_bytes for o in self.outcomes)),
            **sizes,
        }

    def _data(self, name: str) -> Path:
        for folder in self.private:
            if (folder / name).is_file():
                return folder / name
        raise BadInput(
            f"the lab's data {self.private[-1] / name} is gone. Restore it, or init anew."
        )

    def _gathered(self) -> Path:
        """Return a folder with every output; of two with one name the later phase's counts."""
        merged = self.work / OUTPUTS
        if merged.is_dir():
            return merged
        merged.mkdir()
        for phase in self.phases:
            for name in phase.outputs:
                (merged / name).unlink(missing_ok=True)
                os.link(self.work / phase.name / name, merged / name)
        return merged

    def _read_result(self, name: str) -> dict[str, float]:
        found = sorted(self.work.glob(f"*/{name}"))
        if not found:
            raise TrialError(f"no phase wrote {name!r}")
        if found[-1].stat().st_size > artifacts.MAX_JSON_BYTES:
            raise TrialError(f"{name} is larger than {artifacts.MAX_JSON_BYTES} bytes")
        return artifacts.numbers_in_json(found[-1].read_text(errors="replace"))
