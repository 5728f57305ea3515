"""``regency measure bottleneck``: where review holds the work up."""

import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from regency.cli import paper
from regency.cli.durations import duration
from regency.cli.options import opened, print_json
from regency.cli.program import program
from regency.cli.text import one_line
from regency.errors import BadInput
from regency.records import Json, plain

if TYPE_CHECKING:
    from regency.measure.bottleneck.answer import Report
    from regency.measure.bottleneck.items import Stream, Wish

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as it was typed."""

    path: str
    kind: str | None
    rev: str
    at: float | None
    window: float
    abandoned_s: float
    reviewers: int | None
    minutes: tuple[float, float] | None
    hours: float | None
    draws: int
    seed: int


def _moment(_: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return Unix seconds of a date, ISO 8601; without a zone it is UTC."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        said = f"{value!r} is no date: write for example 2026-11-24 or 2026-11-24T12:00:00Z."
        raise click.BadParameter(said, param=param) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _range(_: click.Context, param: click.Parameter, value: str | None) -> Any:
    """Return the two ends of ``10`` or ``10-25``."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", value.strip())
    ends = (float(found[1]), float(found[2] or found[1])) if found else (0.0, 0.0)
    if not 0 < ends[0] <= ends[1]:
        raise click.BadParameter(f"{value!r} is no number of minutes: 10, or 10-25.", param=param)
    return ends


@click.command()
@click.argument("path", default=".", metavar="[REPO|LAB]")
@click.option(
    "--from",
    "kind",
    type=click.Choice(["lab", "git"]),
    help="What to read. [default: a lab's record where there is one]",
)
@click.option("--rev", metavar="REV", default="HEAD", help="Git: look back from here.")
@click.option(
    "--at",
    metavar="TIME",
    callback=_moment,
    help="End of what is looked at. [default: a lab: now; git: its newest date]",
)
@click.option(
    "--window",
    metavar="T",
    default="182d",
    show_default=True,
    callback=duration,
    help="Rates, forecast and options rest on so much time before the end.",
)
@click.option(
    "--abandoned-after",
    "abandoned_s",
    metavar="T",
    default="90d",
    show_default=True,
    callback=duration,
    help="Git: a branch without a change for so long no longer waits.",
)
@click.option(
    "--reviewers", metavar="N", type=click.IntRange(1), help="How many review. [default: by name]"
)
@click.option(
    "--minutes",
    metavar="M",
    callback=_range,
    help="Human minutes a review takes, 10 or 10-25. [default: packets' own; git: by lines]",
)
@click.option(
    "--hours",
    metavar="H",
    type=click.FloatRange(0.01, 10_000),
    help="Review hours a week that there are in all. [default: by minutes]",
)
@click.option(
    "--draws",
    metavar="N",
    default=400,
    show_default=True,
    type=click.IntRange(50, 10_000),
    help="Bootstrap draws behind each interval.",
)
@click.option(
    "--seed",
    metavar="N",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Of the draws.",
)
@click.option("--html", metavar="FILE", help="Write everything as one page.")
@click.option("--svg", metavar="FILE", help="Write one drawing.")
@click.option(
    "--figure",
    type=click.Choice(["backlog", "ages", "stages", "options"]),
    default="backlog",
    show_default=True,
    help="Which drawing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bottleneck(
    path: str, html: str | None, svg: str | None, figure: str, as_json: bool, **asked: Any
) -> None:
    """Where time goes from proposed to merged, and what waits for people.

    Works on a lab's record, or on any git repository's merges and review trailers; says what the
    source cannot tell.
    """
    from regency.measure.bottleneck.answer import measure
    from regency.measure.bottleneck.items import Wish

    wanted = Asked(path, **asked)
    wish = Wish(
        wanted.window, wanted.reviewers, wanted.minutes, wanted.hours, wanted.draws, wanted.seed
    )
    stream = _stream(wanted)
    report = measure(stream, wish)
    command = _command(wanted, wish, stream)
    if html or svg:
        from regency.measure.bottleneck import figures

        made: list[tuple[str | None, Callable[[], str]]] = [
            (html, lambda: figures.page(report, f"{command} --html FILE")),
            (svg, lambda: figures.svg(report, figure, f"{command} --svg FILE --figure {figure}")),
        ]
        for target, draw in made:
            if target:
                _write(Path(target), draw(), quiet=as_json)
    if as_json:
        print_json({**_json(plain(report)), "command": command})
    elif not (html or svg):
        _draw(report, command, paper.console())


