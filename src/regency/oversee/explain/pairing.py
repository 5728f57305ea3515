"""What became of what: files and definitions that were renamed or moved, as well as changed.

Files pair by path, then by equal content, then by enough lines in common. Definitions pair by
qualified name, then by equal structure but for their own name, then by enough lines in common.
"""

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regency.oversee.explain.compare import is_text
from regency.oversee.explain.renames import Renames, renamed
from regency.oversee.outline import FUNCTIONS, Definition, Outline
from regency.repo import diff

SIMILAR = 0.6  # share of lines in common from which something was renamed rather than replaced
_FEWEST_LINES = 3
_MOST_COMPARED = 4000  # pairs of files whose lines are compared
_Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class FilePair:
    """A file before and after; a path is empty, its content None, where there is none."""

    old_path: str
    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Place:
    """A definition and the file it lies in."""

    path: str
    name: str
    definition: Definition
    outline: Outline

    @property
    def last(self) -> str:
        """Its name without what it lies in."""
        return last_part(self.name)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.definition.end - self.definition.line + 1


def last_part(name: str) -> str:
    """Return a qualified name's last part, without the number of a repeated definition."""
    return name.rpartition(".")[2].partition("#")[0]


def files(before: _Files, after: _Files) -> list[FilePair]:
    """Return the files that differ between two trees, by path; renamed ones once."""
    paths = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
    gone = [p for p in paths if p not in after]
    came = [p for p in paths if p not in before]
    twins = _twins(gone, came, before, after)
    taken = set(twins.values())
    return [
        FilePair(
            twins.get(p, p if p in before else ""), p if p in after else "",
            before.get(twins.get(p, p)), after.get(p),
        )
        for p in paths
        if p not in taken
    ]  # fmt: skip


def _twins(gone: list[str], came: list[str], before: _Files, after: _Files) -> dict[str, str]:
    """Return new path → old path of renamed files."""
    twins: dict[str, str] = {}
    same = {before[p]: p for p in reversed(gone) if before[p].strip()}
    for path in came:
        if (old := same.pop(after[path], None)) is not None:
            twins[path] = old
    rest = [p for p in gone if p not in twins.values()]
    if len(rest) * len(came) > _MOST_COMPARED:
        return twins
    for path in (p for p in came if p not in twins):
        likeness = [(_likeness(before[old], after[path]), old) for old in rest]
        best, old = max(likeness, default=(0.0, ""))
        if best >= SIMILAR:
            twins[path] = old
            rest.remove(old)
    return twins


def _likeness(old: bytes, new: bytes) -> float:
    if diff.is_binary(old) or diff.is_binary(new) or min(len(old), len(new)) == 0:
        return 0.0
    if max(len(old), len(new)) > 4 * min(len(old), len(new)):
        return 0.0
    return overlap(old.split(b"\n"), new.split(b"\n"))


def overlap(old: Iterable[bytes], new: Iterable[bytes]) -> float:
    """Return the share of lines in common, 0 to 1, of the longer side; layout aside."""
    one, other = (Counter(s for line in lines if (s := line.strip())) for lines in (old, new))
    return (one & other).total() / max(one.total(), other.total(), 1)


def definitions(
    gone: Sequence[Place], came: Sequence[Place], names: Renames | None = None
) -> list[tuple[Place, Place]]:
    """Return which of the definitions that are gone became which new ones.

    Args:
        gone: Those that are no more.
        came: Those that are new.
        names: Names that were renamed everywhere, old → new.
    """
    pairs = []
    free = list(gone)
    known: dict[str, list[Place]] = {}
    for place in gone:
        known.setdefault(shape(place, names or {}), []).append(place)
    for place in came:
        equal = [p for p in known.get(shape(place), ()) if p in free]
        best = next((p for p in equal if p.last == place.last), equal[0] if equal else None)
        if best is not None:
            free.remove(best)
            pairs.append((best, place))
    taken = {id(place) for _, place in pairs}
    pairs += _alike(free, [p for p in came if id(p) not in taken])
    return pairs


def _alike(gone: list[Place], came: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    for place in came:
        likely = [p for p in gone if _comparable(p, place)]
        scored = [(overlap(_body(p), _body(place)), -n, p) for n, p in enumerate(likely)]
        best = max(scored, default=None, key=lambda found: found[:2])
        if best is not None and best[0] >= SIMILAR:
            gone.remove(best[2])
            yield best[2], place


def _comparable(old: Place, new: Place) -> bool:
    if old.definition.kind != new.definition.kind:
        return False
    if old.path != new.path and old.last != new.last:
        return False
    return min(old.lines, new.lines) >= _FEWEST_LINES or old.last == new.last


def _body(place: Place) -> list[bytes]:
    return place.outline.lines[place.definition.line : place.definition.end]


def shape(place: Place, names: Renames | None = None) -> str:
    """Return the structure of a definition but for its docstring and its own name."""
    node = renamed(place.definition.node, names or {})
    body = node.body[1:] if is_text(node.body[0]) else node.body
    parts = [*node.decorator_list, *getattr(node, "bases", []), *body]
    parts += [node.args] if isinstance(node, FUNCTIONS) else []
    text = type(node).__name__ + "\n".join(map(ast.dump, parts))
    return re.sub(rf"'{re.escape(place.last)}'", "'§'", text)


def out_of_order(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return the names of ``new`` that stand in another order than in ``old``; fewest first."""
    rank = {name: n for n, name in enumerate(old)}
    common = [name for name in new if name in rank]
    return set(common) - set(_longest_rising(common, rank))


def _longest_rising(names: Sequence[str], rank: Mapping[str, int]) -> list[str]:
    best: list[list[str]] = []
    for name in names:
        fitting = (run for run in best if rank[run[-1]] < rank[name])
        best.append([*max(fitting, key=len, default=[]), name])
    return max(best, key=len, default=[])


def outermost(names: Iterable[str], among: Mapping[str, object]) -> list[str]:
    """Return ``names`` but those that lie in another of ``among``."""
    return [
        name for name in names
        if not any(outer in among for outer in _outer(name))
    ]  # fmt: skip


def _outer(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(part) for part in itertools.accumulate([p] for p in parts[:-1]))
