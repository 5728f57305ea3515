"""What agents may see of records: no confirm numbers, search gains rounded to half the noise.

Takes and gives JSON-ready values, as `plain` makes them; reads nothing itself.
"""

from collections.abc import Callable, Mapping

from regency.judge.verdict import broken
from regency.propose.brief import rounded
from regency.records import Json, Purpose

VERDICT_KEPT = ("candidate", "answer", "gate", "reason", "champion", "nomination")
TRIAL_KEPT = ("key", "candidate", "purpose", "split", "trust", "fault", "core")
CHANGE_KEPT = ("id", "title", "paths", "diff", "facts", "claims", "minutes", "candidates", "agents")
PACKET_KEPT = (
    "id", "base_generation", "base_commit", "head_candidate", "head_commit", "epoch", "minutes",
    "trust", "lines", "minimised_from", "lines_before", "dropped",
)  # fmt: skip
CALIBRATION_DROPPED = ("differences", "seed_gap")
NOMINATION_DROPPED = ("e_process", "why", "caveat")  # chosen by the shape of past confirm pairs


TRY_KEPT = ("key", "agent", "parent", "trials", "epoch", "generation")


def gain(value: float | None, noise_sd: float) -> float | None:
    """Return a search gain as agents may see it; None stays None."""
    return None if value is None else rounded(value, noise_sd)


def verdict(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return a verdict: the answer only where it rests on the confirm split."""
    kept = _only(body, VERDICT_KEPT)
    if body["gate"] != "confirm":
        kept["effect"] = gain(body["effect"], noise_sd)
    return kept


def trial(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return a trial: rounded score of the search split, none of the confirm split, no seed.

    Of a fault on the confirm split they learn where it was: what it says may carry what was read.
    """
    kept = _only(body, TRIAL_KEPT)
    if Purpose.CONFIRM not in (body["purpose"], body["split"]):
        kept["score"] = gain(body["score"], noise_sd)
    elif kept.get("fault"):
        kept["fault"] = broken(kept["fault"])
    return kept


def change(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a change of a packet without its risk, which may rest on confirm numbers."""
    kept = _only(body, CHANGE_KEPT)
    kept["claims"] = [claim(check) for check in kept.get("claims", ())]
    return kept


def claim(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a checked claim; of one that was held against confirm numbers not even the verdict.

    A verdict is a number too: claims of 1 %, 2 %, 3 % and so on would read off the effect.
    """
    kept = dict(body)
    if body.get("measured"):
        kept |= {"result": "unknown", "reason": "held against measurements that only people see"}
    return kept


def packet(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return a packet with the answers of its evidence only."""
    kept = _only(body, PACKET_KEPT)
    kept["changes"] = [change(item) for item in body["changes"]]
    kept["evidence"] = [verdict(item, noise_sd) for item in body["evidence"]]
    return kept


def calibration(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return a calibration without its single differences."""
    kept = {key: value for key, value in body.items() if key not in CALIBRATION_DROPPED}
    kept["search_mean"] = gain(body["search_mean"], noise_sd)
    return kept


def nomination(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return a nomination with its search gain rounded, without what past tests taught."""
    kept = {key: value for key, value in body.items() if key not in NOMINATION_DROPPED}
    return {**kept, "gain": gain(body.get("gain"), noise_sd)}


def tried(body: Mapping[str, Json], _noise_sd: float = 0.0) -> dict[str, Json]:
    """Return what came of an experiment: rounded to half the noise, nothing of single trials."""
    told = {
        name: _told(body[name], body["noise_sd"]) for name in ("score", "gain", "champion_score")
    }
    return {**_only(body, ("key", "champion", "noise_sd")), **told}


def _told(value: float | None, noise_sd: float | None) -> float | None:
    """Return a number as agents may see it; two digits of it while the noise is not known."""
    if value is None or noise_sd is not None:
        return gain(value, noise_sd or 0.0)
    return float(f"{value:.2g}")


def _try(body: Mapping[str, Json], _noise_sd: float) -> dict[str, Json]:
    return _only(body, TRY_KEPT)


def _promising(body: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    return {**body, "gain": gain(body.get("gain"), noise_sd)}


_REDACTED: Mapping[str, Callable[[Mapping[str, Json], float], dict[str, Json]]] = {
    "verdict": verdict,
    "trial": trial,
    "packet": packet,
    "calibration": calibration,
    "nomination": nomination,
    "promising": _promising,
    "try.begun": _try,
    "try": tried,
}
# What agents may know as it is; kinds that are in neither table are told by name only.
_OPEN = frozenset({
    "lab.created", "epoch.opened", "candidate", "champion", "packet.closed", "decision",
    "generation", "run.started", "run.stopped", "paused", "resumed", "held", "silent",
    "at work", "note",
})  # fmt: skip


def body(kind: str, content: Mapping[str, Json], noise_sd: float) -> dict[str, Json]:
    """Return the body of an entry or event as agents may see it; unknown kinds are emptied.

    Args:
        kind: The entry's kind.
        content: Its body.
        noise_sd: Standard deviation of one paired difference, metric units.
    """
    if kind in _REDACTED:
        return _REDACTED[kind](content, noise_sd)
    return dict(content) if kind in _OPEN else {}


def _only(content: Mapping[str, Json], keys: tuple[str, ...]) -> dict[str, Json]:
    return {key: content[key] for key in keys if key in content}
