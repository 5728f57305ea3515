"""A lab's record as a stream: candidates from proposed to ratified, with what stopped the work."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from regency.errors import BadInput
from regency.measure.bottleneck.amounts import lasting
from regency.measure.bottleneck.items import Item, Sign, Stream
from regency.measure.bottleneck.spans import Span, minus, total, union
from regency.records import ActorKind, Answer, Entry, Json

STAGES = ("proposed", "judged", "shown", "decided", "ratified")
START = "c0"  # the starting point: nobody proposed it
DECIDED = ("approved", "rejected")
UNKNOWN = (
    "How long a human really read is not in the record: the wait from shown to decided holds both.",
    "Review minutes are those that the packets say it should take.",
    "When work on a proposal began is not in the record, only when it was handed in.",
)


@dataclass(slots=True)
class _Review:
    """One packet: its promotions, when it was shown and closed, and how."""

    shown: float
    candidates: tuple[str, ...]
    minutes: float
    closed: float | None = None
    status: str = "open"
    by: str = ""


@dataclass(slots=True)
class _Record:
    """What was read of the entries so far."""

    created: float = 0.0
    simulated: bool = False
    proposed: dict[str, float] = field(default_factory=dict)
    judged: dict[str, tuple[float, str]] = field(default_factory=dict)
    reviews: dict[str, _Review] = field(default_factory=dict)
    ratified: dict[str, float] = field(default_factory=dict)
    running: list[Span] = field(default_factory=list)
    paused: list[Span] = field(default_factory=list)
    began: float | None = None
    halted: float | None = None
    seen: float = 0.0
    backwards: int = 0
    decisions: int = 0
    rules: int = 0
    again: int = 0
    count: int = 0


def stream(name: str, entries: Iterable[Entry], until: float) -> Stream:
    """Return what a lab's record says of its reviews.

    Args:
        name: The lab's name.
        entries: The ledger's entries, in order.
        until: End of what is observed, Unix seconds; later entries are left out.

    Raises:
        BadInput: Nothing was recorded by then.
    """
    record = _Record()
    for entry in entries:
        moment = datetime.fromisoformat(entry.time).timestamp()
        if moment <= until:
            _take(record, entry, moment)
    if not record.count:
        raise BadInput(f"the lab {name} had no entries at the time asked about: give a later --at.")
    return _made(name, record, until)


def _made(name: str, record: _Record, until: float) -> Stream:
    if record.began is not None:
        record.running.append((record.began, until))
    if record.halted is not None:
        record.paused.append((record.halted, until))
    whole = ((record.created, until),)
    paused = union(record.paused)
    items = _items(record)
    return Stream(
        source="lab", name=name, revision=str(record.count), stages=STAGES, items=items,
        since=record.created, until=until, human=(2, 3), path=(0, 4), paused=paused,
        stopped=minus(whole, (*record.running, *paused)), minutes=_minutes(record),
        problems=tuple(_problems(record, paused, items)), unknown=UNKNOWN, signed=True,
    )  # fmt: skip


def _take(record: _Record, entry: Entry, moment: float) -> None:
    record.count += 1
    record.backwards += moment < record.seen
    body, kind = entry.body, entry.kind
    if kind == "lab.created":
        record.created, record.simulated = moment, bool(body.get("simulated"))
    elif kind == "candidate" and body["id"] != START:
        record.proposed[body["id"]] = moment
    elif kind == "verdict":
        record.judged[body["candidate"]] = (moment, body["answer"])
    elif kind == "packet":
        line = tuple(v["candidate"] for v in body["evidence"])
        record.reviews[body["id"]] = _Review(moment, line, float(body["minutes"]))
    elif kind == "packet.closed":
        review = record.reviews[body["packet"]]
        review.closed, review.status, review.by = moment, body["status"], entry.actor.name
    elif kind == "generation" and body.get("packet"):
        record.ratified[body["packet"]] = moment
    elif kind == "decision":
        _decision(record, entry.actor.kind, body)
    else:
        _switch(record, kind, moment)
    record.seen = max(record.seen, moment)


def _decision(record: _Record, kind: ActorKind, body: Mapping[str, Json]) -> None:
    record.decisions += kind in (ActorKind.HUMAN, ActorKind.SIMULATED_HUMAN)
    record.rules += body["item"].startswith("lab-")
    record.again += body["answer"] == "request-changes"


def _switch(record: _Record, kind: str, moment: float) -> None:
    """Follow what runs and what is paused; a run that was killed ended with its last entry."""
    if kind == "run.started":
        if record.began is not None:
            record.running.append((record.began, record.seen))
        record.began = moment
    elif kind == "run.stopped" and record.began is not None:
        record.running.append((record.began, moment))
        record.began = None
    elif kind == "paused" and record.halted is None:
        record.halted = moment
    elif kind == "resumed" and record.halted is not None:
        record.paused.append((record.halted, moment))
        record.halted = None


def _items(record: _Record) -> tuple[Item, ...]:
    of: dict[str, list[str]] = defaultdict(list)
    for packet, review in record.reviews.items():
        for candidate in review.candidates:
            of[candidate].append(packet)
    made = (_item(record, c, t, of[c]) for c, t in record.proposed.items())
    return tuple(sorted(made, key=lambda i: (i.arrived or i.times[0] or 0.0, i.id)))


def _item(record: _Record, candidate: str, proposed: float, packets: Sequence[str]) -> Item:
    judged, answer = record.judged.get(candidate, (None, ""))
    reviews = [record.reviews[p] for p in packets]
    closing = next((p for p in packets if record.reviews[p].status in DECIDED), "")
    shown = min((r.shown for r in reviews), default=None)
    decided = record.reviews[closing].closed if closing else None
    ratified = record.ratified.get(closing)
    times = (proposed, judged, shown, decided, ratified)
    left = decided if ratified is None else None
    if decided is None:
        left = _left(reviews, judged, answer)
    sign = Sign.REVIEWED if decided is not None else Sign.WAITING
    by = record.reviews[closing].by if closing else ""
    return Item(candidate, times, shown, decided, left, sign, by, closing)


def _left(reviews: Sequence[_Review], judged: float | None, answer: str) -> float | None:
    """Return when a candidate that nobody decided on left: not better, or its packets closed."""
    if not reviews:
        return judged if answer != Answer.BETTER else None
    if any(review.status == "open" for review in reviews):
        return None
    return max(review.closed for review in reviews if review.closed is not None)


def _minutes(record: _Record) -> tuple[float, float] | None:
    done = [r for r in record.reviews.values() if r.status in DECIDED] or [
        r for r in record.reviews.values() if r.status == "open"
    ]
    promotions = {c for review in done for c in review.candidates}
    if not promotions:
        return None
    mean = sum(review.minutes for review in done) / len(promotions)
    return mean, mean


def _problems(record: _Record, paused: Sequence[Span], items: Sequence[Item]) -> Iterable[str]:
    if record.simulated:
        yield "The humans of this lab are simulated: its waits say nothing of real reviewers."
    if not record.decisions:
        yield "No human has decided anything yet: nothing is known of how fast they are."
    if record.backwards:
        yield (
            f"{record.backwards:,} entries are dated before the one they follow (the clock was "
            "set back): durations across them are too short."
        )
    if (halted := total(paused)) > 0:
        yield (
            f"The lab was paused for {lasting(halted)} in all: that time is told apart, "
            "and counts as human only in the upper bound."
        )
    if record.again:
        yield f"{record.again:,} decisions asked for changes: those packets went on waiting."
    if record.rules:
        yield f"{record.rules:,} decisions were on the lab's rules: their waits are unknown."
    if withdrawn := sum(
        i.arrived is not None and i.left is not None and i.served is None for i in items
    ):
        yield f"{withdrawn:,} promotions were shown and withdrawn undecided: they wait no longer."
