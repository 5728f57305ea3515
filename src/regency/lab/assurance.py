"""How sure it is who decided: signatures checked, levels established, keys enrolled and revoked.

`established` is what the one door for decisions calls: whatever a caller says of its own assurance
is dropped, and only a signature raises it.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from regency.errors import BadInput, LedgerError, Refused
from regency.lab import epochs
from regency.lab.opened import Opened
from regency.ledger import signers as rules
from regency.ledger.entry import digest, parse
from regency.ledger.signers import ENROLLED, REVOKED, Signer, Signers
from regency.ledger.sshkeys import SshKey
from regency.records import Actor, ActorKind, Decision, Json, Signature, plain

SYSTEM = Actor(ActorKind.SYSTEM, "regency")
NAMESPACES = {"decision": rules.DECISIONS, "signers": rules.SIGNERS}


def established(lab: Opened, decision: Decision) -> Decision:
    """Return ``decision`` with its digest and the assurance that it earns.

    Args:
        lab: The lab.
        decision: As it came in; its own word on digest and assurance counts for nothing.

    Raises:
        Refused: The signature does not hold, or one is asked for and there is none.
    """
    decision = replace(decision, digest=digest_of(lab, decision.item), assurance=rules.LOCAL)
    if lab.simulated:
        return replace(decision, signature=None)
    known = signers(lab)
    try:
        level, signature = known.judge(decision, lab.recorder.log.size)
    except (LedgerError, BadInput) as error:
        raise Refused(f"the decision on {decision.item} is not taken: {error}") from error
    return replace(decision, assurance=level, signature=signature)


def challenge(lab: Opened, decision: Decision) -> str:
    """Return the message that a decision's maker signs: what `established` will ask for."""
    decision = replace(decision, digest=digest_of(lab, decision.item))
    return _message(lab, rules.decision_content(lab.recorder.key.name, decision))


def digest_of(lab: Opened, item: str) -> str:
    """Return the SHA-256 of what ``item`` is, hexadecimal; empty if nothing recorded has that id.

    Of a packet, or a change in it: the packet's body as the ledger holds it, in canonical JSON.
    Of a pending lab change: the digests of all its files.
    """
    if item.startswith("lab-"):
        files = epochs.pending(lab.home, lab.epoch)
        named = {name: epochs.digest_of(content or b"") for name, content in files.items()}
        return epochs.digest_of(json.dumps(named, sort_keys=True).encode())
    found = re.fullmatch(r"(p\d+)(\.\d+)?", item)
    if found is None:
        return ""
    try:
        seq = lab.store.packet(found[1]).seq
    except BadInput:
        return ""
    (text,) = lab.store.texts(seq, seq + 1)
    return digest(lab.recorder.blobs.unpack(parse(text).body))


def signers(lab: Opened) -> Signers:
    """Return the keys that are enrolled, with all signatures that were used.

    Raises:
        LedgerError: An entry on keys or decisions is not what it should be.
    """
    known = Signers(lab.recorder.key.name, lab.recorder.log.root_at)
    for text in lab.store.of_kinds((*rules.KINDS, rules.SIGNED, "decision")):
        entry = parse(text)
        body = lab.recorder.blobs.unpack(entry.body)
        if entry.kind in rules.KINDS:
            known.take(entry.seq, entry.kind, body)
        else:
            known.remember(body)
    return known


def vouched(lab: Opened, act: Decision) -> list[tuple[str, Json]]:
    """Return the entries that vouch for an act that is no decision on a packet: its signature.

    Args:
        lab: The lab.
        act: What is done, as a decision on an item such as ``resume``.

    Raises:
        Refused: As `established`.
    """
    act = established(lab, act)
    return [(rules.SIGNED, plain(act))] if act.signature is not None else []


@contextlib.contextmanager
def refusals(lab: Opened, decision: Decision) -> Iterator[None]:
    """Record that ``decision`` was refused, if it is."""
    try:
        yield
    except Refused as error:
        refuse(lab, decision.item, decision.answer, decision.by, str(error))
        raise


def refuse(lab: Opened, item: str, answer: str, by: Actor, why: str) -> None:
    """Record that a decision was tried and refused; never as anything a human did."""
    body = {"item": item[:200], "answer": answer[:50], "by": by.name[:200], "kind": str(by.kind)}
    body["reason"] = why[:2000]
    lab.recorder.record(SYSTEM, [("decision.refused", body)])


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key to be enrolled.

    Attributes:
        name: Whose it is.
        key: Line of a ``.pub`` file.
        replaces: Fingerprint of the key that it takes the place of, if any.
        unprotected: Whether its private file was seen to have no passphrase.
    """

    name: str
    key: str
    replaces: str = ""
    unprotected: bool = False

    @property
    def public(self) -> SshKey:
        """The key."""
        return SshKey.parse(self.key)


def enrolment_message(lab: Opened, wish: Enrolment) -> str:
    """Return what has to be signed to enrol a key: by an enrolled one, the first by itself."""
    content = rules.enrolment_content(
        lab.recorder.key.name, wish.name, wish.public.text, wish.replaces,
        unprotected=wish.unprotected,
    )  # fmt: skip
    return _message(lab, content)


def enrol(lab: Opened, by: Actor, wish: Enrolment, signature: Signature) -> Signer:
    """Enrol a key.

    Raises:
        Refused: Nobody who may signed it.
        BadInput: It is no key.
    """
    body = {
        "name": wish.name,
        "key": wish.public.text,
        "fingerprint": wish.public.fingerprint,
        "replaces": wish.replaces,
        "unprotected": wish.unprotected,
        "signature": plain(signature),
    }
    known = _change(lab, by, ENROLLED, body)
    return next(s for s in known.all if s.fingerprint == wish.public.fingerprint)


def revocation_message(lab: Opened, fingerprint: str, reason: str) -> str:
    """Return what has to be signed, by an enrolled key, to revoke one."""
    return _message(lab, rules.revocation_content(lab.recorder.key.name, fingerprint, reason))


def revoke(
    lab: Opened, by: Actor, fingerprint: str, reason: str, signature: Signature
) -> tuple[Signer, ...]:
    """Revoke a key and return those that are left; what it signed before stays good.

    Raises:
        Refused: Nobody who may signed it, or there is no such key.
    """
    body = {"fingerprint": fingerprint, "reason": reason, "signature": plain(signature)}
    return _change(lab, by, REVOKED, body).active


def allowed_signers(lab: Opened) -> str:
    """Return the enrolled keys as a file for ``ssh-keygen -Y verify -f``."""
    return rules.allowed_signers(signers(lab))


def _change(lab: Opened, by: Actor, kind: str, body: dict[str, Json]) -> Signers:
    if lab.simulated:
        raise Refused("simulated humans have no keys: make a real lab.")
    with lab.home.numbering():
        known = signers(lab)
        try:
            known.take(lab.recorder.log.size, kind, body)
        except LedgerError as error:
            raise Refused(f"the key is not changed: {error}") from error
        lab.recorder.record(by, [(kind, body)])
    return known


def _message(lab: Opened, content: dict[str, Json]) -> str:
    log = lab.recorder.log
    size = log.size
    return rules.with_head(content, size, log.root_at(size))
