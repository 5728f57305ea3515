"""Experiments that agents run before they propose: on the search split, within a budget, on record.

They run in this process' own sandbox, beside a run or without one. The entry ``try.begun`` spends
the budget before anything runs; what is cut off after it is run again for nothing, with the same
seeds.
"""

import hashlib
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regency.config import PhaseTable
from regency.errors import BadInput, Refused, TrialError
from regency.evaluate.evaluator import Evaluator, Place
from regency.evaluate.quoted import Quoted
from regency.evaluate.screen import screen
from regency.judge.scale import scale_of
from regency.lab import agent_view, ground
from regency.lab.home import hidden
from regency.lab.lab import Lab
from regency.records import (
    Actor,
    ActorKind,
    Agent,
    FileEdit,
    Json,
    Outcome,
    Proposal,
    Purpose,
    Trial,
    TrialRequest,
    Tried,
    Try,
    build,
    plain,
)
from regency.repo.diff import unified

LAST_WORDS = 1500  # characters told of what a phase printed
LAST_LINE = 200  # of a phase that reads data of the split
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """Trials that an agent may still run: until its next proposal, and of all agents together."""

    agent: int
    everyone: int

    @property
    def left(self) -> int:
        """Trials that may be run now."""
        return max(0, min(self.agent, self.everyone))


def experiment(lab: Lab, proposal: Proposal, trials: int = 1) -> dict[str, Json]:
    """Run what an agent might propose, and return what it may know of it.

    Args:
        lab: The lab.
        proposal: What to run; nothing of it becomes a candidate.
        trials: Trials, each with a seed of its own.

    Returns:
        ``key``, ``score``, ``gain``, ``champion_score`` (rounded to half the noise), ``noise_sd``,
        ``fault``, ``phases`` with what each used and printed, ``trials`` and ``left``, the trials
        that may still be run.

    Raises:
        Refused: The lab is paused, or the budget is spent.
        BadInput: It may not run in this lab at all; nothing is spent.
    """
    if (reason := lab.store.paused()) is not None:
        raise Refused(f"the lab is paused ({reason}). Wait until a human resumes it.")
    if not 0 < trials <= MOST_AT_ONCE:
        raise BadInput(f"give 1 to {MOST_AT_ONCE} trials.")
    _demand_fit(lab, proposal)
    with lab.home.trying(proposal.agent.name) as bench:
        begun = _begin(lab, proposal, trials)
        done = _run(lab, begun, proposal.edits, bench)
        tried = _tried(lab, begun, done)
        lab.recorder.record(_actor(begun.agent), [("try", plain(tried))])
    return _told(lab, begun, tried)


def budget(lab: Lab, agent: str) -> Budget:
    """Return the trials that ``agent`` may still run."""
    limits, begun = lab.config.tries, _begun(lab)
    generation, proposals = lab.store.generation().number, lab.store.proposed(agent)
    mine = [t for t in begun if t.agent.name == agent and t.proposals == proposals]
    of_all = [t for t in begun if t.generation == generation]
    return Budget(
        limits.per_agent - sum(t.trials for t in mine),
        limits.per_generation - sum(t.trials for t in of_all),
    )


def _demand_fit(lab: Lab, proposal: Proposal) -> None:
    before = lab.files(proposal.parent)
    present = lab.repo.files(lab.commit(proposal.parent))
    fault = screen(proposal.edits, before, lab.config.change, present)
    if fault := fault or Quoted(lab.home.data).fault(proposal.edits, before):
        raise BadInput(f"this may not run here: {fault}. Change only what the brief allows.")


def _begin(lab: Lab, proposal: Proposal, trials: int) -> Try:
    """Return the experiment, on record: the one that was cut off, if it is the same, or a new one.

    Raises:
        Refused: The budget is spent.
    """
    agent = proposal.agent
    before = lab.files(proposal.parent)
    wanted = (proposal.parent, trials, _digest(proposal.edits), lab.epoch.number)
    mine = [t for t in _begun(lab) if t.agent.name == agent.name]
    ended = {body["key"] for body in lab.store.written("try", agent.name)}
    for t in mine:
        if t.key not in ended and (t.parent, t.trials, t.digest, t.epoch) == wanted:
            return t
    _demand_budget(lab, agent.name, trials)
    new = Try(
        key=f"try/{agent.name}/{len(mine) + 1}",
        agent=agent,
        parent=proposal.parent,
        trials=trials,
        digest=wanted[2],
        patch="".join(unified(e.path, before.get(e.path), e.content) for e in proposal.edits),
        epoch=lab.epoch.number,
        generation=lab.store.generation().number,
        proposals=lab.store.proposed(agent.name),
    )
    lab.recorder.record(_actor(agent), [("try.begun", plain(new))])
    return new


