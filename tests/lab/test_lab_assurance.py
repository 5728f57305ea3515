"""Decisions and how sure it is who made them: real keys, security keys by hand, and forgeries."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from regency.errors import BadInput, Refused
from regency.lab import Lab, assurance
from regency.lab.assurance import Enrolment
from regency.records import Actor, ActorKind, Decision, Signature
from ssh_keys import KNOWN, TOUCHED, SecurityKey, accepted, new_key, sign
from toy_lab import SETTINGS, make_toy_lab

ADA = Actor(ActorKind.HUMAN, "Ada Tester")
BOB = Actor(ActorKind.HUMAN, "Bob")
DECISIONS, SIGNERS = assurance.NAMESPACES["decision"], assurance.NAMESPACES["signers"]
SECOND = SETTINGS.replace('name = "toy"', 'name = "other"')


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two real labs in which nothing has run, and two real keys."""
    folder = tmp_path_factory.mktemp("assurance")
    make_toy_lab(folder / "toy")
    make_toy_lab(folder / "other", settings=SECOND)
    new_key(folder / "ada")
    new_key(folder / "bob", "ecdsa")
    return folder


@pytest.fixture
def at(made, tmp_path):
    """A copy of all that, with a change of the rules pending in both labs."""
    folder = Path(shutil.copytree(made, tmp_path / "at", symlinks=True))
    for name in ("toy", "other"):
        edit(folder / name, 9)
    return folder


def edit(folder, lines):
    """Change the lab's rules in the working tree."""
    settings = folder / "regency.toml"
    lines_now = f"max_changed_lines = {lines}"
    settings.write_text(re.sub(r"max_changed_lines = \d+", lines_now, settings.read_text()))


def item_of(lab):
    from regency.lab.ruleset import pending_rules

    return pending_rules(lab)[0]


def ask(lab, by=ADA, answer="reject", reason="not now"):
    return Decision(item_of(lab), answer, by, reason)


def signed(lab, key, decision=None, namespace=DECISIONS):
    decision = decision or ask(lab)
    message = assurance.challenge(lab, decision)
    return replace(decision, signature=Signature(message, _sign(key, message, namespace)))


def _sign(key, message, namespace):
    if isinstance(key, SecurityKey):
        return key.sign(message, namespace)
    return sign(key, message, namespace)


def enrol(lab, name, public, by, **more):
    wish = Enrolment(name, public, **more)
    message = assurance.enrolment_message(lab, wish)
    return assurance.enrol(lab, ADA, wish, Signature(message, _sign(by, message, SIGNERS)))


def public(key):
    return key.with_suffix(".pub").read_text()


def recorded(lab):
    return lab.store.decisions(item_of(lab))


def test_without_keys_a_decision_is_local_whatever_it_says_of_itself(at):
    with Lab.open(at / "toy") as lab:
        lab.decide(replace(ask(lab), assurance="present", digest="made up"))
        (decision,) = recorded(lab)
        assert (decision.assurance, decision.signature) == ("local", None)
        assert decision.digest == assurance.digest_of(lab, item_of(lab))


def test_a_signed_decision_is_worth_its_key(at):
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", public(at / "ada"), at / "ada")
        lab.decide(signed(lab, at / "ada"))
        (decision,) = recorded(lab)
        assert decision.assurance == "key"
        assert decision.signature.key.startswith("SHA256:")
        allowed = assurance.allowed_signers(lab)
        said = (decision.signature.message, decision.signature.armored)
        assert accepted(allowed, "Ada Tester", DECISIONS, *said)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize(
    ("flags", "level"), [(TOUCHED | KNOWN, "present"), (TOUCHED, "key"), (KNOWN, "key"), (0, "key")]
)
def test_only_touch_and_pin_together_are_presence(at, kind, flags, level):
    token = SecurityKey(kind)
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", token.public, token)
        message = assurance.challenge(lab, ask(lab))
        signature = Signature(message, token.sign(message, DECISIONS, flags))
        lab.decide(replace(ask(lab), signature=signature))
        (decision,) = recorded(lab)
        assert decision.assurance == level
        assert decision.signature.presence is bool(flags & TOUCHED)
        assert decision.signature.verification is bool(flags & KNOWN)
        assert decision.signature.counter == 2


