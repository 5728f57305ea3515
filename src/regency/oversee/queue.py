"""The queue: how long each change should take to review, and which to read first.

Order is by risk ÷ minutes. Minutes are an estimate until they are measured:

    minutes = 0.5 + 0.2·changed + 0.12·new + 0.1·removed + 0.25·hunks + 0.3·branches
              + 0.5·kinds of access

J. Cohen, "Best Kept Secrets of Peer Code Review" (2006), found that reviewers find markedly less
beyond 300 to 500 lines an hour. Lines that take the place of others are taken at 300 (0.2), because
both sides have to be held against each other; blocks of new lines, where there is only one side,
at 500 (0.12). The other terms are judgements.
"""

from collections.abc import Iterable, Mapping, Sequence

from regency.oversee.access import CATEGORIES
from regency.oversee.risk import branches
from regency.records import Change, Fact
from regency.repo import diff

_BLOCK = 3  # lines that come together, in the place of none, before they are a block
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
    new = sum(_new(before.get(path), content) for path, content in after.items())
    reach = sum(f.kind == "access" and f.text.startswith(CATEGORIES) for f in facts)
    more = max(0, branches(before, after))
    lines = 0.2 * (added - new) + 0.12 * new + 0.1 * removed
    return round(0.5 + lines + 0.25 * hunks + 0.3 * more + 0.5 * reach, 2)


def _new(before: bytes | None, after: bytes) -> int:
    """Return how many lines of ``after`` came in blocks that took the place of nothing."""
    if before == after or diff.is_binary(before) or diff.is_binary(after):
        return 0
    codes = diff.opcodes(diff.split_lines(before), diff.split_lines(after))
    return sum(d - c for tag, _, _, c, d in codes if tag == "insert" and d - c >= _BLOCK)


def order(changes: Iterable[Change]) -> list[Change]:
    """Return ``changes`` in the order to read them: most risk per minute first."""
    return sorted(
        changes, key=lambda c: (-max(c.risk, _SMALLEST_RISK) / max(c.minutes, 0.1), c.minutes, c.id)
    )