def _demand_budget(lab: Lab, agent: str, trials: int) -> None:
    left = budget(lab, agent)
    if trials <= left.left:
        return
    if left.everyone < left.agent:
        raise Refused(
            f"all agents together have {max(left.everyone, 0)} trials left until the next "
            "generation. Submit what you have, or raise [tries] per_generation."
        )
    raise Refused(
        f"{agent} has {max(left.agent, 0)} trials left until its next proposal. Submit what you "
        "have, or raise [tries] per_agent."
    )


def _run(lab: Lab, begun: Try, edits: Sequence[FileEdit], bench: Path) -> tuple[Trial, ...]:
    files = bench / "files"
    commit = lab.commit(begun.parent)
    left_out = hidden(lab.config, set(lab.repo.files(commit)))
    lab.repo.materialise(commit, files, left_out.__contains__)
    _write(files, edits)
    place = Place(lab.home.data, lab.home.epoch(lab.epoch.number), bench / "work")
    sandbox = ground.open_sandbox(lab.config, core=None, unsafe=False)
    startup = lab.epoch.startup_cpu_s
    evaluator = Evaluator(lab.config, place, sandbox, startup_cpu_s=startup, core=-1)
    seeds = lab.seeds()
    keys = [f"{begun.key}/{n}" for n in range(begun.trials)]
    try:
        return tuple(
            evaluator.run(
                TrialRequest(key, begun.parent, Purpose.SEARCH, "search", seeds(key)), str(files)
            )
            for key in keys
        )
    finally:
        evaluator.close()
        shutil.rmtree(files, ignore_errors=True)


def _write(files: Path, edits: Sequence[FileEdit]) -> None:
    for edit in edits:
        place = files / edit.path
        if edit.content is None:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(edit.content)
        place.chmod(edit.mode & 0o777)


def _tried(lab: Lab, begun: Try, trials: tuple[Trial, ...]) -> Tried:
    scores = [trial.score for trial in trials if trial.score is not None]
    score = math.fsum(scores) / len(scores) if len(scores) == len(trials) else None
    champion, own = _champion(lab)
    gain = None
    if score is not None and own is not None:
        try:
            gain = scale_of(lab.config.score).improvement(score, own)
        except TrialError:
            score = None
    calibration = lab.store.calibration()
    noise_sd = calibration.noise_sd if calibration else None
    return Tried(begun.key, trials, score, gain, champion, own, noise_sd)


def _champion(lab: Lab) -> tuple[str, float | None]:
    """Return the champion and its mean score on the search split, if it was measured."""
    champion, calibration = lab.store.champion(), lab.store.calibration()
    start = f"baseline/{lab.epoch.number}/"
    trials = lab.store.trials(champion, str(Purpose.SEARCH))
    scores = [t.score for t in trials if t.key.startswith(start) and t.score is not None]
    if scores:
        return champion, math.fsum(scores) / len(scores)
    if calibration is not None and calibration.candidate == champion:
        return champion, calibration.search_mean
    return champion, None


def _told(lab: Lab, begun: Try, tried: Tried) -> dict[str, Json]:
    worst = next((trial for trial in tried.trials if trial.fault), tried.trials[-1])
    phases = zip(lab.config.run, worst.outcomes, strict=False)
    return {
        **agent_view.tried(plain(tried)),
        "metric": lab.config.score.metric,
        "fault": worst.fault,
        "phases": [_phase(phase, outcome) for phase, outcome in phases],
        "trials": begun.trials,
        "left": budget(lab, begun.agent.name).left,
    }


def _phase(phase: PhaseTable, outcome: Outcome) -> dict[str, Json]:
    """Return what an agent may know of a phase: of one that reads the split, hardly a word."""
    printed = outcome.stdout[-LAST_WORDS:] + outcome.stderr[-LAST_WORDS:]
    if any("{split}" in name for name in phase.inputs):
        printed = (outcome.stderr.strip().splitlines() or [""])[-1][-LAST_LINE:]
    return {
        "name": phase.name,
        "status": outcome.status,
        "message": outcome.message,
        "cpu_s": round(outcome.cpu_s, 2),
        "wall_s": round(outcome.wall_s, 2),
        "memory_bytes": outcome.memory_bytes,
        "printed": printed,
    }


def _begun(lab: Lab) -> list[Try]:
    return [build(Try, body) for body in lab.store.written("try.begun")]


def _digest(edits: Sequence[FileEdit]) -> str:
    return hashlib.sha256(repr(sorted(edits, key=lambda e: e.path)).encode()).hexdigest()


def _actor(agent: Agent) -> Actor:
    human = agent.kind == ActorKind.HUMAN
    return Actor(ActorKind.HUMAN if human else ActorKind.AGENT, agent.name)
