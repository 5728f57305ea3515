"""A lab's own trials as runs on timed tasks: how often candidates reach its milestones.

A milestone in ``regency.toml`` says which score a skilled person reaches, and in what time. Each
candidate is one run on every milestone that its parent had not reached: it succeeds when its first
trial on the search split is at least as good, and fails when that trial is worse or invalid, or
when the candidate was never run because the screen refused it. Later trials do not count, since
only promising candidates get them. Nothing here rests on the confirm split.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

from regency.config import MilestoneTable
from regency.errors import BadInput
from regency.lab.opened import Opened
from regency.measure.horizon.records import Agent, Cell, Runs, Task
from regency.records import Candidate, Purpose

REMARK = (
    "Runs of labs are candidates: each starts from what earlier ones reached, and counts for the "
    "milestones that its parent had not reached."
)


def runs(lab: Opened, dates: Mapping[str, dt.date]) -> Runs:
    """Return the lab's candidates of the current epoch as runs on its milestones.

    Args:
        lab: The lab.
        dates: Release dates by agent, where there are any.

    Raises:
        BadInput: The lab declares no milestones, or no candidate was tried yet.
    """
    name, milestones = lab.config.lab.name, lab.config.milestones
    if not milestones:
        raise BadInput(
            f"the lab {name} declares no [[milestones]]: add some with name, score and "
            "human_minutes to regency.toml, and approve the change."
        )
    tally: dict[tuple[str, str], list[bool]] = {}
    for candidate, score in _firsts(lab):
        start = _score_of(lab, candidate.parent)
        for milestone in milestones:
            if start is None or not _reached(lab, milestone, start):
                won = score is not None and _reached(lab, milestone, score)
                tally.setdefault((_agent(candidate), milestone.name), []).append(won)
    if not tally:
        raise BadInput(f"no candidate of the lab {name} was tried in this epoch: `regency run`.")
    agents = sorted({agent for agent, _ in tally})
    return Runs(
        agents=tuple(Agent(agent, dates.get(agent)) for agent in agents),
        tasks=tuple(_task(name, milestone) for milestone in milestones),
        cells=tuple(
            Cell(agent, f"{name}/{what}", sum(won), len(won))
            for (agent, what), won in sorted(tally.items())
        ),
        remarks=(REMARK,),
    )


def _task(lab: str, milestone: MilestoneTable) -> Task:
    minutes = milestone.human_minutes
    return Task(f"{lab}/{milestone.name}", lab, minutes, minutes, "labs", milestone.source)


def _agent(candidate: Candidate) -> str:
    agent = candidate.agent
    return f"{agent.name} ({agent.model})" if agent.model else agent.name


def _firsts(lab: Opened) -> Iterator[tuple[Candidate, float | None]]:
    """Yield every candidate of this epoch that was judged or tried, with its first search score."""
    seen: set[str] = set()
    for entry in lab.recorder.log.entries(lab.epoch.seq):
        body = entry.body
        tried = entry.kind == "trial" and body["purpose"] == Purpose.SEARCH
        screened = entry.kind == "verdict" and body["gate"] == "screen"
        if not (tried or screened) or body["candidate"] in seen:
            continue
        seen.add(body["candidate"])
        candidate = lab.store.record(body["candidate"])
        if candidate.parent:
            yield candidate, body["score"] if tried else None


def _score_of(lab: Opened, candidate: str) -> float | None:
    """Return a candidate's mean score on the search split, None if it has none."""
    trials = lab.store.trials(candidate, Purpose.SEARCH)
    scores = [trial.score for trial in trials if trial.score is not None]
    if scores:
        return sum(scores) / len(scores)
    calibration = lab.store.calibration()
    if calibration is not None and calibration.candidate == candidate:
        return calibration.search_mean
    return None


def _reached(lab: Opened, milestone: MilestoneTable, score: float) -> bool:
    if lab.config.score.goal == "minimize":
        return score <= milestone.score
    return score >= milestone.score
