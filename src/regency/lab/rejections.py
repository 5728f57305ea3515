"""What people turned down or asked for: kept from coming again, and told to agents."""

from collections.abc import Callable

from regency.lab.opened import Opened
from regency.oversee.rejection import Rejected, again, applied_diff, marks
from regency.records import Change, Decision, Generation, Packet, Review, is_rules, packet_of

MOST_TOLD = 8
_TURNED_DOWN = "It holds {item} again, which a person turned down: {reason}"


class Memory:
    """What people said of packets, read anew whenever they said more."""

    def __init__(self, lab: Opened) -> None:
        """Remember what the ledger of ``lab`` says."""
        self._lab = lab
        self._said: tuple[Decision, ...] = ()
        self._rejected: list[Rejected] = []

    def refusals(self) -> Callable[[str, dict[str, bytes]], str]:
        """Return what says why a proposal may not be tried, by what people have said so far."""
        known = self._known()
        return lambda parent, after: self._refusal(known, parent, after) if known else ""

    def _refusal(self, rejected: list[Rejected], parent: str, after: dict[str, bytes]) -> str:
        base = self._lab.files(self._lab.store.generation().candidate)
        one = again(rejected, base, self._lab.files(parent), after)
        return "" if one is None else _TURNED_DOWN.format(item=one.item, reason=one.reason)

    def _known(self) -> list[Rejected]:
        said = self._lab.store.said("reject")
        if said != self._said:
            self._rejected = [one for decision in said for one in _rejected(self._lab, decision)]
            self._said = said
        return self._rejected


def reviews(lab: Opened) -> tuple[Review, ...]:
    """Return what people turned down or asked for of late, newest first, for briefs."""
    said = [d for d in lab.store.said("reject", "request-changes") if not is_rules(d.item)]
    return tuple(
        Review(decision.item, decision.answer, decision.reason, _titles(lab, decision.item))
        for decision in said[: -MOST_TOLD - 1 : -1]
    )


def meant(packet: Packet, item: str) -> tuple[Change, ...]:
    """Return the changes of ``packet`` that ``item`` names: one, or all."""
    return tuple(c for c in packet.changes if item in (packet.id, c.id))


def base_of(lab: Opened, packet: Packet) -> Generation:
    """Return the generation that a packet starts from."""
    return next(g for g in lab.store.generations() if g.number == packet.base_generation)


def _rejected(lab: Opened, decision: Decision) -> list[Rejected]:
    if is_rules(decision.item):
        return []
    packet = lab.store.packet(packet_of(decision.item)).packet
    base = lab.files(base_of(lab, packet).candidate)
    return [
        Rejected(change.id, decision.reason, marks(base, applied_diff(change.diff, base)))
        for change in meant(packet, decision.item)
    ]


def _titles(lab: Opened, item: str) -> str:
    packet = lab.store.packet(packet_of(item)).packet
    return "; ".join(change.title for change in meant(packet, item))
