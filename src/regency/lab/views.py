"""What people and agents ask of a lab, as JSON-ready dictionaries; reads only.

Every function takes a view: ``human`` sees everything, ``agent`` what `agent_view` leaves.
"""

import fcntl
import itertools
import re
from collections.abc import Mapping
from typing import Literal

from regency.errors import BadInput
from regency.judge.verdict import explain
from regency.lab import agent_view, assurance, denials
from regency.lab.decide import rule_on, said_of
from regency.lab.lab import Lab
from regency.lab.ruleset import demanded, pending_rules, rule_on_rules
from regency.lab.search import found_out
from regency.oversee.lead import ahead, held
from regency.oversee.pace import Pace, pace
from regency.oversee.policy import standing
from regency.propose.shares import Tally
from regency.records import (
    Calibration,
    Change,
    Generation,
    Json,
    Packet,
    Verdict,
    is_rules,
    packet_of,
    plain,
)
from regency.store import Branch, PacketState
from regency.store.climb import climb
from regency.turns import learned

View = Literal["agent", "human"]
Answered = dict[str, Json]


def status(lab: Lab, view: View) -> Answered:
    """Return where things stand, on one screen, with what agents and search brought so far."""
    tables = {"agents": _agents(lab), "search": found_out(lab, view, noise(lab))}
    return {**summary(lab, view), **tables}


def summary(lab: Lab, view: View) -> Answered:
    """Return where things stand, without what has to be counted over many candidates."""
    store, config = lab.store, lab.config
    waiting = [state.packet for state in store.packets("open")]
    lead, noted = config.oversight.max_lead, store.sandboxes()
    return {
        "lab": config.lab.name,
        "goal": config.lab.goal,
        "folder": str(lab.home.root),
        "simulated": lab.simulated,
        "trust": config.score.trust,
        "metric": config.score.metric,
        "direction": config.score.goal,
        "level": max((lab.epoch.level, *(str(seen["level"]) for seen in noted))),
        "survivors_ended": sum(int(seen["survivors_ended"]) for seen in noted),
        "start": lab.epoch.start,
        "epoch": lab.epoch.number,
        "noise_sd": noise(lab),
        "confirm_uses": store.confirm_uses(),
        "generation": plain(generation_now(lab)),
        "champion": champion(lab, view),
        "promotions": promotions(lab, view),
        "counts": _counts(lab),
        "lead": {
            **plain(ahead(waiting)),
            "max_minutes": lead.review_minutes,
            "max_packets": lead.generations,
            "held": held(waiting, lead),
        },
        "waiting": review_list(lab, view)["items"],
        "keys": None if lab.simulated else _keys(lab),
        "refused": dict(denials.counted(lab.store)) if view == "human" else None,
        "paused": store.paused(),
        "running": running(lab),
    }


def _keys(lab: Lab) -> dict[str, int]:
    """Return how many keys were ever enrolled to sign decisions, and how many are good."""
    known = assurance.signers(lab)
    return {"enrolled": len(known.all), "good": len(known.active)}


def _agents(lab: Lab) -> list[Answered]:
    """Return each agent with its share of the turns, and what its latest candidates brought."""
    tables, settings = lab.config.agents, lab.config.turns
    wanted = {name: table.share for name, table in tables.items()}
    shares = learned(lab.store, wanted, settings.shares == "learned")
    now = shares.now() if wanted else {}
    rows = []
    for name in dict.fromkeys([*wanted, *sorted(shares.tallies)]):
        row = plain(shares.tallies.get(name) or Tally())
        del row["worth"]
        kind = tables[name].kind if name in tables else "external"
        rows.append({"name": name, "kind": kind, "share": now.get(name), **row})
    return [row for row in rows if row["name"] in wanted or row["proposals"]]


def champion(lab: Lab, view: View) -> Answered:
    """Return the champion, and how far it is ahead of the last generation."""
    now = lab.store.champion()
    steps = list(climb(lab.store, now, generation_now(lab).candidate))
    found: Answered = {"candidate": now, "promotions": len(steps)}
    if view == "human":
        found |= gain_of(steps, noise(lab))
    return found


