import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.config import Lead
from regency.oversee import policy, risk
from regency.oversee.authors import owners
from regency.oversee.groups import groups, with_only
from regency.oversee.lead import held
from regency.oversee.packet import build
from regency.oversee.queue import order
from regency.records import (
    Agent,
    Answer,
    Candidate,
    Change,
    ClaimCheck,
    Factor,
    Generation,
    Packet,
    Verdict,
    plain,
)
from regency.records import (
    build as revive,
)
from regency.repo import diff

BASE = {
    "train.py": b"RATE = 1e-3\nA = 1\nB = 2\nC = 3\nWIDTH = 64\n\n\ndef f():\n    return 1\n",
    "notes.txt": b"one\ntwo\n",
}
AGENT = Agent("mutate", "mutate")


def changed(files: dict[str, bytes], path: str, old: bytes, new: bytes) -> dict[str, bytes]:
    assert old in files[path]
    return files | {path: files[path].replace(old, new)}


ONE = changed(BASE, "train.py", b"RATE = 1e-3", b"RATE = 3e-3")
TWO = changed(ONE, "train.py", b"WIDTH = 64", b"WIDTH = 128")
STEPS = {"c0": BASE, "c1": ONE, "c2": TWO}
FIRST = Candidate(
    "c1", "1" * 40, "", "c0", AGENT, "Set RATE.",
    ("changes only RATE in train.py from 1e-3 to 3e-3",), paths=("train.py",),
)  # fmt: skip
SECOND = Candidate(
    "c2", "2" * 40, "", "c1", Agent("coder", "llm"), "Only the rate changes.",
    ("changes only WIDTH in train.py from 64 to 128",), paths=("train.py",),
)  # fmt: skip


def verdict(candidate: str, effect: float) -> Verdict:
    return Verdict(
        candidate, Answer.BETTER, "confirm", "r", "c0", 1, effect, 0.1, 0.3, 99.0, 0.01, 5
    )


def take(files=None, **more) -> Packet:
    given = {
        "number": 3,
        "base": Generation(0, "c0", "0" * 40, "generation/0"),
        "base_files": BASE,
        "head": SECOND,
        "head_files": TWO,
        "verdicts": [verdict("c1", 0.2), verdict("c2", 0.1)],
        "candidates": [FIRST, SECOND],
        "epoch": 1,
        "trust": "blind",
        "noise_sd": 0.02,
    }
    return build(**(given | more), files=files)


def test_separate_changes_with_their_own_story():
    packet = take(files=STEPS.__getitem__)
    assert (packet.id, packet.base_commit, packet.head_commit) == ("p3", "0" * 40, "2" * 40)
    assert packet.gain_sd == pytest.approx(15.0)
    assert packet.lines == 4
    assert sorted(change.id for change in packet.changes) == ["p3.1", "p3.2"]
    rate, width = sorted(packet.changes, key=lambda change: "WIDTH" in change.title)
    assert rate.title == "train.py: RATE 1e-3 → 3e-3"
    assert "-RATE = 1e-3\n+RATE = 3e-3\n" in rate.diff
    assert "WIDTH = 128" not in rate.diff
    assert (rate.candidates, rate.agents) == (("c1",), {"mutate": 1})
    assert (width.candidates, width.agents) == (("c2",), {"coder": 1})
    assert [check.result for check in rate.claims] == ["holds"]
    assert [check.result for check in width.claims] == ["holds", "fails"]
    assert any(factor.name == "claim fails" for factor in width.factors)
    assert width.risk > rate.risk
    assert packet.risk == width.risk
    assert packet.minutes == pytest.approx(sum(c.minutes for c in packet.changes))
    text = json.dumps(plain(packet.evidence), sort_keys=True, separators=(",", ":"))
    assert packet.evidence_digest == hashlib.sha256(text.encode()).hexdigest()
    assert revive(Packet, json.loads(json.dumps(plain(packet)))) == packet


def test_without_the_steps_claims_of_several_candidates_are_unknown():
    packet = take()
    assert {check.result for change in packet.changes for check in change.claims} == {"unknown"}
    assert all(change.candidates for change in packet.changes)
    alone = take(head=FIRST, head_files=ONE, candidates=[FIRST], verdicts=[verdict("c1", 0.2)])
    assert [check.result for check in alone.changes[0].claims] == ["holds"]
    assert alone.changes[0].agents == {"mutate": 1}


def test_policy_sees_the_packet():
    head = changed(TWO, "train.py", b"    return 1", b"    import socket\n    return 1")
    packet = take(head_files=head)
    facts = policy.facts_of(packet, autonomy="supervised")
    assert facts["gain_sd"] == pytest.approx(15.0)
    assert facts["lines"] == 5
    assert set(facts["touches"]) >= {"network", "imports", "train.py"}
    assert facts["agents"] == ["coder", "mutate"]


def test_nothing_changed_and_whole_files():
    assert take(head_files=BASE).changes == ()
    head = {"train.py": BASE["train.py"], "new.py": b"x = 1\n", "blob": b"\0\1", "empty": b""}
    packet = take(head_files=head)
    assert sorted(path for change in packet.changes for path in change.paths) == [
        "blob", "empty", "new.py", "notes.txt"
    ]  # fmt: skip