def test_a_key_without_passphrase_proves_no_more_than_the_account(at):
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", public(at / "ada"), at / "ada", unprotected=True)
        lab.decide(signed(lab, at / "ada"))
        assert recorded(lab)[0].assurance == "local"


def refusal(lab, decision, words):
    before = lab.recorder.log.size
    with pytest.raises(Refused, match=words):
        lab.decide(decision)
    assert recorded(lab) == ()
    last = next(iter(lab.recorder.log.entries(before)))
    assert (last.kind, last.actor.kind) == ("decision.refused", ActorKind.SYSTEM)
    assert last.body["item"] == decision.item
    assert last.body["by"] == decision.by.name


def test_forgeries_are_refused_and_recorded(at):
    ada, bob = at / "ada", at / "bob"
    with Lab.open(at / "toy") as lab, Lab.open(at / "other") as other:
        for each in (lab, other):
            enrol(each, "Ada Tester", public(ada), ada)
        good = signed(lab, ada)
        refusal(lab, ask(lab), "has to be signed")
        refusal(lab, signed(lab, bob), "which is not enrolled")
        refusal(lab, replace(good, answer="approve"), "says answer 'reject', not 'approve'")
        refusal(lab, replace(good, reason="fine"), "says reason_sha256")
        refusal(lab, replace(good, by=BOB), "says by 'Ada Tester', not 'Bob'")
        refusal(lab, signed(lab, ada, ask(lab, BOB)), "with the key of Ada Tester, but decided by")
        refusal(lab, signed(lab, ada, namespace="git"), "made for 'git'")
        elsewhere = replace(good, signature=signed(other, ada).signature)
        refusal(lab, elsewhere, "says lab")
        head = replace(
            good.signature, message=good.signature.message.replace('"size":6', '"size":5')
        )
        refusal(lab, replace(good, signature=head), "was never this one|does not hold")
        blank = replace(good.signature, armored="")
        refusal(lab, replace(good, signature=blank), "not an SSH signature")
        edit(lab.home.root, 8)
        refusal(lab, replace(good, item=item_of(lab)), "says item|says digest")
        assert lab.recorder.log.verify().ok


def test_a_signature_counts_once(at):
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", public(at / "ada"), at / "ada")
        good = signed(lab, at / "ada")
        lab.decide(good)
        with pytest.raises(Refused, match="was used before"):
            lab.decide(good)
        lab.decide(signed(lab, at / "ada"))
        assert len(recorded(lab)) == 2


def test_a_copied_security_key_is_noticed(at):
    token = SecurityKey()
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", token.public, token)
        lab.decide(signed(lab, token))
        token.counter = 1
        with pytest.raises(Refused, match="there may be a copy"):
            lab.decide(signed(lab, token))


def test_a_later_key_needs_an_enrolled_one(at):
    ada, bob = at / "ada", at / "bob"
    with Lab.open(at / "toy") as lab:
        with pytest.raises(Refused, match="which is not enrolled"):
            enrol(lab, "Ada Tester", public(ada), bob)
        enrol(lab, "Ada Tester", public(ada), ada)
        with pytest.raises(Refused, match="which is not enrolled"):
            enrol(lab, "Bob", public(bob), bob)
        with pytest.raises(Refused, match="was enrolled before"):
            enrol(lab, "Bob", public(ada), ada)
        assert enrol(lab, "Bob", public(bob), ada).by == assurance.signers(lab).all[0].fingerprint
        lab.decide(signed(lab, bob, ask(lab, BOB)))
        assert recorded(lab)[0].by == BOB


def test_rotation_and_revocation(at):
    ada, bob = at / "ada", at / "bob"
    with Lab.open(at / "toy") as lab:
        first = enrol(lab, "Ada Tester", public(ada), ada)
        early = signed(lab, ada)
        second = enrol(lab, "Ada Tester", public(bob), ada, replaces=first.fingerprint)
        assert assurance.signers(lab).active == (second,)
        refusal(lab, early, "which was revoked")
        lab.decide(signed(lab, bob))
        with pytest.raises(Refused, match="no good key"):
            _revoke(lab, bob, first.fingerprint)
        assert _revoke(lab, bob, second.fingerprint) == ()
        with pytest.raises(Refused, match="has to be signed"):
            lab.decide(ask(lab))
        with pytest.raises(Refused, match="which was revoked"):
            lab.decide(signed(lab, bob))
        assert str(assurance.allowed_signers(lab)) == ""


