"""Finding the text that a block means to replace, and replacing it: once, or not at all."""

import difflib
import re
from collections.abc import Callable, Sequence

from regency.errors import Unreadable

_NUMBERED = re.compile(r"^\s*\d+\s?[|:\t]\s?")
_NEAR = 0.75  # share of lines that must be the same for a block to be near its place
_NEAR_LINES = 3
_MOST_STEPS = 4_000_000  # lines compared at most; larger files ask for exact blocks

Lines = list[str]


def replaced(text: str, old: str, new: str, *, inside: bool = False) -> str:
    """Return ``text`` with ``old`` replaced by ``new`` at the one place where it stands.

    From strict to lenient: as it is; without spaces at line ends; without blank lines around it;
    at another depth of indentation; without line numbers; and last with a few lines that differ,
    none of which ``new`` changes, so that what the answer misremembers is left as it stands.

    Args:
        text: The file.
        old: What to look for.
        new: What to put there.
        inside: Whether ``old`` may begin and end within a line.

    Raises:
        Unreadable: It stands nowhere or in several places.
    """
    if inside and old.strip() and (count := text.count(old)):
        _once(count, old)
        before, _, after = text.partition(old)
        if "\n" not in old or _whole_lines(before, old, after):
            return before + new + after
    if not old.strip():
        if text.strip():
            raise Unreadable(
                "a search block is empty though the file is not. Search for the lines to change."
            )
        return new
    lines, wanted, fresh = _split(text), _split(old), _split(new)
    for look in (_exactly, _trimmed, _shifted, _unnumbered, _nearly):
        if (found := look(lines, wanted, fresh)) is not None:
            return "\n".join(found) + ("\n" if found and text.endswith("\n") else "")
    raise Unreadable(_nowhere(lines, wanted))


def _whole_lines(before: str, old: str, after: str) -> bool:
    """Return whether ``old``, of more than one line, begins and ends where lines of the file do."""
    begins = not before.rpartition("\n")[2].strip()
    return begins and (old.endswith("\n") or after[:1] in ("", "\n"))


def _exactly(lines: Lines, wanted: Lines, fresh: Lines) -> Lines | None:
    return _put(lines, wanted, fresh, str.__eq__)


def _trimmed(lines: Lines, wanted: Lines, fresh: Lines) -> Lines | None:
    found = _put(lines, wanted, fresh, _same)
    if found is not None:
        return found
    # A blank line at an end of both sides is layout of the answer, not of the file.
    while wanted and not wanted[0].strip():
        wanted, fresh = wanted[1:], fresh[1:] if fresh and not fresh[0].strip() else fresh
    while wanted and not wanted[-1].strip():
        wanted, fresh = wanted[:-1], fresh[:-1] if fresh and not fresh[-1].strip() else fresh
    return _put(lines, wanted, fresh, _same) if wanted else None


def _shifted(lines: Lines, wanted: Lines, fresh: Lines) -> Lines | None:
    """Match at another depth, the same for all lines, and move the new lines as far."""
    base = _margin(wanted)
    bare = [ln[len(base) :] if ln.strip() else "" for ln in wanted]
    places = []
    for start in _places(lines, bare, lambda a, b: a.strip() == b.strip()):
        part = lines[start : start + len(bare)]
        margin = _margin(part)
        if all(_same(ln, margin + b if b else "") for ln, b in zip(part, bare, strict=True)):
            places.append((start, margin))
    if not places:
        return None
    start = _pick([place for place, _ in places], wanted)
    margin = dict(places)[start]
    if any(ln.strip() and not ln.startswith(base) for ln in fresh):
        raise Unreadable(
            "a search block is indented differently from the file, and its replacement cannot be "
            "moved along. Repeat the lines exactly as they stand in the file."
        )
    moved = [margin + ln[len(base) :] if ln.strip() else "" for ln in fresh]
    return [*lines[:start], *moved, *lines[start + len(bare) :]]


