"""What others ask of the record; every answer is found by an index, however long the history."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Engine, Row, Select, bindparam, func, select

from regency.errors import BadInput, LedgerError
from regency.records import (
    Calibration,
    Candidate,
    Decision,
    Generation,
    Json,
    Minimised,
    Nomination,
    Note,
    Packet,
    Trial,
    Verdict,
    build,
)
from regency.store.database import translated
from regency.store.tables import (
    candidates,
    decisions,
    entries,
    nominations,
    packets,
    totals,
    trials,
    verdicts,
)
from regency.store.views import Branch, Counts, Epoch, Move, PacketState, Standing, Tested

Record = TypeVar("Record")
Unpack = Callable[[Mapping[str, Json]], Mapping[str, Json]]

_which: BindParameter[Any] = bindparam("which")
_limit: BindParameter[Any] = bindparam("most")
_standing = select(candidates, entries.c.time, entries.c.text).join(
    entries, entries.c.seq == candidates.c.seq
)
_one_candidate = _standing.where(candidates.c.id == _which)
_children = _standing.where(candidates.c.parent == _which).order_by(candidates.c.number)
_best = _standing.where(candidates.c.gain.is_not(None)).order_by(
    candidates.c.gain.desc(), candidates.c.number
)
_first = select(candidates.c.id).order_by(candidates.c.number).limit(1)
_waiting = (
    select(candidates.c.agent, func.count().label("waiting"))
    .where(candidates.c.answer == "", candidates.c.number > 0)
    .group_by(candidates.c.agent)
)
_proposed = select(func.count()).where(candidates.c.agent == _which, candidates.c.number > 0)
_lineage = select(candidates).order_by(candidates.c.number)
_last_of_kind = (
    select(entries.c.seq, entries.c.time, entries.c.text)
    .where(entries.c.kind == _which, entries.c.seq >= bindparam("since"))
    .order_by(entries.c.seq.desc())
    .limit(1)
)
_last_before = (
    select(entries.c.seq, entries.c.time, entries.c.text)
    .where(entries.c.kind == _which, entries.c.seq < bindparam("before"))
    .order_by(entries.c.seq.desc())
    .limit(1)
)
_all_of_kind = (
    select(entries.c.seq, entries.c.time, entries.c.text)
    .where(entries.c.kind == _which, entries.c.seq >= bindparam("since"))
    .order_by(entries.c.seq)
)
_one_trial = (
    select(entries.c.text).join(trials, trials.c.seq == entries.c.seq).where(trials.c.key == _which)
)
_trials = (
    select(entries.c.text)
    .join(trials, trials.c.seq == entries.c.seq)
    .where(trials.c.candidate == _which)
    .order_by(trials.c.seq)
)
_verdicts = (
    select(entries.c.text)
    .join(verdicts, verdicts.c.seq == entries.c.seq)
    .where(verdicts.c.candidate == _which)
)
_judged = (
    select(entries.c.seq, entries.c.text)
    .where(entries.c.kind == "verdict", entries.c.seq > _which)
    .order_by(entries.c.seq)
)
_nominations = (
    select(entries.c.text)
    .join(nominations, nominations.c.seq == entries.c.seq)
    .order_by(nominations.c.seq)
)
_one_nomination = (
    select(nominations.c.seq, nominations.c.generation, entries.c.text)
    .join(entries, nominations.c.seq == entries.c.seq)
    .where(nominations.c.candidate == _which, nominations.c.index == bindparam("place"))
    .order_by(nominations.c.seq.desc())
    .limit(1)
)
_tests_since = select(func.count()).where(
    nominations.c.seq >= _which, nominations.c.seq <= bindparam("until")
)
_ended = (
    select(verdicts.c.seq, entries.c.text)
    .join(verdicts, verdicts.c.seq == entries.c.seq)
    .join(nominations, nominations.c.candidate == verdicts.c.candidate)
    .where(nominations.c.seq >= _which, verdicts.c.seq > nominations.c.seq)
    .distinct()
    .order_by(verdicts.c.seq.desc())
)
_open = _nominations.where(nominations.c.answer == "")
_next_index = select(func.coalesce(func.max(nominations.c.index), 0) + 1).where(
    nominations.c.generation == _which
)
_promotions = select(func.count()).where(
    nominations.c.answer == "better", nominations.c.generation == _which
)
_promoted = (
    select(nominations.c.candidate)
    .where(nominations.c.answer == "better", nominations.c.generation == _which)
    .order_by(nominations.c.seq)
)
_packets = select(packets, entries.c.time, entries.c.text).join(
    entries, entries.c.seq == packets.c.seq
)
_decisions = (
    select(entries.c.text)
    .join(decisions, decisions.c.seq == entries.c.seq)
    .where(decisions.c.item == _which)
    .order_by(decisions.c.seq)
)
_total = select(totals.c.value).where(totals.c.name == _which)
_time = select(entries.c.time).where(entries.c.seq == _which)
_last_number = select(func.coalesce(func.max(candidates.c.number), -1))
_last_seq = select(func.coalesce(func.max(entries.c.seq), -1))


class Queries:
    """Questions to the record.

    Args:
        engine: The database.
        unpack: Gives an entry's body back its large texts, where a caller keeps them elsewhere.
    """

    def __init__(self, engine: Engine, unpack: Unpack) -> None:
        self._engine, self._unpack = engine, unpack

    def candidate(self, identity: str) -> Standing:
        """Return a candidate and where it stands.

        Raises:
            BadInput: There is none with this id.
        """
        rows = self._rows(_one_candidate, which=identity)
        if not rows:
            raise BadInput(f"there is no candidate {identity!r}: `regency tree` lists them.")
        return self._stand(rows[0])

    def candidates(
        self, limit: int | None = None, answer: str | None = None, *, newest_first: bool = True
    ) -> tuple[Standing, ...]:
        """Return candidates by number.

        Args:
            limit: Most to return.
            answer: Only those whose latest answer this is; empty: not yet judged.
            newest_first: Highest number first.
        """
        number = candidates.c.number
        query = _standing.order_by(number.desc() if newest_first else number)
        if answer is not None:
            query = query.where(candidates.c.answer == answer)
        return tuple(map(self._stand, self._rows(query.limit(limit))))

    def children(self, identity: str) -> tuple[Standing, ...]:
        """Return the candidates that were made from this one, oldest first."""
        return tuple(map(self._stand, self._rows(_children, which=identity)))

    def unjudged(self) -> tuple[Standing, ...]:
        """Return the candidates without any verdict, oldest first; never the starting point."""
        query = _standing.where(candidates.c.answer == "", candidates.c.number > 0)
        return tuple(map(self._stand, self._rows(query.order_by(candidates.c.number))))

    def waiting(self) -> dict[str, int]:
        """Return how many candidates without any verdict each agent has."""
        return {row.agent: row.waiting for row in self._rows(_waiting)}

    def proposed(self, agent: str) -> int:
        """Return how many candidates the agent with this name has proposed."""
        return int(self._scalar(_proposed, which=agent))

    def best(self, limit: int) -> tuple[Standing, ...]:
        """Return the candidates with the largest gain on the search split, best first."""
        return tuple(map(self._stand, self._rows(_best.limit(_limit), most=limit)))

    def lineage(self) -> tuple[Branch, ...]:
        """Return every candidate in short, oldest first."""
        names = Branch.__slots__
        return tuple(
            Branch(*(values[name] for name in names))
            for values in (row._asdict() for row in self._rows(_lineage))
        )

    def next_candidate_number(self) -> int:
        """Return the number that the next candidate takes."""
        return int(self._scalar(_last_number)) + 1

    def twin(self, digest: str, of: str = "tree") -> str | None:
        """Return the first candidate whose ``tree`` or ``form`` is ``digest``, if there is one."""
        rows = self._rows(_first.where(candidates.c[of] == digest)) if digest else ()
        return str(rows[0].id) if rows else None

    def trial(self, key: str) -> Trial | None:
        """Return the finished trial with this key, if there is one."""
        return self._first(Trial, self._rows(_one_trial, which=key))

    def trials(self, candidate: str, purpose: str | None = None) -> tuple[Trial, ...]:
        """Return a candidate's trials, oldest first, of one purpose or of all."""
        query = _trials.where(trials.c.purpose == str(purpose)) if purpose else _trials
        return self._all(Trial, self._rows(query, which=candidate))

    def verdict(self, candidate: str) -> Verdict | None:
        """Return the latest verdict on a candidate, if there is one."""
        query = _verdicts.order_by(verdicts.c.seq.desc()).limit(1)
        return self._first(Verdict, self._rows(query, which=candidate))

    def verdicts(self, candidate: str) -> tuple[Verdict, ...]:
        """Return all verdicts on a candidate, oldest first."""
        return self._all(Verdict, self._rows(_verdicts.order_by(verdicts.c.seq), which=candidate))

    def judged_since(self, seq: int) -> list[tuple[int, Candidate, Verdict]]:
        """Return what was judged after entry ``seq``: verdict's entry, candidate, verdict."""
        found = []
        for row in self._rows(_judged, which=seq):
            verdict = self._build(Verdict, row.text)
            found.append((row.seq, self.candidate(verdict.candidate).record, verdict))
        return found

    def nominations(self, *, open_only: bool = False) -> tuple[Nomination, ...]:
        """Return nominations, oldest first, of all generations; or those still under test."""
        return self._all(Nomination, self._rows(_open if open_only else _nominations))

    def open_nomination(self) -> Nomination | None:
        """Return the oldest nomination that has no verdict yet, if there is one."""
        return self._first(Nomination, self._rows(_open.limit(1)))

    def tests(self, limit: int) -> list[Verdict]:
        """Return the verdicts of the latest tests of the epoch in force, oldest first.

        Args:
            limit: Most to return.
        """
        epoch = self._last("epoch.opened")
        rows = self._rows(_ended.limit(limit), which=epoch[0] if epoch else 0)
        found = [self._build(Verdict, row.text) for row in rows]
        return [verdict for verdict in found if verdict.gate == "confirm"][::-1]

    def tested(self, candidate: str, index: int) -> Tested | None:
        """Return the test that a candidate had as nomination ``index``, if it had one."""
        rows = self._rows(_one_nomination, which=candidate, place=index)
        if not rows:
            return None
        seq = rows[0].seq
        calibration = self._first(Calibration, self._before("calibration", seq))
        if calibration is None:
            return None
        ((_, epoch),) = [self._epoch(row) for row in self._before("epoch.opened", seq)]
        return Tested(
            self._build(Nomination, rows[0].text),
            rows[0].generation,
            calibration,
            epoch,
            self.confirm_uses(seq),
        )

    def confirm_uses(self, until: int | None = None) -> int:
        """Return how many tests were begun on the confirm split that the latest epoch has.

        Args:
            until: Count up to this entry, on the split that was in use then; None: until now.
        """
        last = self._last_seq() if until is None else until
        opened = [self._epoch(row) for row in self._kind("epoch.opened")]
        opened = [(seq, epoch) for seq, epoch in opened if seq <= last]
        since, data = opened[-1][0], _confirm_split(opened[-1][1])
        for seq, epoch in reversed(opened):
            if _confirm_split(epoch) != data:
                break
            since = seq
        return int(self._scalar(_tests_since, which=since, until=last))

    def next_nomination(self) -> tuple[int, int]:
        """Return the next index in the latest generation, and the promotions so far in it.

        A nomination belongs to the generation that was latest when it started; a promotion is a
        nomination whose verdict at gate 2 was ``better``.
        """
        number = int(self._total("generation"))
        index = int(self._scalar(_next_index, which=number))
        return index, int(self._scalar(_promotions, which=number))

    def promoted(self) -> tuple[Verdict, ...]:
        """Return the verdicts of the latest generation's promotions, oldest first."""
        rows = self._rows(_promoted, which=int(self._total("generation")))
        found = [self.verdicts(row.candidate) for row in rows]
        return tuple(v for verdicts in found for v in verdicts if v.gate == "confirm")

    def champion(self) -> str:
        """Return the champion's id, empty before the first."""
        body = self._last("champion")
        return str(body[2]["candidate"]) if body else ""

    def champion_moves(self) -> tuple[Move, ...]:
        """Return every move of the champion, oldest first."""
        names = ("candidate", "previous", "nomination", "reason")
        found = (self._open(row) for row in self._kind("champion"))
        return tuple(Move(seq, time, *(body[name] for name in names)) for seq, time, body in found)

    def generation(self) -> Generation:
        """Return the latest generation.

        Raises:
            LedgerError: There is none: the record does not begin as a lab's does.
        """
        _, _, body = self._demand("generation")
        return build(Generation, body)

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        return self._all(Generation, self._kind("generation"))

    def epoch(self) -> Epoch:
        """Return the settings in force.

        Raises:
            LedgerError: No epoch was opened: the record does not begin as a lab's does.
        """
        seq, _, body = self._demand("epoch.opened")
        return build(Epoch, {**body, "seq": seq})

    def _epoch(self, row: Row[Any]) -> tuple[int, Epoch]:
        seq, _, body = self._open(row)
        return seq, build(Epoch, {**body, "seq": seq})

    def _before(self, kind: str, seq: int) -> Sequence[Row[Any]]:
        return self._rows(_last_before, which=kind, before=seq)

    def _last_seq(self) -> int:
        return int(self._scalar(_last_seq))

    def calibration(self) -> Calibration | None:
        """Return the current epoch's calibration, if it was made."""
        epoch = self._last("epoch.opened")
        last = self._last("calibration", since=epoch[0] if epoch else 0)
        return build(Calibration, last[2]) if last else None

    def minimised(self) -> Minimised | None:
        """Return what was minimised last, if anything ever was."""
        last = self._last("minimised")
        return build(Minimised, last[2]) if last else None

    def packet(self, identity: str) -> PacketState:
        """Return a review packet and what became of it.

        Raises:
            BadInput: There is none with this id.
        """
        rows = self._rows(_packets.where(packets.c.id == _which), which=identity)
        if not rows:
            raise BadInput(f"there is no packet {identity!r}: `regency review list` lists them.")
        return self._packet(rows[0])

    def packets(self, status: str | None = None) -> tuple[PacketState, ...]:
        """Return review packets, oldest first, with one status or with any."""
        query = _packets.order_by(packets.c.seq)
        if status is not None:
            query = query.where(packets.c.status == status)
        return tuple(map(self._packet, self._rows(query)))

    def decisions(self, item: str) -> tuple[Decision, ...]:
        """Return the decisions on an item, oldest first."""
        return self._all(Decision, self._rows(_decisions, which=item))

    def said(self, *answers: str) -> tuple[Decision, ...]:
        """Return all decisions, or those with one of ``answers``, oldest first."""
        every = self._all(Decision, self._kind("decision"))
        return tuple(decision for decision in every if not answers or decision.answer in answers)

    def paused(self) -> str | None:
        """Return why the lab is paused, or None."""
        paused = self._last("paused")
        if paused is None or self._last("resumed", since=paused[0]) is not None:
            return None
        return str(paused[2]["reason"])

    def sandboxes(self) -> tuple[Mapping[str, Json], ...]:
        """Return what was noted of the latest run's sandboxes: levels below the epoch's, survivors.

        Each has ``level`` and ``survivors_ended``, the number of processes that an earlier run
        had left and that were ended.
        """
        run = self._last("run.started")
        return tuple(self._body(row.text) for row in self._kind("sandbox", run[0])) if run else ()

    def written(
        self, kind: str, by: str = "", *, whole: bool = True
    ) -> tuple[Mapping[str, Json], ...]:
        """Return bodies of one kind, oldest first, of one actor or all; with large texts or not."""
        found = [json.loads(row.text) for row in self._kind(kind)]
        bodies = (e["body"] for e in found if by in ("", e["actor"]["name"]))
        return tuple(self._unpack(body) if whole else body for body in bodies)

    def notes(self) -> tuple[Note, ...]:
        """Return the notebook's pages, oldest first."""
        return self._all(Note, self._kind("note"))

    def last_human_time(self) -> str | None:
        """Return when a human last did something here, or None."""
        rows = self._rows(_total, which="human")
        return str(self._scalar(_time, which=int(rows[0].value))) if rows else None

    def counts(self) -> Counts:
        """Return the totals for status."""
        found = {row.name: row.value for row in self._rows(select(totals))}
        answers = {
            name.removeprefix("answer:"): int(value)
            for name, value in sorted(found.items())
            if name.startswith("answer:") and value
        }
        return Counts(
            candidates=int(found.get("candidates", 0)),
            answers=answers,
            trials=int(found.get("trials", 0)),
            faults=int(found.get("faults", 0)),
            cpu_s=found.get("cpu_s", 0.0),
            nominations=int(found.get("nominations", 0)),
            promotions=int(found.get("promotions", 0)),
            entries=self._last_seq() + 1,
        )

    def _rows(self, query: Select[Any], **values: object) -> Sequence[Row[Any]]:
        with translated(self._engine), self._engine.connect() as connection:
            return connection.execute(query, values).all()

    def _scalar(self, query: Select[Any], **values: object) -> Any:
        return self._rows(query, **values)[0][0]

    def _total(self, name: str) -> float:
        rows = self._rows(_total, which=name)
        return float(rows[0].value) if rows else 0.0

    def _body(self, text: str) -> Mapping[str, Json]:
        return self._unpack(json.loads(text)["body"])

    def _open(self, row: Row[Any]) -> tuple[int, str, Mapping[str, Json]]:
        return row.seq, row.time, self._body(row.text)

    def _build(self, kind: type[Record], text: str) -> Record:
        return build(kind, self._body(text))

    def _all(self, kind: type[Record], rows: Sequence[Row[Any]]) -> tuple[Record, ...]:
        return tuple(self._build(kind, row.text) for row in rows)

    def _first(self, kind: type[Record], rows: Sequence[Row[Any]]) -> Record | None:
        return self._build(kind, rows[0].text) if rows else None

    def _kind(self, kind: str, since: int = 0) -> Sequence[Row[Any]]:
        return self._rows(_all_of_kind, which=kind, since=since)

    def _last(self, kind: str, since: int = 0) -> tuple[int, str, Mapping[str, Json]] | None:
        rows = self._rows(_last_of_kind, which=kind, since=since)
        return self._open(rows[0]) if rows else None

    def _demand(self, kind: str) -> tuple[int, str, Mapping[str, Json]]:
        last = self._last(kind)
        if last is None:
            raise LedgerError(f"the record has no {kind!r} entry: restore the lab's database.")
        return last

    def _stand(self, row: Row[Any]) -> Standing:
        values = row._asdict()
        names = Standing.__slots__[1:]
        return Standing(self._build(Candidate, row.text), *(values[name] for name in names))

    def _packet(self, row: Row[Any]) -> PacketState:
        packet = self._build(Packet, row.text)
        return PacketState(packet, row.status, row.reason, row.seq, row.time)


def _confirm_split(epoch: Epoch) -> dict[str, str]:
    return {path: digest for path, digest in epoch.data.items() if path.startswith("confirm/")}
