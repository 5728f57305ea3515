import pytest

from regency.errors import BadInput, LedgerError
from regency.ledger import Blobs, LabKey, Log
from regency.records import Actor, ActorKind, Answer, Change, Decision, Packet, plain
from regency.store import Store

HUMAN = Actor(ActorKind.HUMAN, "Ada")


def ids(rows):
    return [row.record.id for row in rows]


def test_an_empty_store(lab):
    store = lab.store
    assert store.champion() == ""
    assert store.next_candidate_number() == 0
    assert store.next_nomination() == (1, 0)
    assert store.calibration() is store.paused() is None
    for demand in (store.generation, store.epoch):
        with pytest.raises(LedgerError, match="restore"):
            demand()
    assert store.verdict("c1") is store.trial("x") is store.last_human_time() is None
    assert store.counts().entries == 0
    for ask in (store.candidate, store.packet):
        with pytest.raises(BadInput):
            ask("c1")


def test_candidates_and_where_they_stand(lab):
    for number, parent in ((0, ""), (1, "c0"), (2, "c0"), (3, "c1")):
        lab.candidate(number, parent)
    lab.trial("search/c1/0", "c1")
    lab.trial("search/c1/1", "c1", score=None)
    lab.verdict("c1", "not better", effect=-0.25)
    lab.verdict("c2", "undecided", effect=0.5)
    store = lab.store
    one = store.candidate("c1")
    assert (one.record.parent, one.number, one.answer, one.gate) == (
        "c0",
        1,
        "not better",
        "search",
    )
    assert (one.gain, one.effect, one.trials, one.promoted) == (-0.25, -0.25, 2, False)
    assert ids(store.candidates()) == ["c3", "c2", "c1", "c0"]
    assert ids(store.candidates(2, newest_first=False)) == ["c0", "c1"]
    assert ids(store.candidates(answer="undecided")) == ["c2"]
    assert ids(store.children("c0")) == ["c1", "c2"]
    assert ids(store.unjudged()) == ["c3"]
    assert ids(store.best(5)) == ["c2", "c1"]
    assert store.next_candidate_number() == 4
    assert [(b.id, b.parent) for b in store.lineage()][-1] == ("c3", "c1")


def test_trials_by_key_and_candidate(lab):
    lab.candidate(0)
    lab.trial("calibrate/0", "c0", "calibrate")
    lab.trial("search/c0/0", "c0")
    trial = lab.store.trial("search/c0/0")
    assert (trial.candidate, trial.seed, trial.outcomes[0].cpu_s) == ("c0", 1 << 60, 1.5)
    assert [t.key for t in lab.store.trials("c0")] == ["calibrate/0", "search/c0/0"]
    assert [t.key for t in lab.store.trials("c0", "calibrate")] == ["calibrate/0"]


def test_nominations_count_within_the_generation_they_started_in(lab):
    for number in range(4):
        lab.candidate(number)
    lab.generation(0)
    lab.nominate(1, "c1", gain=0.75)
    assert lab.store.open_nomination().candidate == "c1"
    lab.verdict("c1", "better", "search", effect=0.75)
    assert lab.store.open_nomination().candidate == "c1"
    lab.verdict("c1", "better", "confirm", effect=0.5, nomination=1)
    assert lab.store.open_nomination() is None
    assert lab.store.next_nomination() == (2, 1)
    assert (lab.store.candidate("c1").gain, lab.store.candidate("c1").effect) == (0.75, 0.5)
    lab.nominate(2, "c2")
    lab.generation(1, "c1")
    assert lab.store.next_nomination() == (1, 0)
    lab.verdict("c2", "better", "confirm", nomination=2)
    assert lab.store.next_nomination() == (1, 0)
    lab.nominate(1, "c3")
    assert [n.index for n in lab.store.nominations()] == [1, 2, 1]
    assert [n.candidate for n in lab.store.nominations(open_only=True)] == ["c3"]


def test_the_latest_tests_are_those_of_the_epoch_in_force(lab):
    opened = {"config": "ab", "data": {"x": "cd"}, "reason": "r"}
    for number in range(4):
        lab.candidate(number)
    lab.add("epoch.opened", number=1, level="A", startup_cpu_s=0.5, **opened)
    lab.generation(0)
    lab.nominate(1, "c1")
    lab.verdict("c1", "better", "confirm", nomination=1)
    assert [v.candidate for v in lab.store.tests(9)] == ["c1"]
    lab.add("epoch.opened", number=2, level="A", startup_cpu_s=0.5, **opened)
    assert lab.store.tests(9) == []
    lab.nominate(2, "c2")
    lab.verdict("c2", "not better", "search")
    lab.verdict("c2", "undecided", "confirm", nomination=2)
    lab.nominate(3, "c3")
    lab.verdict("c3", "not better", "confirm", nomination=3)
    assert [v.candidate for v in lab.store.tests(9)] == ["c2", "c3"]
    assert [v.candidate for v in lab.store.tests(1)] == ["c3"]


