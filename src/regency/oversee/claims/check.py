"""Every claim in turn: the first judge that understands a sentence gives its verdict."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from regency.oversee.claims import amounts, grammar, names, scope, sorts
from regency.oversee.claims import measured as measures
from regency.oversee.claims.difference import LONGEST, Difference
from regency.oversee.claims.effect import Effect
from regency.oversee.explain import facts as facts_between
from regency.records import ClaimCheck, Fact

_MOST = 50
Answer = tuple[str, str]
Judge = Callable[[str, Difference], Answer | None]
_MEASURED: tuple[Judge, ...] = (measures.by_name, measures.judged)
_JUDGES: tuple[Judge, ...] = (
    sorts.judged, scope.judged, measures.by_name, names.judged, amounts.judged, measures.judged,
)  # fmt: skip
# Sentences that do not say what this change does: about before, about what might be.
_HEDGED = re.compile(
    r"\b(previously|formerly|used to|before this|until now|so far|no longer|was not|were not|"
    r"did not|didn't|had|should|shall|must|may|might|could|would|can|cannot|can't|will|won't|if|"
    r"unless|when|whenever|todo|not yet|instead of|later|next|old code|seems?|probably|perhaps|"
    r"please|e\.g\.|for example)\b|\?",
    re.IGNORECASE,
)


def check_claims(
    claims: Sequence[str],
    rationale: str,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    *,
    measured: Mapping[str, Effect] | None = None,
    facts: Sequence[Fact] | None = None,
) -> tuple[ClaimCheck, ...]:
    """Return a check per claim, and per sentence of the rationale that says what can be checked.

    Args:
        claims: One sentence each.
        rationale: The agent's words.
        before: The parent's files.
        after: The candidate's files. Files that are the same may be left out of both.
        measured: Name of a measurement → what it gave, for claims on what was measured.
        facts: What changed structurally, if it is known already.
    """
    known = facts_between(before, after) if facts is None else facts
    change = Difference(before, after, known, measured or {})
    checks = [_claim(" ".join(claim.split()), change) for claim in claims]
    said = {check.claim for check in checks}
    told = [_judged(s, change) for s in sentences(rationale) if s not in said]
    return tuple(dict.fromkeys(check for check in (*checks, *told) if check is not None))


def _claim(claim: str, change: Difference) -> ClaimCheck:
    unknown = ClaimCheck(claim[:LONGEST], "unknown", "not a claim that can be checked")
    return _judged(claim, change) or unknown


def _judged(sentence: str, change: Difference) -> ClaimCheck | None:
    exact = grammar.judged(sentence, (change.before, change.after))
    return exact or _answer(sentence, change)


def _answer(sentence: str, change: Difference) -> ClaimCheck | None:
    """Return the verdict with what was looked at, None for a sentence that claims nothing known."""
    if len(sentence) > 4 * LONGEST or not change.paths:
        return None
    for judge in _JUDGES:
        if (found := judge(sentence, change)) is not None:
            result, why = found
            if result != "unknown" and _HEDGED.search(sentence):
                result, why = "unknown", "it speaks of what was, or of what might be"
            return ClaimCheck(sentence[:LONGEST], result, why, measured=judge in _MEASURED)
    return None


def sentences(text: str) -> list[str]:
    """Return the sentences of a rationale, each on one line; quoted code and headers left out."""
    return list(_sentences(text))[:_MOST]


def _sentences(text: str) -> Iterator[str]:
    plain = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*[-*•+]\s|\s*\d+[.)]\s)", plain)
    for paragraph in paragraphs:
        for part in re.split(r"(?<=[.!?;])\s+(?=[\w`\"'(])", " ".join(paragraph.split())):
            line = re.sub(r"^([-*•+]|\d+[.)])\s+", "", part).strip()
            if line and not re.match(r"[\w-]+: \S.*<.+@.+>$", line):
                yield line
