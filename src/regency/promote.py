"""Generations: the statement that is attested, the tag that anchors the ledger, and rolling back.

Turns records into an in-toto statement and into a tag's text. Moves nothing and decides nothing:
the lab writes the ledger, then git.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from regency import __version__
from regency.errors import BadInput
from regency.ledger import dsse
from regency.ledger.anchors import MARK
from regency.ledger.keys import LabKey
from regency.records import (
    ActorKind,
    Calibration,
    Candidate,
    Change,
    Decision,
    Generation,
    Json,
    Packet,
    Ruling,
    Trial,
    Verdict,
    plain,
)

PREDICATE = "urn:regency:generation:v1"
ANCHOR = MARK
_REF = "sha256:"
_LONGEST = 200
_MOST = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def tag_name(number: int, simulated: bool) -> str:
    """Return the name of a generation's tag; simulated labs can never be taken for real ones."""
    return f"simulated/{number}" if simulated else f"generation/{number}"


def statement(  # noqa: PLR0913
    *,
    generation: Generation,
    packet: Packet,
    decisions: Sequence[Decision],
    candidates: Sequence[Candidate],
    calibration: Calibration | None,
    epoch: object,
    ledger_head: str,
    trials: Sequence[Trial] = (),
    packet_digest: str = "",
    ruling: Ruling | None = None,
    oversight: Mapping[str, Json] | None = None,
) -> dict[str, Json]:
    """Return the in-toto Statement v1 for a generation: all that an auditor asks of a promotion.

    Args:
        generation: The generation to be.
        packet: What was approved.
        decisions: Every decision on it, in order.
        candidates: Candidates whose promotions made it.
        calibration: The noise that its evidence was measured in.
        epoch: Record or mapping with the digests of settings, scorer and data.
        ledger_head: Checkpoint of the ledger before this generation's own entry.
        trials: Trials behind the evidence: seeds, compute and sandbox levels.
        packet_digest: SHA-256 of the packet as the ledger holds it.
        ruling: What policy said: the rule that matched and every condition it looked at.
        oversight: The policy in force: rules, autonomy, bounds.
    """
    approvers = {d.by.name for d in decisions if d.answer == "approve" and _is_person(d)}
    predicate = {
        "generation": {"number": generation.number, "tag": generation.tag,
                       "candidate": generation.candidate},
        "base": {"generation": packet.base_generation, "commit": packet.base_commit},
        "packet": _packet(packet) | {"digest": packet_digest},
        "proposed_by": [_proposer(c) for c in _once(candidates)],
        "authorship": _authorship(packet),
        "evaluation": _epoch(epoch),
        "evidence": plain(packet.evidence),
        "evidence_digest": packet.evidence_digest,
        "calibration": plain(calibration),
        "trials": _trials(trials),
        "policy": {"in_force": plain(oversight), "ruling": plain(ruling)},
        "decisions": plain(decisions),
        "approved_by": list(generation.approved_by),
        "two_person_review": len(approvers) > 1,
        "ledger_head": ledger_head,
        "regency_version": __version__,
    }  # fmt: skip
    digest = {"gitCommit": generation.commit}
    return dsse.statement([(generation.tag, digest)], PREDICATE, predicate)


def attest(content: Mapping[str, Json], key: LabKey) -> str:
    """Return the signed DSSE envelope of a statement, as JSON text.

    Args:
        content: As `statement` gives it.
        key: The lab's key.
    """
    return dsse.sign_statement(content, key)


def tag_message(
    generation: Generation, packet: Packet, decisions: Sequence[Decision], checkpoint: str
) -> str:
    """Return the text of a generation's tag: what, why it is believed, who approved, the anchor.

    Args:
        generation: The generation.
        packet: What was approved.
        decisions: Every decision on it, in order.
        checkpoint: Signed checkpoint of the ledger, so that pushing the tag anchors it.
    """
    count = len(packet.changes)
    title = packet.changes[0].title if packet.changes else "no change"
    more = f" and {count - 1} more" if count > 1 else ""
    parts = [
        _line(f"Generation {generation.number}: {title}{more}"),
        _section(
            f"What changed since generation {packet.base_generation} ({packet.lines} lines, risk "
            f"{packet.risk:.2f}, {packet.minutes:.1f} minutes of review)",
            [_change(change) for change in packet.changes],
        ),
        _section(
            f"Evidence (epoch {packet.epoch}, scores {packet.trust}, sha256 "
            f"{packet.evidence_digest})",
            [_verdict(verdict) for verdict in packet.evidence],
        ),
        _section("Decided by", [_decision(decision) for decision in decisions]),
        f"Packet: {packet.id}\nCandidate: {generation.candidate}",
    ]
    if generation.attestation_digest:
        parts[-1] += f"\nAttestation: sha256 {generation.attestation_digest}"
    return _anchored(parts, checkpoint)


def start_message(lab: str, checkpoint: str) -> str:
    """Return the text of generation 0's tag.

    Args:
        lab: Name of the lab.
        checkpoint: Signed checkpoint of the ledger.
    """
    said = "Nothing was changed by agents yet: every later generation is measured from here."
    return _anchored([_line(f"Generation 0 of {lab}: the starting point"), said], checkpoint)


def rollback_message(generation: Generation, checkpoint: str) -> str:
    """Return the text of the tag of a generation that goes back to an earlier one.

    Args:
        generation: The new generation.
        checkpoint: Signed checkpoint of the ledger.
    """
    title = f"Generation {generation.number}: back to generation {generation.back_to}"
    said = f"{', '.join(generation.approved_by)}: {generation.reason}"
    return _anchored([_line(title), _section("Decided by", [_line(said)])], checkpoint)


