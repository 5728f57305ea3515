"""What the search has learned so far, from the newest candidates on record; reads only."""

from typing import Literal

from regency.lab import agent_view
from regency.lab.lab import Lab
from regency.propose.mutate.account import Outcome, account
from regency.records import Json

NEWEST = 2000


def found_out(lab: Lab, view: Literal["agent", "human"], noise_sd: float) -> dict[str, Json]:
    """Return the best candidate in search and what each kind of edit brought.

    Args:
        lab: The lab.
        view: Agents see search gains rounded to half the noise.
        noise_sd: Standard deviation of one paired difference, metric units.

    Returns:
        ``best``: candidate and search gain, None while nothing gained; ``newest``: how many
        candidates the tables rest on at most; tables as `account` gives them.
    """

    def seen(gain: float | None) -> float | None:
        return agent_view.gain(gain, noise_sd) if view == "agent" else gain

    rows = [row for row in reversed(lab.store.candidates(NEWEST)) if row.answer]
    outcomes = [
        Outcome(row.record.notes, seen(row.gain), row.gate == "confirm", row.promoted)
        for row in rows
    ]
    top = [(row.record.id, seen(row.gain)) for row in lab.store.best(1)]
    best = [{"candidate": name, "gain": gain} for name, gain in top if gain and gain > 0]
    tables = account(outcomes, noise_sd)
    for table in tables.values():
        for row in table:
            row["mean_gain"] = seen(row["mean_gain"])
    return {"best": best[0] if best else None, "newest": NEWEST, **tables}
