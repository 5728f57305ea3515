"""Who runs trials: on this machine, one slot per worker, each with a sandbox and a core of its own.

Remote executors come in through ``regency.executors``; they get `Work`, which is data only.
"""

import os
import queue
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from regency.evaluate.evaluator import Evaluator
from regency.records import Batch, Trial


@dataclass(frozen=True, slots=True)
class Work:
    """Trials to run in the given order on one core.

    Attributes:
        batch: The requests.
        folders: Candidate id → host folder with its files.
    """

    batch: Batch
    folders: Mapping[str, str]


class Executor(Protocol):
    """What an entry point of ``regency.executors`` makes."""

    workers: int

    def submit(self, work: Work) -> "Future[tuple[Trial, ...]]":
        """Start ``work`` and return its handle."""

    def close(self) -> None:
        """End everything that is still running."""


class LocalExecutor:
    """Runs work in threads of this process, each with an evaluator of its own."""

    def __init__(self, workers: int, make_evaluator: Callable[[int, int], Evaluator]) -> None:
        """Start ``workers`` slots.

        Args:
            workers: Number of slots.
            make_evaluator: Makes the evaluator for a slot from its number and its core.
        """
        self.workers = workers
        cores = sorted(os.sched_getaffinity(0))
        self._evaluators = [make_evaluator(n, cores[n % len(cores)]) for n in range(workers)]
        self._free: queue.SimpleQueue[Evaluator] = queue.SimpleQueue()
        for evaluator in self._evaluators:
            self._free.put(evaluator)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="trial")

    def submit(self, work: Work) -> "Future[tuple[Trial, ...]]":
        """Start ``work`` in the next free slot."""
        return self._threads.submit(self._run, work)

    def close(self) -> None:
        """End everything that is still running; unfinished work is lost and can be asked again."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for evaluator in self._evaluators:
            evaluator.close()
        self._threads.shutdown(wait=True)

    def _run(self, work: Work) -> tuple[Trial, ...]:
        evaluator = self._free.get()
        try:
            return tuple(
                evaluator.run(request, work.folders[request.candidate]) for request in work.batch
            )
        finally:
            self._free.put(evaluator)
