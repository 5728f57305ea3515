"""All there is to know of one candidate, packet or generation, as JSON-ready dictionaries."""

import re
from statistics import fmean

from regency.config import parse
from regency.errors import BadInput
from regency.judge.account import account
from regency.judge.course import Course, course
from regency.judge.scale import scale_of
from regency.lab import agent_view, views
from regency.lab.decide import said_of
from regency.lab.lab import Lab
from regency.lab.ruleset import demanded
from regency.lab.views import Answered, View
from regency.records import Verdict, is_rules, packet_of, plain
from regency.repo.diff import unified
from regency.store.pairs import pairs


def show(lab: Lab, name: str, view: View) -> Answered:
    """Return what ``name`` is: a candidate, a packet or a generation.

    Args:
        lab: The lab.
        name: For example ``c12``, ``p3``, ``generation/1`` or ``champion``.
        view: Whose.

    Raises:
        BadInput: It means nothing here.
    """
    if re.fullmatch(r"p\d+", name):
        return packet(lab, name, view)
    if number := views.generation_number(name):
        return generation(lab, int(number), view)
    return candidate(lab, views.candidate_id(lab, name), view)


def candidate(lab: Lab, identity: str, view: View) -> Answered:
    """Return a candidate with its diff, verdicts and trials."""
    standing = lab.store.candidate(identity)
    found: Answered = {"what": "candidate", **plain(standing.record), "time": standing.time}
    found |= {"answer": standing.answer, "promoted": standing.promoted}
    found["diff"] = diff(lab, identity)
    noise_sd = views.noise(lab)
    found |= {"metric": lab.config.score.metric, "noise_sd": noise_sd}
    verdicts = []
    for verdict in lab.store.verdicts(identity):
        row = plain(verdict)
        row = row | _account(lab, verdict) if view == "human" else agent_view.verdict(row, noise_sd)
        verdicts.append({**row, "words": views.words(lab, verdict, view)})
    trials = [plain(trial) for trial in lab.store.trials(identity)]
    if view == "agent":
        trials = [agent_view.trial(trial, noise_sd) for trial in trials]
    return found | {"verdicts": verdicts, "trials": trials}


def test_of(lab: Lab, verdict: Verdict) -> Course | None:
    """Return the course of the test that a verdict rests on; None if no pair was looked at."""
    if verdict.gate != "confirm" or not verdict.looks:
        return None
    found = lab.store.tested(verdict.candidate, verdict.nomination)
    scores = _pairs(lab, verdict)
    if found is None or not scores:
        return None
    rules = parse(found.epoch.config_text)
    return course(
        found.nomination,
        found.calibration,
        scale_of(rules.score),
        scores,
        smallest_effect=rules.judge.smallest_effect,
        generation=found.generation,
        used=found.used,
        margin=verdict.margin,
    )


def _account(lab: Lab, verdict: Verdict) -> Answered:
    """Return the test behind a verdict, and why it ended so: for people."""
    test = test_of(lab, verdict)
    return {"test": plain(test), "account": account(verdict, test, lab.config.score.metric)}


def diff(lab: Lab, identity: str) -> str:
    """Return what a candidate changed against its parent, as a unified diff."""
    record = lab.store.record(identity)
    if not record.parent or not record.commit:
        return ""
    return lab.repo.diff(lab.store.record(record.parent).commit, record.commit)


def packet(lab: Lab, identity: str, view: View) -> Answered:
    """Return a packet: its changes, evidence, risk, authorship and what policy asks for."""
    state = lab.store.packet(identity)
    whole = state.packet
    body = plain(whole)
    noise_sd = views.noise(lab)
    if view == "agent":
        body = agent_view.packet(body, noise_sd)
    rows = zip(body["evidence"], whole.evidence, strict=True)
    body["evidence"] = [{**row, "words": views.words(lab, v, view)} for row, v in rows]
    found: Answered = {"what": "packet", **body, "status": state.status, "closed": state.reason}
    found |= {"time": state.time, "metric": lab.config.score.metric, "noise_sd": noise_sd}
    found["decisions"] = [plain(decision) for decision in said_of(lab, whole)]
    found["policy"] = views.ruling(lab, identity, view)
    if view == "human":
        found["total"] = views.gain_of(list(whole.evidence), noise_sd)
    return found


def item(lab: Lab, identity: str, view: View) -> Answered:
    """Return what waits for a decision: a packet, or a pending change of the lab's rules.

    Raises:
        BadInput: Nothing has this id.
    """
    if is_rules(identity):
        _, files = demanded(lab, identity)
        rules = [_rule(lab, *file) for file in files.items()]
        policy = views.ruling(lab, identity, view)
        return {"what": "lab", "id": identity, "files": rules, "policy": policy}
    found = packet(lab, packet_of(identity), view)
    if identity != found["id"]:
        found["changes"] = [change for change in found["changes"] if change["id"] == identity]
        if not found["changes"]:
            raise BadInput(f"{found['id']} has no change {identity!r}: regency review show.")
    return found


def _rule(lab: Lab, name: str, now: bytes | None) -> Answered:
    before = (lab.home.epoch(lab.epoch.number) / name).read_bytes()
    return {"path": name, "diff": unified(name, before, now)}


def generation(lab: Lab, number: int, view: View) -> Answered:
    """Return a generation and the packet that made it."""
    record = views.generation(lab, number)
    found: Answered = {"what": "generation", **plain(record)}
    if record.packet:
        found["ratified"] = packet(lab, record.packet, view)
    return found


def before_and_after(lab: Lab, identity: str) -> tuple[float, float] | None:
    """Return the metric before and after a packet's promotions, or None if there are none.

    Both are means of fresh runs on the confirm split, those that the verdicts rest on: of the
    starting point in the first promotion's test, and of the head in the last one's.

    Args:
        lab: The lab.
        identity: Packet id.
    """
    evidence = lab.store.packet(identity).packet.evidence
    if not evidence:
        return None
    first, last = evidence[0], evidence[-1]
    before = [champion for _, champion in _pairs(lab, first)]
    after = [candidate for candidate, _ in _pairs(lab, last)]
    return (fmean(before), fmean(after)) if before and after else None


def _pairs(lab: Lab, verdict: Verdict) -> list[tuple[float, float]]:
    """Return the scores of the pairs that a verdict looked at, the candidate's first."""
    return [(new.score or 0.0, old.score or 0.0) for new, old in pairs(lab.store, verdict)]
