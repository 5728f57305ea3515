"""From champion to champion: the verdicts that a champion rests on."""

from collections.abc import Iterator

from regency.records import Answer, Verdict
from regency.store.queries import Queries

KEPT = (Answer.BETTER, Answer.AS_GOOD)


def climb(
    store: Queries, head: str, base: str = "", fresh: Verdict | None = None
) -> Iterator[Verdict]:
    """Yield the verdicts that led from candidate ``base`` to ``head``, the newest first.

    It goes from a champion to what it was held against, which is not always its parent: what people
    left of a packet is held against the generation itself.

    Args:
        store: Where verdicts are.
        head: A champion.
        base: Where to end; empty: as far as it goes.
        fresh: The verdict that makes ``head`` champion, if the record does not have it yet.
    """
    seen: set[str] = set()
    verdict = fresh or store.verdict(head)
    while verdict is not None and verdict.answer in KEPT and verdict.candidate != base:
        if not verdict.champion or verdict.candidate in seen:
            return
        seen.add(verdict.candidate)
        yield verdict
        verdict = store.verdict(verdict.champion)
