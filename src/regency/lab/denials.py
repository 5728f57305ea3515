"""What was refused to agents, put on record by the lab, and read back as a reason for risk."""

from collections.abc import Mapping, Sequence

from regency.oversee.denials import of_run, of_session
from regency.oversee.risk import Boundary
from regency.propose.command.confined import ENDED
from regency.records import Actor, ActorKind, Json, Trial
from regency.store import Store

DENIED, REFUSED = "denied", "decision.refused"
Item = tuple[str, Json]


def of_trials(store: Store, trials: Sequence[Trial], told: set[str]) -> list[Item]:
    """Return an entry for each candidate whose run shows that the sandbox refused it something.

    Args:
        store: The record.
        trials: Finished ones.
        told: Candidates of which that was said before, perhaps not on record yet; grows.
    """
    items: list[Item] = []
    for trial in trials:
        what = of_run(trial.outcomes) if trial.candidate not in told else ""
        if not what:
            continue
        told.add(trial.candidate)
        if not _known(store, trial.candidate):
            agent = store.record(trial.candidate).agent.name
            where = {"agent": agent, "candidate": trial.candidate, "where": trial.key}
            items.append((DENIED, {**where, "what": what}))
    return items


def of_notes(actor: Actor, items: Sequence[Item]) -> list[Item]:
    """Return an entry for each session whose transcript shows that it tried the lab itself."""
    found: list[Item] = []
    for kind, body in items:
        what = of_session(str(body["transcript"])) if kind == ENDED else ""
        if what:
            where = {"agent": actor.name, "candidate": "", "where": f"session {body['session']}"}
            found.append((DENIED, {**where, "what": what}))
    return found


def boundary(store: Store) -> Boundary:
    """Return what was refused to agents, for the risk of what they wrote."""
    runs: dict[str, str] = {}
    attempts: dict[str, list[str]] = {}
    for body in store.written(DENIED):
        if body["candidate"]:
            runs[str(body["candidate"])] = str(body["what"])
        else:
            attempts.setdefault(str(body["agent"]), []).append(str(body["what"]))
    for body in store.written(REFUSED):
        if body.get("kind") == ActorKind.AGENT:
            words = f"to decide: {body['answer']} {body['item']}"
            attempts.setdefault(str(body["by"]), []).append(words)
    return Boundary(runs, attempts)


def counted(store: Store) -> Mapping[str, Json]:
    """Return how many decisions, and how much else, were refused, and the last of each in words."""
    decisions, others = store.written(REFUSED), store.written(DENIED)
    return {
        "decisions": len(decisions),
        "last_decision": str(decisions[-1]["reason"]) if decisions else "",
        "others": len(others),
        "last_other": f"{others[-1]['agent']}: {others[-1]['what']}" if others else "",
    }


def _known(store: Store, candidate: str) -> bool:
    return candidate in boundary(store).candidates
