"""Guards: what must not get worse, as non-inferiority tests that one may look at after every pair.

Reads trials that were already run; asks for none, and does not weigh guards against scores. Other
kinds come in through ``regency.guards``.
"""

from collections.abc import Sequence
from typing import Protocol

from regency import plugins
from regency.config import GuardTable
from regency.errors import BadInput
from regency.records import Finding, Trial

GROUP = "regency.guards"


class Guard(Protocol):
    """What an entry point of ``regency.guards`` makes: ``kind(name=…, **settings)``."""

    name: str

    def check(self, candidate: Sequence[Trial], baseline: Sequence[Trial]) -> Sequence[Finding]:
        """Return what is found on the pairs so far; asked again after every pair.

        Args:
            candidate: The candidate's valid trials of gate 2, in order of pairs, at least one.
            baseline: The champion's, of the same pairs.
        """


def load(tables: Sequence[GuardTable]) -> tuple[Guard, ...]:
    """Return the guards that ``[[guards]]`` asks for.

    Raises:
        BadInput: A kind is unknown, or does not take its settings.
    """
    return tuple(_made(table) for table in tables)


def check(
    guards: Sequence[Guard], candidate: Sequence[Trial], baseline: Sequence[Trial]
) -> tuple[Finding, ...]:
    """Return what all guards find on the pairs so far.

    Raises:
        BadInput: A guard itself fails.
    """
    found: list[Finding] = []
    for guard in guards:
        try:
            found += guard.check(candidate, baseline)
        except Exception as error:
            raise BadInput(
                f"the guard {guard.name!r} failed: {type(error).__name__}: {error}. Mend its "
                "entry point, or take it out of [[guards]]."
            ) from error
    return tuple(found)


def broken(findings: Sequence[Finding]) -> list[str]:
    """Return the names of the guards that the candidate is known not to pass."""
    return _names(f for f in findings if not f.passed and f.settled)


def unsettled(findings: Sequence[Finding]) -> list[str]:
    """Return the names of the guards that need more pairs."""
    return _names(f for f in findings if not f.passed and not f.settled)


def _names(findings: object) -> list[str]:
    return list(dict.fromkeys(finding.guard for finding in findings))  # type: ignore[attr-defined]


def _made(table: GuardTable) -> Guard:
    kind = plugins.load(GROUP, table.kind)
    try:
        made: Guard = kind(name=table.name, **table.arguments)
    except TypeError as error:
        raise BadInput(
            f"guard {table.name!r} of kind {table.kind!r} does not take these settings: {error}. "
            "Correct its table in [[guards]]."
        ) from error
    return made
