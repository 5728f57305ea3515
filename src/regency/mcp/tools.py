"""What the tools answer: all that an agent may ask of a lab and hand in.

Every answer is the agent's view. What it quotes of agents or programs is data.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regency.errors import BadInput
from regency.lab import Lab, agent_view, dossier, views
from regency.lab import notebook as book
from regency.lab.experiments import budget, experiment
from regency.lab.submission import Words, Written, proposal_of_text
from regency.mcp import arguments
from regency.propose.digest import digest
from regency.records import Agent, Json, Proposal, plain
from regency.repo.tree import match
from regency.store import Standing

LOOK_S = 0.5
MOST_SHOWN = 60_000  # characters of a file in one answer
_SAID = 300  # characters of a rationale in a list

Answer = str | dict[str, Json]


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: the lab, open; who calls; and the event that says that the server ends."""

    lab: Lab
    agent: Agent
    closing: threading.Event


def _status(visit: Visit, _: arguments.Nothing) -> Answer:
    found = views.summary(visit.lab, "agent")
    left = budget(visit.lab, visit.agent.name).left
    wanted = ("lab", "goal", "metric", "direction", "trust", "noise_sd", "champion", "counts",
              "lead", "paused", "running", "epoch")  # fmt: skip
    return {**{name: found[name] for name in wanted}, "you": visit.agent.name, "tries_left": left}


def _brief(visit: Visit, given: arguments.BriefArguments) -> Answer:
    told, files = visit.lab.ask()
    fitted = digest(told, files, given.tokens).markdown()
    left = budget(visit.lab, visit.agent.name).left
    return (
        f"{fitted}\n# You\n\nYou are {visit.agent.name}. You may run {left} more trials by `try`.\n"
    )


def _list_files(visit: Visit, given: arguments.FilesArguments) -> Answer:
    candidate = views.candidate_id(visit.lab, given.candidate)
    files, patterns = visit.lab.files(candidate), visit.lab.config.change.editable
    rows = [
        {"path": path, "bytes": len(files[path]), "editable": match(path, patterns)}
        for path in sorted(files)
    ]
    return {"candidate": candidate, "files": rows}


def _read_file(visit: Visit, given: arguments.FileArguments) -> Answer:
    candidate = views.candidate_id(visit.lab, given.candidate)
    content = visit.lab.files(candidate).get(given.path)
    if content is None:
        raise BadInput(f"{candidate} has no file {given.path!r}: `list_files` names them.")
    lines = content.decode(errors="replace").splitlines(keepends=True)
    text = "".join(lines[given.first_line - 1 :])
    if len(text) <= MOST_SHOWN:
        return text
    shown = text[:MOST_SHOWN].rpartition("\n")[0] or text[:MOST_SHOWN]
    after = given.first_line + shown.count("\n") + 1
    return f"{shown}\n[cut here: go on with first_line = {after}]"


def _results(visit: Visit, given: arguments.ResultsArguments) -> Answer:
    store, noise_sd = visit.lab.store, views.noise(visit.lab)
    best = given.order == "best"
    found = store.best(given.limit) if best else store.candidates(given.limit)
    rows = [_result(standing, noise_sd) for standing in found]
    if best:  # by what is told, so that the order tells no more
        rows.sort(key=lambda row: -(row["gain"] or 0.0))
    return {"champion": store.champion(), "noise_sd": noise_sd, "candidates": rows}


def _result(standing: Standing, noise_sd: float) -> dict[str, Json]:
    record = standing.record
    return {
        "id": record.id,
        "parent": record.parent,
        "agent": record.agent.name,
        "answer": standing.answer or ("waiting" if standing.number else "start"),
        "gain": agent_view.gain(standing.gain, noise_sd),
        "promoted": standing.promoted,
        "rationale": record.rationale[:_SAID],
    }


def _show(visit: Visit, given: arguments.OneArguments) -> Answer:
    return dossier.show(visit.lab, given.id, "agent")


def _try(visit: Visit, given: arguments.TryArguments) -> Answer:
    return experiment(visit.lab, _proposal(visit, given, "An experiment."), given.trials)


def _submit(visit: Visit, given: arguments.SubmitArguments) -> Answer:
    if not given.rationale.strip():
        raise BadInput("the rationale is empty. Say what was changed, and why.")
    made = _proposal(visit, given, given.rationale, tuple(given.claims))
    ((candidate, verdict),) = visit.lab.tell([made])
    found: dict[str, Json] = {"candidate": candidate.id, "parent": made.parent}
    answer, reason = (str(verdict.answer), verdict.reason) if verdict else ("", "")
    return {**found, "answer": answer, "reason": reason}


def _proposal(
    visit: Visit, given: arguments.ChangeArguments, said: str, claims: tuple[str, ...] = ()
) -> Proposal:
    parent = views.candidate_id(visit.lab, given.parent or "champion")
    written = Written(given.files, given.patch, parent)
    return proposal_of_text(visit.lab, written, Words(said, claims, visit.agent))


def _verdict(visit: Visit, given: arguments.VerdictArguments) -> Answer:
    lab = visit.lab
    candidate = views.candidate_id(lab, given.candidate)
    looks = int(given.wait_s / LOOK_S)
    while (verdict := lab.store.verdict(candidate)) is None and looks > 0:
        if lab.store.paused() is not None or visit.closing.wait(LOOK_S):
            break
        looks -= 1
    if verdict is not None:
        return agent_view.verdict(plain(verdict), views.noise(lab))
    running, paused = views.running(lab) is not None, lab.store.paused()
    return {"candidate": candidate, "answer": "", "running": running, "paused": paused}


def _notebook(visit: Visit, given: arguments.NotebookArguments) -> Answer:
    if given.write:
        about = [views.candidate_id(visit.lab, name) for name in given.about]
        return {"id": book.add(visit.lab, visit.agent, given.write, about).id}
    wanted = {views.candidate_id(visit.lab, name) for name in given.about}
    notes = [n for n in book.read(visit.lab) if not wanted or wanted & set(n.about)]
    return {"notes": [plain(note) for note in notes[-given.newest :]], "all": len(notes)}


ANSWERS: Mapping[str, Callable[[Visit, Any], Answer]] = {
    "status": _status,
    "brief": _brief,
    "list_files": _list_files,
    "read_file": _read_file,
    "results": _results,
    "show": _show,
    "try": _try,
    "submit": _submit,
    "verdict": _verdict,
    "notebook": _notebook,
}
