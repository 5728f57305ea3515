"""Who runs trials: on this machine, one slot per worker, each with a core of its own.

Remote executors come in through ``regency.executors``; they get `Work`, which is data only.
"""

import itertools
import os
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from regency.evaluate.evaluator import Evaluator
from regency.records import Batch, Trial


@dataclass(frozen=True, slots=True)
class Work:
    """Trials to run on one core.

    Attributes:
        batch: The requests, in the order in which they are begun.
        folders: Candidate id → host folder with its files.
        together: Whether to run them at the same time, sharing the core, instead of in turn.
    """

    batch: Batch
    folders: Mapping[str, str]
    together: bool = False


class Executor(Protocol):
    """What an entry point of ``regency.executors`` makes."""

    workers: int

    def submit(self, work: Work) -> "Future[tuple[Trial, ...]]":
        """Start ``work`` and return its handle."""

    def close(self) -> None:
        """End everything that is still running."""


class LocalExecutor:
    """Runs work in threads of this process, one evaluator for each run at the same time."""

    def __init__(
        self, workers: int, make_evaluator: Callable[[int, int], Evaluator], arms: int = 1
    ) -> None:
        """Start ``workers`` slots.

        Args:
            workers: Number of slots.
            make_evaluator: Makes an evaluator from its number and its core.
            arms: Most runs that share a core at the same time.
        """
        self.workers = workers
        cores = sorted(os.sched_getaffinity(0))
        self._teams = [
            [make_evaluator(n * arms + arm, cores[n % len(cores)]) for arm in range(arms)]
            for n in range(workers)
        ]
        self._free: queue.SimpleQueue[list[Evaluator]] = queue.SimpleQueue()
        for team in self._teams:
            self._free.put(team)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="slot")
        self._arms = ThreadPoolExecutor(workers * arms, thread_name_prefix="trial")

    def submit(self, work: Work) -> "Future[tuple[Trial, ...]]":
        """Start ``work`` in the next free slot."""
        return self._threads.submit(self._run, work)

    def close(self) -> None:
        """End everything that is still running; unfinished work is lost and can be asked again."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for evaluator in itertools.chain.from_iterable(self._teams):
            evaluator.close()
        self._threads.shutdown(wait=True)
        self._arms.shutdown(wait=True)

    def _run(self, work: Work) -> tuple[Trial, ...]:
        team = self._free.get()
        try:
            width = len(team) if work.together else 1
            rounds = [work.batch[n : n + width] for n in range(0, len(work.batch), width)]
            return tuple(trial for batch in rounds for trial in self._round(team, batch, work))
        finally:
            self._free.put(team)

    def _round(self, team: Sequence[Evaluator], batch: Batch, work: Work) -> list[Trial]:
        """Run ``batch`` at the same time, one evaluator each, and wait for all of it."""
        running = [
            self._arms.submit(evaluator.run, request, work.folders[request.candidate])
            for evaluator, request in zip(team, batch, strict=False)
        ]
        wait(running)
        return [future.result() for future in running]
