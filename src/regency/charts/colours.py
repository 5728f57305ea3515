"""Colours that can be told apart by everyone, and read on white.

Hues after Okabe and Ito ("Color Universal Design", 2008), the light ones darkened until each has a
contrast of at least 3 : 1 against white (WCAG 2.2, 1.4.11). Series also differ in shape or dash.
"""

SERIES = (
    "#0072b2",  # blue
    "#d55e00",  # vermilion
    "#00805f",  # bluish green
    "#a64d85",  # reddish purple
    "#8a6100",  # ochre
    "#3a8bbf",  # sky blue
    "#5b5b5b",  # grey
    "#6b2d1a",  # brown
)
INK = "#1a1a1a"
QUIET = "#595959"  # 7 : 1 on white
GRID = "#e3e3e3"
FRAME = "#8c8c8c"
SHADE = "#f1f1f1"
DASHES = ("", "7 4", "2 3", "9 3 2 3")


def colour(index: int) -> str:
    """Return the colour of series ``index``; they repeat after `SERIES`."""
    return SERIES[index % len(SERIES)]


def dash(index: int) -> str:
    """Return the dash of series ``index``: the colours' first round is solid."""
    return DASHES[index // len(SERIES) % len(DASHES)]
