"""Ledger entries as a stream: packets, decisions, pauses and runs that ended badly."""

from datetime import UTC, datetime

import pytest

from regency.errors import BadInput
from regency.measure.bottleneck import entries
from regency.measure.bottleneck.items import Sign, Stream, Wish
from regency.measure.bottleneck.share import ceiling, counted
from regency.records import Actor, ActorKind, Entry

HOUR = 3600.0
START = 1_700_000_000.0
HUMAN, SYSTEM = Actor(ActorKind.HUMAN, "Ada"), Actor(ActorKind.SYSTEM, "regency")


class Lab:
    """A ledger written by hand; times in hours."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.at(0, "lab.created", simulated=False)

    def at(self, hour: float, kind: str, by: Actor = SYSTEM, **body) -> "Lab":
        time = datetime.fromtimestamp(START + hour * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.entries.append(Entry(len(self.entries), time, by, kind, body))
        return self

    def candidate(self, hour: float, name: str) -> "Lab":
        return self.at(hour, "candidate", id=name)

    def verdict(self, hour: float, name: str, answer: str = "better") -> "Lab":
        return self.at(hour, "verdict", candidate=name, answer=answer)

    def packet(self, hour: float, name: str, *candidates: str, minutes: float = 10) -> "Lab":
        evidence = [{"candidate": c} for c in candidates]
        return self.at(hour, "packet", id=name, evidence=evidence, minutes=minutes)

    def decision(self, hour: float, item: str, answer: str) -> "Lab":
        return self.at(hour, "decision", HUMAN, item=item, answer=answer)

    def closed(self, hour: float, packet: str, status: str) -> "Lab":
        return self.at(hour, "packet.closed", HUMAN, packet=packet, status=status)

    def approved(self, hour: float, packet: str) -> "Lab":
        self.decision(hour, packet, "approve").closed(hour, packet, "approved")
        return self.at(hour, "generation", HUMAN, number=1, packet=packet)

    def stream(self, until: float = 100) -> Stream:
        return entries.stream("toy", self.entries, START + until * HOUR)


def hours(stream: Stream, item: str) -> list[float | None]:
    found = next(i for i in stream.items if i.id == item)
    return [None if t is None else (t - START) / HOUR for t in found.times]


def spans(found) -> list[tuple[float, float]]:
    return [((a - START) / HOUR, (b - START) / HOUR) for a, b in found]


def test_a_candidate_goes_from_proposed_to_ratified():
    lab = Lab().candidate(0, "c0").candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1")
    stream = lab.approved(7, "p1").stream()
    assert hours(stream, "c1") == [1, 2, 2, 7, 7]
    assert [i.id for i in stream.items] == ["c1"], "nobody proposed the starting point"
    assert stream.minutes == (10, 10)
    assert stream.items[0].sign is Sign.REVIEWED and stream.items[0].reviewer == "Ada"


def test_what_is_not_better_leaves_without_being_shown():
    item = Lab().candidate(1, "c1").verdict(2, "c1", "not better").stream().items[0]
    assert (item.arrived, item.served) == (None, None)
    assert item.left == START + 2 * HOUR


def test_a_later_packet_holds_what_was_promoted_before():
    lab = Lab().candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1")
    lab.candidate(3, "c2").verdict(4, "c2").packet(4, "p2", "c1", "c2")
    lab.approved(9, "p1").closed(9, "p2", "stale").packet(9, "p3", "c2")
    stream = lab.stream()
    assert hours(stream, "c1") == [1, 2, 2, 9, 9]
    assert hours(stream, "c2") == [3, 4, 4, None, None]
    assert next(i for i in stream.items if i.id == "c2").left is None, "it waits in p3"
    lab.approved(11, "p3")
    assert hours(lab.stream(), "c2") == [3, 4, 4, 11, 11], "its wait began with p2"


def test_rejected_is_decided_and_the_rest_is_withdrawn():
    lab = Lab().candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1")
    lab.candidate(3, "c2").verdict(4, "c2").packet(4, "p2", "c1", "c2")
    lab.decision(6, "p1", "reject").closed(6, "p1", "rejected").closed(6, "p2", "stale")
    stream = lab.stream()
    assert hours(stream, "c1") == [1, 2, 2, 6, None]
    withdrawn = next(i for i in stream.items if i.id == "c2")
    assert (withdrawn.served, withdrawn.left) == (None, START + 6 * HOUR)
    assert any("withdrawn" in p for p in stream.problems)


def test_a_request_for_changes_keeps_it_waiting():
    lab = Lab().candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1")
    stream = lab.decision(5, "p1", "request-changes").stream()
    assert hours(stream, "c1")[3] is None
    assert any("asked for changes" in p for p in stream.problems)


def test_pauses_and_killed_runs_are_told_apart():
    lab = Lab().at(1, "run.started", pid=1).candidate(2, "c1").at(3, "run.stopped", reason="")
    lab.at(5, "paused", HUMAN, reason="lunch").at(30, "resumed", HUMAN, reason="")
    lab.at(31, "run.started", pid=2).candidate(32, "c2").at(40, "run.started", pid=3)
    stream = lab.stream(50)
    assert spans(stream.paused) == [(5, 30)]
    assert spans(stream.stopped) == [(0, 1), (3, 5), (30, 31), (32, 40)], (
        "killed after its last word"
    )
    assert any("paused for 25 h" in p for p in stream.problems)


def test_a_pause_that_nobody_ended_lasts():
    assert spans(Lab().at(5, "paused", HUMAN, reason="").stream(9).paused) == [(5, 9)]


def test_the_human_share_lies_between_its_waits_and_all_that_stood_still():
    lab = Lab().at(0, "run.started", pid=1)
    for n in range(1, 11):
        start = n * 10.0
        lab.candidate(start, f"c{n}").at(start + 1, "paused", HUMAN, reason="")
        lab.at(start + 3, "resumed", HUMAN, reason="").verdict(start + 4, f"c{n}")
        lab.packet(start + 4, f"p{n}", f"c{n}").approved(start + 8, f"p{n}")
    found = ceiling(lab.stream(200), Wish())
    assert found.share.value is None
    assert found.share.low == pytest.approx(4 / 8)
    assert found.share.high == pytest.approx(6 / 8)
    assert found.speedup.high == pytest.approx(2.0)
    assert found.paused_s == pytest.approx(20 * HOUR)


def test_unreviewed_counts_what_was_shown_and_not_decided():
    lab = Lab().candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1").approved(3, "p1")
    lab.candidate(4, "c2").verdict(5, "c2").packet(5, "p2", "c2").candidate(6, "c3")
    found = counted(lab.stream(), Wish())
    assert found.unreviewed.value == 0.5
    assert found.signs == {str(Sign.REVIEWED): 1, str(Sign.WAITING): 1}


def test_a_lab_without_decisions_says_so_and_a_clock_set_back_too():
    stream = Lab().candidate(5, "c1").candidate(4, "c2").stream()
    assert any("No human has decided" in p for p in stream.problems)
    assert any("clock was set back" in p for p in stream.problems)
    assert stream.minutes is None


def test_nothing_before_the_time_asked_about_is_an_error():
    with pytest.raises(BadInput, match="later --at"):
        Lab().stream(-1)


def test_later_entries_are_not_looked_at():
    lab = Lab().candidate(1, "c1").verdict(2, "c1").packet(2, "p1", "c1").approved(7, "p1")
    assert hours(lab.stream(5), "c1") == [1, 2, 2, None, None]
