"""A record whose own key holder rewrites it: what he cannot have signed for others is told.

Each forgery changes entries, numbers them anew, and signs a new checkpoint with the lab's real key,
so that tree and checkpoint are perfect and only what the entries say of each other is wrong.
"""

import base64
import copy
import json
import re
from dataclasses import replace

import pytest

from regency.lab import Lab, assurance
from regency.lab.assurance import Enrolment
from regency.lab.lab import Plan
from regency.ledger import Checkpoint, encode, export, sign_note, verify_export
from regency.ledger.leaves import Leaves
from regency.ledger.merkle import leaf_hash
from regency.records import Actor, ActorKind, Agent, Decision, FileEdit, Proposal, Signature
from ssh_keys import SecurityKey, new_key, sign
from toy_lab import better_model, make_toy_lab

ADA = Actor(ActorKind.HUMAN, "Ada Tester")
DECISIONS, SIGNERS = assurance.NAMESPACES["decision"], assurance.NAMESPACES["signers"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A lab's entries, key and contents: one generation, signed by the key that is enrolled."""
    folder = tmp_path_factory.mktemp("proofs")
    key = new_key(folder / "ada")
    make_toy_lab(folder / "toy")
    with Lab.open(folder / "toy") as lab:
        edits = (FileEdit("model.py", better_model(2.5).encode()),)
        lab.tell([Proposal(edits, "Moved X.", Agent("tester", "human"))])
        lab.run(Plan(workers=1))
        wish = Enrolment("Ada Tester", (folder / "ada.pub").read_text())
        message = assurance.enrolment_message(lab, wish)
        assurance.enrol(lab, ADA, wish, Signature(message, sign(key, message, SIGNERS)))
        decision = Decision("p1", "approve", ADA, "read it")
        message = assurance.challenge(lab, decision)
        signature = Signature(message, sign(key, message, DECISIONS))
        assert lab.decide(replace(decision, signature=signature)).generation
        entries = [replace(e, body=dict(e.body)) for e in lab.recorder.log.entries()]
        contents = {d: lab.recorder.blobs.get(d) for e in entries for d in export.named(e.body)}
        return entries, lab.recorder.key, contents


def problems(written, tmp_path, change):
    """Rewrite the record, sign it with the lab's key, and check it."""
    entries, key, contents = written
    kept = [new for e in copy.deepcopy(entries) if (new := change(e)) is not None]
    kept = [replace(entry, seq=seq) for seq, entry in enumerate(kept)]
    texts, leaves = [encode(entry).decode() for entry in kept], Leaves()
    for text in texts:
        leaves.append(leaf_hash(text.encode()))
    head = sign_note(Checkpoint(key.name, len(kept), leaves.root()).text, key)
    rows = export.lines(texts, len(kept), head, key.verifier, contents.get)
    export.write(tmp_path / "log.jsonl", rows)
    report = verify_export(tmp_path / "log.jsonl", key.verifier.text)
    assert report.ok is not report.problems
    return report.problems


def changing(kind, field, value):
    """A change of one field of every entry of a kind; a path goes into objects."""

    def change(entry):
        if entry.kind == kind:
            *path, last = field.split("/")
            place = entry.body
            for name in path:
                place = place[name]
            place[last] = value(place[last]) if callable(value) else value
        return entry

    return change


def test_the_record_as_it_was_written_holds(written, tmp_path):
    assert problems(written, tmp_path, lambda entry: entry) == ()


def without(kind):
    return lambda entry: None if entry.kind == kind else entry


FORGERIES = {
    "more than the signature earns": (
        changing("decision", "assurance", "present"), "earns 'key'"),
    "no signature": (changing("decision", "signature", None), "has to be signed"),
    "a flag set afterwards": (changing("decision", "signature/presence", True), "earns 'key'"),
    "another answer": (changing("decision", "answer", "reject"), "says answer 'approve'"),
    "another reason": (changing("decision", "reason", "trust me"), "says reason_sha256"),
    "another person": (
        changing("decision", "by/name", "Eve"), "it says that Eve took it, not Ada Tester"),
    "another packet": (changing("packet", "risk", 0.0), "on the packet's digest"),
    "no decision": (without("decision"), "a decision that is not recorded"),
    "no enrolment": (without("signer.enrolled"), "signature|never this one|not enrolled"),
    "another key": (
        changing("signer.enrolled", "key", SecurityKey().public), "what was signed says key"),
    "a bare key as a good one": (
        changing("signer.enrolled", "unprotected", True), "what was signed says unprotected"),
    "another commit": (changing("generation", "commit", "0" * 40), "on the subject"),
    "another approver": (changing("generation", "approved_by", ["Eve"]), "on the approvers"),
    "other evidence": (
        changing("packet", "evidence", lambda found: [{**found[0], "e_value": 1e9}]),
        "a head of the ledger that was never this one"),
    "other rules": (
        changing("epoch.opened", "config_digest", "0" * 64), "on the rules in force"),
    "another lab": (changing("lab.created", "name", "elsewhere"), "founds another lab"),
    "an attestation of another": (
        changing("generation", "attestation_digest", "0" * 64), "is missing or was changed"),
    "half an entry": (changing("generation", "packet", None), "does not agree"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_a_rewriting_by_the_key_holder_himself_is_told(written, tmp_path, what):
    change, words = FORGERIES[what]
    found = problems(written, tmp_path, change)
    assert any(re.search(words, problem) for problem in found), found
    assert all(problem.startswith(("entry ", "content ")) for problem in found), found


def test_the_statement_holds_all_that_an_auditor_asks(written):
    entries, _, contents = written
    (generation,) = [e for e in entries if e.kind == "generation" and e.body["packet"]]
    envelope = json.loads(contents[generation.body["attestation_digest"]])
    said = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    (packet,) = [e for e in entries if e.kind == "packet"]
    assert said["packet"]["digest"] == said["decisions"][0]["digest"]
    assert said["packet"]["head_commit"] == packet.body["head_commit"]
    assert said["base"]["commit"] == packet.body["base_commit"]
    assert said["authorship"] == {"tester": 1}
    assert said["policy"]["ruling"]["rule"] == "a person reads it"
    assert said["policy"]["ruling"]["conditions"][0]["passed"] is True
    assert said["policy"]["in_force"]["rules"][0]["need"]["approvals"] == 1
    assert said["decisions"][0]["signature"]["key"].startswith("SHA256:")
    assert said["trials"]["sandbox_levels"]
    assert said["evidence"][0]["answer"] == "better"
    assert said["evaluation"]["number"] == 0
    assert said["ledger_head"].startswith("regency.lab/toy")
