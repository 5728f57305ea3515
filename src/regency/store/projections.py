"""What each kind of entry does to the tables: one small function a kind.

Kinds without a function project nothing; they are found by kind and number.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Float,
    Update,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from regency.errors import LedgerError
from regency.records import ActorKind, Answer, Entry, Json
from regency.store import tables

Body = Mapping[str, Json]

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
_judged = _of_candidate.values(
    answer=bindparam("new_answer"),
    gate=bindparam("new_gate"),
    effect=func.coalesce(bindparam("new_effect", type_=Float), tables.candidates.c.effect),
    gain=func.coalesce(bindparam("new_gain", type_=Float), tables.candidates.c.gain),
)
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


class Projector:
    """Applies entries to the projections, in one open transaction.

    Args:
        connection: With the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._steps: list[dict[str, str | float]] = []

    def apply(self, entries: Iterable[Entry]) -> None:
        """Apply ``entries``, in order; their totals last, all at once.

        Raises:
            LedgerError: One speaks of something that is not recorded, or misses a field.
        """
        for entry in entries:
            self._apply(entry)
        # One row a step, never their sum: how a float was rounded may not depend on transactions.
        if self._steps:
            self.connection.execute(_add, self._steps)
            self._steps = []

    def change(self, statement: Update, which: str, **values: Any) -> None:
        """Change the one row that ``which`` names; LedgerError if there is none."""
        if self.connection.execute(statement, {"which": which, **values}).rowcount != 1:
            what = statement.table.description.rstrip("s")
            raise LedgerError(
                f"no open {what} {which!r} to change: the entry was refused and nothing was "
                "recorded. Record the thing itself first."
            )

    def count(self, *steps: tuple[str, float]) -> None:
        """Add steps to totals, by their names."""
        self._steps += [{"which": name, "step": step} for name, step in steps if step]

    def keep(self, name: str, value: int) -> None:
        """Set a total to a value."""
        self.connection.execute(_set, {"which": name, "step": value})

    def _apply(self, entry: Entry) -> None:
        if entry.actor.kind in HUMANS:
            self.keep("human", entry.seq)
        function = PROJECTIONS.get(entry.kind)
        if function is None:
            return
        try:
            function(self, entry.seq, entry.body)
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


def _on_candidate(to: Projector, seq: int, body: Body) -> None:
    number = candidate_number(body["id"])
    row = {
        "number": number,
        "seq": seq,
        "id": body["id"],
        "commit": body["commit"],
        "tree": body["tree"],
        "form": body.get("form", ""),
        "parent": body["parent"],
        "agent": body["agent"]["name"],
        "answer": "",
        "gate": "",
        "trials": 0,
        "promoted": False,
    }
    to.connection.execute(_candidate, row)
    to.count(("candidates", 1), ("answer:", 1))


def _on_trial(to: Projector, seq: int, body: Body) -> None:
    row = {name: body[name] for name in ("key", "candidate", "purpose")}
    to.connection.execute(_trial, {"seq": seq, **row})
    to.change(_tried, body["candidate"])
    cpu_s = sum(outcome["cpu_s"] for outcome in body["outcomes"])
    to.count(("trials", 1), ("cpu_s", cpu_s), ("faults", int(bool(body["fault"]))))


def _on_nomination(to: Projector, seq: int, body: Body) -> None:
    generation = int(to.connection.execute(_generation).scalar_one())
    row = {"seq": seq, "generation": generation, "answer": ""}
    row |= {"index": body["index"], "candidate": body["candidate"]}
    to.connection.execute(_nomination, row)
    to.change(_gained, body["candidate"], new_gain=body["gain"])
    to.count(("nominations", 1))


def _on_verdict(to: Projector, seq: int, body: Body) -> None:
    identity, answer, gate = body["candidate"], body["answer"], body["gate"]
    Answer(answer)
    old = to.connection.execute(_answer_of, {"which": identity}).scalar_one_or_none()
    to.connection.execute(_verdict, {"seq": seq, "candidate": identity})
    effect = body["effect"]
    news = {"new_effect": effect, "new_gain": effect if gate == "search" else None}
    to.change(_judged, identity, new_answer=answer, new_gate=gate, **news)
    if gate == "confirm" and body["nomination"]:
        to.change(_closing, identity, new_answer=answer, which_index=body["nomination"])
    if old != answer:
        to.count((f"answer:{old}", -1), (f"answer:{answer}", 1))


def _on_champion(to: Projector, _seq: int, body: Body) -> None:
    to.change(_crowned, body["candidate"])
    to.count(("promotions", int(body["nomination"] > 0)))


def _on_generation(to: Projector, _seq: int, body: Body) -> None:
    to.keep("generation", body["number"])


def _on_packet(to: Projector, seq: int, body: Body) -> None:
    to.connection.execute(_packet, {"seq": seq, "id": body["id"], "status": "open", "reason": ""})


def _on_packet_closed(to: Projector, _seq: int, body: Body) -> None:
    new = {"new_status": body["status"], "new_reason": body["reason"]}
    to.change(_packet_closing, body["packet"], **new)


def _on_decision(to: Projector, seq: int, body: Body) -> None:
    to.connection.execute(_decision, {"seq": seq, "item": body["item"]})


PROJECTIONS: Mapping[str, Callable[[Projector, int, Body], None]] = {
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