def anchor_of(message: str) -> str:
    """Return the checkpoint that a tag's text carries, empty if it carries none."""
    _, mark, checkpoint = message.rpartition(f"\n{ANCHOR}\n\n")
    return f"{checkpoint.rstrip()}\n" if mark else ""


def rollback_target(generations: Sequence[Generation], number: int) -> Generation:
    """Return the generation to go back to.

    Args:
        generations: All there are.
        number: Which one; negative counts back from the last, so that -1 is the one before it.

    Raises:
        BadInput: There is no such generation, or it is the one that already stands.
    """
    ordered = sorted(generations, key=lambda generation: generation.number)
    wanted = ordered[-1].number + number if number < 0 and ordered else number
    found = next((g for g in ordered if g.number == wanted), None)
    if found is None:
        known = ", ".join(str(g.number) for g in ordered) or "none"
        raise BadInput(f"there is no generation {wanted}: there are {known}. Choose one of them.")
    if found is ordered[-1]:
        raise BadInput(f"generation {wanted} is the one that stands: choose an earlier one.")
    return found


def _packet(packet: Packet) -> dict[str, Json]:
    keys = ("id", "head_commit", "minutes", "risk", "lines", "trust", "epoch", "gain_sd")
    about: dict[str, Json] = {key: getattr(packet, key) for key in keys}
    return about | {"changes": [_shown_change(change) for change in packet.changes]}


def _shown_change(change: Change) -> dict[str, Json]:
    digest = change.diff.removeprefix(_REF)
    if digest == change.diff:
        digest = hashlib.sha256(change.diff.encode("utf-8", "surrogatepass")).hexdigest()
    about: dict[str, Json] = {
        key: plain(getattr(change, key))
        for key in ("id", "title", "paths", "risk", "minutes", "candidates", "agents", "factors")
    }
    failed = [plain(check) for check in change.claims if check.result == "fails"]
    return about | {"diff_sha256": digest, "failed_claims": failed}


def _authorship(packet: Packet) -> dict[str, int]:
    """Return lines of the net change by who wrote them."""
    lines: Counter[str] = Counter()
    for change in packet.changes:
        lines.update(change.agents)
    return dict(sorted(lines.items()))


def _proposer(candidate: Candidate) -> dict[str, Json]:
    keys = ("id", "commit", "tree", "parent", "agent", "lines_added", "lines_removed")
    return {key: plain(getattr(candidate, key)) for key in keys}


def _once(candidates: Sequence[Candidate]) -> list[Candidate]:
    return list({candidate.id: candidate for candidate in candidates}.values())


def _epoch(epoch: object) -> Json:
    """Return the epoch without the text of its settings, whose digest stands for it."""
    about = plain(epoch)
    if not isinstance(about, dict):
        return about
    return {key: value for key, value in about.items() if key != "config_text"}


def _trials(trials: Sequence[Trial]) -> dict[str, Json]:
    outcomes = [outcome for trial in trials for outcome in trial.outcomes]
    return {
        "count": len(trials),
        "invalid": sum(trial.score is None for trial in trials),
        "seeds": {trial.key: trial.seed for trial in trials},
        "cpu_s": round(sum(outcome.cpu_s for outcome in outcomes), 3),
        "wall_s": round(sum(outcome.wall_s for outcome in outcomes), 3),
        "sandbox_levels": sorted({outcome.level for outcome in outcomes}),
    }


def _is_person(decision: Decision) -> bool:
    return decision.by.kind in (ActorKind.HUMAN, ActorKind.SIMULATED_HUMAN)


def _anchored(parts: Sequence[str], checkpoint: str) -> str:
    text = "\n\n".join(part for part in parts if part)
    return f"{text}\n\n{ANCHOR}\n\n{checkpoint.rstrip()}\n"


def _section(title: str, lines: Sequence[str]) -> str:
    shown = [f"- {line}" for line in lines[:_MOST]]
    if len(lines) > _MOST:
        shown.append(f"- and {len(lines) - _MOST} more, in the packet")
    return "\n".join([f"{title}:", *shown]) if lines else ""


def _line(text: str) -> str:
    """Return untrusted text as one plain line that can pass for nothing else."""
    flat = " ".join(_CONTROL.sub(" ", text).split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def _change(change: Change) -> str:
    agents = ", ".join(f"{name} {lines} lines" for name, lines in sorted(change.agents.items()))
    failed = sum(check.result == "fails" for check in change.claims)
    doubt = f"; {failed} claims failed" if failed else ""
    return _line(f"{change.title} [risk {change.risk:.2f}; {agents or 'author unknown'}{doubt}]")


def _verdict(verdict: Verdict) -> str:
    effect = "not scored" if verdict.effect is None else f"{verdict.effect:+.4g}"
    span = ""
    if verdict.low is not None and verdict.high is not None:
        span = f", interval {verdict.low:.4g} to {verdict.high:.4g} at level {verdict.level:.3g}"
    e_value = f", e-value {verdict.e_value:.4g}" if verdict.e_value is not None else ""
    against = f" than {verdict.champion}" if verdict.champion else ""
    return _line(
        f"{verdict.candidate} {verdict.answer}{against}: effect {effect}{span}{e_value}, "
        f"{verdict.looks} pairs"
    )


def _decision(decision: Decision) -> str:
    rule = f", rule {decision.rule!r}" if decision.rule else ""
    return _line(
        f"{decision.by.name} ({decision.by.kind}, assurance {decision.assurance}{rule}) said "
        f"{decision.answer}: {decision.reason}"
    )
