"""Runs as arrays: agents by tasks, with METR's weights."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regency.errors import BadInput
from regency.measure.horizon.records import Cell, Runs

Array = NDArray[np.float64]
Weighting = Literal["invsqrt", "equal"]
Cheating = Literal["failure", "dropped", "success"]


@dataclass(frozen=True, slots=True)
class Table:
    """Runs as arrays.

    Attributes:
        agents: A names.
        tasks: T ids.
        minutes: T, geometric middle where only a span is known.
        low: T, shortest minutes.
        high: T, longest minutes.
        family: T, index of each task's family.
        families: F names.
        runs: A × T, number of runs.
        successes: A × T, sum of their scores.
        weights: A × T, weight of each single run; the runs of one agent sum to 1.
        scores: Scores of the single runs where they are not all 0 or 1, by agent and task index.
    """

    agents: tuple[str, ...]
    tasks: tuple[str, ...]
    minutes: Array
    low: Array
    high: Array
    family: NDArray[np.intp]
    families: tuple[str, ...]
    runs: Array
    successes: Array
    weights: Array
    scores: dict[tuple[int, int], tuple[float, ...]]

    @property
    def x(self) -> Array:
        """T, log2 of the minutes."""
        made: Array = np.log2(self.minutes)
        return made

    @property
    def censored(self) -> bool:
        """Whether any task's time is only known to a span."""
        return bool((self.low != self.high).any())


def tabulate(runs: Runs, weighting: Weighting = "invsqrt", cheating: Cheating = "failure") -> Table:
    """Return runs as arrays.

    Args:
        runs: What was read.
        weighting: ``invsqrt``: METR's, a run weighs 1 / (runs of the task × √tasks of its family),
            counting what this agent ran; ``equal``: 1 / runs of the task.
        cheating: What runs that cheated count as.

    Raises:
        BadInput: There are no runs.
    """
    if not runs.cells:
        raise BadInput("there is not a single run to measure. Check the file and the options.")
    agents = {agent.name: n for n, agent in enumerate(runs.agents)}
    tasks = {task.id: n for n, task in enumerate(runs.tasks)}
    families = sorted({task.family for task in runs.tasks})
    numbers = {name: n for n, name in enumerate(families)}
    family = np.array([numbers[task.family] for task in runs.tasks], dtype=np.intp)
    n, s = np.zeros((2, len(agents), len(tasks)))
    scores = {}
    for cell in runs.cells:
        at = agents[cell.agent], tasks[cell.task]
        n[at], s[at] = _counted(cell, cheating)
        if any(0 < score < 1 for score in cell.scores):
            scores[at] = cell.scores
    return Table(
        agents=tuple(agents),
        tasks=tuple(tasks),
        minutes=np.array([task.minutes for task in runs.tasks]),
        low=np.array([task.low for task in runs.tasks]),
        high=np.array([task.high for task in runs.tasks]),
        family=family,
        families=tuple(families),
        runs=n,
        successes=s,
        weights=weigh(n, family, weighting),
        scores=scores,
    )


def weigh(runs: Array, family: NDArray[np.intp], weighting: Weighting = "invsqrt") -> Array:
    """Return the weight of each single run, A × T.

    METR: Kwa et al., "Measuring AI Ability to Complete Long Tasks" (arXiv 2503.14499), §4: each
    agent's tasks weigh the inverse root of the size of their family, runs share their task's
    weight, and all of an agent's runs weigh 1 together.

    Args:
        runs: A × T.
        family: T, index of each task's family.
        weighting: See `tabulate`.
    """
    ran = runs > 0
    weight = 1.0 / np.maximum(runs, 1)
    if weighting == "invsqrt":
        members = np.zeros((runs.shape[0], family.max(initial=0) + 1))
        for number in range(runs.shape[0]):
            members[number] = np.bincount(family[ran[number]], minlength=members.shape[1])
        weight = weight / np.sqrt(np.maximum(members[:, family], 1))
    total = (weight * runs).sum(axis=1, keepdims=True)
    made: Array = np.where(ran, weight / np.where(total > 0, total, 1), 0.0)
    return made


def _counted(cell: Cell, cheating: Cheating) -> tuple[float, float]:
    cheats = cell.cheats or 0
    if cheating == "dropped":
        return cell.runs - cheats, cell.successes
    return cell.runs, cell.successes + (cheats if cheating == "success" else 0)
