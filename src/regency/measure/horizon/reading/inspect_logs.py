"""Logs of Inspect (https://inspect.aisi.org.uk), read by its own reader; human times from a table.

An agent is a model with its solver. A sample's epochs are its runs. A task's name in the table of
human times is the sample's id, ``TASK/ID``, or the name of the whole Inspect task.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regency.errors import BadInput
from regency.measure.horizon.reading.gather import Gathered, named
from regency.measure.horizon.reading.humans import Human
from regency.measure.horizon.records import Task

LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0, "CORRECT": 1.0, "INCORRECT": 0.0,
           "TRUE": 1.0, "FALSE": 0.0, "YES": 1.0, "NO": 0.0}  # fmt: skip


def logs_in(path: Path) -> list[Path]:
    """Return the log files at ``path``: itself, or those below it."""
    return sorted(path.rglob("*.eval")) if path.is_dir() else [path]


def gather(
    made: Gathered,
    path: Path,
    known: Mapping[str, Human],
    *,
    agent: str = "",
    continuous: bool = False,
) -> None:
    """Add the samples of one log.

    Args:
        made: Where to.
        path: An ``.eval`` or ``.json`` log.
        known: Human times by task.
        agent: The agent's name; empty: model and solver.
        continuous: Take scores as they are, instead of holding them against the threshold.

    Raises:
        BadInput: The reader is not installed, the log is broken, there are no human times, or none
            of the samples is among them.
    """
    if not known:
        raise BadInput(
            f"{path} says nothing of human time. Give --human FILE with task_id and human_minutes."
        )
    log, samples = _read(path)
    header, name = log.eval, agent or _agent(log)
    if log.status != "success":
        made.remark(f"A log of Inspect did not end well ({log.status}): {path.name}.")
    lost: list[str] = []
    for sample in samples:
        human = _human(known, header.task, str(sample.id))
        if human is None:
            lost.append(str(sample.id))
            continue
        family = human.family or human.task.partition("/")[0]
        task = Task(human.task, family, human.low, human.high, human.suite, human.timing)
        made.task(task, str(path))
        where = f"{path} sample {sample.id} epoch {sample.epoch}"
        score = _score(made, sample, human, where, continuous=continuous)
        identity = sample.uuid or f"{header.eval_id}/{sample.id}/{sample.epoch}"
        made.run(name, human.task, score, _cheated(sample), identity, where)
    if lost:
        made.remark(f"Samples not in the table of human times, left out: {named(lost)}.")
    if len(lost) == len(samples):
        raise BadInput(f"{path}: none of its samples is in the table of human times. Mend --human.")


def _read(path: Path) -> tuple[Any, list[Any]]:
    try:
        from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
    except ImportError as error:
        raise BadInput(
            f"{path}: logs of Inspect need an extra: pip install 'regency[inspect]'."
        ) from error
    try:
        log = read_eval_log(str(path), header_only=True)
        return log, list(read_eval_log_sample_summaries(str(path)))
    except Exception as error:  # its reader raises whatever its zip, JSON or schema reader does
        said = " ".join(str(error).split())[:200]
        raise BadInput(f"{path} is not a readable log of Inspect: {said}.") from error


def _agent(log: Any) -> str:
    solver = log.eval.solver or ", ".join(step.solver for step in log.plan.steps)
    return f"{log.eval.model} ({solver})" if solver else str(log.eval.model)


def _human(known: Mapping[str, Human], task: str, sample: str) -> Human | None:
    short = task.rpartition("/")[2]
    return next((known[n] for n in _names(task, short, sample) if n in known), None)


def _names(task: str, short: str, sample: str) -> Iterator[str]:
    yield from (f"{task}/{sample}", f"{short}/{sample}", sample, task, short)


def _score(made: Gathered, sample: Any, human: Human, where: str, *, continuous: bool) -> float:
    """Return a sample's score by its first scorer; one that ended in an error has failed."""
    if sample.error or not sample.scores:
        made.remark("A sample of Inspect without score, or with an error, counts as failed.")
        return 0.0
    value = next(iter(sample.scores.values())).value
    if isinstance(value, str):
        number = LETTERS.get(value.strip().upper())
    else:
        number = float(value) if isinstance(value, int | float) else None
    if number is None:
        raise BadInput(f"{where}: its score is {value!r}, neither a number nor C, I, P or N.")
    if continuous:
        if not 0 <= number <= 1:
            raise BadInput(f"{where}: its score is {number:g}, not between 0 and 1.")
        return number
    return float(number >= human.threshold)


def _cheated(sample: Any) -> bool | None:
    for name in ("cheated", "cheating"):
        if isinstance(sample.metadata.get(name), bool):
            return bool(sample.metadata[name])
    return None
