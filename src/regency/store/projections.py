"""What each kind of entry does to the tables: one small function a kind.

Kinds without a function project nothing; they are found by kind and number.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BindParameter, Connection, Update, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from regency.errors import LedgerError
from regency.records import ActorKind, Answer, Entry, Json
from regency.store import tables

Body = Mapping[str, Json]
Project = Callable[[Connection, int, Body], None]

HUMANS = frozenset({ActorKind.HUMAN, ActorKind.SIMULATED_HUMAN})

_which: BindParameter[Any] = bindparam("which")
_new_total = upsert(tables.totals).values(name=_which, value=bindparam("step"))
_add = _new_total.on_conflict_do_update(
    index_elements=["name"], set_={"value": tables.totals.c.value + _new_total.excluded.value}
)
_set = _new_total.on_conflict_do_update(
    index_elements=["name"], set_={"value": _new_total.excluded.value}
)
_candidate = insert(tables.candidates)
_trial = insert(tables.trials)
_verdict = insert(tables.verdicts)
_nomination = insert(tables.nominations)
_packet = insert(tables.packets)
_decision = insert(tables.decisions)
_of_candidate = update(tables.candidates).where(tables.candidates.c.id == _which)
_tried = _of_candidate.values(trials=tables.candidates.c.trials + 1)
_gained = _of_candidate.values(gain=bindparam("new_gain"))
_judged = _of_candidate.values(answer=bindparam("new_answer"), gate=bindparam("new_gate"))
_measured = _of_candidate.values(effect=bindparam("new_effect"))
_crowned = _of_candidate.values(promoted=True)
_answer_of = select(tables.candidates.c.answer).where(tables.candidates.c.id == _which)
_generation = select(func.coalesce(func.max(tables.totals.c.value), 0)).where(
    tables.totals.c.name == "generation"
)
_closing = (
    update(tables.nominations)
    .where(
        tables.nominations.c.index == bindparam("which_index"),
        tables.nominations.c.candidate == _which,
        tables.nominations.c.answer == "",
    )
    .values(answer=bindparam("new_answer"))
)
_packet_closing = (
    update(tables.packets)
    .where(tables.packets.c.id == _which, tables.packets.c.status == "open")
    .values(status=bindparam("new_status"), reason=bindparam("new_reason"))
)


def project(connection: Connection, entry: Entry) -> None:
    """Apply ``entry`` to the projections, in the open transaction of ``connection``.

    Raises:
        LedgerError: It speaks of something that is not recorded, or of a field that is missing.
    """
    if entry.actor.kind in HUMANS:
        _keep(connection, "human", entry.seq)
    function = PROJECTIONS.get(entry.kind)
    if function is None:
        return
    try:
        function(connection, entry.seq, entry.body)
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(
            f"an entry of kind {entry.kind!r} is incomplete ({error!r}): nothing was recorded."
        ) from error


def candidate_number(identity: str) -> int:
    """Return the number in a candidate id.

    Raises:
        ValueError: Not of the form ``c<number>``.
    """
    if not identity.startswith("c") or not identity[1:].isdecimal():
        raise ValueError(f"{identity!r} is not a candidate id like 'c12'")
    return int(identity[1:])


def _on_candidate(connection: Connection, seq: int, body: Body) -> None:
    number = candidate_number(body["id"])
    row = {
        "number": number,
        "seq": seq,
        "id": body["id"],
        "commit": body["commit"],
        "tree": body["tree"],
        "parent": body["parent"],
        "agent": body["agent"]["name"],
        "answer": "",
        "gate": "",
        "trials": 0,
        "promoted": False,
    }
    connection.execute(_candidate, row)
    _count(connection, ("candidates", 1), ("answer:", 1))


def _on_trial(connection: Connection, seq: int, body: Body) -> None:
    row = {name: body[name] for name in ("key", "candidate", "purpose")}
    connection.execute(_trial, {"seq": seq, **row})
    _change(connection, _tried, body["candidate"])
    cpu_s = sum(outcome["cpu_s"] for outcome in body["outcomes"])
    _count(connection, ("trials", 1), ("cpu_s", cpu_s), ("faults", int(bool(body["fault"]))))


def _on_nomination(connection: Connection, seq: int, body: Body) -> None:
    generation = int(connection.execute(_generation).scalar_one())
    row = {"seq": seq, "generation": generation, "answer": ""}
    row |= {"index": body["index"], "candidate": body["candidate"]}
    connection.execute(_nomination, row)
    _change(connection, _gained, body["candidate"], new_gain=body["gain"])
    _count(connection, ("nominations", 1))


def _on_verdict(connection: Connection, seq: int, body: Body) -> None:
    identity, answer, gate = body["candidate"], body["answer"], body["gate"]
    Answer(answer)
    old = connection.execute(_answer_of, {"which": identity}).scalar_one_or_none()
    connection.execute(_verdict, {"seq": seq, "candidate": identity})
    _change(connection, _judged, identity, new_answer=answer, new_gate=gate)
    if body["effect"] is not None:
        _change(connection, _measured, identity, new_effect=body["effect"])
        if gate == "search":
            _change(connection, _gained, identity, new_gain=body["effect"])
    if gate == "confirm" and body["nomination"]:
        _change(connection, _closing, identity, new_answer=answer, which_index=body["nomination"])
    if old != answer:
        _count(connection, (f"answer:{old}", -1), (f"answer:{answer}", 1))


def _on_champion(connection: Connection, _seq: int, body: Body) -> None:
    _change(connection, _crowned, body["candidate"])
    _count(connection, ("promotions", int(body["nomination"] > 0)))


def _on_generation(connection: Connection, _seq: int, body: Body) -> None:
    _keep(connection, "generation", body["number"])


def _on_packet(connection: Connection, seq: int, body: Body) -> None:
    connection.execute(_packet, {"seq": seq, "id": body["id"], "status": "open", "reason": ""})


def _on_packet_closed(connection: Connection, _seq: int, body: Body) -> None:
    new = {"new_status": body["status"], "new_reason": body["reason"]}
    _change(connection, _packet_closing, body["packet"], **new)


def _on_decision(connection: Connection, seq: int, body: Body) -> None:
    connection.execute(_decision, {"seq": seq, "item": body["item"]})


PROJECTIONS: Mapping[str, Project] = {
    "candidate": _on_candidate,
    "trial": _on_trial,
    "nomination": _on_nomination,
    "verdict": _on_verdict,
    "champion": _on_champion,
    "generation": _on_generation,
    "packet": _on_packet,
    "packet.closed": _on_packet_closed,
    "decision": _on_decision,
}


def _change(connection: Connection, statement: Update, which: str, **values: Any) -> None:
    if connection.execute(statement, {"which": which, **values}).rowcount != 1:
        what = statement.table.description.rstrip("s")
        raise LedgerError(
            f"no open {what} {which!r} to change: the entry was refused and nothing was recorded. "
            "Record the thing itself first."
        )


def _count(connection: Connection, *steps: tuple[str, float]) -> None:
    rows = [{"which": name, "step": step} for name, step in steps if step]
    if rows:
        connection.execute(_add, rows)


def _keep(connection: Connection, name: str, value: int) -> None:
    connection.execute(_set, {"which": name, "step": value})
