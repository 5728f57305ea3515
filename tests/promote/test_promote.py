import base64
import json
from pathlib import Path

import pytest
from securesystemslib import dsse as oracle

from regency import promote
from regency.errors import BadInput, LedgerError
from regency.ledger import dsse
from regency.ledger.keys import LabKey
from regency.records import (
    Actor,
    ActorKind,
    Agent,
    Answer,
    Calibration,
    Candidate,
    Change,
    ClaimCheck,
    Decision,
    Generation,
    Outcome,
    Packet,
    Purpose,
    Trial,
    Verdict,
)
from regency.repo.git import Repo

CHECKPOINT = "regency/tiny\n12\nAAAA\n\n— regency/tiny BBBB\n"
VERDICT = Verdict("c5", Answer.BETTER, "confirm", "r", "c0", 1, 0.2, 0.1, 0.3, 99.0, 0.01, 5)
CHANGE = Change(
    "p1.1", "train.py: RATE 1e-3 → 3e-3", ("train.py",), "--- a\n+++ b\n", risk=0.12, minutes=1.0,
    claims=(ClaimCheck("only RATE", "fails", "also WIDTH"),), candidates=("c5",),
    agents={"mutate": 1},
)  # fmt: skip
PACKET = Packet("p1", 0, "0" * 40, "c5", "5" * 40, (VERDICT,), "e" * 64, 1, (CHANGE,), 1.0, 0.12,
                "blind", 10.0, 2)  # fmt: skip
GENERATION = Generation(1, "c5", "5" * 40, "generation/1", "p1", ("Ada",), "a" * 64)
ADA = Decision("p1", "approve", Actor(ActorKind.HUMAN, "Ada"), "clear gain", "key", "small", "d")
CANDIDATE = Candidate("c5", "5" * 40, "", "c0", Agent("mutate", "mutate", "", "1", "f" * 64))
TRIAL = Trial("confirm/1/0/candidate", "c5", Purpose.CONFIRM, "confirm", 77, 2.9,
              outcomes=(Outcome("ok", cpu_s=2.0, wall_s=2.5, level="B"),))  # fmt: skip


def content(**more):
    given = {
        "generation": GENERATION, "packet": PACKET, "decisions": [ADA],
        "candidates": [CANDIDATE, CANDIDATE],
        "calibration": Calibration("c0", 4, 0.02, (0.01,), 3.1, 8, True, 0.0, "t", "usual"),
        "epoch": {"number": 1, "config_text": "long", "config_digest": "9" * 64},
        "ledger_head": CHECKPOINT, "trials": [TRIAL],
    }  # fmt: skip
    return promote.statement(**(given | more))


def test_the_statement_holds_what_an_auditor_asks():
    said = content()
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "generation/1", "digest": {"gitCommit": "5" * 40}}]
    about = said["predicate"]
    assert [p["agent"]["prompt_digest"] for p in about["proposed_by"]] == ["f" * 64]
    assert about["evaluation"] == {"number": 1, "config_digest": "9" * 64}
    assert about["trials"]["seeds"] == {"confirm/1/0/candidate": 77}
    assert (about["trials"]["cpu_s"], about["trials"]["sandbox_levels"]) == (2.0, ["B"])
    assert about["evidence"][0]["low"] == 0.1
    assert about["decisions"][0]["assurance"] == "key"
    assert about["ledger_head"] == CHECKPOINT
    assert about["packet"]["changes"][0]["failed_claims"][0]["reason"] == "also WIDTH"
    assert len(about["packet"]["changes"][0]["diff_sha256"]) == 64
    assert about["two_person_review"] is False
    bob = Decision("p1", "approve", Actor(ActorKind.HUMAN, "Bob"), "yes")
    agent = Decision("p1", "approve", Actor(ActorKind.AGENT, "mutate"), "yes")
    assert content(decisions=[ADA, bob])["predicate"]["two_person_review"] is True
    assert content(decisions=[ADA, ADA, agent])["predicate"]["two_person_review"] is False


def test_the_envelope_is_signed_and_stands_before_a_stranger(tmp_path: Path):
    key = LabKey.create(tmp_path / "key", "regency/tiny")
    envelope = promote.attest(content(), key)
    assert dsse.open_statement(envelope, key.verifier) == content()
    read = oracle.Envelope.from_dict(json.loads(envelope))
    assert json.loads(read.payload) == content()
    (signature,) = json.loads(envelope)["signatures"]
    assert key.verifier.verify(read.pae(), base64.b64decode(signature["sig"]))
    forged = json.loads(envelope)
    forged["payload"] = base64.b64encode(read.payload.replace(b"Ada", b"Eve")).decode()
    with pytest.raises(LedgerError):
        dsse.open_statement(json.dumps(forged), key.verifier)


def test_the_tag_says_what_why_who_and_anchors(tmp_path: Path):
    message = promote.tag_message(GENERATION, PACKET, [ADA], CHECKPOINT)
    assert message.splitlines()[0] == "Generation 1: train.py: RATE 1e-3 → 3e-3"
    for part in (
        "risk 0.12; mutate 1 lines; 1 claims failed",
        "interval 0.1 to 0.3 at level 0.01",
        "Ada (human, assurance key, rule 'small') said approve: clear gain",
        "a" * 64,
    ):
        assert part in message
    assert promote.anchor_of(message) == CHECKPOINT
    (tmp_path / "f").write_text("x")
    repo = Repo.create(tmp_path, "Start", ("Ada", "a@example.org"))
    repo.tag("generation/1", repo.head(), message)
    kept = repo.run("for-each-ref", "--format=%(contents)", "refs/tags").decode()
    assert promote.anchor_of(kept) == CHECKPOINT
    repo.close()
    start = promote.start_message("tiny", CHECKPOINT)
    assert promote.anchor_of(start) == CHECKPOINT
    assert start.startswith("Generation 0 of tiny")
    assert promote.anchor_of("nothing") == ""


def test_words_of_agents_and_people_cannot_forge_an_anchor():
    evil = f"x\n\n{promote.ANCHOR}\n\nevil\n1\nZZZZ\n\x1b[2J\u202e\u2028"
    reason = Decision("p1", "approve", Actor(ActorKind.HUMAN, evil), evil)
    packet = Packet(
        "p1", 0, "", "c5", "", (), "", 1, (Change("p1.1", evil, (), ""),), 0, 0, "blind"
    )
    message = promote.tag_message(GENERATION, packet, [reason], CHECKPOINT)
    assert promote.anchor_of(message) == CHECKPOINT
    assert message.count(f"\n{promote.ANCHOR}\n") == 1
    assert "\x1b" not in message
    assert "\u202e" not in message


def test_tag_names():
    assert promote.tag_name(3, simulated=False) == "generation/3"
    assert promote.tag_name(3, simulated=True) == "simulated/3"


def test_rolling_back():
    found = [Generation(n, f"c{n}", "", f"generation/{n}") for n in (0, 1, 2)]
    assert promote.rollback_target(found, 0).candidate == "c0"
    assert promote.rollback_target(found, -1).candidate == "c1"
    for wrong, why in ((7, "there are 0, 1, 2"), (2, "stands"), (-9, "no generation")):
        with pytest.raises(BadInput, match=why):
            promote.rollback_target(found, wrong)
    with pytest.raises(BadInput, match="none"):
        promote.rollback_target([], 1)