def test_verdicts_and_what_was_judged_since(lab):
    lab.candidate(0)
    lab.candidate(1)
    first = lab.verdict("c1", "undecided")
    second = lab.verdict("c1", "not better")
    assert lab.store.verdict("c1").answer is Answer.NOT_BETTER
    assert [v.answer for v in lab.store.verdicts("c1")] == ["undecided", "not better"]
    assert [seq for seq, _, _ in lab.store.judged_since(-1)] == [first.seq, second.seq]
    ((seq, candidate, verdict),) = lab.store.judged_since(first.seq)
    assert (seq, candidate.id, verdict.answer) == (second.seq, "c1", "not better")


def test_the_champion_moves(lab):
    lab.candidate(0)
    lab.candidate(1)
    lab.champion("c0")
    lab.champion("c1", "c0", nomination=1)
    assert lab.store.champion() == "c1"
    assert [(m.candidate, m.previous) for m in lab.store.champion_moves()] == [
        ("c0", ""),
        ("c1", "c0"),
    ]
    assert lab.store.candidate("c1").promoted
    assert lab.store.counts().promotions == 1


def test_an_epoch_has_its_own_calibration(lab):
    opened = {"config_text": "", "config_digest": "", "files": {}, "data": {"x": "ab"}}
    calibration = {
        "candidate": "c0",
        "pairs": 4,
        "noise_sd": 0.5,
        "differences": [0.5, 1],
        "search_mean": 2.0,
        "runs": 8,
        "repeatable": True,
        "seed_gap": 0.0,
        "e_process": "t",
        "why": "",
    }
    lab.add("epoch.opened", number=1, level="A", startup_cpu_s=0.5, **opened)
    assert lab.store.calibration() is None
    lab.add("calibration", **calibration)
    assert lab.store.calibration().differences == (0.5, 1.0)
    lab.add("epoch.opened", number=2, level="A", startup_cpu_s=0.5, **opened)
    assert (lab.store.epoch().number, lab.store.epoch().data) == (2, {"x": "ab"})
    assert lab.store.calibration() is None


def test_packets_decisions_and_generations(lab):
    lab.packet(1)
    lab.packet(2)
    lab.add("packet.closed", packet="p1", status="superseded", reason="p2 holds more")
    lab.log.append(HUMAN, "decision", plain(Decision("p2", "approve", HUMAN, "fine")))
    store = lab.store
    assert [p.packet.id for p in store.packets()] == ["p1", "p2"]
    assert [p.packet.id for p in store.packets("open")] == ["p2"]
    assert store.packets()[1].packet is store.packets("open")[0].packet  # read once, told twice
    assert (store.packet("p1").status, store.packet("p1").reason) == ("superseded", "p2 holds more")
    assert store.decisions("p2")[0].by == HUMAN
    assert store.decisions("p1") == ()
    lab.generation(0)
    lab.generation(1)
    assert store.generation().number == 1
    assert [g.number for g in store.generations()] == [0, 1]


def test_pausing_and_the_last_human(lab):
    lab.add("paused", reason="nobody there")
    assert lab.store.paused() == "nobody there"
    assert lab.store.last_human_time() is None
    entry = lab.log.append(HUMAN, "resumed", {"reason": "back"})
    assert lab.store.paused() is None
    assert lab.store.last_human_time() == entry.time
    lab.add("paused", reason="again")
    assert lab.store.paused() == "again"


def test_counts(lab):
    for number in range(3):
        lab.candidate(number)
    lab.trial("a", "c1")
    lab.trial("b", "c1", score=None)
    lab.verdict("c1", "undecided")
    lab.verdict("c1", "invalid")
    lab.nominate(1, "c2")
    counts = lab.store.counts()
    assert (counts.candidates, counts.answers) == (3, {"": 2, "invalid": 1})
    assert (counts.trials, counts.faults, counts.cpu_s) == (2, 1, 3.0)
    assert (counts.nominations, counts.entries) == (1, 8)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lab: lab.candidate(0),
        lambda lab: lab.trial("t", "c0"),
        lambda lab: lab.trial("new", "c9"),
        lambda lab: lab.verdict("c9", "better"),
        lambda lab: lab.verdict("c0", "better", "confirm", nomination=7),
        lambda lab: lab.champion("c9"),
        lambda lab: lab.nominate(1, "c9"),
        lambda lab: lab.add("packet.closed", packet="p1", status="stale", reason=""),
        lambda lab: lab.add("candidate", id="c1"),
        lambda lab: lab.add("candidate", id="d1", commit="", parent="", agent={"name": ""}),
        lambda lab: lab.add("verdict", candidate="c0", answer="splendid", gate="search"),
    ],
)
def test_what_contradicts_the_record_is_refused_whole(lab, spoil):
    lab.candidate(0)
    lab.trial("t", "c0")
    root = lab.log.root
    with pytest.raises(LedgerError, match="nothing"):
        spoil(lab)
    assert lab.log.root == root
    assert lab.log.verify().ok


def test_large_texts_come_back_through_unpack(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    store = Store(tmp_path / "lab.db", unpack=blobs.unpack)
    log = Log(store, LabKey("lab", bytes(32)))
    change = Change("p1.1", "title", ("train.py",), "+x\n" * 40_000)
    packet = Packet("p1", 0, "a", "c1", "b", (), "e", 1, (change,), 1.0, 0.5, "blind")
    with pytest.raises(LedgerError, match="blobs"):
        log.append(HUMAN, "packet", plain(packet))
    log.append(HUMAN, "packet", blobs.pack(plain(packet)))
    assert store.packet("p1").packet == packet
    store.close()