def _stream(wanted: Asked) -> "Stream":
    folder = Path(wanted.path)
    if not folder.is_dir():
        raise BadInput(f"{wanted.path} is not a folder. Give a git repository or a lab.")
    return _of_lab(wanted) if _is_lab(folder, wanted.kind) else _of_git(wanted)


def _is_lab(folder: Path, kind: str | None) -> bool:
    if kind is not None:
        return kind == "lab"
    here = folder.resolve()
    return any((place / ".regency" / "lab.db").is_file() for place in (here, *here.parents))


def _of_lab(wanted: Asked) -> "Stream":
    from regency.measure.bottleneck import entries

    until = time.time() if wanted.at is None else wanted.at
    with opened(wanted.path) as lab:
        return entries.stream(lab.config.lab.name, lab.recorder.log.entries(), until)


def _of_git(wanted: Asked) -> "Stream":
    from regency.measure.bottleneck.merges import Reading, stream
    from regency.repo.git import Repo

    repo = Repo.discover(wanted.path)
    reading = Reading(wanted.rev, wanted.at, wanted.abandoned_s, seed=wanted.seed)
    try:
        with paper.console(err=True).status("Reading the history"):
            return stream(repo, reading)
    finally:
        repo.close()


def _command(wanted: Asked, wish: "Wish", stream: "Stream") -> str:
    """Return the command that gives this answer again, whatever is added later."""
    words = [program(), "measure", "bottleneck", wanted.path, "--from", stream.source]
    if stream.source == "git":
        words += ["--rev", stream.revision]
        words += ["--abandoned-after", _days(wanted.abandoned_s)]
    end = datetime.fromtimestamp(stream.until, UTC).isoformat().replace("+00:00", "Z")
    words += ["--at", end, "--window", _days(wish.window_s)]
    for name, value in (("reviewers", wish.reviewers), ("hours", wish.hours)):
        words += [f"--{name}", f"{value:g}"] if value is not None else []
    if wish.minutes is not None:
        words += ["--minutes", "{:g}-{:g}".format(*wish.minutes)]
    return shlex.join([*words, "--draws", str(wish.draws), "--seed", str(wish.seed)])


def _days(seconds: float) -> str:
    days = seconds / DAY_S
    return f"{days:.0f}d" if days == round(days) else f"{seconds:.3f}s"


def _write(target: Path, text: str, *, quiet: bool) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{target} cannot be written ({error.strerror}).") from error
    if not quiet:
        click.echo(f"Wrote {target}.")


def _json(found: Json) -> Json:
    """Leave out of the curves what only a drawing needs."""
    for stage in found["stages"]:
        curve = stage.pop("curve")
        stage |= {"ended": curve["ended"], "waiting": curve["waiting"]}
    return found


def _draw(report: "Report", command: str, out: Console) -> None:
    from regency.measure.bottleneck import words

    out.print(paper.heading(f"Where review holds {one_line(report.name)} up"))
    out.print(paper.prose(words.headline(report)))
    for problem in report.problems:
        out.print(paper.prose(problem, "yellow"))
    _section(out, "Where the time goes")
    _table(out, words.STAGE_COLUMNS, words.stage_rows(report), ("there", "not there"))
    _section(out, "Demand and capacity")
    table = paper.pairs()
    for name, value in words.load_rows(report):
        table.add_row(name, paper.prose(value))
    out.print(table)
    _section(out, "What is to come")
    for line in words.forecast_lines(report):
        out.print(paper.prose(line))
    if report.options:
        _section(out, "What would help")
        columns = words.OPTION_COLUMNS[:4]
        _table(out, columns, [row[:4] for row in words.option_rows(report)], ())
        out.print(paper.prose(words.option_note(report), "dim"))
    _section(out, "How much faster it could get")
    for line in words.ceiling_lines(report):
        out.print(paper.prose(line))
    _section(out, "What cannot be known from this")
    for line in report.unknown:
        out.print(paper.prose(line, "dim"))
    out.print(Text(f"\nAgain: {command}", style="green"))


def _section(out: Console, name: str) -> None:
    out.print(Text(f"\n{name}", style="bold"))


def _table(
    out: Console, columns: tuple[str, ...], rows: list[tuple[str, ...]], right: tuple[str, ...]
) -> None:
    table = paper.table(*columns, right=right)
    for row in rows:
        table.add_row(*(paper.line(cell) for cell in row))
    out.print(table)
