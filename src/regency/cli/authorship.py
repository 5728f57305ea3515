"""``regency measure authorship``: who wrote the lines of a repository."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from regency.cli import paper
from regency.cli.numbers import count
from regency.cli.options import print_json
from regency.cli.text import one_line
from regency.errors import BadInput

if TYPE_CHECKING:
    from regency.measure.authorship import Measured
    from regency.measure.authorship.authors import Source
    from regency.measure.authorship.tally import Tally

SOURCES = ("regency", "git-ai", "agent-trace", "entire", "trailers", "names", "aider",
           "automation", "declared")  # fmt: skip
MOST_ROWS = 12


@click.command()
@click.argument("repo", default=".", type=click.Path(path_type=Path))
@click.option("--at", "revision", metavar="REV", default="HEAD", help="At which revision.")
@click.option(
    "--source", "only", multiple=True, type=click.Choice(SOURCES), help="Only this source; again."
)
@click.option(
    "--without", multiple=True, type=click.Choice(SOURCES), help="All but this source; again."
)
@click.option(
    "--recover/--no-recover", default=True,
    help="Look for the records of rebased, squashed, picked and amended commits.",
)  # fmt: skip
@click.option(
    "--confidence", default=0.9, type=click.FloatRange(0, 1), show_default=True,
    help="Least confidence of a record recovered by content.",
)  # fmt: skip
@click.option("--moves/--no-moves", default=True, help="Moved lines keep their author.")
@click.option(
    "--human-before", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]),
    help="Declare all earlier commits to be people's, where nothing else speaks of them.",
)  # fmt: skip
@click.option(
    "--agent-trace", "traces", metavar="FILE", multiple=True, type=click.Path(path_type=Path),
    help="A file with Agent Trace records; again.",
)  # fmt: skip
@click.option(
    "--depth", metavar="N", default=1, type=click.IntRange(1), show_default=True,
    help="Folders deep to show.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["week", "release"]), default="release", show_default=True,
    help="What to show of the lines added.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def authorship(  # noqa: PLR0913, PLR0917 - one for each option
    repo: Path,
    revision: str,
    only: tuple[str, ...],
    without: tuple[str, ...],
    recover: bool,
    confidence: float,
    moves: bool,
    human_before: datetime | None,
    traces: tuple[Path, ...],
    depth: int,
    by: str,
    as_json: bool,
) -> None:
    """Measure who wrote the lines of a repository: AI, known people, automation, unknown.

    Works on any git repository and changes nothing in it. A line that nothing speaks of is unknown
    and never a person's, so that AI's share is an interval.
    """
    from regency.measure.authorship import Settings, measure
    from regency.measure.authorship.answer import as_json as answer

    settings = Settings(
        revision, _sources(only, without), recover, confidence, moves, _moment(human_before),
        traces, depth,
    )  # fmt: skip
    with _progress(quiet=as_json) as progress:
        measured = measure(repo, settings, progress)
    if as_json:
        print_json(answer(measured, _command()))
    else:
        _show(paper.console(), measured, by)


def _sources(only: tuple[str, ...], without: tuple[str, ...]) -> "frozenset[Source]":
    from regency.measure.authorship.authors import Source

    if only and without:
        raise BadInput("--source and --without exclude each other: give one of them.")
    return frozenset(map(Source, only)) or frozenset(Source) - frozenset(map(Source, without))


def _moment(date: datetime | None) -> int | None:
    return None if date is None else int(date.replace(tzinfo=UTC).timestamp())


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    console = paper.console(err=True)
    shown = console.is_terminal and not quiet
    status = console.status("reading") if shown else nullcontext()
    with status as line:
        yield line.update if line else (lambda _: None)


def _command() -> str:
    """Return the command line that was given, as one could give it again."""
    import sys

    return shlex.join(["regency", *sys.argv[1:]])


def _show(out: Console, found: "Measured", by: str) -> None:
    from regency.measure.authorship.timeline import day

    title = f"{found.place} at {found.commit[:12]} ({day(found.time_s)})"
    out.print(paper.heading(title))
    out.print(_headline(found))
    out.print()
    _tallies(out, "alive", {"all": found.alive, **_largest(found.folders)}, "folder")
    spans = found.weeks if by == "week" else found.releases
    _tallies(out, "added", {s.name: s.added for s in spans[-MOST_ROWS:]}, by)
    _agents(out, found)
    _survival(out, found)
    _agreement(out, found)
    _remarks(out, found)
    out.print(Text(f"Again: {one_line(_command())}", style="dim"))


def _headline(found: "Measured") -> Text:
    alive = found.alive
    if not alive.lines:
        return Text("No lines to count.")
    return Text(
        f"{_percent(alive.at_least)} of {alive.lines:,} lines are known to be AI's, at most "
        f"{_percent(alive.at_most)} can be.",
        style="bold",
    )


def _largest(folders: Mapping[str, "Tally"]) -> dict[str, "Tally"]:
    ordered = sorted(folders.items(), key=lambda item: -item[1].lines)
    return {f"{name}/" if name != "." else "(top)": tally for name, tally in ordered[:MOST_ROWS]}


def _tallies(out: Console, what: str, tallies: Mapping[str, "Tally"], first: str) -> None:
    columns = (f"lines {what}", "AI", "human", "automation", "unknown", "AI's share")
    table = paper.table(first, *columns, right=columns)
    for name, tally in tallies.items():
        counts = (tally.lines, tally.ai, tally.human, tally.automation, tally.unknown)
        share = f"{_percent(tally.at_least)} to {_percent(tally.at_most)}" if tally.lines else "-"
        table.add_row(paper.line(name), *(f"{n:,}" for n in counts), share)
    if tallies:
        out.print(table)
        out.print()


def _agents(out: Console, found: "Measured") -> None:
    if not found.models:
        return
    table = paper.table(
        "agent and model", "lines alive", "of AI's", right=("lines alive", "of AI's")
    )
    for name, lines in list(found.models.items())[:MOST_ROWS]:
        table.add_row(paper.line(name), f"{lines:,}", _percent(lines / found.alive.ai))
    out.print(table)
    out.print()


def _survival(out: Console, found: "Measured") -> None:
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
    return f"{_percent(share)} ({_percent(low)} to {_percent(high)})"


def _agreement(out: Console, found: "Measured") -> None:
    table = paper.table("decided by", "lines alive", right=("lines alive",))
    for name, lines in found.sources.items():
        table.add_row(name, f"{lines:,}")
    out.print(table)
    out.print()
    columns = ("lines of both", "same category", "same agent")
    pairs = paper.table("sources", *columns, "first conflict", right=columns)
    for (one, other), pair in found.agreement.items():
        pairs.add_row(f"{one}, {other}", f"{pair.lines:,}", _percent(pair.category / pair.lines),
                      _percent(pair.agent / pair.lines), paper.line(pair.conflict))  # fmt: skip
    if found.agreement:
        out.print(pairs)
        out.print()


def _remarks(out: Console, found: "Measured") -> None:
    for text in (*_about_notes(found), *_about_skipped(found)):
        out.print(Text(text, style="dim"))
    if found.faults:
        table = paper.table("what was off", "times", "first", right=("times",))
        for fault in found.faults[:MOST_ROWS]:
            table.add_row(paper.line(fault.kind), f"{fault.count:,}", paper.line(fault.example))
        out.print(table)


def _about_notes(found: "Measured") -> Iterator[str]:
    notes, again = found.notes, found.recovered
    if notes.all:
        yield (f"{count(notes.all, 'git-ai note')}: {notes.here:,} on this history, "
               f"{notes.elsewhere:,} on other commits, {notes.missing:,} on commits that are "
               "not here.")  # fmt: skip
    for how, commits in again.commits.items():
        lines = count(again.lines[how], "line")
        yield f"Recovered by {how}: {lines} of {count(commits, 'commit')}."
    if again.wrong >= 0.5:
        yield f"Of the lines recovered by content about {again.wrong:.0f} are expected to be wrong."


def _about_skipped(found: "Measured") -> Iterator[str]:
    skipped = found.skipped
    if found.shallow:
        yield (f"Shallow clone: {count(skipped.older_lines, 'line')} may be older than it and are "
               "unknown unless a record names them; `git fetch --unshallow` helps.")  # fmt: skip
    for number, what in ((skipped.binary_files, "binary file"), (skipped.links, "symbolic link"),
                         (skipped.submodules, "submodule")):  # fmt: skip
        if number:
            yield f"Not counted: {count(number, what)}."
    if skipped.lost_lines:
        yield f"{count(skipped.lost_lines, 'line')} went away in merges without a trace."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
