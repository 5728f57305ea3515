"""Risk of a change: explained factors, each with points and its reason, combined to 0..1.

The points are judgements, stated here and shown with every packet; a lab with enough decisions
moves them (`regency.oversee.weights`). They combine as independent chances would:
1 − Π(1 − points). A factor can only add risk.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from regency.oversee.explain import gains
from regency.oversee.outline import BRANCHES, Outline, outline
from regency.oversee.weights import Weights
from regency.records import ClaimCheck, Fact, Factor
from regency.repo import diff

ACCESS = {
    "processes": 0.5,
    "network": 0.5,
    "dynamic code": 0.5,
    "limits and clocks": 0.35,
    "files": 0.25,
}
USUAL_GAIN_SD = 12.0
_EVALUATION = re.compile(
    r"(eval|metric|score|accuracy|valid|test|answer|target|label|judge|seed|budget)", re.IGNORECASE
)
_DATA = re.compile(r"(data|corpus|split|context|sample|load|read)", re.IGNORECASE)
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
_FEW_NAMES = 3
_PARTS = ("constant", "value", "argument", "function", "class", "signature", "literal")


@dataclass(frozen=True, slots=True)
class Boundary:
    """What was refused to agents, where it shows.

    Attributes:
        candidates: Candidate → what the sandbox refused its runs, in words.
        attempts: Author → what it tried beside that, in words, oldest first: to decide, or the
            lab's own state.
    """

    candidates: Mapping[str, str] = field(default_factory=dict)
    attempts: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a change beyond its text.

    Attributes:
        gain_sd: Largest single gain among its promotions, in noise sds.
        disagreement_sd: Search gain minus confirm gain, in noise sds; the largest.
        boundary: What was refused to agents.
        candidates: Those whose promotions made the change.
        trust: ``blind`` or ``self-reported``.
        weights: What this lab's decisions make of the points.
        record: Author → (changes that people approved, changes that they rejected).
        authors: Who wrote it.
    """

    gain_sd: float = 0.0
    disagreement_sd: float = 0.0
    boundary: Boundary = field(default_factory=Boundary)
    candidates: tuple[str, ...] = ()
    trust: str = "blind"
    weights: Weights = field(default_factory=Weights)
    record: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    authors: tuple[str, ...] = ()


def factors(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    facts: Sequence[Fact],
    claims: Sequence[ClaimCheck],
    signals: Signals,
) -> tuple[Factor, ...]:
    """Return every reason for risk, heaviest first.

    Args:
        before: Files before.
        after: Files after.
        facts: What changed structurally.
        claims: The claims check.
        signals: What is known beyond the text.
    """
    found = [
        *_access(before, after),
        *_names(facts),
        *_size(before, after),
        *_complexity(before, after),
        *_novelty(before, after),
        *_claims(claims),
        *_evidence(signals),
        *_denials(signals),
        *_record(signals),
    ]
    moved = signals.weights.applied(found)
    return tuple(sorted(moved, key=lambda factor: -factor.points))


def combined(found: Iterable[Factor]) -> float:
    """Return the risk, 0 to 1, of ``found`` factors together."""
    return round(1.0 - math.prod(1.0 - factor.points for factor in found), 4)