def _unnumbered(lines: Lines, wanted: Lines, fresh: Lines) -> Lines | None:
    filled = [ln for ln in wanted if ln.strip()]
    if not all(_NUMBERED.match(ln) for ln in filled):
        return None
    both = all(_NUMBERED.match(ln) for ln in fresh if ln.strip())
    bare = [_NUMBERED.sub("", ln) for ln in wanted]
    if not any(ln.strip() for ln in bare):
        return None
    return _trimmed(lines, bare, [_NUMBERED.sub("", ln) for ln in fresh] if both else fresh)


def _nearly(lines: Lines, wanted: Lines, fresh: Lines) -> Lines | None:
    """Match where most lines are the same, and change only lines that are."""
    size = len(wanted)
    if size < _NEAR_LINES or len(lines) * size > _MOST_STEPS:
        return None
    counts = [
        (sum(map(_same, lines[start : start + size], wanted)), start)
        for start in range(len(lines) - size + 1)
    ]
    good = sorted((c for c in counts if c[0] >= _NEAR * size), reverse=True)
    if not good:
        return None
    if len(good) > 1:
        _once(len(good), "\n".join(wanted))
    start = good[0][1]
    part = lines[start : start + size]
    return [*lines[:start], *_carried(part, wanted, fresh), *lines[start + size :]]


def _carried(part: Lines, wanted: Lines, fresh: Lines) -> Lines:
    """Return ``part`` with what differs between ``wanted`` and ``fresh``, and nothing else."""
    result: Lines = []
    steps = difflib.SequenceMatcher(None, wanted, fresh, autojunk=False).get_opcodes()
    for tag, low, high, first, last in steps:
        if tag == "equal":
            result += part[low:high]
            continue
        if not all(map(_same, part[low:high], wanted[low:high])):
            raise Unreadable(
                "a search block has lines that are not in the file, among those it changes: "
                f"{wanted[low]!r:.120}. Repeat the lines exactly as they stand in the file."
            )
        result += fresh[first:last]
    return result


def _put(
    lines: Lines, wanted: Lines, fresh: Lines, same: Callable[[str, str], bool]
) -> Lines | None:
    places = _places(lines, wanted, same)
    if not places:
        return None
    start = _pick(places, wanted)
    return [*lines[:start], *fresh, *lines[start + len(wanted) :]]


def _places(lines: Lines, wanted: Lines, same: Callable[[str, str], bool]) -> list[int]:
    size = len(wanted)
    return [
        start
        for start in range(len(lines) - size + 1)
        if all(map(same, lines[start : start + size], wanted))
    ]


def _pick(places: Sequence[int], wanted: Lines) -> int:
    _once(len(places), "\n".join(wanted))
    return places[0]


def _once(count: int, old: str) -> None:
    if count > 1:
        first = next((ln.strip() for ln in old.splitlines() if ln.strip()), "")
        raise Unreadable(
            f"a search block fits {count} places in the file: it begins {first!r:.120}. Add lines "
            "around it until it fits one."
        )


def _nowhere(lines: Lines, wanted: Lines) -> str:
    first = next((ln for ln in wanted if ln.strip()), "")
    near = difflib.get_close_matches(first, lines[:5000], 1, 0.6)
    hint = f" The file has the line {near[0].strip()!r:.120}." if near else ""
    return (
        f"a search block is not in the file: it begins {first.strip()!r:.120}.{hint} Repeat the "
        "lines exactly as they stand in the file."
    )


def _split(text: str) -> Lines:
    """Return lines; the newline at the end of a block ends its last line and begins no other."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _same(one: str, other: str) -> bool:
    return one.rstrip() == other.rstrip()


def _margin(lines: Lines) -> str:
    filled = [ln for ln in lines if ln.strip()]
    margin = filled[0][: len(filled[0]) - len(filled[0].lstrip())] if filled else ""
    while not all(ln.startswith(margin) for ln in filled):
        margin = margin[:-1]
    return margin
