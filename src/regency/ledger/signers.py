"""Who may sign decisions: keys enrolled and revoked by entries, each signed by a key before it.

The list follows from the ledger alone. The first key enrols itself; every later one is enrolled,
and every one revoked, by a key that is enrolled at that moment.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from regency.errors import BadInput, LedgerError
from regency.ledger.entry import canonical
from regency.ledger.sshkeys import SshKey, Touch
from regency.ledger.sshsig import SshSignature
from regency.records import Decision, Json, Signature, build

ENROLLED, REVOKED = "signer.enrolled", "signer.revoked"
KINDS = (ENROLLED, REVOKED)
SIGNED = "signed"  # a person's signature under an act that is no decision on a packet
DECISIONS = "regency-decision"  # namespaces of signatures, so that none passes for another
SIGNERS = "regency-signers"
PRESENT, KEY, LOCAL = "present", "key", "local"

RootAt = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Signer:
    """One enrolled key.

    Attributes:
        name: Whose it is: the name that decisions are made under.
        key: The public key, as in a ``.pub`` file.
        fingerprint: ``SHA256:…``.
        enrolled: Number of the entry.
        by: Fingerprint of the key that vouched for it; its own for the first.
        unprotected: Whether its file was seen to have no passphrase.
        revoked: Number of the entry that revoked it, None while it is good.
    """

    name: str
    key: str
    fingerprint: str
    enrolled: int
    by: str
    unprotected: bool = False
    revoked: int | None = None


class Signers:
    """The keys at one moment, from the entries up to it.

    Args:
        origin: Name of the log; signatures of another lab do not count here.
        root_at: Size → root of the log at that size.
    """

    def __init__(self, origin: str, root_at: RootAt) -> None:
        self._origin, self._root_at = origin, root_at
        self._signers: dict[str, Signer] = {}
        self._counters: dict[str, int] = {}
        self._used: set[str] = set()

    @property
    def all(self) -> tuple[Signer, ...]:
        """Every key that was ever enrolled, in order."""
        return tuple(self._signers.values())

    @property
    def active(self) -> tuple[Signer, ...]:
        """The keys that are good now."""
        return tuple(signer for signer in self.all if signer.revoked is None)

    @property
    def demanded(self) -> bool:
        """Whether decisions have to be signed: from the first key on, for ever."""
        return bool(self._signers)

    def take(self, seq: int, kind: str, body: Mapping[str, Json]) -> None:
        """Take an entry that enrols or revokes.

        Raises:
            LedgerError: Nobody who may signed it, or it makes no sense.
        """
        try:
            if kind == ENROLLED:
                self._enrol(seq, body)
            elif kind == REVOKED:
                self._revoke(seq, body)
        except (KeyError, TypeError) as error:
            raise LedgerError(f"the {kind} entry is incomplete: {error!r}.") from error

    def judge(self, decision: Decision, size: int) -> tuple[str, Signature | None]:
        """Return what a decision's signature earns, and the signature with what the key said.

        Args:
            decision: The decision, with its digest.
            size: Entries in the log when it was taken.

        Returns:
            ``present``, ``key`` or ``local``, and the signature.

        Raises:
            LedgerError: It does not hold, or there has to be one and is none.
        """
        signature = decision.signature
        if signature is None:
            if self.demanded:
                raise LedgerError(
                    "this lab has enrolled keys, so a decision has to be signed with one of them "
                    "(--key FILE)."
                )
            return LOCAL, None
        wanted = decision_content(self._origin, decision)
        signer, touch = self._checked(signature, DECISIONS, wanted, size)
        if signer.name != decision.by.name:
            raise LedgerError(
                f"it was signed with the key of {signer.name}, but decided by {decision.by.name}."
            )
        signature = replace(
            signature, key=signer.fingerprint, presence=touch.presence,
            verification=touch.verification, counter=touch.counter,
        )  # fmt: skip
        return level(signer, signature), signature

    def remember(self, body: Mapping[str, Json]) -> None:
        """Remember the signature, if there is one, of a decision that was taken."""
        if body.get("signature"):
            self.accept(build(Signature, body["signature"]))

    def accept(self, signature: Signature) -> None:
        """Remember that a signature was used: it cannot be used again."""
        self._used.add(signature.message)
        if signature.counter:
            self._counters[signature.key] = signature.counter

    def _enrol(self, seq: int, body: Mapping[str, Json]) -> None:
        key, name, replaces = SshKey.parse(body["key"]), body["name"], body.get("replaces", "")
        signature = build(Signature, body["signature"])
        bare = bool(body.get("unprotected"))
        wanted = enrolment_content(self._origin, name, key.text, replaces, unprotected=bare)
        first = None if self.demanded else Signer(name, key.text, key.fingerprint, seq, "")
        signer, touch = self._checked(signature, SIGNERS, wanted, seq, first)
        if key.fingerprint in self._signers:
            raise LedgerError(f"the key {key.fingerprint} was enrolled before: make a new one.")
        if replaces:
            self._end(replaces, seq)
        self._signers[key.fingerprint] = Signer(
            name, key.text, key.fingerprint, seq, signer.fingerprint,
            bare and not key.in_hardware,
        )  # fmt: skip
        self.accept(replace(signature, key=signer.fingerprint, counter=touch.counter))

    def _revoke(self, seq: int, body: Mapping[str, Json]) -> None:
        signature = build(Signature, body["signature"])
        wanted = revocation_content(self._origin, body["fingerprint"], body["reason"])
        signer, touch = self._checked(signature, SIGNERS, wanted, seq)
        self._end(body["fingerprint"], seq)
        self.accept(replace(signature, key=signer.fingerprint, counter=touch.counter))

    def _end(self, fingerprint: str, seq: int) -> None:
        signer = self._signers.get(fingerprint)
        if signer is None or signer.revoked is not None:
            raise LedgerError(f"there is no good key {fingerprint}: `regency keys` lists them.")
        self._signers[fingerprint] = replace(signer, revoked=seq)

    def _checked(
        self,
        signature: Signature,
        namespace: str,
        wanted: Mapping[str, Json],
        size: int,
        first: Signer | None = None,
    ) -> tuple[Signer, Touch]:
        self._check_message(signature.message, wanted, size)
        made = SshSignature.parse(signature.armored)
        signer = first or self._signers.get(made.key.fingerprint)
        if signer is None or signer.fingerprint != made.key.fingerprint:
            raise LedgerError(f"it was signed with {made.key.fingerprint}, which is not enrolled.")
        if signer.revoked is not None:
            raise LedgerError(f"it was signed with {signer.fingerprint}, which was revoked.")
        touch = made.verify(signature.message.encode(), namespace)
        last = self._counters.get(signer.fingerprint, 0)
        if last and touch.counter <= last:
            raise LedgerError(
                f"the security key {signer.fingerprint} counts {touch.counter} signatures after "
                f"{last} before: there may be a copy of it; revoke it."
            )
        return signer, touch

    def _check_message(self, message: str, wanted: Mapping[str, Json], size: int) -> None:
        try:
            said = json.loads(message)
            head = said.pop("head")
            at, root = head["size"], head["root"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LedgerError(f"what was signed is no such message: {message[:80]!r}") from error
        for name, value in wanted.items():
            if said.get(name) != value:
                raise LedgerError(
                    f"what was signed says {name} {said.get(name)!r}, not {value!r}: it was signed "
                    "for something else."
                )
        if said.keys() != wanted.keys() or message.encode() != canonical({**said, "head": head}):
            raise LedgerError("what was signed has other fields than it should.")
        if type(at) is not int or not 0 <= at <= size or self._root_at(at).hex() != root:
            raise LedgerError("what was signed names a head of the ledger that was never this one.")
        if message in self._used:
            raise LedgerError("this signature was used before: sign anew.")


def level(signer: Signer, signature: Signature) -> str:
    """Return the assurance that a signature earns.

    ``present`` asks for the key's own word that somebody was there and that it knew who. A key
    whose file anybody under the account can use without a passphrase proves no more than
    ``local``.
    """
    if signature.presence and signature.verification:
        return PRESENT
    return LOCAL if signer.unprotected or signature.unprotected else KEY


def with_head(content: Mapping[str, Json], size: int, root: bytes) -> str:
    """Return the message to sign: ``content`` and the head of the ledger, as canonical JSON."""
    return canonical({**content, "head": {"size": size, "root": root.hex()}}).decode()


def decision_content(origin: str, decision: Decision) -> dict[str, Json]:
    """Return what a decision's signature is over, but for the head of the ledger."""
    return {
        "format": "regency-decision/1",
        "lab": origin,
        "item": decision.item,
        "digest": decision.digest,
        "answer": decision.answer,
        "reason_sha256": hashlib.sha256(decision.reason.encode("utf-8", "replace")).hexdigest(),
        "by": decision.by.name,
    }


def enrolment_content(
    origin: str, name: str, key: str, replaces: str, *, unprotected: bool
) -> dict[str, Json]:
    """Return what an enrolment's signature is over, but for the head of the ledger."""
    act = {"format": "regency-signers/1", "lab": origin, "act": "enrol"}
    return {**act, "name": name, "key": key, "replaces": replaces, "unprotected": unprotected}


def revocation_content(origin: str, fingerprint: str, reason: str) -> dict[str, Json]:
    """Return what a revocation's signature is over, but for the head of the ledger."""
    act = {"format": "regency-signers/1", "lab": origin, "act": "revoke"}
    return {**act, "fingerprint": fingerprint, "reason": reason}


def allowed_signers(signers: Signers) -> str:
    """Return the keys that are good now as a file for ``ssh-keygen -Y verify -f``.

    Raises:
        BadInput: A name cannot stand in such a file.
    """
    lines = []
    for signer in signers.active:
        if '"' in signer.name or "\n" in signer.name:
            raise BadInput(f"the name {signer.name!r} cannot stand in a file of allowed signers.")
        uses = f'namespaces="{DECISIONS},{SIGNERS}"'
        lines.append(f'"{signer.name}" {uses} {signer.key}\n')
    return "".join(lines)
