"""Rows of single runs and of counts per task: METR's ``runs.jsonl``, CSV, JSON and YAML."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regency.errors import BadInput
from regency.measure.horizon.reading import fields, humans
from regency.measure.horizon.reading.gather import Gathered
from regency.measure.horizon.reading.humans import Human
from regency.measure.horizon.reading.texts import Row
from regency.measure.horizon.records import Task

SUCCESSES = ("n_successes", "successes")
RUNS = ("n_runs", "runs", "trials")
CHEATS = ("n_cheats", "n_cheated", "cheats")
BINARY = ("score_binarized", "success", "resolved", "passed")
CONTINUOUS = ("score_cont", "score")
CHEATED = ("cheated", "cheating", "reward_hacked")
RUN_ID = ("run_id", "sample_uuid")
SUITE, TIMING = ("task_source", "suite"), ("human_source", "timing")
UNUSED = frozenset({
    "model", "fatal_error_from", "human_score", "generation_cost", "human_cost", "time_limit",
    "started_at", "completed_at", "task_version", "tokens_count", "total_tokens", "scaffold",
    "dollar_equivalent", "equal_task_weight", "invsqrt_task_weight", "task_weight", "score",
    "score_cont", "threshold",
})  # fmt: skip
KNOWN = UNUSED.union(
    SUCCESSES, RUNS, CHEATS, BINARY, CONTINUOUS, CHEATED, RUN_ID, SUITE, TIMING, humans.TASK,
    humans.FAMILY, humans.MINUTES, humans.SPAN, humans.AGENT, humans.DATE,
    ("minutes_low", "minutes_high"),
)  # fmt: skip


def gather(
    made: Gathered,
    rows: Iterable[tuple[str, Row]],
    *,
    agent: str = "",
    known: Mapping[str, Human],
    continuous: bool = False,
) -> int:
    """Add rows to what was gathered, and return how many there were.

    Args:
        made: Where to.
        rows: Where each stands, and the row.
        agent: Name of the agent of rows that do not tell it.
        known: Human times by task, for rows that do not tell them.
        continuous: Take fractional scores where there are some.

    Raises:
        BadInput: A row cannot be used.
    """
    strange: dict[str, None] = {}
    number = 0
    for number, (where, row) in enumerate(rows, 1):  # noqa: B007  (the last one is returned)
        strange |= dict.fromkeys(str(name) for name in row if name not in KNOWN)
        task = _task(made, row, known, where)
        if task is None:
            continue
        made.task(task, where)
        name = agent or _agent(row, where)
        day = fields.first(row, humans.DATE)
        if day is not None:
            made.date(name, fields.date(day, where), where)
        if fields.first(row, SUCCESSES) is not None or fields.first(row, RUNS) is not None:
            _counts(made, row, name, task.id, where)
        else:
            _run(made, row, (name, task.id), where, continuous=continuous)
    if strange:
        made.remark(f"Columns that were not used: {', '.join(strange)}.")
    return number


def _agent(row: Row, where: str) -> str:
    """Return the agent: its alias, else model and scaffold together."""
    named = fields.first(row, ("alias", "agent"))
    if named is None:
        model, scaffold = fields.needed(row, humans.AGENT, where), row.get("scaffold")
        return f"{model} ({scaffold})" if scaffold else str(model)
    return str(named)


def _task(made: Gathered, row: Row, known: Mapping[str, Human], where: str) -> Task | None:
    name = str(fields.needed(row, humans.TASK, where))
    human = known.get(name)
    if human is not None:
        family = human.family or fields.first(row, humans.FAMILY)
        return Task(
            name, made.family(name, family), human.low, human.high, human.suite, human.timing
        )
    if known:
        made.remark("A run of a task that is not in the table of human times was left out.")
        return None
    low, high = humans.times(row, where)
    return Task(
        name,
        made.family(name, fields.first(row, humans.FAMILY)),
        low,
        high,
        str(fields.first(row, SUITE) or ""),
        str(fields.first(row, TIMING) or ""),
    )


def _counts(made: Gathered, row: Row, agent: str, task: str, where: str) -> None:
    won = fields.number(fields.needed(row, SUCCESSES, where), SUCCESSES[0], where)
    runs = fields.count(fields.needed(row, RUNS, where), RUNS[0], where)
    cheats = fields.first(row, CHEATS)
    if not 0 <= won <= runs:
        raise BadInput(f"{where}: {won:g} successes of {runs} runs. Mend it.")
    told = None if cheats is None else fields.count(cheats, CHEATS[0], where)
    made.counts(agent, task, (won, runs, told), where)


def _run(made: Gathered, row: Row, at: tuple[str, str], where: str, *, continuous: bool) -> None:
    names = (*CONTINUOUS, *BINARY) if continuous else BINARY
    value = fields.needed(row, names, where)
    if isinstance(value, str) and value.strip().lower() in fields.TRUE | fields.FALSE:
        value = value.strip().lower() in fields.TRUE
    score = fields.score(value, names[0], where)
    if not continuous and 0 < score < 1:
        raise BadInput(
            f"{where}: {score:g} is neither 0 nor 1. Give successes, or use --score continuous."
        )
    cheated = fields.first(row, CHEATED)
    flag = None if cheated is None else fields.flag(cheated, CHEATED[0], where)
    identity = fields.first(row, RUN_ID)
    made.run(*at, score, flag, "" if identity is None else str(identity), where)


def from_document(value: Any, where: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a JSON or YAML document.

    A list of rows, or METR's ``agent: NAME: {release_date, tasks: [row, …]}``, with or without the
    outer ``agent``.

    Raises:
        BadInput: It is neither.
    """
    if isinstance(value, Mapping) and len(value) == 1:
        value = value.get("agent", value.get("agents", value.get("runs", value)))
    if isinstance(value, Mapping):
        for name, body in value.items():
            if not isinstance(body, Mapping) or not isinstance(body.get("tasks"), list):
                raise BadInput(f"{where}: {name} has no list of tasks: these are no counts.")
            shared = {"agent": str(name)}
            if body.get("release_date"):
                shared["release_date"] = body["release_date"]
            for at, row in humans.listed(body["tasks"], f"{where}: {name}"):
                yield at, {**row, **shared}
    else:
        yield from humans.listed(value, where)