def branches(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> int:
    """Return by how many branches and loops the Python files grew (negative: shrank)."""
    return sum(_branches(outline(after.get(p, b""))) - _branches(outline(before.get(p, b"")))
               for p in _changed_python(before, after))  # fmt: skip


def _access(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Factor]:
    names: dict[str, set[str]] = {}
    imports: set[str] = set()
    for kinds in gains(before, after).values():
        for kind, used in kinds.items():
            names.setdefault(kind, set()).update(used)
    for path in _changed_python(before, after):
        now, then = outline(after.get(path, b"")), outline(before.get(path, b""))
        if now is None:
            names.setdefault("unreadable code", set()).add(path)
            continue
        imports |= now.imports - (then.imports if then else set())
    found = [Factor(f"touches {kind}", ACCESS.get(kind, 0.4), f"uses {_some(used)} anew")
             for kind, used in names.items()]  # fmt: skip
    if imports:
        found.append(Factor("touches imports", 0.1, f"imports {_some(imports)} anew"))
    return found


def _names(facts: Sequence[Fact]) -> list[Factor]:
    subjects = [f.where.partition("::")[2] or f.where for f in facts if f.kind in _PARTS]
    found = []
    for name, pattern, points in (("evaluation", _EVALUATION, 0.2), ("data", _DATA, 0.1)):
        hit = {subject for subject in subjects if pattern.search(subject)}
        if hit:
            reason = f"changes {_some(hit)}, which sounds like {name}"
            found.append(Factor(f"touches {name}", points, reason))
    other = {f.where.partition(":")[0] for f in facts if f.kind in ("text", "file", "syntax")}
    if other := {path for path in other if not path.endswith(".py")}:
        found.append(Factor("touches other files", 0.1, f"changes {_some(other)}, not Python"))
    return found


def _size(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Factor]:
    lines = sum(diff.changed_lines_of(before, after))
    files = sum(before.get(p) != after.get(p) for p in {*before, *after})
    found = [Factor("size", round(0.4 * -math.expm1(-lines / 150), 4), f"{lines} changed lines")]
    if files > 1:
        found.append(Factor("spread", min(0.2, 0.05 * (files - 1)), f"{files} files"))
    return found if lines else []


def _complexity(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Factor]:
    more = branches(before, after)
    if more <= 0:
        return []
    return [Factor("complexity", min(0.2, 0.03 * more), f"{more} more branches or loops")]


def _novelty(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Factor]:
    """Return a factor for names that the files before do not know: code that nobody has seen here.

    A share of the names in the lines that come, so that a small change can be as novel as a large
    one; fewer than `_FEW_NAMES` are no novelty.
    """
    known = {word for content in before.values() for word in _WORD.findall(content)}
    told: dict[bytes, None] = {}
    for path in sorted(after):
        if before.get(path) != after[path] and not diff.is_binary(after[path]):
            old, new = diff.split_lines(before.get(path)), diff.split_lines(after[path])
            for tag, _, _, c, d in diff.opcodes(old, new):
                lines = () if tag == "equal" else new[c:d]
                told |= dict.fromkeys(word for line in lines for word in _WORD.findall(line))
    fresh = [word for word in told if word not in known]
    if len(fresh) < _FEW_NAMES:
        return []
    points = round(0.25 * len(fresh) / len(told), 4)
    some = _some(word.decode() for word in fresh)
    return [Factor("novelty", points, f"{len(fresh)} of {len(told)} names are new here: {some}")]


def _claims(claims: Sequence[ClaimCheck]) -> list[Factor]:
    found = [Factor("claim fails", 0.3, f"{c.claim!r}: {c.reason}")
             for c in claims if c.result == "fails"]  # fmt: skip
    unknown = sum(c.result == "unknown" for c in claims)
    if unknown:
        many = "1 claim" if unknown == 1 else f"{unknown} claims"
        reason = f"{many} that nothing can be said of"
        found.append(Factor("claims unchecked", min(0.1, 0.03 * unknown), reason))
    return found


def _evidence(signals: Signals) -> list[Factor]:
    found = []
    if signals.gain_sd > USUAL_GAIN_SD:
        points = min(0.4, 0.1 * math.log2(signals.gain_sd / USUAL_GAIN_SD) + 0.05)
        reason = f"one step gained {signals.gain_sd:.0f} noise sds: too good to be true?"
        found.append(Factor("surprise", round(points, 4), reason))
    if signals.disagreement_sd > 3:
        reason = f"search promised {signals.disagreement_sd:.1f} noise sds more than confirm gave"
        found.append(Factor("splits disagree", 0.2, reason))
    if signals.trust != "blind":
        found.append(Factor("self-reported", 0.3, "the candidate computes its own score"))
    return found


def _denials(signals: Signals) -> list[Factor]:
    """Return a factor for what its runs were refused, and one for what its authors tried."""
    refused = signals.boundary.candidates
    runs = [f"{name}, {refused[name]}" for name in signals.candidates if name in refused]
    found = []
    if runs:
        reason = f"the sandbox refused its runs something ({runs[-1]})"
        found.append(Factor("sandbox denials", min(0.4, 0.2 * len(runs)), reason))
    for author in signals.authors:
        if tried := signals.boundary.attempts.get(author, ()):
            times = "once" if len(tried) == 1 else f"{len(tried)} times"
            reason = f"{author} tried {times} what agents may not ({tried[-1]})"
            found.append(Factor("attempts", min(0.4, 0.2 * len(tried)), reason))
    return found


def _record(signals: Signals) -> list[Factor]:
    """Return a factor per author whose changes people rejected: Laplace's rule of succession."""
    found = []
    for author in signals.authors:
        approved, rejected = signals.record.get(author, (0, 0))
        if rejected:
            share = (rejected + 1) / (approved + rejected + 2)
            reason = f"people rejected {rejected} of {author}'s {approved + rejected} changes"
            found.append(Factor("author's record", round(0.3 * share, 4), reason))
    return found


def _changed_python(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    paths = sorted({*before, *after})
    return [p for p in paths if p.endswith(".py") and before.get(p) != after.get(p)]


def _branches(found: Outline | None) -> int:
    return sum(n for kind, n in found.flow.items() if kind in BRANCHES) if found else 0


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
    return ", ".join(listed[:4]) + more
