"""The words of the judge: which way is better, and one plain sentence for every answer.

Decides nothing. A verdict's ``reason`` may reach agents, so it never holds a number from the
confirm split; `explain` gives people the whole story.
"""

import math
import re

from regency.records import Answer, Verdict


def finite(value: float) -> float | None:
    """Return ``value``, or None where it is infinite (records hold finite numbers only)."""
    return float(value) if math.isfinite(value) else None


REASONS = {
    Answer.BETTER: "Better than the champion on fresh runs, by more than luck would explain.",
    Answer.NOT_BETTER: "Not better than the champion on fresh runs.",
    Answer.UNDECIDED: "Too close to call on fresh runs: if there is an improvement, it is too "
    "small to be settled in the pairs that a test may use.",
    Answer.SUPERSEDED: "The champion changed during the test: rebase on the new champion.",
}
GUARDED = "Better on score, but it did not pass the guard {names}."
WORSENED = "It did not pass the guard {names}."
UNSURE = (
    "Better on score, but the guard {names} stayed too uncertain in the pairs that a test may use."
)
SIMPLER = "Simpler: fewer lines, and on fresh runs not worse than the champion beyond the margin."
BROKEN = "Invalid in a fresh run, at {where}."
NEW_RULES = "The rules changed during the test: propose it anew under the new ones."


_WHERE = re.compile(r"(?:phase|probe) '[^']+'|its output '[^']+'|the scorer|the guard [\w.-]+")


def broken(fault: str) -> str:
    """Return what agents may know of a fault in gate 2: where, and none of what was said there.

    An exit code or a message can carry eight bits or eighty of what the run has read.
    """
    found = _WHERE.match(fault)
    return BROKEN.format(where=found[0] if found else "its score")


def explain(verdict: Verdict, metric: str = "score") -> str:
    """Return what a verdict says and on what, for people: it holds confirm numbers.

    Args:
        verdict: Any verdict.
        metric: Name of the metric.
    """
    said = f"{verdict.reason} {_sentence(verdict.fault)}".strip()
    if verdict.gate != "confirm" or verdict.effect is None:
        return said
    story = (
        f"{said} Over {verdict.looks} pair{'s' if verdict.looks != 1 else ''} {metric} "
        f"was {abs(verdict.effect):.4g} {'better' if verdict.effect >= 0 else 'worse'} on average "
        f"({_range(verdict)})."
    )
    if verdict.answer is Answer.BETTER:
        false = f"If worse by over {verdict.margin:.4g}" if verdict.simpler else "If no better"
        story += f" {false}, at most 1 test in {1 / verdict.level:,.0f} gets so far."
    failed = [finding.message for finding in verdict.findings if not finding.passed]
    return " ".join([story, *failed])


def _sentence(fault: str) -> str:
    return f"{fault[:1].upper()}{fault[1:].removesuffix('.')}." if fault else ""


def _range(verdict: Verdict) -> str:
    low, high = verdict.low, verdict.high
    if low is None and high is None:
        return "too few pairs for an interval"
    if low is None:
        return f"at most {high:+.4g}"
    if high is None:
        return f"at least {low:+.4g}"
    return f"between {low:+.4g} and {high:+.4g}"
