"""Gathers runs from whatever order they come in, and finds what contradicts itself."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.errors import BadInput
from regency.measure.horizon.records import Agent, Cell, Runs, Task

MOST_NAMED = 3


@dataclass(slots=True)
class _Tally:
    scores: list[float] = field(default_factory=list)
    successes: float = 0.0
    runs: int = 0
    cheats: int | None = None


@dataclass(slots=True)
class Gathered:
    """Runs as they are read; `runs` makes the record of them."""

    _tasks: dict[str, Task] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _cells: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    _counted: dict[tuple[str, str], str] = field(default_factory=dict)
    _dates: dict[str, dt.date] = field(default_factory=dict)
    _seen: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _said: Counter[str] = field(default_factory=Counter)

    @property
    def empty(self) -> bool:
        """Whether there is no run."""
        return not self._cells

    def remark(self, text: str) -> None:
        """Note what the reader noticed; the same remark again is counted."""
        self._said[text] += 1

    def task(self, task: Task, where: str) -> None:
        """Add a task.

        Raises:
            BadInput: It was there before with another time or family.
        """
        known = self._tasks.setdefault(task.id, task)
        place = self._places.setdefault(task.id, where)
        if known is task:
            return
        for what in ("family", "low", "high"):
            old, new = getattr(known, what), getattr(task, what)
            if old != new:
                name = "human_minutes" if what != "family" else "task_family"
                raise BadInput(
                    f"{where}: {name} of task {task.id!r} is {new}, but {old} at {place}. Give a "
                    "task one time and one family."
                )

    def date(self, agent: str, day: dt.date, where: str) -> None:
        """Add an agent's release date.

        Raises:
            BadInput: It had another.
        """
        if self._dates.setdefault(agent, day) != day:
            raise BadInput(
                f"{where}: {agent!r} was released on {day}, but on {self._dates[agent]} before. "
                "Mend one."
            )

    def run(
        self, agent: str, task: str, score: float, cheated: bool | None, identity: str, where: str
    ) -> None:
        """Add one run; a run that cheated counts as failed.

        Raises:
            BadInput: Its id was given to another run before.
        """
        if identity:
            known = self._seen.get(identity)
            if known == (agent, task, score):
                self.remark("A run that is there twice, id and all, was counted once.")
                return
            if known is not None:
                raise BadInput(f"{where}: run id {identity!r} is that of another run. Mend one.")
            self._seen[identity] = (agent, task, score)
        tally = self._cells.setdefault((agent, task), _Tally())
        counted = 0.0 if cheated else score
        tally.scores.append(counted)
        tally.successes += counted
        tally.runs += 1
        if cheated is not None:
            tally.cheats = (tally.cheats or 0) + cheated

    def counts(
        self, agent: str, task: str, counts: tuple[float, int, int | None], where: str
    ) -> None:
        """Add an agent's successes, runs and cheats on a task.

        Raises:
            BadInput: They contradict one another, or were given before.
        """
        successes, runs, cheats = counts
        if successes + (cheats or 0) > runs:
            raise BadInput(
                f"{where}: {successes:g} successes and {cheats or 0} cheats of {runs} runs. Mend "
                "them: a run that cheated is no success."
            )
        earlier = self._counted.setdefault((agent, task), where)
        if earlier != where:
            raise BadInput(
                f"{where}: {agent!r} on {task!r} was counted at {earlier} already. Keep one."
            )
        if runs:
            self._cells[agent, task] = _Tally([], successes, runs, cheats)

    def family(self, task: str, given: object) -> str:
        """Return a task's family: as given, else the part of its name before the slash."""
        if given not in (None, ""):
            return str(given)
        self.remark(
            "A row without task_family: the part of the task's name before the slash was taken, "
            "or the whole name."
        )
        return task.partition("/")[0]

    def runs(self, dates: Mapping[str, dt.date]) -> Runs:
        """Return what was gathered.

        Args:
            dates: Release dates by agent, which count before those in the rows.
        """
        names = {agent for agent, _ in self._cells}
        released = {**self._dates, **dates}
        agents = sorted(
            (Agent(name, released.get(name)) for name in names),
            key=lambda a: (a.released or dt.date.max, a.name),
        )
        used = {task for _, task in self._cells}
        cells = (
            Cell(agent, task, t.successes, t.runs, tuple(t.scores), t.cheats)
            for (agent, task), t in sorted(self._cells.items())
        )
        tasks = (task for _, task in sorted(self._tasks.items()) if task.id in used)
        return Runs(tuple(agents), tuple(tasks), tuple(cells), self._remarks(names, dates))

    def _remarks(self, names: set[str], dates: Mapping[str, dt.date]) -> tuple[str, ...]:
        said = [
            f"{text} ({times:,} times)" if times > 1 else text for text, times in self._said.items()
        ]
        undated = sorted(names - set(self._dates) - set(dates))
        if undated:
            said.append(f"Without release date, so in no trend: {named(undated)}.")
        return tuple(said)


def named(names: list[str]) -> str:
    """Return the first few of several names, and how many more there are."""
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def merged(parts: list[Runs]) -> Runs:
    """Return several sets of runs as one.

    Raises:
        BadInput: They contradict one another.
    """
    if len(parts) == 1:
        return parts[0]
    made, dates = Gathered(), dict[str, dt.date]()
    remarks: dict[str, None] = {}
    for part in parts:
        for task in part.tasks:
            made.task(task, "another input")
        dates |= {a.name: a.released for a in part.agents if a.released}
        remarks |= dict.fromkeys(part.remarks)
    cells: dict[tuple[str, str], Cell] = {}
    for part in parts:
        for cell in part.cells:
            if (cell.agent, cell.task) in cells:
                raise BadInput(
                    f"{cell.agent!r} on {cell.task!r} is in two inputs. Give one of them another "
                    "name: NAME=FILE."
                )
            cells[cell.agent, cell.task] = cell
    agents = {a.name: Agent(a.name, dates.get(a.name)) for part in parts for a in part.agents}
    ordered = sorted(agents.values(), key=lambda a: (a.released or dt.date.max, a.name))
    tasks = {task.id: task for part in parts for task in part.tasks}
    return Runs(
        tuple(ordered),
        tuple(tasks[name] for name in sorted(tasks)),
        tuple(cells[at] for at in sorted(cells)),
        tuple(remarks),
    )


def swe_family(task: str) -> str:
    """Return the repository of a SWE-bench instance: ``django__django-11099`` → django__django."""
    return re.sub(r"-\d+$", "", task)
