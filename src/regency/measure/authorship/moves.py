"""Finds the lines that a commit moved: they were not written again, so they keep their author.

As in `git blame -M -C`, a moved piece must be long enough not to be the same by chance: twenty
letters and digits within a file, forty between files. Every removed line moves at most once.
"""

import re
from array import array
from collections.abc import Mapping, Sequence

from regency.repo.changes import FileChange

WITHIN, BETWEEN = 20, 40
_LARGEST = 20_000  # lines: a bigger change is a rewrite of data, not a move of code
_WORD = re.compile(rb"[^A-Za-z0-9]")
Place = tuple[int, int, int]  # file, hunk, line


def moved_lines(
    changed: Sequence[FileChange], bases: Sequence["array[int] | None"]
) -> dict[Place, "array[int]"]:
    """Return the moved pieces of a commit: where each arrived → the numbers of its lines.

    Args:
        changed: What the commit changed.
        bases: The line numbers of each file before; None: binary.
    """
    removed = sum(len(h.removed) for c in changed for h in c.hunks)
    added = sum(len(h.added) for c in changed for h in c.hunks)
    if not removed or not added or removed + added > _LARGEST or not _hunks(changed):
        return {}
    origin = _origins(changed, bases)
    found: dict[Place, array[int]] = {}
    used: set[Place] = set()
    for file, change in enumerate(changed):
        for hunk, piece in enumerate(change.hunks):
            _pieces(changed, bases, origin, used, found, (file, hunk), piece.added)
    return found


def _hunks(changed: Sequence[FileChange]) -> bool:
    return sum(len(c.hunks) for c in changed) > 1


def _origins(
    changed: Sequence[FileChange], bases: Sequence["array[int] | None"]
) -> Mapping[bytes, list[Place]]:
    origin: dict[bytes, list[Place]] = {}
    for file, change in enumerate(changed):
        if bases[file] is None or change.status == "T":
            continue
        for hunk, piece in enumerate(change.hunks):
            for place, line in enumerate(piece.removed):
                origin.setdefault(line, []).append((file, hunk, place))
    return origin


def _pieces(
    changed: Sequence[FileChange],
    bases: Sequence["array[int] | None"],
    origin: Mapping[bytes, list[Place]],
    used: set[Place],
    found: dict[Place, "array[int]"],
    target: tuple[int, int],
    added: Sequence[bytes],
) -> None:
    at = 0
    while at < len(added):
        best: list[Place] = []
        for start in origin.get(added[at], ())[:16]:
            run = _run(changed, used, start, added, at)
            best = run if len(run) > len(best) else best
        if best and _long_enough(best, target[0], added[at : at + len(best)]):
            used.update(best)
            found[(*target, at)] = _numbers(changed, bases, best)
            at += len(best)
        else:
            at += 1


def _run(
    changed: Sequence[FileChange], used: set[Place], start: Place, added: Sequence[bytes], at: int
) -> list[Place]:
    file, hunk, place = start
    removed = changed[file].hunks[hunk].removed
    length = 0
    while (
        at + length < len(added)
        and place + length < len(removed)
        and added[at + length] == removed[place + length]
        and (file, hunk, place + length) not in used
    ):
        length += 1
    return [(file, hunk, place + n) for n in range(length)]


def _long_enough(run: Sequence[Place], target: int, lines: Sequence[bytes]) -> bool:
    needed = WITHIN if run[0][0] == target else BETWEEN
    return sum(len(_WORD.sub(b"", line)) for line in lines) >= needed


def _numbers(
    changed: Sequence[FileChange], bases: Sequence["array[int] | None"], run: Sequence[Place]
) -> "array[int]":
    file, hunk, place = run[0]
    base = bases[file]
    start = changed[file].hunks[hunk].old_start - 1 + place
    return base[start : start + len(run)] if base is not None else array("I")
