"""The review packet: what a human decides on, frozen.

Takes everything between the last generation and a champion, and gives separately decidable changes,
each explained, with the claims check, reasons for risk, minutes and authorship. Runs nothing and
writes nothing.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from regency.oversee.authors import Owners, owners
from regency.oversee.claims import check_claims
from regency.oversee.claims.effect import Effect
from regency.oversee.explain import facts as facts_between
from regency.oversee.groups import Group, groups, with_only
from regency.oversee.questions import questions
from regency.oversee.queue import minutes, order
from regency.oversee.risk import Signals, combined, factors
from regency.records import (
    Candidate,
    Change,
    ClaimCheck,
    Fact,
    Generation,
    Packet,
    Verdict,
    plain,
)
from regency.repo import diff

Files = Mapping[str, bytes]
_TITLE = 90


@dataclass(frozen=True, slots=True)
class _Story:
    """What all changes of one packet are made from."""

    number: int
    before: Files
    after: Files
    candidates: Sequence[Candidate]
    owners: Owners
    claims: Mapping[str, tuple[ClaimCheck, ...]]
    signals: Signals
    removers: Mapping[str, tuple[str, ...]]


def build(  # noqa: PLR0913
    *,
    number: int,
    base: Generation,
    base_files: Files,
    head: Candidate,
    head_files: Files,
    verdicts: Sequence[Verdict],
    candidates: Sequence[Candidate],
    epoch: int,
    trust: str,
    noise_sd: float = 0.0,
    files: Callable[[str], Files] | None = None,
    signals: Signals | None = None,
    measured: Mapping[str, Mapping[str, Effect]] | None = None,
) -> Packet:
    """Return the packet that would ratify ``head``.

    Args:
        number: Number of the packet, from 1.
        base: The last generation.
        base_files: Its files, path → content.
        head: The champion to be.
        head_files: Its files.
        verdicts: Of the promotions between base and head, oldest first.
        candidates: From just after the base to the head, oldest first.
        epoch: Epoch of the evidence.
        trust: ``blind`` or ``self-reported``.
        noise_sd: Standard deviation of one paired difference, metric units; 0: not known.
        files: Candidate id → its files: with it, claims are held against each candidate's own
            step and lines have exact authors. Without, both come from the net change alone.
        signals: What is known beyond the text; gain, trust and authors are filled in here.
        measured: Candidate id → what was measured of its own step, for its claims.
    """
    effects = [verdict.effect or 0.0 for verdict in verdicts]
    scale = 1.0 / noise_sd if noise_sd > 0 else 0.0
    signals = replace(signals or Signals(), gain_sd=max(effects, default=0.0) * scale, trust=trust)
    versions = _versions(base_files, head_files, candidates, files)
    story = _Story(
        number, base_files, head_files, candidates, owners(versions),
        _claims(versions, candidates, measured or {}), signals, _removers(versions, candidates),
    )  # fmt: skip
    found = [_change(story, group) for group in groups(base_files, head_files)]
    changes = [replace(c, id=f"p{number}.{n}") for n, c in enumerate(order(found), 1)]
    return Packet(
        id=f"p{number}",
        base_generation=base.number,
        base_commit=base.commit,
        head_candidate=head.id,
        head_commit=head.commit,
        evidence=tuple(verdicts),
        evidence_digest=evidence_digest(verdicts),
        epoch=epoch,
        changes=tuple(changes),
        minutes=round(sum(change.minutes for change in changes), 2),
        risk=max((change.risk for change in changes), default=0.0),
        trust=trust,
        gain_sd=round(sum(effects) * scale, 3),
        lines=sum(diff.changed_lines_of(base_files, head_files)),
    )


def evidence_digest(verdicts: Sequence[Verdict]) -> str:
    """Return the SHA-256, hexadecimal, over the verdicts as sorted, compact JSON."""
    text = json.dumps(plain(verdicts), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _versions(
    base_files: Files,
    head_files: Files,
    candidates: Sequence[Candidate],
    files: Callable[[str], Files] | None,
) -> list[tuple[str, Files]]:
    start: list[tuple[str, Files]] = [("", base_files)]
    if files is None or not candidates:
        last = candidates[-1].id if len(candidates) == 1 else ""
        return [*start, (last, head_files)]
    return start + [(candidate.id, files(candidate.id)) for candidate in candidates]


def _claims(
    versions: Sequence[tuple[str, Files]],
    candidates: Sequence[Candidate],
    measured: Mapping[str, Mapping[str, Effect]],
) -> dict[str, tuple[ClaimCheck, ...]]:
    """Return each candidate's claims, held against its own step where that is known."""
    pairs = itertools.pairwise(versions)
    steps = {owner: (before, after) for (_, before), (owner, after) in pairs}
    found = {}
    for candidate in candidates:
        if candidate.id in steps:
            checks = check_claims(
                candidate.claims, candidate.rationale, *steps[candidate.id],
                measured=measured.get(candidate.id),
            )  # fmt: skip
        else:
            reason = "its own step is not known, only the net change"
            checks = tuple(ClaimCheck(c, "unknown", reason) for c in candidate.claims)
        found[candidate.id] = checks
    return found


