"""``regency measure authorship``: who wrote the lines of a repository."""

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regency.cli import paper
from regency.cli.options import print_json
from regency.errors import BadInput

if TYPE_CHECKING:
    from regency.measure.authorship import Measured, Settings
    from regency.measure.authorship.authors import Source

SOURCES = ("regency", "git-ai", "agent-trace", "entire", "trailers", "names", "aider",
           "automation", "declared")  # fmt: skip
UNSAID = ("revision", "cache", "as_json", "html", "svg", "by")


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
@click.option(
    "--cache/--no-cache", default=True, help="Take the answer from the cache if nothing changed."
)
@click.option("--file", metavar="PATH", default="", help="Only this file, line by line.")
@click.option(
    "--aider-compatible", "aider", is_flag=True,
    help="Only aider's share of a release, by the method that aider publishes.",
)  # fmt: skip
@click.option("--since", metavar="TAG", default="", help="With it: the release to start from.")
@click.option("--until", metavar="REV", default="", help="With it: where to end. [default: HEAD]")
@click.option("--each-release", "each", is_flag=True, help="With it: every vX.Y.0 from there on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with charts, complete in itself.",
)  # fmt: skip
@click.option(
    "--svg", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the chart of the lines over time.",
)  # fmt: skip
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
    cache: bool,
    file: str,
    aider: bool,
    since: str,
    until: str,
    each: bool,
    as_json: bool,
    html: Path | None,
    svg: Path | None,
) -> None:
    """Measure who wrote the lines of a repository: AI, known people, automation, unknown.

    Works on any git repository and changes nothing in it. A line that nothing speaks of is unknown
    and never a person's, so that AI's share is an interval.
    """
    from regency.measure.authorship import Settings, measure

    if aider:
        _aider(str(repo), since, until, each=each, as_json=as_json)
        return
    if since or until or each:
        raise BadInput("--since, --until and --each-release go with --aider-compatible.")
    settings = Settings(
        revision, _sources(only, without), recover, confidence, moves, _moment(human_before),
        traces, depth,
    )  # fmt: skip
    if file:
        _lines(str(repo), file, settings, as_json=as_json)
        return
    with _progress(quiet=as_json) as progress:
        measured = measure(repo, settings, progress, cached=cache)
    command = _again(measured.place, measured.commit)
    _files(measured, command, html, svg)
    if as_json:
        from regency.measure.authorship.answer import as_json as answer

        print_json(answer(measured, command))
    else:
        from regency.cli.authorship_report import show

        show(paper.console(), measured, by, command)


def _lines(repo: str, file: str, settings: "Settings", *, as_json: bool) -> None:
    from regency.measure.authorship import lines_of

    with _progress(quiet=as_json) as progress:
        progress("replaying the history")
        lines = lines_of(repo, file, settings)
    if as_json:
        rows = [{"line": n, "commit": x.commit, "category": str(x.author.category),
                 "agent": x.author.agent, "model": x.author.model,
                 "source": x.author.source and str(x.author.source),
                 "recovered": x.author.recovered} for n, x in enumerate(lines, 1)]  # fmt: skip
        print_json({"file": file, "command": _again(str(Path(repo).resolve()), ""), "lines": rows})
    else:
        from regency.cli.authorship_report import show_lines

        show_lines(paper.console(), lines)


def _files(found: "Measured", command: str, html: Path | None, svg: Path | None) -> None:
    if html or svg:
        from regency.measure.authorship.page import page, picture

        again = f"{command} --html page.html"
        for file, made in ((html, page(found, again)), (svg, picture(found))):
            if file:
                _write(file, made)


def _aider(repo: str, since: str, until: str, *, each: bool, as_json: bool) -> None:
    from regency.measure.authorship.aider import releases

    with _progress(quiet=as_json) as progress:
        progress("blaming each file as aider does")
        found = releases(repo, since, until, each=each)
    command = _again(str(Path(repo).resolve()), "")
    if as_json:
        rows = [{"start_tag": r.start, "end_tag": r.end, "end_date": r.date, "grand_total":
                 dict(r.authors), "total_lines": r.lines, "aider_total": r.aider,
                 "aider_percentage": r.percentage} for r in found]  # fmt: skip
        print_json({"command": command, "releases": rows})
    else:
        from regency.cli.authorship_report import show_releases

        show_releases(paper.console(), found, command)


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


def _again(repo: str, commit: str) -> str:
    """Return what gives the same answer again, wherever one is and whatever is committed later."""
    context = click.get_current_context()
    words = ["regency", "measure", "authorship", repo]
    for option in context.command.params:
        value = context.params.get(option.name or "")
        if option.name == "revision" and commit:
            words += ["--at", commit[:12]]
        elif isinstance(option, click.Option) and option.name not in UNSAID:
            words += _given(option, value)
    return shlex.join(words)


def _given(option: click.Option, value: object) -> list[str]:
    """Return how an option was given; nothing if it has its default."""
    if value == option.get_default(click.get_current_context()) or value in (None, ()):
        return []
    if option.is_flag:
        return [option.opts[0] if value else option.secondary_opts[0]]
    values = value if isinstance(value, tuple) else (value,)
    texts = (str(v.date()) if isinstance(v, datetime) else str(v) for v in values)
    return [word for text in texts for word in (option.opts[0], text)]


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise BadInput(f"cannot write {file}: {error.strerror}. Choose another place.") from error