def test_hunks_that_share_a_new_name_or_a_definition_stay_together():
    head = changed(TWO, "train.py", b"A = 1", b"A = 1\nFRESH = 5")
    head = changed(head, "train.py", b"return 1", b"return FRESH")
    found = {tuple(sorted(p.code[3] for p in group.pieces)) for group in groups(BASE, head)}
    assert len(found) == 3
    assert any(len(places) == 2 for places in found)


LINES = st.lists(
    st.sampled_from(["a = 1", "b = 2", "c = a", "d = 4", "", "def f(): pass"]), max_size=12
)
TREES = st.dictionaries(st.sampled_from(["m.py", "n.py", "t.txt"]),
                        LINES.map(lambda lines: "\n".join(lines).encode()))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(TREES, TREES)
def test_groups_divide_the_difference_and_add_up_to_it(before, after):
    found = groups(before, after)
    pieces = [piece for group in found for piece in group.pieces]
    assert len(set(pieces)) == len(pieces)
    changed_paths = {p for p in {*before, *after} if before.get(p) != after.get(p)}
    assert {piece.path for piece in pieces} == changed_paths
    if len(found) == 1:
        assert with_only(found[0], before, after) == after
    alone = [with_only(group, before, after) for group in found]
    added = sum(diff.changed_lines_of(before, one)[0] for one in alone)
    assert added == diff.changed_lines_of(before, after)[0]


def test_neighbouring_settings_are_decided_apart_and_long_statements_whole():
    before = {"m.py": b"A = 1\nB = 2\nC = {\n    'x': 1,\n    'y': 2,\n}\n", "t.txt": b"1\n2\n3\n"}
    after = {"m.py": b"A = 5\nB = 6\nC = {\n    'x': 7,\n    'y': 8,\n}\n", "t.txt": b"4\n2\n5\n"}
    assert [len(group.pieces) for group in groups(before, after)] == [1, 1, 2, 2]


def test_owners_follow_lines_through_versions():
    found = owners([("", {"f": b"1\n2\n3\n"}), ("c1", {"f": b"0\n1\n2\n3\n"}),
                    ("c2", {"f": b"0\n1\n3\n4\n", "g": b"x"})])  # fmt: skip
    assert found == {"f": ["c1", "", "", "c2"], "g": ["c2"]}


def names(before: bytes, after: bytes, **signals) -> set[str]:
    found = risk.factors({"m.py": before}, {"m.py": after}, [], [], risk.Signals(**signals))
    return {factor.name for factor in found if factor.points > 0}


def test_risk_factors_have_reasons_and_combine():
    text = b"x = 1\n"
    assert names(text, b"x = 2\n") == {"size"}
    assert "touches processes" in names(text, b"import subprocess\nsubprocess.run('x')\n")
    assert "touches unreadable code" in names(text, b"x = (\n")
    assert "complexity" in names(text, b"x = 1\nfor x in y:\n    pass\n")
    assert names(text, text, gain_sd=40.0) == {"surprise"}
    assert names(text, text, gain_sd=5.0) == set()
    boundary = risk.Boundary({"c1": "network: unreachable"}, {"m": ["to decide: approve p1"]})
    mine = {"boundary": boundary, "candidates": ("c1",), "authors": ("m",)}
    assert names(text, text, disagreement_sd=4.0, trust="self-reported", **mine) == {
        "splits disagree", "sandbox denials", "attempts", "self-reported"
    }  # fmt: skip
    assert names(text, text, boundary=boundary, candidates=("c2",), authors=("n",)) == set()
    assert "novelty" in names(text, b"def walk(tree, depth, seen):\n    pass\n")
    assert "novelty" not in names(
        b"def walk(tree, depth): pass\n", b"def walk(depth, tree): pass\n"
    )
    assert names(text, text, record={"m": (1, 3)}, authors=("m",)) == {"author's record"}
    assert risk.combined([Factor("a", 0.5, ""), Factor("b", 0.5, "")]) == 0.75
    assert risk.combined([]) == 0.0
    failed = (ClaimCheck("c", "fails", "why"),)
    (factor,) = risk.factors({}, {}, [], failed, risk.Signals())
    assert "why" in factor.reason


def test_the_queue_puts_risk_per_minute_first():
    def change(name: str, risk_of: float, minutes: float) -> Change:
        return Change(name, "", (), "", risk=risk_of, minutes=minutes)

    items = [change("long", 0.6, 30), change("short", 0.4, 2), change("calm", 0.0, 1),
             change("calmer", 0.0, 5)]  # fmt: skip
    assert [c.id for c in order(items)] == ["short", "long", "calm", "calmer"]


def test_the_lead_is_bounded():
    packet = take()
    bound = Lead.model_validate({"review_minutes": 30, "generations": 2})
    assert held([], bound) == ""
    assert held([packet], bound) == ""
    assert "2 packets" in held([packet, packet], bound)
    tight = Lead.model_validate({"review_minutes": 1, "generations": 9})
    assert "minutes of review" in held([packet], tight)
    assert held([], Lead.model_validate({"review_minutes": 0, "generations": 1})) == ""
