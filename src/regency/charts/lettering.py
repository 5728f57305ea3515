"""Texts in a drawing: how wide they are about, where they break, where labels find room."""

from collections.abc import Sequence
from dataclasses import dataclass

from regency.charts.colours import INK
from regency.charts.markup import Markup, element, escaped

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
NARROW, WIDE = frozenset("iljtfrI.,:;|!'()[] "), frozenset("mwMW%@—ABCDGHKNOQRSUVXYZ")
LINE = 1.35  # of the letters' size


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def inside(self, other: "Box") -> bool:
        """Return whether this lies within ``other``."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


def width(text: str, size: float) -> float:
    """Return about how wide a text is, rather too much, in pixels: the fonts are not known here."""
    return size * sum(0.34 if c in NARROW else 0.78 if c in WIDE else 0.58 for c in text)


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Return ``text`` in lines that fit into ``room`` pixels; words that do not fit are cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size) <= room:
            lines[-1] = joined
        else:
            lines.append(shortened(word, size, room))
    return lines


def shortened(text: str, size: float, room: float) -> str:
    """Return ``text``, cut so that it fits into ``room`` pixels."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept + "…"


def words(
    text: str,
    x: float,
    y: float,
    size: float = 12,
    *,
    anchor: str = "",
    fill: str = INK,
    **more: str | float,
) -> Markup:
    """Return a text whose base line is at ``y``."""
    return element(
        "text", escaped(text), x=x, y=y, font_size=size, text_anchor=anchor, fill=fill, **more
    )


def placed(
    wanted: Sequence[tuple[float, float, str]],
    size: float,
    room: Box,
    taken: Sequence[Box],
    spared: Sequence[Box] = (),
) -> list[tuple[float, float, str]]:
    """Return where labels can stand beside their points without covering anything.

    Args:
        wanted: x and y of each point, and its label; the most important first.
        size: Of the letters.
        room: Where labels may stand.
        taken: What must not be covered.
        spared: What is covered only by labels that find no other room.

    Returns:
        Left end, base line and text of those labels that found room.
    """
    full, found = list(taken), []
    todo = list(wanted)
    for avoided in (spared, ()):
        left = []
        for x, y, text in todo:
            box = _free(_places(x, y, width(text, size), size), room, [*full, *avoided])
            if box is None:
                left.append((x, y, text))
            else:
                full.append(box)
                found.append((box.left, box.bottom - size * 0.25, text))
        todo = left
    return found


def _free(places: Sequence[Box], room: Box, taken: Sequence[Box]) -> Box | None:
    for box in places:
        if box.inside(room) and not any(box.meets(other) for other in taken):
            return box
    return None


def _places(x: float, y: float, wide: float, size: float) -> list[Box]:
    gap, high = 7.0, size * 1.1
    lefts = (x + gap, x - gap - wide, x - wide / 2)
    tops = (y - high / 2, y - high - gap, y + gap)
    corners = [(lefts[0], tops[0]), (lefts[1], tops[0]), (lefts[1], tops[1]), (lefts[0], tops[2])]
    corners += [(lefts[0], tops[1]), (lefts[1], tops[2]), (lefts[2], tops[1]), (lefts[2], tops[2])]
    return [Box(left, top, left + wide, top + high) for left, top in corners]