def gain_of(steps: list[Verdict], noise_sd: float) -> Answered:
    """Return the gain of several promotions together.

    Args:
        steps: Their verdicts.
        noise_sd: Standard deviation of one paired difference, metric units.

    Returns:
        ``gain``, ``low`` and ``high`` in metric units, ``gain_sd`` in noise sds, and ``level``:
        intervals at levels α1, α2, … hold together but for a chance of α1 + α2 + … (union bound),
        so their ends may be added up.
    """
    effects = [v.effect or 0.0 for v in steps]
    lows, highs = [v.low for v in steps], [v.high for v in steps]
    gain = sum(effects)
    return {
        "gain": gain,
        "gain_sd": gain / noise_sd if noise_sd else None,
        "low": _sum(lows),
        "high": _sum(highs),
        "level": sum(v.level for v in steps),
    }


def promotions(lab: Lab, view: View) -> list[Answered]:
    """Return every move of the champion: candidate, its number, and the gain over the start."""
    found: list[Answered] = []
    gains = {"": 0.0}
    for move in lab.store.champion_moves():
        verdict = lab.store.verdict(move.candidate) if move.previous else None
        if verdict is not None and verdict.champion != move.previous:
            verdict = None  # a return to what was champion before
        step = (verdict.effect or 0.0) if verdict else 0.0
        gains.setdefault(move.candidate, gains.get(move.previous, 0.0) + step)
        row: Answered = {"candidate": move.candidate, "number": _number(move.candidate)}
        row |= {"time": move.time, "reason": move.reason}
        found.append(row | ({"gain": gains[move.candidate]} if view == "human" else {}))
    return found


def tree(lab: Lab, view: View, *, everything: bool = False) -> Answered:
    """Return the lineage: the lines that lead to champions, generations and what is waiting.

    Args:
        lab: The lab.
        view: Whose.
        everything: Return every candidate.
    """
    branches = {branch.id: branch for branch in lab.store.lineage()}
    tags = {g.candidate: g.tag for g in lab.store.generations()}
    kept = set(branches) if everything else _kept(branches, {*tags, lab.store.champion()})
    children: dict[str, int] = {}
    for branch in branches.values():
        children[branch.parent] = children.get(branch.parent, 0) + 1
    nodes = []
    for branch in branches.values():
        if branch.id in kept:
            node = _node(lab, branch, view)
            node |= {"children": children.get(branch.id, 0), "tag": tags.get(branch.id, "")}
            nodes.append(node)
    return {"champion": lab.store.champion(), "nodes": nodes, "candidates": len(branches)}


def log(
    lab: Lab, view: View, *, since: int = 0, kind: str = "", limit: int | None = None
) -> Answered:
    """Return entries of the ledger.

    Args:
        lab: The lab.
        view: Whose.
        since: First entry's number.
        kind: Only entries of this kind.
        limit: Most entries; the first ones.
    """
    noise_sd = noise(lab)
    entries = (e for e in lab.recorder.log.entries(since) if kind in ("", e.kind))
    found = []
    for entry in itertools.islice(entries, limit):
        row = plain(entry)
        if view == "agent":
            row["body"] = agent_view.body(entry.kind, entry.body, noise_sd)
        found.append(row)
    return {"entries": found}


def review_list(lab: Lab, view: View) -> Answered:
    """Return what waits for a human: open packets and pending lab changes."""
    newest_first = reversed(lab.store.packets("open"))
    items = [_waiting_packet(lab, state, view) for state in newest_first]
    pending = pending_rules(lab)
    if pending is not None:
        item, files = pending
        title = f"The rules changed in {', '.join(sorted(files))}"
        items.append({"id": item, "kind": "lab", "title": title, "minutes": None})
    return {"items": items} | ({"pace": plain(own_pace(lab))} if view == "human" else {})


def own_pace(lab: Lab) -> Pace:
    """Return how fast the user has been in this lab, by what was decided on whole packets."""
    name = lab.repo.user()[0]
    estimates = {state.packet.id: state.packet.minutes for state in lab.store.packets()}
    return pace((estimates[d.item], d.minutes) for d in lab.store.said()
                if d.by.name == name and d.item in estimates)  # fmt: skip


def noise(lab: Lab) -> float:
    """Return the sd of one paired difference in metric units, 0 before calibration."""
    calibration: Calibration | None = lab.store.calibration()
    return calibration.noise_sd if calibration else 0.0


def generation_now(lab: Lab) -> Generation:
    """Return the last ratified generation.

    Raises:
        BadInput: There is none: the record was cut off while the lab was made.
    """
    generation = lab.store.generation()
    if generation is None:
        raise BadInput("this lab was never finished. Remove .regency and run `regency init` again.")
    return generation


