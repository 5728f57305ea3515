"""Charts of a test: what each pair said, and how the evidence grew. For people only."""

from regency import charts
from regency.judge.course import Course

EVIDENCE_FROM = 0.5  # e-values start at 1
NEVER = 1e12  # e-values beyond are drawn here


def figures(course: Course, metric: str, headline: str) -> tuple[charts.Chart, charts.Chart]:
    """Return two charts: effects with their interval, and the e-value against its bar.

    Args:
        course: A test with at least one look.
        metric: Name of the metric.
        headline: What became of it, in one sentence.
    """
    return _effects(course, metric, headline), _evidence(course)


def _effects(course: Course, metric: str, headline: str) -> charts.Chart:
    looks = course.looks
    points = tuple(charts.Point(look.pair, look.effect) for look in looks)
    band = tuple(
        (float(look.pair), look.low, look.high)
        for look in looks
        if look.low is not None and look.high is not None
    )
    least = course.smallest_effect
    marks: list[charts.Mark] = [charts.Rule(0.0, label="" if least else "no difference")]
    if least:
        marks.append(charts.Rule(least, label=f"smallest effect worth having: {least:g}"))
    if course.margin:
        marks.append(charts.Rule(-course.margin, label=f"margin: {course.margin:g} worse"))
    mean = tuple((float(look.pair), look.mean) for look in looks)
    marks += [
        charts.Line("mean so far, with its time-uniform interval", mean, band),
        charts.Points("one pair", points, hollow=True),
    ]
    sure = 100 * (1 - course.level)
    return charts.Chart(
        title=headline,
        x=_pairs(course),
        y=charts.Axis(f"improvement of {metric}", low=_lowest(course), high=_highest(course)),
        marks=tuple(marks),
        summary=(
            f"{course.candidate} against {course.champion} on the confirm split. Each end of the "
            f"interval holds with {sure:.4g} % at every pair at once."
        ),
        height=380,
    )


def _evidence(course: Course) -> charts.Chart:
    path = [(0.0, 1.0)]
    path += [(float(look.pair), min(max(look.e_value, 1.0), NEVER)) for look in course.looks]
    return charts.Chart(
        title=f"Evidence: an e-value of {course.looks[-1].e_value:,.3g}, {course.bar:,.0f} needed",
        x=_pairs(course),
        y=charts.Axis("largest e-value so far", "log", low=EVIDENCE_FROM),
        marks=(
            charts.Rule(course.bar, label=f"needed: {course.bar:,.0f}"),
            charts.Line("", tuple(path)),
            charts.Points("", tuple(charts.Point(x, y) for x, y in path[1:])),
        ),
        summary=(
            f"Test {course.index} of generation {course.generation}: {_if_false(course)} it gets "
            f"to {course.bar:,.0f} in at most 1 case of {course.bar:,.0f}."
        ),
        height=340,
    )


def _pairs(course: Course) -> charts.Axis:
    """Return the axis of pairs, the same for both; wide enough that no ticks are half pairs."""
    return charts.Axis("pair of fresh runs", low=0, high=max(len(course.looks), 4) + 0.5)


def _if_false(course: Course) -> str:
    return f"if worse by over {course.margin:g}" if course.margin else "without any improvement"


def _ends(course: Course) -> tuple[float, float]:
    """Return what the axis must hold: every pair, zero, and the last interval where it is narrow.

    The first intervals are endlessly wide; they leave the plot rather than flatten it.
    """
    effects = [look.effect for look in course.looks] + [0.0, course.smallest_effect, -course.margin]
    low, high = min(effects), max(effects)
    span = 0.6 * (high - low) or 1.0
    last = course.looks[-1]
    lows = [x for x in (last.low,) if x is not None]
    highs = [x for x in (last.high,) if x is not None]
    return max(min([low, *lows]), low - span), min(max([high, *highs]), high + span)


def _lowest(course: Course) -> float:
    low, high = _ends(course)
    return low - (high - low) * 0.06


def _highest(course: Course) -> float:
    low, high = _ends(course)
    return high + (high - low) * 0.06
