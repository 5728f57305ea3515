"""Runs of agents on timed tasks: what every reader gives and every fit takes."""

import datetime as dt
import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    Attributes:
        id: Its name.
        family: Tasks of one family are alike and are resampled together.
        low: Shortest time that people need, minutes.
        high: Longest; equal to ``low`` where the time is known, infinite without a bound.
        suite: The collection that it belongs to; empty if unknown.
        timing: How the time is known, for example ``baseline`` or ``estimate``; empty if unknown.
    """

    id: str
    family: str
    low: float
    high: float
    suite: str = ""
    timing: str = ""

    @property
    def censored(self) -> bool:
        """Whether only a span of times is known."""
        return self.low != self.high

    @property
    def minutes(self) -> float:
        """The time, or the geometric middle of the span; twice the lower end without a bound."""
        return math.sqrt(self.low * min(self.high, 4 * self.low)) if self.censored else self.low


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent: a model with its scaffold and budget; ``released`` None if unknown."""

    name: str
    released: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs of one agent on one task.

    Attributes:
        agent: Name.
        task: Id.
        scores: Score of each run, 0 to 1, cheating runs scored as failed; empty where only
            counts are known.
        successes: Their sum.
        runs: How many.
        cheats: How many of them cheated: counted in ``runs``, not in ``successes``; None: not
            recorded.
    """

    agent: str
    task: str
    successes: float
    runs: int
    scores: tuple[float, ...] = ()
    cheats: int | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """Everything that was read.

    Attributes:
        agents: By release date, then name.
        tasks: By id.
        cells: One for each agent and task with at least one run.
        remarks: What the reader noticed, one sentence each.
    """

    agents: tuple[Agent, ...]
    tasks: tuple[Task, ...]
    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the ends of its interval; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan
