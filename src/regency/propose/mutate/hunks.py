"""One edit at one site, in a form that can be moved to another parent, and how to say it.

Claims follow one grammar, which a claims check can hold against a diff (TEXT is one line of
source in backquotes; "only" where nothing else changed; lines are the parent's):

    changes [only] NAME in PATH from OLD to NEW
    changes [only] line N in PATH from `TEXT` to `TEXT`
    deletes [only] line N in PATH: `TEXT`
    repeats [only] line N in PATH: `TEXT`
    swaps [only] line N in PATH with what follows it: `TEXT`

NAME is a constant or field (``LEARNING_RATE``) or an argument (``step(size)``); a statement of
several lines is named by ``lines N-M``. TEXT longer than 60 characters ends in ``…``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from regency.propose.mutate.literals import Move
from regency.propose.mutate.sites import Site

_VERBS = {"delete": "deletes", "repeat": "repeats", "swap": "swaps"}
_SAID = {"delete": "Delete", "repeat": "Repeat", "swap": "Swap"}
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Hunk:
    """A move made at a site: what `regency.records.Proposal.notes` carries.

    Attributes:
        site: Key of the site.
        path: File.
        kind: Kind of the site.
        position: Position of the site.
        op: Operator.
        old: Source text it replaces.
        new: Source text in its place.
        line: Line in the parent it was made from.
        scale: Scale of the coordinates, empty where there are none.
        at: Coordinate before.
        to: Coordinate after.
    """

    site: str
    path: str
    kind: str
    position: str
    op: str
    old: str
    new: str
    line: int
    scale: str = ""
    at: float = 0.0
    to: float = 0.0


def hunk_of(site: Site, move: Move) -> Hunk:
    """Return ``move`` at ``site`` as a hunk."""
    ordered = site.at is not None and move.at is not None
    return Hunk(
        site.key,
        site.path,
        site.kind,
        site.position,
        move.op,
        site.old,
        move.new,
        site.line,
        scale=site.scale if ordered else "",
        at=round(site.at or 0.0, 6) if ordered else 0.0,
        to=round(move.at or 0.0, 6) if ordered else 0.0,
    )


def rebased(hunk: Hunk, sites: Mapping[str, Site]) -> Site | None:
    """Return the site where ``hunk`` applies, None if it is gone or reads otherwise now."""
    site = sites.get(hunk.site)
    return site if site is not None and site.old == hunk.old else None


def changed_lines(site: Site, new: str) -> int:
    """Return how many lines a diff would add and remove, at most."""
    return site.lines + len(new.splitlines())


def claim(site: Site, move: Move, *, only: bool) -> str:
    """Return the claim for ``move`` at ``site``, in this module's grammar."""
    word = " only" if only else ""
    where = f"{_lines(site)} in {site.path}"
    if site.kind == "statement":
        more = " with what follows it" if move.op == "swap" else ""
        return f"{_VERBS[move.op]}{word} {where}{more}: {_quoted(site.old)}"
    if site.name:
        return f"changes{word} {site.name} in {site.path} from {site.old} to {move.new}"
    return f"changes{word} {where} from {_quoted(site.old)} to {_quoted(move.new)}"


def sentence(site: Site, move: Move) -> str:
    """Return one plain sentence that says what ``move`` at ``site`` changes."""
    where = f"{site.path} {_lines(site)}"
    if site.kind == "statement":
        more = " with what follows it" if move.op == "swap" else ""
        return f"{_SAID[move.op]} {where}{more}: {_quoted(site.old)}."
    if site.name:
        return f"Set {site.name} in {where} from {site.old} to {move.new}."
    place = site.key.partition("::")[2].partition("/")[0]
    inside = f" ({place})" if place else ""
    return f"Change {_quoted(site.old)} to {_quoted(move.new)} in {where}{inside}."


def _lines(site: Site) -> str:
    if site.lines == 1:
        return f"line {site.line}"
    return f"lines {site.line}-{site.line + site.lines - 1}"


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f"`{flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + '…'}`"
