"""What was tried before, as a brief tells it: the best, what failed tellingly, what is open."""

from collections.abc import Iterable
from dataclasses import replace

from regency.propose.brief import Standing, attempt
from regency.records import PART, Answer, Attempt
from regency.store import Store
from regency.store.views import Standing as Known

BEST = 8
OPEN = 6
FAILED = 8
RECENT = 200  # candidates that are looked through for failures
_REASON = 40  # characters of a reason that tell one kind of failure from another


def informed(standing: Standing, store: Store) -> Standing:
    """Return ``standing`` with what was tried, in the agent's view, and the lab's notebook.

    The best are those with the largest gains on the search split. Of the failures there is one of
    each kind, newest first: what did not run, what looked good and was not better on fresh data;
    and those that lost most. Undecided is what waits, or waited too long.

    Args:
        standing: Where the lab stands.
        store: Its projections.
    """

    def seen(standings: Iterable[Known]) -> tuple[Attempt, ...]:
        return tuple(
            attempt(s.record, store.verdict(s.record.id), s.gain, standing.noise_sd)
            for s in standings
        )

    recent = [s for s in store.candidates(RECENT) if s.number > 0 and s.record.agent.kind != PART]
    ran = [s for s in store.best(2 * BEST) if s.number > 0 and s.record.agent.kind != PART]
    good = [s for s in ran if s.answer not in (Answer.INVALID, Answer.UNDECIDED, "")]
    undecided = [s for s in recent if s.answer in (Answer.UNDECIDED, Answer.SUPERSEDED, "")]
    best = sorted(seen(good), key=lambda a: -(a.gain or 0.0))  # by what is told, not by more
    return replace(
        standing,
        best=tuple(best[:BEST]),
        failures=_telling(seen(s for s in recent if _failed(s)), best[:BEST]),
        undecided=seen(undecided[:OPEN]),
        notes=store.notes(),
    )


def _failed(standing: Known) -> bool:
    return standing.answer in (Answer.INVALID, Answer.NOT_BETTER) and not standing.promoted


def _telling(failed: tuple[Attempt, ...], best: list[Attempt]) -> tuple[Attempt, ...]:
    """Return failures of different kinds: the newest of each, and the two largest losses."""
    told = {a.candidate for a in best}
    kinds: dict[str, Attempt] = {}
    for one in failed:
        if one.candidate not in told:
            kinds.setdefault(f"{one.answer}/{one.reason[:_REASON]}", one)
    losses = sorted((a for a in failed if a.gain is not None), key=lambda a: a.gain or 0.0)[:2]
    chosen = {a.candidate: a for a in [*kinds.values(), *losses] if a.candidate not in told}
    return tuple(chosen.values())[:FAILED]
