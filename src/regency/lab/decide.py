"""The one door for human decisions, and what follows from them.

Order: checks, then one ledger transaction, then git. Whatever is cut off after the transaction is
mended when the lab is next opened.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regency import promote
from regency.config import parse
from regency.errors import BadInput, Refused
from regency.lab import assurance, checks, epochs, ground
from regency.lab.home import SETTINGS, rules
from regency.lab.opened import Opened
from regency.oversee import policy
from regency.records import (
    Actor,
    ActorKind,
    Decision,
    Generation,
    Json,
    Packet,
    Purpose,
    Ruling,
    plain,
)

ANSWERS = ("approve", "reject", "request-changes")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision led to: one plain sentence, and the generation if it made one."""

    message: str
    generation: Generation | None = None
    ruling: Ruling | None = None


def decide(lab: Opened, decision: Decision) -> Outcome:
    """Take a decision: see `Lab.decide`."""
    _check_decider(lab, decision)
    with lab.home.numbering():
        decision = assurance.established(lab, decision)
        if decision.item.startswith("lab-"):
            return _decide_rules(lab, decision)
        packet = _open_packet(lab, decision.item)
        if decision.answer == "approve":
            outcome = _approve(lab, packet, decision)
        elif decision.answer == "reject":
            outcome = _reject(lab, packet, decision)
        else:
            lab.recorder.record(decision.by, [("decision", plain(decision))])
            outcome = Outcome(f"Changes to {packet.id} are requested; the packet stays open.")
    return outcome


def rule_on(lab: Opened, packet: Packet, extra: Sequence[Decision] = ()) -> Ruling:
    """Return what policy says of ``packet`` with the approvals in hand and ``extra`` ones."""
    approvals = [d for d in (*lab.store.decisions(packet.id), *extra) if d.answer == "approve"]
    line = [lab.store.candidate(c).record for change in packet.changes for c in change.candidates]
    authors = {candidate.agent.name for candidate in line}
    facts = policy.facts_of(packet, autonomy=lab.config.oversight.autonomy)
    return policy.rule_on(lab.config.oversight.rules, facts, approvals, authors)


def tag_missing(lab: Opened) -> None:
    """Make the tags of generations that have none, each with its evidence and a checkpoint."""
    here = lab.repo.refs("refs/tags/")
    for generation in lab.store.generations():
        if f"refs/tags/{generation.tag}" not in here:
            lab.repo.tag(generation.tag, generation.commit, _tag_message(lab, generation))


def pending_rules(lab: Opened) -> tuple[str, dict[str, bytes | None]] | None:
    """Return the pending change of the rules as (item id, files), or None if there is none."""
    files = epochs.pending(lab.home, lab.epoch)
    if not files:
        return None
    text = json.dumps({n: epochs.digest_of(c or b"") for n, c in sorted(files.items())})
    return f"lab-{epochs.digest_of(text.encode())[:8]}", files


def _check_decider(lab: Opened, decision: Decision) -> None:
    wanted = ActorKind.SIMULATED_HUMAN if lab.simulated else ActorKind.HUMAN
    if decision.by.kind is not wanted:
        raise Refused(f"only a {wanted} may decide in this lab, not a {decision.by.kind}")
    if decision.answer not in ANSWERS:
        raise BadInput(f"{decision.answer!r} is no decision: use one of {', '.join(ANSWERS)}")
    if not decision.reason.strip():
        raise BadInput("a decision needs a reason. Give one with --reason.")


def _open_packet(lab: Opened, item: str) -> Packet:
    state = lab.store.packet(item)
    if state.status != "open":
        raise Refused(f"{item} is {state.status} already ({state.reason}). See `regency review`.")
    return state.packet


def _approve(lab: Opened, packet: Packet, decision: Decision) -> Outcome:
    ruling = rule_on(lab, packet, [decision])
    decision = replace(decision, rule=ruling.rule)
    if not ruling.allowed and not ruling.rule:
        raise Refused(ruling.message)
    if not ruling.allowed:
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        return Outcome(f"Recorded. {ruling.message}", ruling=ruling)
    generation = _ratified(lab, packet, decision, ruling)
    items: list[tuple[str, Json]] = [
        ("decision", plain(decision)),
        ("packet.closed", {"packet": packet.id, "status": "approved", "reason": decision.reason}),
        ("generation", plain(generation)),
        *_others_closed(lab, packet.id, "stale", f"Its base is no longer {generation.tag}."),
    ]
    lab.recorder.record(decision.by, items)
    _reopen(lab, generation)
    return Outcome(f"{packet.id} is approved: it is {generation.tag}.", generation, ruling)


