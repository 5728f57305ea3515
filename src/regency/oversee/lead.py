"""The lead: how far the champion is ahead of what humans ratified, and when that is too far."""

from collections.abc import Sequence

from regency.config import Lead
from regency.records import Packet


def held(packets: Sequence[Packet], bound: Lead) -> str:
    """Return why nominations wait for a human, or an empty string if they need not.

    Args:
        packets: The open packets.
        bound: How far agents may run ahead.
    """
    # Each packet holds all that is before it, so that minutes do not add up.
    minutes = max((packet.minutes for packet in packets), default=0.0)
    if packets and minutes >= bound.review_minutes:
        return (
            f"{minutes:.0f} minutes of review wait for a human, and the bound is "
            f"{bound.review_minutes:g}: decide with `regency review`."
        )
    if len(packets) >= bound.generations:
        wait = "packet waits" if len(packets) == 1 else "packets wait"
        return (
            f"{len(packets)} {wait} for a human, and the bound is {bound.generations}: "
            "decide with `regency review`."
        )
    return ""
