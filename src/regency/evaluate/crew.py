"""Drives generators that ask for trials: runs what is new, hands back what is already finished.

Every trial is recorded as soon as its batch ends and is known by its key, so that driving the
same generator again after a crash costs nothing that was finished. Knows no stage by name.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from regency.evaluate.executor import Executor, Work
from regency.records import Batch, Trial

Asking = Generator[list[Batch], list[tuple[Trial, ...]], Any]


@dataclass(slots=True)
class Task:
    """A generator on its way: what it waits for, and its result once it has one."""

    name: str
    subject: str
    asking: Asking
    urgent: bool = False
    answers: list[tuple[Trial, ...] | None] = field(default_factory=list)
    result: Any = None
    done: bool = False


class Crew:
    """Runs tasks on an executor."""

    def __init__(
        self,
        executor: Executor,
        *,
        finished: Callable[[str], Trial | None],
        record: Callable[[Sequence[Trial]], None],
        folder: Callable[[str], str],
        together: bool = False,
    ) -> None:
        """Take what connects tasks to the rest.

        Args:
            executor: Runs work.
            finished: Trial with a key, if the ledger has it.
            record: Puts new trials in the ledger.
            folder: Host folder with the files of a candidate.
            together: Whether the trials of one batch share a core at the same time.
        """
        self._executor = executor
        self._finished = finished
        self._record = record
        self._folder = folder
        self._together = together
        self.tasks: list[Task] = []
        self.workers = executor.workers
        self._trials, self._trials_s = 0, 0.0
        self._waiting: list[tuple[Task, int, Batch]] = []
        self._running: dict[Future[tuple[Trial, ...]], tuple[Task, int]] = {}

    def start(self, name: str, subject: str, asking: Asking, *, urgent: bool = False) -> None:
        """Begin a task.

        Args:
            name: What it is, for example ``search``.
            subject: What it is about, for example a candidate id.
            asking: The generator.
            urgent: Its batches go first.
        """
        task = Task(name, subject, asking, urgent)
        self.tasks.append(task)
        self._advance(task, None)

    @property
    def hungry(self) -> bool:
        """Whether a worker would be idle soon: less work is at hand than one spare per worker."""
        return len(self._waiting) + len(self._running) < self.workers + 1

    @property
    def mean_trial_s(self) -> float:
        """Mean wall time of the trials so far, seconds; 0 before the first."""
        return self._trials_s / max(self._trials, 1)

    def about(self, name: str) -> list[str]:
        """Return the subjects of the unfinished tasks called ``name``."""
        return [task.subject for task in self.tasks if task.name == name and not task.done]

    def step(self, wait_s: float) -> list[Task]:
        """Run for up to ``wait_s`` seconds or until something ends; return the tasks that did."""
        self._dispatch()
        if self._running and not any(task.done for task in self.tasks):
            self._settle(list(wait(self._running, wait_s, FIRST_COMPLETED).done))
            self._dispatch()
        done = [task for task in self.tasks if task.done]
        self.tasks = [task for task in self.tasks if not task.done]
        return done

    def drop(self, name: str) -> None:
        """Forget the tasks called ``name``; their running trials are still recorded."""
        for task in self.tasks:
            if task.name == name:
                task.asking.close()
        self.tasks = [task for task in self.tasks if task.name != name]
        self._waiting = [item for item in self._waiting if item[0].name != name]

    def _dispatch(self) -> None:
        self._waiting.sort(key=lambda item: not item[0].urgent)
        while self._waiting and len(self._running) < self.workers:
            task, place, batch = self._waiting.pop(0)
            folders = {request.candidate: self._folder(request.candidate) for request in batch}
            work = Work(batch, folders, self._together and len(batch) > 1)
            self._running[self._executor.submit(work)] = (task, place)

    def _settle(self, futures: "list[Future[tuple[Trial, ...]]]") -> None:
        ended = [(*self._running.pop(future), future.result()) for future in futures]
        trials = [trial for *_, batch in ended for trial in batch]
        if trials:
            self._record(trials)
        self._trials += len(trials)
        self._trials_s += sum(outcome.wall_s for trial in trials for outcome in trial.outcomes)
        for task, place, batch in ended:
            task.answers[place] = batch
            if None not in task.answers and task in self.tasks:
                self._advance(task, [answer for answer in task.answers if answer is not None])

    def _advance(self, task: Task, answers: list[tuple[Trial, ...]] | None) -> None:
        """Send ``answers`` on, again and again while the ledger has all that is asked for."""
        while True:
            try:
                batches = task.asking.send(answers) if answers is not None else next(task.asking)
            except StopIteration as stop:
                task.result, task.done = stop.value, True
                return
            task.answers = [self._known(batch) for batch in batches]
            if None in task.answers:
                break
            answers = [answer for answer in task.answers if answer is not None]
        missing = [n for n, answer in enumerate(task.answers) if answer is None]
        self._waiting += [(task, n, batches[n]) for n in missing]

    def _known(self, batch: Batch) -> tuple[Trial, ...] | None:
        found = [self._finished(request.key) for request in batch]
        trials = tuple(trial for trial in found if trial is not None)
        return trials if len(trials) == len(batch) else None