def _revoke(lab, key, fingerprint):
    message = assurance.revocation_message(lab, fingerprint, "lost")
    signature = Signature(message, _sign(key, message, SIGNERS))
    return assurance.revoke(lab, ADA, fingerprint, "lost", signature)


def test_agents_are_refused_and_simulated_humans_have_no_keys(at, tmp_path):
    with Lab.open(at / "toy") as lab:
        refusal(lab, replace(ask(lab), by=Actor(ActorKind.AGENT, "mutate")), "only a human")
    make_toy_lab(tmp_path / "simulated", simulated=True)
    with Lab.open(tmp_path / "simulated") as lab:
        with pytest.raises(Refused, match="no keys"):
            enrol(lab, "Ada Tester", public(at / "ada"), at / "ada")


def test_resuming_and_rolling_back_are_signed_too(at):
    ada = at / "ada"
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", public(ada), ada)
        lab.pause(ADA, "lunch")
        with pytest.raises(Refused, match="has to be signed"):
            lab.resume(ADA, "back")
        act = signed(lab, ada, Decision("resume", "approve", ADA, "back"))
        with pytest.raises(Refused, match="says reason_sha256"):
            lab.resume(ADA, "other", act.signature)
        lab.resume(ADA, "back", act.signature)
        assert lab.store.paused() is None
        lab.pause(ADA, "tea")
        with pytest.raises(Refused, match="was used before"):
            lab.resume(ADA, "back", act.signature)
        with pytest.raises(Refused, match="only a human"):
            lab.resume(Actor(ActorKind.AGENT, "mutate"), "go on")
        kinds = [entry.kind for entry in lab.recorder.log.entries()]
        assert kinds.count("decision.refused") == 4
        assert kinds[kinds.index("resumed") - 1] == "signed"
        assert lab.recorder.log.verify().ok
        lab.recorder.record(ADA, [("resumed", {"reason": "by hand"})])
        (problem,) = lab.recorder.log.verify().problems
        assert "(resumed): nobody signed it, though keys are enrolled." in problem


@pytest.mark.parametrize("place", [".regency", ".regency/private", ".regency/private/seed.key",
                                   ".regency/private/ledger.key"])  # fmt: skip
def test_a_lab_open_to_other_accounts_is_not_used(at, place):
    path = at / "toy" / place
    good = path.stat().st_mode
    path.chmod(good | 0o040)
    with pytest.raises(BadInput, match=f"chmod {good & 0o777:o} "):
        Lab.open(at / "toy")
    path.chmod(good)
    Lab.open(at / "toy").close()


def test_an_unsigned_or_foreign_rolling_back_is_refused(at):
    ada = at / "ada"
    with Lab.open(at / "toy") as lab:
        enrol(lab, "Ada Tester", public(ada), ada)
        body = {"tag": "generation/1", "commit": lab.store.generation().commit, "number": 1}
        lab.recorder.record(ADA, [("generation", {**body, "candidate": "c0"})])
        with pytest.raises(Refused, match="has to be signed"):
            lab.roll_back(0, ADA, "worse")
        other = signed(lab, ada, Decision("rollback-1", "approve", ADA, "worse"))
        with pytest.raises(Refused, match="says item 'rollback-1', not 'rollback-0'"):
            lab.roll_back(0, ADA, "worse", other.signature)
        act = signed(lab, ada, Decision("rollback-0", "approve", ADA, "worse"))
        assert lab.roll_back(-1, ADA, "worse", act.signature).back_to == 0
        assert lab.recorder.log.verify().ok
        forged = {**body, "candidate": "c0", "number": 3, "back_to": 1, "tag": "generation/3"}
        lab.recorder.record(ADA, [("generation", forged)])
        assert "nobody signed it" in lab.recorder.log.verify().problems[0]