def running(lab: Lab) -> int | None:
    """Return the process that runs this lab now, None if nothing does."""
    lock = lab.home.state / "run.lock"
    try:
        with lock.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(stream.read().strip() or 0)
    except FileNotFoundError:
        pass
    return None


def candidate_id(lab: Lab, name: str) -> str:
    """Return the candidate that ``name`` means: an id, a packet, a generation or ``champion``.

    Raises:
        BadInput: It means nothing here.
    """
    if name == "champion":
        return lab.store.champion()
    if re.fullmatch(r"p\d+", name):
        return lab.store.packet(name).packet.head_candidate
    if number := generation_number(name):
        return generation(lab, int(number)).candidate
    return lab.store.record(name).id


def generation_number(name: str) -> str:
    """Return the number in ``g2``, ``generation/2`` or ``simulated/2``; empty for other names."""
    found = re.fullmatch(r"(?:g|generation/|simulated/)(\d+)", name)
    return found[1] if found else ""


def generation(lab: Lab, number: int) -> Generation:
    """Return a generation.

    Raises:
        BadInput: There is none with this number.
    """
    found = [g for g in lab.store.generations() if g.number == number]
    if not found:
        raise BadInput(f"there is no generation {number}. `regency status` shows the last one.")
    return found[0]


def words(lab: Lab, verdict: Verdict, view: View) -> str:
    """Return a verdict in plain words."""
    return explain(verdict, lab.config.score.metric) if view == "human" else verdict.reason


def ruling(lab: Lab, item: str, view: View) -> Answered:
    """Return what policy says of an item, condition by condition.

    Args:
        lab: The lab.
        item: A packet, one of its changes, or a pending lab change.
        view: Whose.

    Raises:
        BadInput: Nothing has this id.
    """
    if is_rules(item):
        found: Answered = plain(rule_on_rules(lab, demanded(lab, item)))
    else:
        found = plain(rule_on(lab, lab.store.packet(packet_of(item)).packet))
    if view == "agent":
        found["conditions"] = [{**c, "reason": ""} for c in found["conditions"]]
    return found


def _waiting_packet(lab: Lab, state: PacketState, view: View) -> Answered:
    packet = state.packet
    first = packet.changes[0].title if packet.changes else "no net change"
    more = f" and {len(packet.changes) - 1} more" if len(packet.changes) > 1 else ""
    row: Answered = {"id": packet.id, "kind": "packet", "title": first + more}
    row |= {"minutes": packet.minutes, "since": state.time, "head": packet.head_candidate}
    row |= {"changes": len(packet.changes), "trust": packet.trust}
    row["parts"] = [_waiting_change(lab, packet, change, view) for change in packet.changes]
    return row | ({"risk": packet.risk} if view == "human" else {})


def _waiting_change(lab: Lab, packet: Packet, change: Change, view: View) -> Answered:
    said = [d for d in said_of(lab, packet) if d.item in (packet.id, change.id)]
    approved = dict.fromkeys(d.by.name for d in standing(said) if d.answer == "approve")
    row: Answered = {"id": change.id, "title": change.title, "minutes": change.minutes}
    row["approved_by"] = list(approved)
    return row | ({"risk": change.risk} if view == "human" else {})


def _node(lab: Lab, branch: Branch, view: View) -> Answered:
    node: Answered = plain(branch)
    if view == "agent":
        del node["effect"]
        node["gain"] = agent_view.gain(branch.gain, noise(lab))
    return node


def _kept(branches: Mapping[str, Branch], always: set[str]) -> set[str]:
    wanted = {b.id for b in branches.values() if b.promoted or b.answer in ("better", "")}
    kept: set[str] = set()
    for start in wanted | always:
        here = start
        while here and here not in kept:
            kept.add(here)
            here = branches[here].parent
    return kept


def _counts(lab: Lab) -> Answered:
    """Return totals; the starting point is not counted among the candidates."""
    found: Answered = plain(lab.store.counts())
    answers = found["answers"]
    waiting = answers.pop("", 1) - 1
    found["candidates"] = max(found["candidates"] - 1, 0)
    found["answers"] = {**({"waiting": waiting} if waiting > 0 else {}), **answers}
    return found


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _number(candidate: str) -> int:
    return int(candidate.removeprefix("c"))
