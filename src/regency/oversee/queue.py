"""The queue: how long each change should take to review, and which to read first.

Order is by risk ÷ minutes. Minutes are an estimate until they are measured:

    minutes = 0.5 + 0.2·added + 0.1·removed + 0.25·hunks + 0.3·branches + 0.5·kinds of access

The 0.2 a line is 300 lines an hour, the pace beyond which reviewers find markedly less (J. Cohen,
"Best Kept Secrets of Peer Code Review", 2006); the other terms are judgements.
"""

from collections.abc import Iterable, Mapping, Sequence

from regency.oversee.access import CATEGORIES
from regency.oversee.risk import branches
from regency.records import Change, Fact
from regency.repo import diff

_SMALLEST_RISK = 0.01  # so that harmless changes still come smallest first


def minutes(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    hunks: int,
    facts: Sequence[Fact],
) -> float:
    """Return how many minutes reviewing the difference should take.

    Args:
        before: Files before.
        after: Files after.
        hunks: Number of separate places.
        facts: What changed structurally.
    """
    added, removed = diff.changed_lines_of(before, after)
    reach = sum(f.kind == "access" and f.text.startswith(CATEGORIES) for f in facts)
    more = max(0, branches(before, after))
    estimate = 0.5 + 0.2 * added + 0.1 * removed + 0.25 * hunks + 0.3 * more + 0.5 * reach
    return round(estimate, 2)


def order(changes: Iterable[Change]) -> list[Change]:
    """Return ``changes`` in the order to read them: most risk per minute first."""
    return sorted(
        changes, key=lambda c: (-max(c.risk, _SMALLEST_RISK) / max(c.minutes, 0.1), c.minutes, c.id)
    )
