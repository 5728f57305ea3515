"""The lead: how far the champion is ahead of what humans ratified, and when that is too far."""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.config import Lead
from regency.records import Packet


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far the champion is ahead.

    Attributes:
        minutes: Review minutes of the newest packet, which holds all that the others hold and is
            minimised once that was done.
        packets: Open packets; one that was minimised into another is no further step.
    """

    minutes: float = 0.0
    packets: int = 0


def ahead(packets: Sequence[Packet]) -> Ahead:
    """Return how far the champion is ahead.

    Args:
        packets: The open packets, oldest first.
    """
    if not packets:
        return Ahead()
    again = {packet.minimised_from for packet in packets}
    steps = sum(packet.head_candidate not in again for packet in packets)
    return Ahead(packets[-1].minutes, steps)


def held(packets: Sequence[Packet], bound: Lead) -> str:
    """Return why nominations wait for a human, or an empty string if they need not.

    Args:
        packets: The open packets, oldest first.
        bound: How far agents may run ahead.
    """
    lead = ahead(packets)
    if packets and lead.minutes >= bound.review_minutes:
        return (
            f"{lead.minutes:.0f} minutes of review wait for a human, and the bound is "
            f"{bound.review_minutes:g}: decide with `regency review`."
        )
    if lead.packets >= bound.generations:
        wait = "packet waits" if lead.packets == 1 else "packets wait"
        return (
            f"{lead.packets} {wait} for a human, and the bound is {bound.generations}: "
            "decide with `regency review`."
        )
    return ""
