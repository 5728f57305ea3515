"""Results of SWE-bench and benchmarks like it: which instances were resolved, one run each."""

from collections.abc import Mapping
from typing import Any

from regency.errors import BadInput
from regency.measure.horizon.reading.gather import Gathered, named, swe_family
from regency.measure.horizon.reading.humans import Human
from regency.measure.horizon.records import Task

RESOLVED = ("resolved_ids", "resolved")
SUITE = "SWE-bench"


def is_results(value: Any) -> bool:
    """Return whether a document is a report of the SWE-bench harness, or a ``results.json``."""
    return isinstance(value, Mapping) and any(isinstance(value.get(n), list) for n in RESOLVED)


def gather(
    made: Gathered, value: Mapping[str, Any], agent: str, known: Mapping[str, Human], where: str
) -> None:
    """Add one agent's results: one run of each task in the table of human times.

    What was not submitted counts as failed, as SWE-bench itself has it.

    Args:
        made: Where to.
        value: The report.
        agent: The agent's name.
        known: Human times by instance; with none given nothing can be measured.
        where: Name of the file.

    Raises:
        BadInput: There are no human times, or none of the resolved instances is among them.
    """
    if not known:
        raise BadInput(
            f"{where} says nothing of human time. Give --human FILE with instance_id and "
            "difficulty, as in the SWE-bench Verified data set."
        )
    resolved = {str(name) for key in RESOLVED for name in value.get(key) or ()}
    if resolved and not resolved & set(known):
        raise BadInput(f"{where}: none of its instances is in the table of human times.")
    lost = sorted(resolved - set(known))
    if lost:
        made.remark(f"Resolved but not in the table of human times, left out: {named(lost)}.")
    for task, human in known.items():
        suite = human.suite or SUITE
        family = human.family or swe_family(task)
        made.task(Task(task, family, human.low, human.high, suite, human.timing), where)
        made.run(agent, task, float(task in resolved), None, "", where)
