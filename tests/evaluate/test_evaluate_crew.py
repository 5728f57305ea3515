"""The crew: generators are driven, finished trials are never run again."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from regency.errors import BadInput
from regency.evaluate.crew import Asking, Crew
from regency.evaluate.executor import Work
from regency.records import Batch, Purpose, Trial, TrialRequest


def request(key: str) -> TrialRequest:
    return TrialRequest(key, "c1", Purpose.SEARCH, "search", 1)


def trial_of(request: TrialRequest) -> Trial:
    return Trial(request.key, request.candidate, request.purpose, request.split, request.seed, 1.0)


class Threads:
    """An executor that answers each request with a trial of score 1."""

    def __init__(self, workers: int, run: Callable[[TrialRequest], Trial] = trial_of) -> None:
        self.workers, self._run, self.ran = workers, run, []
        self._threads = ThreadPoolExecutor(workers)

    def submit(self, work: Work) -> "Future[tuple[Trial, ...]]":
        self.ran += [r.key for r in work.batch]
        return self._threads.submit(lambda: tuple(self._run(r) for r in work.batch))

    def close(self) -> None:
        self._threads.shutdown()


class Record(dict[str, Trial]):
    """Stands for the ledger: key → trial."""

    def take(self, trials: "tuple[Trial, ...]") -> None:
        for trial in trials:
            assert trial.key not in self, "recorded twice"
            self[trial.key] = trial


def crew_with(record: Record, executor: Threads) -> Crew:
    return Crew(executor, finished=record.get, record=record.take, folder=lambda c: f"/{c}")


def two_rounds(name: str) -> Asking:
    def ask() -> Generator[list[Batch], list[tuple[Trial, ...]], list[str]]:
        first = yield [(request(f"{name}/0"), request(f"{name}/1")), (request(f"{name}/2"),)]
        second = yield [(request(f"{name}/3"),)]
        return [t.key for batch in first + second for t in batch]

    return ask()


def finish(crew: Crew) -> list[object]:
    results = []
    while crew.tasks:
        results += [task.result for task in crew.step(1.0)]
    return results


def test_results_come_back_in_the_shape_that_was_asked_for():
    record, executor = Record(), Threads(2)
    crew = crew_with(record, executor)
    crew.start("search", "c1", two_rounds("a"))
    assert crew.about("search") == ["c1"]
    assert finish(crew) == [["a/0", "a/1", "a/2", "a/3"]]
    assert crew.about("search") == []
    executor.close()


def test_what_the_record_has_is_not_run_again():
    record, executor = Record(), Threads(2)
    for key in ("a/0", "a/1", "a/3"):
        record[key] = trial_of(request(key))
    crew = crew_with(record, executor)
    crew.start("search", "c1", two_rounds("a"))
    finish(crew)
    assert executor.ran == ["a/2"]
    executor.close()


def test_a_batch_cut_in_half_is_run_again_whole_so_that_arms_stay_interleaved():
    record, executor = Record(), Threads(1)
    record["a/0"] = trial_of(request("a/0"))
    crew = Crew(executor, finished=record.get, record=lambda _: None, folder=str)
    crew.start("search", "c1", two_rounds("a"))
    finish(crew)
    assert executor.ran[:2] == ["a/0", "a/1"] or executor.ran[1:3] == ["a/0", "a/1"]
    executor.close()


def test_urgent_batches_go_first():
    executor = Threads(1)
    crew = crew_with(Record(), executor)
    for name in ("a", "b", "c"):
        crew.start("search", name, two_rounds(name))
    crew.start("confirm", "z", two_rounds("z"), urgent=True)
    finish(crew)
    assert executor.ran[0].startswith("z")
    executor.close()


def test_dropped_tasks_end_but_their_running_trials_are_recorded():
    record, executor = Record(), Threads(1)
    crew = crew_with(record, executor)
    crew.start("search", "c1", two_rounds("a"))
    crew.start("confirm", "c2", two_rounds("b"))
    crew._dispatch()
    crew.drop("search")
    assert finish(crew) == [["b/0", "b/1", "b/2", "b/3"]]
    assert {"a/0", "a/1"} <= set(record) | set(executor.ran)
    executor.close()


def test_the_labs_own_fault_ends_the_run():
    def broken(_: TrialRequest) -> Trial:
        raise BadInput("the lab's data is gone")

    executor = Threads(1, broken)
    crew = crew_with(Record(), executor)
    crew.start("search", "c1", two_rounds("a"))
    with pytest.raises(BadInput, match="data is gone"):
        finish(crew)
    executor.close()


def test_hungry_until_every_worker_has_work_and_one_is_spare():
    executor = Threads(2)
    crew = crew_with(Record(), executor)
    assert crew.hungry
    crew.start("search", "c1", two_rounds("a"))
    crew.start("search", "c2", two_rounds("b"))
    assert not crew.hungry
    finish(crew)
    executor.close()
