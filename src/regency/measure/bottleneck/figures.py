"""A report as drawings and as one page."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from regency.charts import (
    Axis,
    Bars,
    Chart,
    Figure,
    Heading,
    Items,
    Line,
    Markup,
    Page,
    Part,
    Point,
    Points,
    Prose,
    Rule,
    Shade,
    Sheet,
    Steps,
    Warned,
    compose,
    draw,
)
from regency.measure.bottleneck import words
from regency.measure.bottleneck.amounts import changes, day, lasting, measure_of
from regency.measure.bottleneck.answer import Report

DAY_S = 86_400.0
DATED = 20 * DAY_S  # shorter histories are told in hours and days since their start
LONG = 0.95  # durations are drawn until so many are through
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def stages(report: Report) -> Chart:
    """Return the share of changes that still wait, by how long."""
    kept = [s for s in report.stages if s.curve.ended]
    far = max((_far(s.curve.times, s.curve.share) for s in kept), default=1.0)
    size, name = measure_of(max(far, 1.0) / 2)
    lines = []
    for stage in kept:
        curve = stage.curve
        at = [0.0, *(t / size for t in curve.times)]
        band = list(zip(at, [1.0, *curve.low], [1.0, *curve.high], strict=True))
        points = list(zip(at, [1.0, *curve.share], strict=True))
        lines.append(Steps(stage.name, tuple(points), tuple(band) if stage.human else ()))
    human = next((s for s in kept if s.human), None)
    said = "How long changes wait"
    if human is not None and human.median_s.value is not None:
        half = lasting(human.median_s.value)
        said = f"Half of the changes wait longer than {half} for people"
    return Chart(
        said, Axis(f"{name} since the first of the two", high=far / size, low=0.0),
        Axis("share not there yet", "percent", low=0.0, high=1.0), tuple(lines),
        "Share of changes that have not got from one point to the next.",
        ("Kaplan and Meier's estimate: what still waits counts as long as it has; band: 95 %.",),
    )  # fmt: skip


def backlog(report: Report) -> Chart:
    """Return how many changes waited, and are expected to."""
    place, axis = _clock(report)
    past = tuple((place(m.time), float(m.waiting)) for m in report.history)
    ahead = [(place(a.moment), a) for a in report.forecast.ahead]
    marks: list[Steps | Line | Rule | Shade] = [*_unseen(report, place), Steps("waiting", past)]
    if ahead:
        here = (place(report.settled), float(report.load.backlog))
        line = (here, *((x, a.value) for x, a in ahead))
        band = ((here[0], here[1], here[1]), *((x, a.low, a.high) for x, a in ahead))
        marks.append(Line("expected (extrapolated)", line, band, dashed=True))
        marks.append(Rule(place(report.until), "x", "end of the data"))
    if report.forecast.since.value is not None:
        marks.append(Rule(place(report.forecast.since.value), "x", "demand outgrew capacity"))
    return Chart(
        report.forecast.says, axis, Axis("changes that wait", low=0.0), tuple(marks),
        "Changes that began to wait for a human and were not decided.",
        ("Expected: the queue run on, with demand and review times as observed; band: 95 %.",),
    )  # fmt: skip


def ages(report: Report) -> Chart:
    """Return how old the backlog was."""
    place, axis = _clock(report)
    size, name = measure_of(max((m.oldest_s for m in report.history), default=1.0) / 2)
    oldest = tuple((place(m.time), m.oldest_s / size) for m in report.history)
    mean = tuple((place(m.time), m.mean_s / size) for m in report.history)
    now = lasting(report.load.oldest_s) if report.load.oldest_s else "nothing"
    said = (
        f"The oldest that waits has waited {now}" if report.load.oldest_s else "Nothing waits now"
    )
    return Chart(
        said, axis, Axis(f"age of what waits, {name}", low=0.0),
        (*_unseen(report, place), Line("the oldest", oldest), Line("mean", mean)),
        "Age of the changes that waited at each moment.",
    )  # fmt: skip


def options(report: Report) -> Chart:
    """Return what each option would have saved of the wait."""
    kept = report.options[1:]
    names = tuple(o.name for o in kept)
    sure = report.load.limiting
    sizes = [max((o.share.value if sure else o.share.high) or 0.0, 0.0) for o in kept]
    bars = tuple((float(n), 0.0, size) for n, size in enumerate(sizes))
    spots = tuple(
        Point(size, float(n), left=o.share.low, right=o.share.high)
        for n, (o, size) in enumerate(zip(kept, sizes, strict=True))
    )
    marks: list[Bars | Points] = [Bars("" if sure else "at most", bars, flat=True, thickness=0.5)]
    if sure:
        marks.append(Points("95 % interval", spots))
    said = "Too little was observed to say what would help"
    if kept:
        size, best = max(zip(sizes, kept, strict=True), key=lambda pair: pair[0])
        said = f"{best.name.capitalize()} would save most: {'' if sure else 'at most '}"
        said += f"{size * 100:.0f} % of the wait"
    return Chart(
        said, Axis("share of the mean wait saved", "percent", low=0.0, high=1.0),
        Axis("", "category", categories=names),
        tuple(marks), "Each option run on the same draws as things as they are.",
        (words.option_note(report),), height=420,
    )  # fmt: skip


FIGURES: Mapping[str, Callable[[Report], Chart]] = {
    "backlog": backlog,
    "ages": ages,
    "stages": stages,
    "options": options,
}


def svg(report: Report, figure: str, command: str) -> Markup:
    """Return one drawing, with the command that makes it again under it."""
    chart = FIGURES[figure](report)
    return draw(replace(chart, notes=(*chart.notes, command)))


def page(report: Report, command: str) -> Markup:
    """Return everything as one page.

    Args:
        report: What was found.
        command: What makes it again, printed under every figure.
    """
    parts: list[Part] = [Warned(p) for p in report.problems]
    parts += _time(report, command) + _line(report, command) + _help(report, command)
    parts += [Heading("How much faster it could get"), *map(Prose, words.ceiling_lines(report))]
    parts += [Heading("What cannot be known from this"), Items(report.unknown)]
    title = f"Where review holds {report.name} up"
    read = "entries" if report.source == "lab" else "commit"
    footer = (
        f"{changes(report.items)}, {report.decided:,} of them decided; {day(report.since)} "
        f"to {day(report.until)} UTC; {read} {report.revision}. Intervals: 95 %."
    )
    return compose(Page(title, words.headline(report), tuple(parts), footer))


def _time(report: Report, command: str) -> list[Part]:
    made: list[Part] = [Heading("Where the time goes")]
    if any(s.curve.ended for s in report.stages):
        said = "The lower a curve, the sooner changes get there."
        made.append(Figure(draw(stages(report)), said, command))
    rows = tuple(words.stage_rows(report))
    said = "In parentheses: 95 % intervals. What still waits is counted as lasting that long."
    return [*made, Sheet(words.STAGE_COLUMNS, rows, said, command, ("there", "not there"))]


def _line(report: Report, command: str) -> list[Part]:
    made: list[Part] = [Heading("What waits for people")]
    if report.history:
        said = "Changes that wait; dashed: what is expected if things go on as they are."
        made.append(Figure(draw(backlog(report)), said, command))
        made.append(Figure(draw(ages(report)), "How long they have waited.", command))
    made.append(Items(tuple(words.forecast_lines(report))))
    rows = tuple(words.load_rows(report))
    return [*made, Sheet(("", ""), rows, "Demand and capacity.", command)]


def _help(report: Report, command: str) -> list[Part]:
    if not report.options:
        return []
    rows = tuple(words.option_rows(report))
    said = "What each would have saved, had the window been run again with it."
    return [
        Heading("What would help"),
        Figure(draw(options(report)), said, command),
        Sheet(words.OPTION_COLUMNS, rows, words.option_note(report), command),
    ]


def _clock(report: Report) -> tuple[Callable[[float], float], Axis]:
    """Return how a moment is placed along x, and that axis."""
    start = report.history[0].time if report.history else report.since
    if report.until - start >= DATED:
        return lambda moment: moment / DAY_S + EPOCH, Axis("", "date")
    size, name = measure_of(max(report.until - start, 1.0) / 2)
    return lambda moment: (moment - start) / size, Axis(f"{name} since {day(start)} UTC")


def _unseen(report: Report, place: Callable[[float], float]) -> list[Shade]:
    """Return the time at the end of which not all that waits is seen yet."""
    if report.settled >= report.until:
        return []
    return [Shade(place(report.settled), place(report.until), "x", "not all seen yet")]


def _far(times: tuple[float, ...], share: tuple[float, ...]) -> float:
    return next((t for t, s in zip(times, share, strict=True) if s <= 1 - LONG), times[-1])
