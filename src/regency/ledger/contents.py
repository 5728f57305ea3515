"""What entries say of each other, checked while a log is read.

Signatures of people are checked against the keys that were enrolled at that moment; attestations
of generations against the entries that they speak of. So the holder of the lab's own key cannot
pass off a decision that nobody signed, nor attest what is not recorded.
"""

from collections.abc import Callable, Mapping
from typing import Any

from regency.errors import BadInput, LedgerError
from regency.ledger import attested
from regency.ledger.attested import Recorded
from regency.ledger.blobs import unpacked
from regency.ledger.entry import digest
from regency.ledger.export import named
from regency.ledger.keys import VerifierKey
from regency.ledger.leaves import Leaves
from regency.ledger.report import Findings
from regency.ledger.signers import ENROLLED, REVOKED, SIGNED, Signers
from regency.records import ActorKind, Decision, Entry, Json, build, plain

Fetch = Callable[[str], bytes | None]
Body = Mapping[str, Json]


class Contents:
    """The meaning of entries, taken in order.

    Args:
        key: The log's public key.
        leaves: All leaves up to the entry that is looked at, at least.
        found: Takes what does not hold.
    """

    def __init__(self, key: VerifierKey, leaves: Leaves, found: Findings) -> None:
        self._key, self._leaves, self._found = key, leaves, found
        self._signers = Signers(key.name, self._root)
        self._recorded = Recorded()
        self._vouched = (-1, "")
        self._looks: Mapping[str, Callable[[Entry, Body, Fetch], Any]] = {
            "lab.created": self._created,
            "epoch.opened": self._epoch,
            "packet": self._packet,
            "decision": self._decision,
            SIGNED: self._signed,
            "resumed": self._resumed,
            "generation": self._generation,
            ENROLLED: self._key_changed,
            REVOKED: self._key_changed,
        }

    def look(self, entry: Entry, content: Fetch | None) -> None:
        """Take the next entry."""
        if entry.kind == "generation":
            self._found.generations[str(entry.body.get("tag"))] = str(entry.body.get("commit"))
        if content is None:
            self._found.note("contents kept by digest are not in this export: they were not read")
            content = _nothing
        elif gone := [digest for digest in named(entry.body) if content(digest) is None]:
            self._found.problem(
                f"content {gone[0][:64]}, named by entry {entry.seq}, is missing or was changed."
            )
        look = self._looks.get(entry.kind)
        if look is not None:
            self._look(look, entry, content)

    def end(self) -> None:
        """Say what is open at the end."""
        if self._recorded.local and not self._recorded.simulated:
            count = self._recorded.local
            many = f"{count} decisions are local" if count > 1 else "one decision is local"
            self._found.note(f"{many}: somebody used this account, nobody signed")

    def _look(
        self, look: Callable[[Entry, Body, Fetch], Any], entry: Entry, content: Fetch
    ) -> None:
        try:
            look(entry, unpacked(entry.body, lambda digest: _given(content(digest))), content)
        except (LedgerError, BadInput) as error:
            self._found.problem(f"entry {entry.seq} ({entry.kind}): {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._found.problem(f"entry {entry.seq} ({entry.kind}) is incomplete: {error!r}.")

    def _created(self, entry: Entry, body: Body, _: Fetch) -> None:
        self._recorded.simulated = bool(body.get("simulated"))
        said = (body.get("name"), body.get("public_key"))
        if entry.seq == 0 and said != (self._key.name, self._key.text):
            raise LedgerError(f"it founds another lab, {said[0]!r} with the key {said[1]}.")

    def _epoch(self, _: Entry, body: Body, __: Fetch) -> None:
        rules = {name: body[name] for name in attested.RULES if name in body}
        self._recorded.epochs[int(body["number"])] = rules

    def _packet(self, _: Entry, body: Body, __: Fetch) -> None:
        self._recorded.packets[str(body["id"])] = digest(body)
        self._recorded.evidence[str(body["id"])] = attested.evidence(body["evidence"])

    def _key_changed(self, entry: Entry, body: Body, _: Fetch) -> None:
        self._signers.take(entry.seq, entry.kind, body)
        self._found.checked["signatures"] += 1

    def _decision(self, entry: Entry, body: Body, _: Fetch) -> None:
        decision = build(Decision, body)
        self._recorded.decisions.add(digest(plain(decision)))
        self._found.checked["decisions"] += 1
        if entry.actor != decision.by:
            raise LedgerError(f"it says that {decision.by.name} took it, not {entry.actor.name}.")
        if decision.by.kind is ActorKind.HUMAN and not self._recorded.simulated:
            self._judge(entry, decision)

    def _signed(self, entry: Entry, body: Body, _: Fetch) -> None:
        act = build(Decision, body)
        if entry.actor != act.by:
            raise LedgerError(f"it says that {act.by.name} did it, not {entry.actor.name}.")
        self._judge(entry, act)
        self._vouched = (entry.seq, act.item)

    def _resumed(self, entry: Entry, _: Body, __: Fetch) -> None:
        self._demand_vouched(entry, "resume")

    def _demand_vouched(self, entry: Entry, item: str) -> None:
        """Demand that the entry before vouches for this one, once keys are enrolled."""
        if self._signers.demanded and self._vouched != (entry.seq - 1, item):
            raise LedgerError("nobody signed it, though keys are enrolled.")

    def _judge(self, entry: Entry, decision: Decision) -> None:
        level, signature = self._signers.judge(decision, entry.seq)
        if (level, signature) != (decision.assurance, decision.signature):
            raise LedgerError(
                f"it says {decision.assurance!r} of itself, but its signature earns {level!r}."
            )
        if signature is None:
            self._recorded.local += 1
            return
        self._signers.accept(signature)
        self._found.checked["signatures"] += 1
        known = self._recorded.packets.get(decision.item.partition(".")[0])
        if known is not None and known != decision.digest:
            raise LedgerError("what was signed is not the packet that is recorded.")

    def _generation(self, entry: Entry, body: Body, content: Fetch) -> None:
        if body.get("back_to") is not None:
            self._demand_vouched(entry, f"rollback-{body['back_to']}")
        raw = content(body.get("attestation_digest") or "")
        if raw is None:
            return
        attested.check(raw.decode(), entry.seq, body, self._key, self._recorded, self._root)
        self._found.checked["attestations"] += 1

    def _root(self, size: int) -> bytes:
        try:
            return self._leaves.root(size)
        except IndexError as error:
            raise LedgerError(f"there are no {size} entries before it.") from error


def _nothing(_: str) -> None:
    return None


def _given(raw: bytes | None) -> bytes:
    if raw is None:
        raise LedgerError("a text that it keeps by digest is missing, so it was not looked into.")
    return raw
