"""What ``regency measure authorship`` prints for people."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from regency.cli import paper
from regency.cli.text import clean, one_line
from regency.measure.authorship import Line, Measured, words
from regency.measure.authorship.aider import Release
from regency.measure.authorship.tally import Tally
from regency.measure.authorship.timeline import day
from regency.measure.authorship.words import percent

MOST_ROWS = 12


def show(out: Console, found: Measured, by: str, command: str) -> None:
    """Print the whole report.

    Args:
        out: Where.
        found: The measurement.
        by: ``week`` or ``release``: what to show of the lines added.
        command: What gives the same answer again.
    """
    title = f"{found.place} at {found.commit[:12]} ({day(found.time_s)})"
    out.print(paper.heading(title))
    out.print(Text(words.headline(found), style="bold"))
    out.print()
    _tallies(out, "alive", {"all": found.alive, **_largest(found.folders)}, "folder")
    spans = found.weeks if by == "week" else found.releases
    _tallies(out, "added", {s.name: s.added for s in spans[-MOST_ROWS:]}, by)
    _agents(out, found)
    _survival(out, found)
    _agreement(out, found)
    _remarks(out, found)
    out.print(Text(f"Again: {one_line(command)}", style="dim"))


def _largest(folders: Mapping[str, Tally]) -> dict[str, Tally]:
    ordered = sorted(folders.items(), key=lambda item: -item[1].lines)
    return {f"{name}/" if name != "." else "(top)": tally for name, tally in ordered[:MOST_ROWS]}


def _tallies(out: Console, what: str, tallies: Mapping[str, Tally], first: str) -> None:
    columns = (f"lines {what}", "AI", "human", "automation", "unknown", "AI's share")
    table = paper.table(first, *columns, right=columns)
    for name, tally in tallies.items():
        counts = (tally.lines, tally.ai, tally.human, tally.automation, tally.unknown)
        share = f"{percent(tally.at_least)} to {percent(tally.at_most)}" if tally.lines else "-"
        table.add_row(paper.line(name), *(f"{n:,}" for n in counts), share)
    if tallies:
        out.print(table)
        out.print()


def _agents(out: Console, found: Measured) -> None:
    if not found.models:
        return
    table = paper.table(
        "agent and model", "lines alive", "of AI's", right=("lines alive", "of AI's")
    )
    for name, lines in list(found.models.items())[:MOST_ROWS]:
        table.add_row(paper.line(name), f"{lines:,}", percent(lines / found.alive.ai))
    out.print(table)
    out.print()


def _survival(out: Console, found: Measured) -> None:
    columns = ("lines ever", "commits", "gone in 14 days", "alive after 90 days", "after a year")
    table = paper.table("survival", *columns, right=columns)
    for category, lives in found.survival.items():
        if lives.lines:
            shown = (lives.at(14), lives.at(90), lives.at(365))
            gone, *rest = (_range(at, gone=n == 0) for n, at in enumerate(shown))
            table.add_row(str(category), f"{lives.lines:,}", f"{lives.commits:,}", gone, *rest)
    if table.row_count:
        out.print(table)
        out.print(Text("Kaplan-Meier; 95 % intervals from commits drawn again", style="dim"))
        out.print()


def _range(at: tuple[float, float, float] | None, *, gone: bool) -> str:
    if at is None:
        return "-"
    share, low, high = (1 - at[0], 1 - at[2], 1 - at[1]) if gone else at
    return f"{percent(share)} ({percent(low)} to {percent(high)})"


def _agreement(out: Console, found: Measured) -> None:
    table = paper.table("decided by", "lines alive", right=("lines alive",))
    for name, lines in found.sources.items():
        table.add_row(name, f"{lines:,}")
    out.print(table)
    out.print()
    columns = ("lines of both", "same category", "same agent")
    pairs = paper.table("sources", *columns, "first conflict", right=columns)
    for pair in found.agreement:
        same = (percent(n / pair.lines) for n in (pair.category, pair.agent))
        conflict = paper.line(pair.conflict)
        pairs.add_row(", ".join(pair.sources), f"{pair.lines:,}", *same, conflict)
    if found.agreement:
        out.print(pairs)
        out.print()


def _remarks(out: Console, found: Measured) -> None:
    for text in (*words.warnings(found), *words.remarks(found)):
        out.print(Text(text, style="dim"))
    if found.faults:
        table = paper.table("what was off", "times", "first", right=("times",))
        for fault in found.faults[:MOST_ROWS]:
            table.add_row(paper.line(fault.kind), f"{fault.count:,}", paper.line(fault.example))
        out.print(table)


def show_lines(out: Console, lines: Sequence[Line]) -> None:
    """Print a file with the author of each line before it."""
    for number, line in enumerate(lines, 1):
        author = line.author
        who = " ".join(filter(None, (str(author.category), author.agent, author.model)))
        made = Text(f"{number:>5}  {line.commit[:9]}  {one_line(who, 28):<28}  ", style="dim")
        made.append(clean(line.text.expandtabs(4)).replace("\n", " "))
        out.print(made, no_wrap=True, overflow="ellipsis", crop=True)


def show_releases(out: Console, releases: Sequence[Release], command: str) -> None:
    """Print aider's share of releases, by its own method."""
    columns = ("aider's lines", "lines", "share")
    table = paper.table("release", "date", *columns, right=columns)
    for release in releases:
        table.add_row(
            paper.line(f"{release.start}..{release.end}"), release.date, f"{release.aider:,}",
            f"{release.lines:,}", f"{release.percentage:.2f} %",
        )  # fmt: skip
    out.print(table)
    out.print(Text(f"Again: {one_line(command)}", style="dim"))