def _removers(
    versions: Sequence[tuple[str, Files]], candidates: Sequence[Candidate]
) -> dict[str, tuple[str, ...]]:
    """Return who touched each file, for lines that are gone and so have no owner."""
    touched: dict[str, list[str]] = {}
    for candidate in candidates:
        for path in candidate.paths:
            touched.setdefault(path, []).append(candidate.id)
    for (_, before), (owner, after) in itertools.pairwise(versions):
        for path in {*before, *after}:
            if owner and before.get(path) != after.get(path):
                touched.setdefault(path, []).append(owner)
    return {path: tuple(dict.fromkeys(ids)) for path, ids in touched.items()}


def _change(story: _Story, group: Group) -> Change:
    alone = with_only(group, story.before, story.after)
    facts = facts_between(story.before, alone)
    lines = _lines(story, group)
    made_by = _candidates(story, group, lines)
    claims = _claims_on(story, group, made_by)
    agents = _agents(story, made_by, lines)
    signals = replace(story.signals, authors=tuple(agents), candidates=made_by)
    why = factors(story.before, alone, facts, claims, signals)
    return Change(
        id="",
        title=_title(group, facts),
        paths=group.paths,
        diff=diff.unified_tree(story.before, alone),
        facts=facts,
        claims=claims,
        factors=why,
        risk=combined(why),
        minutes=minutes(story.before, alone, len(group.pieces), facts),
        candidates=made_by,
        agents=agents,
        questions=questions(facts, claims),
    )


def _lines(story: _Story, group: Group) -> Counter[str]:
    """Return candidate → lines of the group that it wrote."""
    lines: Counter[str] = Counter()
    for path in group.paths:
        whose = story.owners.get(path, [])
        for first, last in group.ranges(path):
            lines.update(owner for owner in whose[first - 1 : last] if owner)
    return lines


def _candidates(story: _Story, group: Group, lines: Counter[str]) -> tuple[str, ...]:
    wrote = set(lines)
    if not wrote or any(piece.code[3] == piece.code[4] for piece in group.pieces):
        wrote |= {c for path in group.paths for c in story.removers.get(path, ())}
    return tuple(c.id for c in story.candidates if c.id in wrote)


def _agents(story: _Story, made_by: Sequence[str], lines: Counter[str]) -> dict[str, int]:
    agents: Counter[str] = Counter()
    for candidate in story.candidates:
        if candidate.id in made_by:
            agents[candidate.agent.name] += lines[candidate.id]
    return dict(agents)


def _claims_on(story: _Story, group: Group, made_by: Sequence[str]) -> tuple[ClaimCheck, ...]:
    """Return the claims of the candidates behind a change, but for those on other files."""
    elsewhere = {*story.before, *story.after} - set(group.paths)
    checks = (check for name in made_by for check in story.claims.get(name, ()))
    return tuple(dict.fromkeys(
        check for check in checks
        if check.result == "fails"
        or any(path in check.claim for path in group.paths)
        or not any(path in check.claim for path in elsewhere)
    ))  # fmt: skip


def _title(group: Group, facts: Sequence[Fact]) -> str:
    if not facts:
        return f"{', '.join(group.paths)}: changed"
    path, _, name = facts[0].where.partition("::")
    more = f" (+{len(facts) - 1} more)" if len(facts) > 1 else ""
    subject = f"{path}: {name}" if name else f"{path}: {facts[0].kind}"
    title = f"{subject} {facts[0].text}"
    room = _TITLE - len(more)
    return (title if len(title) <= room else title[: room - 1] + "…") + more
