"""A small plot made of text."""

from collections.abc import Sequence

_BLOCKS = " ▁▂▃▄▅▆▇█"
_SPARKS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int = 40) -> str:
    """Return one line whose heights follow ``values``, oldest at the left."""
    if not values:
        return ""
    picked = _resampled(values, width)
    low, high = min(picked), max(picked)
    span = (high - low) or 1.0
    return "".join(_SPARKS[round((v - low) / span * (len(_SPARKS) - 1))] for v in picked)


def steps(points: Sequence[tuple[float, float]], end: float, width: int, height: int) -> list[str]:
    """Return the rows, top first, of a filled step plot from zero upwards.

    Args:
        points: x and y of each step, by x; a y holds until the next x.
        end: Largest x.
        width: Columns.
        height: Rows.
    """
    if not points or end <= points[0][0] or width < 1:
        return []
    start = points[0][0]
    values = [_at(points, start + (end - start) * (n + 1) / width) for n in range(width)]
    top = max(values)
    if top <= 0:
        return []
    levels = [round(max(value, 0.0) / top * height * 8) for value in values]
    return [
        "".join(_BLOCKS[min(8, max(0, level - 8 * row))] for level in levels)
        for row in reversed(range(height))
    ]


def forest(value: float, ends: tuple[float, float], low: float, high: float, width: int) -> str:
    """Return one row of a forest plot: an interval, its value, and where zero is.

    Args:
        value: Drawn as a dot.
        ends: Interval around it, drawn as a line with an arrow where it leaves the plot; equal
            ends: none.
        low: Value at the left end.
        high: Value at the right end, above ``low``.
        width: Columns.
    """
    row = [" "] * width
    row[_column(0.0, low, high, width)] = "│"
    left, right = (_column(end, low, high, width) for end in ends)
    if ends[0] < ends[1]:
        row[left : right + 1] = "─" * (right - left + 1)
        row[left] = "├" if ends[0] >= low else "◂"
        row[right] = "┤" if ends[1] <= high else "▸"
    row[_column(value, low, high, width)] = "●"
    return "".join(row)


def bar(share: float, width: int) -> str:
    """Return a bar as long as ``share`` of ``width`` columns, with a mark at the full width."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    blocks = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
    return f"{blocks:<{width}}{'▌' if share >= 1 else '┊'}"


def _column(value: float, low: float, high: float, width: int) -> int:
    part = (min(max(value, low), high) - low) / (high - low)
    return round(part * (width - 1))


def _at(points: Sequence[tuple[float, float]], place: float) -> float:
    value = points[0][1]
    for x, y in points:
        if x > place:
            break
        value = y
    return value


def _resampled(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    step = len(values) / width
    return [values[min(len(values) - 1, int((n + 1) * step) - 1)] for n in range(width)]