def _ratified(lab: Opened, packet: Packet, decision: Decision, ruling: Ruling) -> Generation:
    number = lab.store.generation().number + 1
    decisions = [*lab.store.decisions(packet.id), decision]
    names = dict.fromkeys(d.by.name for d in decisions if d.answer == "approve")
    generation = Generation(
        number=number,
        candidate=packet.head_candidate,
        commit=packet.head_commit,
        tag=promote.tag_name(number, lab.simulated),
        packet=packet.id,
        approved_by=tuple(names),
    )
    line = [lab.store.candidate(c).record for change in packet.changes for c in change.candidates]
    statement = promote.statement(
        generation=generation,
        packet=packet,
        decisions=decisions,
        candidates=line,
        calibration=lab.store.calibration(),
        epoch=lab.epoch,
        ledger_head=lab.recorder.log.checkpoint(),
        trials=[t for c in line for t in lab.store.trials(c.id, Purpose.CONFIRM)],
        packet_digest=assurance.digest_of(lab, packet.id),
        ruling=ruling,
        oversight=lab.config.oversight.model_dump(mode="json"),
    )
    envelope = promote.attest(statement, lab.recorder.key)
    return replace(generation, attestation_digest=lab.recorder.blobs.put(envelope.encode()))


def _reopen(lab: Opened, generation: Generation) -> None:
    """Open a packet for what the champion is ahead of the new generation."""
    champion = lab.store.champion()
    if champion != generation.candidate:
        packet = lab.camera().take(champion)
        lab.recorder.record(Actor(ActorKind.SYSTEM, "regency"), [("packet", plain(packet))])


def _reject(lab: Opened, packet: Packet, decision: Decision) -> Outcome:
    base = lab.store.generation()
    why = f"{packet.id} was rejected: {decision.reason}"
    champion = lab.store.champion()
    move = {"candidate": base.candidate, "previous": champion, "nomination": 0, "reason": why}
    closed = {"packet": packet.id, "status": "rejected", "reason": decision.reason}
    items: list[tuple[str, Json]] = [
        ("decision", plain(decision)),
        ("packet.closed", closed),
        ("champion", move),
        *_others_closed(lab, packet.id, "stale", why),
    ]
    lab.recorder.record(decision.by, items)
    return Outcome(f"{packet.id} is rejected; the champion is {base.tag} again.")


def _others_closed(
    lab: Opened, packet: str, status: str, reason: str
) -> list[tuple[str, dict[str, str]]]:
    others = [s.packet.id for s in lab.store.packets("open") if s.packet.id != packet]
    return [("packet.closed", {"packet": o, "status": status, "reason": reason}) for o in others]


def _decide_rules(lab: Opened, decision: Decision) -> Outcome:
    waiting = pending_rules(lab)
    if waiting is None or waiting[0] != decision.item:
        now = waiting[0] if waiting else "none"
        raise BadInput(f"no pending lab change {decision.item!r}. Pending now: {now}.")
    if decision.answer != "approve":
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        return Outcome(f"{decision.item} is not approved; the rules in force stay as they are.")
    number = open_epoch(lab, decision)
    return Outcome(f"{decision.item} is approved: epoch {number} has begun with the new rules.")


def open_epoch(lab: Opened, decision: Decision) -> int:
    """Begin a new epoch with the rules of the working tree; the champion is measured again.

    Raises:
        ConfigError: The new rules cannot work.
    """
    head = lab.repo.head()
    present = set(lab.repo.files(head))
    text = (lab.home.root / SETTINGS).read_text()
    config = parse(text)
    checks.check(config, present)
    names = rules(config, present)
    number = lab.epoch.number + 1
    epochs.copy_rules(lab.home, number, {n: (lab.home.root / n).read_bytes() for n in names})
    for name in ground.needed_data(config):
        if not (lab.home.data / name).is_file():
            raise BadInput(f"no data file {name!r} is there. New data needs a new lab.")
    start = ground.writer(lab.repo, lab.commit(lab.store.champion()), config)
    proved = ground.prove(lab.home, config, number, start, unsafe=False)
    body = epochs.opened(lab.home, number, text, names, proved)
    items: list[tuple[str, Json]] = [
        ("decision", plain(decision)),
        ("epoch.opened", body),
        *_others_closed(lab, "", "stale", f"Epoch {number} began with other rules."),
    ]
    lab.recorder.record(decision.by, items)
    lab.reload()
    return number


def _tag_message(lab: Opened, generation: Generation) -> str:
    checkpoint = lab.recorder.log.checkpoint()
    if not generation.packet:
        return promote.start_message(lab.config.lab.name, checkpoint)
    packet = lab.store.packet(generation.packet).packet
    decisions = lab.store.decisions(generation.packet)
    return promote.tag_message(generation, packet, decisions, checkpoint)
