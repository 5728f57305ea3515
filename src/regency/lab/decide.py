"""The one door for human decisions, and what follows from them.

Order: checks, then one ledger transaction, then git. Whatever is cut off after the transaction is
mended when the lab is next opened. Decisions wait for one another, so that of two people who decide
at once one is first and the other is told.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regency import promote
from regency.errors import BadInput, Refused
from regency.lab import assurance, ruleset
from regency.lab.opened import Opened
from regency.lab.rejections import base_of, meant
from regency.oversee import policy
from regency.oversee.rejection import applied_diff, marks, without
from regency.records import (
    Actor,
    ActorKind,
    Change,
    Decision,
    Generation,
    Json,
    Packet,
    Purpose,
    Ruling,
    Signature,
    is_rules,
    packet_of,
    plain,
)
from regency.store.climb import climb

POLICY = Actor(ActorKind.SYSTEM, "policy")
ANSWERS = ("approve", "reject", "request-changes")
Items = list[tuple[str, Json]]


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
        if is_rules(decision.item):
            return _decide_rules(lab, decision)
        packet = _open_packet(lab, decision.item)
        if decision.answer == "approve":
            return _approve(lab, packet, decision)
        if decision.answer == "reject":
            return _reject(lab, packet, decision)
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        return Outcome(
            f"Changes to {decision.item} are requested: agents are told, {packet.id} stays open."
        )


def demand_open(lab: Opened, item: str) -> None:
    """Refuse an item that cannot be decided on (any more).

    Raises:
        BadInput: Nothing has this id.
        Refused: It is no longer open; the message says why, and who was first.
    """
    if is_rules(item):
        ruleset.demanded(lab, item)
    else:
        _open_packet(lab, item)


def rule_on(lab: Opened, packet: Packet, extra: Sequence[Decision] = ()) -> Ruling:
    """Return what policy says of ``packet`` with the approvals in hand and ``extra`` ones.

    Every change needs the approvals that the rule asks for, each from somebody who did not write
    it; the ruling is that of the change which has the fewest.
    """
    said = (*said_of(lab, packet), *extra)
    autonomy = lab.config.oversight.autonomy
    drawn = autonomy == "sampled" and _drawn(lab, packet)
    facts = policy.facts_of(packet, autonomy=autonomy, drawn=drawn)
    rulings = []
    for change in packet.changes or [None]:
        names = (packet.id, change.id) if change else (packet.id,)
        line = change.candidates if change else ()
        authors = {lab.store.record(candidate).agent.name for candidate in line}
        standing = policy.standing([d for d in said if d.item in names])
        ruling = policy.rule_on(lab.config.oversight.rules, facts, standing, authors)
        rulings.append(replace(ruling, change=change.id if change else ""))
    return min(rulings, key=lambda ruling: ruling.given)


def ratify_unread(lab: Opened) -> Generation | None:
    """Ratify the newest open packet if policy asks for nobody; return the generation, if any.

    Only where autonomy was raised by a recorded decision, scores are blind, and chance did not
    draw the packet for a person to read.
    """
    if lab.config.oversight.autonomy == "supervised":
        return None
    with lab.home.numbering():
        waiting = lab.store.packets("open")
        if not waiting or any(d.answer != "approve" for d in said_of(lab, waiting[-1].packet)):
            return None
        packet = waiting[-1].packet
        ruling = rule_on(lab, packet)
        if not ruling.allowed or ruling.needed:
            return None
        reason = f"Nobody read it: rule {ruling.rule!r} asks for nobody."
        decision = Decision(
            packet.id, "approve", POLICY, reason, assurance="none", rule=ruling.rule
        )
        return _ratify(lab, packet, decision, ruling)


def _drawn(lab: Opened, packet: Packet) -> bool:
    """Whether chance wants a person to read a packet; the same answer whenever it is asked."""
    share = lab.seeds()(f"sample/{packet.id}") / 2**31
    return share < lab.config.oversight.sample


def said_of(lab: Opened, packet: Packet) -> list[Decision]:
    """Return the decisions on a packet or on one of its changes, oldest first."""
    items = {packet.id, *(change.id for change in packet.changes)}
    return [decision for decision in lab.store.said() if decision.item in items]


def tag_missing(lab: Opened) -> None:
    """Make the tags of generations that have none, each with its evidence and a checkpoint."""
    here = lab.repo.refs("refs/tags/")
    for generation in lab.store.generations():
        if f"refs/tags/{generation.tag}" not in here:
            lab.repo.tag(generation.tag, generation.commit, _tag_message(lab, generation))


def roll_back(
    lab: Opened, number: int, by: Actor, reason: str, signature: Signature | None = None
) -> Generation:
    """Make an earlier generation stand again, as a new one: see `Lab.roll_back`."""
    if by.kind is not (ActorKind.SIMULATED_HUMAN if lab.simulated else ActorKind.HUMAN):
        with assurance.refusals(lab, Decision(f"rollback-{number}", "approve", by, reason)):
            raise Refused("only a human can roll a lab back")
    with lab.home.numbering():
        target = promote.rollback_target(lab.store.generations(), number)
        act = Decision(f"rollback-{target.number}", "approve", by, reason, signature=signature)
        with assurance.refusals(lab, act):
            vouched = assurance.vouched(lab, act)
        latest = lab.store.generation()
        fresh = Generation(
            number=latest.number + 1,
            candidate=target.candidate,
            commit=target.commit,
            tag=promote.tag_name(latest.number + 1, lab.simulated),
            approved_by=(by.name,),
            back_to=target.number,
            reason=reason,
        )
        why = f"{by.name} went back to {target.tag}: {reason}"
        items: Items = [
            *vouched,
            ("generation", plain(fresh)),
            ("champion", _move(target.candidate, lab.store.champion(), why)),
            *_others_closed(lab, "", why),
        ]
        lab.recorder.record(by, items)
    return fresh


def _check_decider(lab: Opened, decision: Decision) -> None:
    wanted = ActorKind.SIMULATED_HUMAN if lab.simulated else ActorKind.HUMAN
    if decision.by.kind is not wanted:
        raise Refused(f"only a {wanted} may decide in this lab, not a {decision.by.kind}")
    if decision.answer not in ANSWERS:
        raise BadInput(f"{decision.answer!r} is no decision: use one of {', '.join(ANSWERS)}")
    if not decision.reason.strip():
        raise BadInput("a decision needs a reason. Give one with --reason.")


def _open_packet(lab: Opened, item: str) -> Packet:
    """Return the open packet that ``item`` is or lies in.

    Raises:
        BadInput: There is none, or it has no such change.
        Refused: It is no longer open; the message says why, and who was first.
    """
    state = lab.store.packet(packet_of(item))
    packet = state.packet
    if item != packet.id and not meant(packet, item):
        names = ", ".join(change.id for change in packet.changes) or "none"
        raise BadInput(f"{packet.id} has no change {item!r}: it has {names}.")
    if state.status != "open":
        who = [d.by.name for d in said_of(lab, packet) if d.answer == _CLOSES.get(state.status)]
        by = f" by {who[-1]}" if who else ""
        reason = state.reason.rstrip(".")
        raise Refused(
            f"{packet.id} is {state.status} already{by} ({reason}). Nothing was recorded. "
            "See what waits now: regency review."
        )
    return packet


_CLOSES = {"approved": "approve", "rejected": "reject"}


# ── approving ──────────────────────────────────────────────────────────────────────────────────


def _approve(lab: Opened, packet: Packet, decision: Decision) -> Outcome:
    ruling = rule_on(lab, packet, [decision])
    decision = replace(decision, rule=ruling.rule)
    if not ruling.allowed and not ruling.rule:
        raise Refused(ruling.message)
    if not ruling.allowed:
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        waits = f" {ruling.change} waits for more." if ruling.change else ""
        return Outcome(f"Recorded. {ruling.message}{waits}", ruling=ruling)
    generation = _ratify(lab, packet, decision, ruling)
    return Outcome(f"{packet.id} is approved: it is {generation.tag}.", generation, ruling)


def _ratify(lab: Opened, packet: Packet, decision: Decision, ruling: Ruling) -> Generation:
    generation = _ratified(lab, packet, decision, ruling)
    items: Items = [
        ("decision", plain(decision)),
        ("packet.closed", _closed(packet, "approved", decision.reason)),
        ("generation", plain(generation)),
        *_others_closed(lab, packet.id, f"Its base is no longer {generation.tag}."),
    ]
    champion = lab.store.champion()
    below = [verdict.champion for verdict in climb(lab.store, champion)]
    if generation.candidate not in (champion, *below):
        why = f"{generation.tag} was approved."
        items.append(("champion", _move(generation.candidate, champion, why)))
    lab.recorder.record(decision.by, items)
    _reopen(lab, generation)
    return generation


def _ratified(lab: Opened, packet: Packet, decision: Decision, ruling: Ruling) -> Generation:
    number = lab.store.generation().number + 1
    decisions = [*said_of(lab, packet), decision]
    given = [d for d in policy.standing(decisions) if d.answer == "approve" and d.by != POLICY]
    names = dict.fromkeys(d.by.name for d in given)
    generation = Generation(
        number=number,
        candidate=packet.head_candidate,
        commit=packet.head_commit,
        tag=promote.tag_name(number, lab.simulated),
        packet=packet.id,
        approved_by=tuple(names),
    )
    line = [lab.store.record(c) for change in packet.changes for c in change.candidates]
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


# ── rejecting ──────────────────────────────────────────────────────────────────────────────────


def _reject(lab: Opened, packet: Packet, decision: Decision) -> Outcome:
    """Drop the changes meant, go back to what was ratified, and have the rest judged again."""
    base, champion = lab.store.generation(), lab.store.champion()
    gone = meant(packet, decision.item)
    rest = _rest(lab, base.candidate, champion, gone)
    made = _made(lab, champion, decision.item, rest) if rest is not None else ""
    why = f"{decision.item} was rejected: {decision.reason}"
    left = f" What is left is {made}, to be judged again." if made else ""
    items: Items = [
        ("decision", plain(decision)),
        ("packet.closed", _closed(packet, "rejected", f"{why}{left}")),
        ("champion", _move(base.candidate, champion, why)),
    ]
    for state in lab.store.packets("open"):
        if state.packet.id != packet.id and _holds(lab, state.packet, packet, gone):
            items.append(("packet.closed", _closed(state.packet, "rejected", why)))
    lab.recorder.record(decision.by, items)
    after = f"What is left without it, {made}, is judged again by the next run." if made else ""
    return Outcome(
        f"{decision.item} is rejected; the champion is {base.tag} again. {after}".strip()
    )


def _rest(lab: Opened, base: str, champion: str, gone: Sequence[Change]) -> dict[str, bytes] | None:
    """Return what is left of the champion without some changes, None if that is nothing."""
    before = lab.files(base)
    rest = dict(lab.files(champion))
    for change in gone:
        rest = without(change.diff, before, rest)
    return None if rest == dict(before) else rest


def _made(lab: Opened, champion: str, item: str, rest: dict[str, bytes]) -> str:
    parts = lab.parts(contextlib.nullcontext)  # numbers are held already
    return parts.make(champion, rest, f"{champion} without {item}, which a person rejected.").id


def _holds(lab: Opened, other: Packet, packet: Packet, gone: Sequence[Change]) -> bool:
    """Return whether another packet holds one of the changes that were rejected in ``packet``."""
    base = lab.files(base_of(lab, packet).candidate)
    theirs = marks(base, lab.files(other.head_candidate))
    ours = (marks(base, applied_diff(change.diff, base)) for change in gone)
    return other.base_generation == packet.base_generation and any(one <= theirs for one in ours)


def _move(candidate: str, previous: str, reason: str) -> dict[str, Json]:
    return {"candidate": candidate, "previous": previous, "nomination": 0, "reason": reason}


def _closed(packet: Packet, status: str, reason: str) -> dict[str, Json]:
    return {"packet": packet.id, "status": status, "reason": reason}


def _others_closed(lab: Opened, packet: str, reason: str) -> Items:
    others = [s.packet for s in lab.store.packets("open") if s.packet.id != packet]
    return [("packet.closed", _closed(other, "stale", reason)) for other in others]


# ── rules ──────────────────────────────────────────────────────────────────────────────────────


def _decide_rules(lab: Opened, decision: Decision) -> Outcome:
    waiting = ruleset.demanded(lab, decision.item)
    if decision.answer != "approve":
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        return Outcome(
            f"{decision.item} is not approved; the rules in force stay as they are, and the edit "
            "stays pending until it is undone or decided again."
        )
    ruling = ruleset.rule_on_rules(lab, waiting, [decision])
    decision = replace(decision, rule=ruling.rule)
    if not ruling.allowed:
        lab.recorder.record(decision.by, [("decision", plain(decision))])
        return Outcome(f"Recorded. {ruling.message}", ruling=ruling)
    return _open_epoch(lab, decision, waiting, ruling)


def _open_epoch(
    lab: Opened, decision: Decision, waiting: ruleset.Waiting, ruling: Ruling
) -> Outcome:
    """Begin a new epoch: what was not ratified is measured again, against what was."""
    number, body = ruleset.prepared(lab, waiting)
    base, champion = lab.store.generation(), lab.store.champion()
    again = ""
    items: Items = [
        ("decision", plain(decision)),
        ("epoch.opened", body),
        *_others_closed(lab, "", f"Epoch {number} began with other rules."),
    ]
    if champion != base.candidate:
        parts = lab.parts(contextlib.nullcontext)
        again = parts.make(champion, lab.files(champion), f"{champion}, in epoch {number}.").id
        why = f"Epoch {number} began: what no human ratified is judged again, as {again}."
        items.append(("champion", _move(base.candidate, champion, why)))
    lab.recorder.record(decision.by, items)
    lab.reload()
    more = f" {champion} was not ratified yet: it is judged again, as {again}." if again else ""
    said = f"{decision.item} is approved: epoch {number} has begun with the new rules.{more}"
    return Outcome(said, ruling=ruling)


def _tag_message(lab: Opened, generation: Generation) -> str:
    checkpoint = lab.recorder.log.checkpoint()
    if generation.back_to is not None:
        return promote.rollback_message(generation, checkpoint)
    if not generation.packet:
        return promote.start_message(lab.config.lab.name, checkpoint)
    packet = lab.store.packet(generation.packet).packet
    return promote.tag_message(generation, packet, said_of(lab, packet), checkpoint)
