"""The measurement as a page for people who decide: charts, tables, and what is not known."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

from regency.charts import (
    Area,
    Axis,
    Bars,
    Chart,
    Figure,
    Heading,
    Items,
    Markup,
    Page,
    Part,
    Sheet,
    Steps,
    Warned,
    compose,
    draw,
)
from regency.measure.authorship import words
from regency.measure.authorship.authors import Category
from regency.measure.authorship.result import Measured
from regency.measure.authorship.survival import REWORK_DAYS, rework
from regency.measure.authorship.tally import ORDER, Tally
from regency.measure.authorship.timeline import Span

COLOURS = {
    Category.AI: "#0072b2",
    Category.HUMAN: "#00805f",
    Category.AUTOMATION: "#8a6100",
    Category.UNKNOWN: "#b5b5b5",
}
NAMES = {
    Category.AI: "known AI",
    Category.HUMAN: "known people",
    Category.AUTOMATION: "automation",
    Category.UNKNOWN: "unknown",
}
MOST_BARS, MOST_FOLDERS, MOST_ROWS = 40, 12, 20


def page(found: Measured, command: str) -> Markup:
    """Return the whole report as one HTML document that needs nothing from outside.

    Args:
        found: The measurement.
        command: What makes it again.
    """
    name = PurePath(found.place).name or found.place
    parts: list[Part] = [Warned(text) for text in words.warnings(found)]
    parts += _figures(found, command)
    parts += _tables(found, command)
    return compose(
        Page(
            f"Who wrote {name}",
            words.headline(found),
            tuple(parts),
            f"Measured at commit {found.commit}, after {found.commits:,} commits. A line is a "
            "person's only if a record says so; shares are intervals because unknown lines could "
            "be anybody's.",
        )
    )


def picture(found: Measured) -> Markup:
    """Return the lines over time as one SVG drawing."""
    return draw(over_time(found))


def over_time(found: Measured) -> Chart:
    """Return the chart of the lines that lived at each moment."""
    moments = [_ordinal(time) for time, _ in found.living]
    areas = _stacked(moments, [tally for _, tally in found.living])
    return Chart(
        title=words.headline(found),
        summary="Lines alive over time, by who is known to have written them.",
        x=Axis("", "date"),
        y=Axis("lines", low=0),
        marks=areas,
        notes=("The blue area is the least that AI wrote; grey could be anybody's.",),
    )


def _figures(found: Measured, command: str) -> list[Part]:
    made: list[Part] = []
    if len(found.living) > 1:
        caption = "Each line counts from the commit that added it to the one that removed it."
        made.append(Figure(draw(over_time(found)), caption, command))
    spans = _spans(found)
    if spans:
        made.append(Figure(draw(_added(spans)), "Lines as they were added, moved ones left out.",
                           command))  # fmt: skip
    if found.survival[Category.AI].lines:
        made.append(Figure(draw(_survival(found)), _lives(found), command))
    if len(found.folders) > 1:
        made.append(Figure(draw(_folders(found.folders)), "The largest folders.", command))
    return made


def _stacked(places: Sequence[float], tallies: Sequence[Tally]) -> tuple[Area, ...]:
    base = [0.0] * len(places)
    areas = []
    for category in ORDER:
        top = [low + tally[category] for low, tally in zip(base, tallies, strict=True)]
        if top != base:
            points = tuple(zip(places, base, top, strict=True))
            areas.append(Area(NAMES[category], points, COLOURS[category]))
        base = top
    return tuple(areas)


def _bars(tallies: Sequence[Tally], *, flat: bool) -> tuple[Bars, ...]:
    """Return bars of shares that stand on one another, each 100 % together."""
    made = []
    base = [0.0] * len(tallies)
    for category in ORDER:
        top = [b + (t[category] / t.lines if t.lines else 0.0)
               for b, t in zip(base, tallies, strict=True)]  # fmt: skip
        if top != base:
            bars = tuple((float(n), low, high)
                         for n, (low, high) in enumerate(zip(base, top, strict=True)))  # fmt: skip
            made.append(Bars(NAMES[category], bars, flat=flat, colour=COLOURS[category]))
        base = top
    return tuple(made)


def _spans(found: Measured) -> Sequence[Span]:
    """Return releases if there are enough of them, else months."""
    return (found.releases if len(found.releases) > 2 else _months(found.weeks))[-MOST_BARS:]


def _months(weeks: Sequence[Span]) -> list[Span]:
    months: dict[str, Span] = {}
    for week in weeks:
        name = week.name[:7]
        before = months.get(name)
        added = before.added + week.added if before else week.added
        months[name] = Span(name, before.start if before else week.start, added)
    return list(months.values())


def _added(spans: Sequence[Span]) -> Chart:
    return Chart(
        title="Who wrote what was added",
        summary="Shares of the lines added, by release or month, oldest first.",
        x=Axis("", "category", categories=tuple(span.name for span in spans)),
        y=Axis("share of lines added", "percent", low=0, high=1),
        marks=_bars([span.added for span in spans], flat=False),
    )


def _folders(folders: Mapping[str, Tally]) -> Chart:
    largest = sorted(folders.items(), key=lambda f: -f[1].lines)[:MOST_FOLDERS]
    names = tuple(f"{name} ({tally.lines:,})" for name, tally in largest)
    return Chart(
        title="Who wrote each folder",
        summary="Shares of the lines alive, by folder, the largest first; lines in brackets.",
        x=Axis("share of lines", "percent", low=0, high=1),
        y=Axis("", "category", categories=names),
        marks=_bars([tally for _, tally in largest], flat=True),
        height=140 + 32 * len(largest),
    )


def _survival(found: Measured) -> Chart:
    curves = []
    for category, lives in found.survival.items():
        if lives.lines and category is not Category.AUTOMATION:
            points = tuple(zip(map(float, lives.days), lives.share, strict=True))
            band = tuple(zip(map(float, lives.days), lives.low, lives.high, strict=True))
            curves.append(Steps(NAMES[category], points, band, COLOURS[category]))
    return Chart(
        title="How long lines live",
        summary="Share of lines still alive so many days after they were added.",
        x=Axis("days since a line was added", low=0),
        y=Axis("share alive", "percent", low=0, high=1),
        marks=tuple(curves),
        notes=("Kaplan-Meier estimate; bands are 95 % intervals from commits drawn again.",),
    )


def _lives(found: Measured) -> str:
    said = []
    for category in (Category.AI, Category.HUMAN, Category.UNKNOWN):
        again = rework(found.survival[category])
        if again:
            share, low, high = again
            said.append(f"{NAMES[category]} {words.percent(share)} ({words.percent(low)} to "
                        f"{words.percent(high)})")  # fmt: skip
    return f"Gone within {REWORK_DAYS} days: {', '.join(said)}." if said else ""


def _tables(found: Measured, command: str) -> list[Part]:
    made: list[Part] = []
    if found.models:
        rows = tuple((name, f"{n:,}", words.percent(n / found.alive.ai))
                     for name, n in list(found.models.items())[:MOST_ROWS])  # fmt: skip
        made += [Heading("Agents and models"),
                 Sheet(("agent and model", "lines alive", "of AI's"), rows, "", command,
                       right=("lines alive", "of AI's"))]  # fmt: skip
    made += [Heading("What says so"), _decided(found, command)]
    if found.agreement:
        made.append(_agreement(found, command))
    remarks = tuple(words.remarks(found))
    if remarks:
        made += [Heading("What was read and left out"), Items(remarks)]
    if found.faults:
        rows = tuple((f.kind, f"{f.count:,}", f.example) for f in found.faults[:MOST_ROWS])
        made.append(Sheet(("what was off in the records", "times", "first"), rows,
                          "No line counts twice, whatever a record claims.", command,
                          right=("times",)))  # fmt: skip
    return made


def _decided(found: Measured, command: str) -> Sheet:
    rows = tuple((name, f"{n:,}", words.percent(n / max(found.alive.lines, 1)))
                 for name, n in found.sources.items())  # fmt: skip
    return Sheet(("source", "lines alive", "share"), rows, "The source that decided.", command,
                 right=("lines alive", "share"))  # fmt: skip


def _agreement(found: Measured, command: str) -> Sheet:
    columns = ("sources", "lines of both", "same category", "same agent", "first conflict")
    rows = tuple(
        (", ".join(p.sources), f"{p.lines:,}", words.percent(p.category / p.lines),
         words.percent(p.agent / p.lines), p.conflict)
        for p in found.agreement
    )  # fmt: skip
    return Sheet(columns, rows, "Where two sources speak of the same lines.", command,
                 right=columns[1:4])  # fmt: skip


def _ordinal(time_s: int) -> float:
    moment = datetime.fromtimestamp(time_s, tz=UTC)
    return moment.toordinal() + (time_s % 86_400) / 86_400
