"""``regency measure horizon``: how long a task agents can do, and how fast that grows."""

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from regency.cli import paper
from regency.cli.options import opened, print_json
from regency.cli.spoken import spoken
from regency.cli.written import target, write
from regency.errors import BadInput
from regency.records import Json, plain

if TYPE_CHECKING:
    from regency.measure.horizon import AgentHorizon, Report, Runs, Settings

KINDS = (".html", ".svg", ".png", ".json")
MOST_DRAWS = 1_000_000
FIGURES = ("trend", "curves", "data", "influence")


def _day(_: click.Context, param: click.Parameter, value: str | None) -> dt.date | None:
    """Return the date that was typed."""
    try:
        return dt.date.fromisoformat(value) if value is not None else None
    except ValueError as error:
        said = f"{value!r} is no date: write it as 2026-01-31."
        raise click.BadParameter(said, param=param) from error


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="[NAME=]RUNS...")
@click.option("--human", type=click.Path(), metavar="FILE", help="How long tasks take people.")
@click.option("--dates", type=click.Path(), metavar="FILE", help="Release dates of agents.")
@click.option(
    "--earlier",
    type=click.Path(),
    metavar="FILE",
    help="Published horizons for agents released before --since.",
)
@click.option(
    "--since",
    callback=_day,
    metavar="DATE",
    default="2023-01-01",
    show_default=True,
    help="The second trend begins here.",
)
@click.option(
    "--until", callback=_day, metavar="DATE", help="No agent released later is in a trend."
)
@click.option("--agent", "only", multiple=True, metavar="NAME", help="Only these agents.")
@click.option(
    "--score",
    type=click.Choice(["binary", "continuous"]),
    default="binary",
    show_default=True,
    help="Whether runs succeed or fail, or score in between.",
)
@click.option(
    "--weights",
    type=click.Choice(["invsqrt", "equal"]),
    default="invsqrt",
    show_default=True,
    help="METR's, or every task alike.",
)
@click.option(
    "--penalty",
    type=click.FloatRange(0, 1000),
    default=1e-5,
    show_default=True,
    help="λ of the fit; METR had 0.1 until February 2026.",
)
@click.option(
    "--draws",
    type=click.IntRange(0, MOST_DRAWS),
    default=1000,
    show_default=True,
    help="Of the bootstrap; 0: no intervals.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=42, show_default=True, help="Of the bootstrap."
)
@click.option(
    "--longest",
    type=click.FloatRange(0, min_open=True),
    default=960,
    show_default=True,
    help="Horizons above so many minutes are in no trend.",
)
@click.option("--joint/--no-joint", default=True, help="Whether to make the hierarchical fit.")
@click.option(
    "--figure",
    type=click.Choice(FIGURES),
    default="trend",
    show_default=True,
    help="Which figure to write to .svg or .png.",
)
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="Write a page (.html), a figure (.svg, .png) or everything (.json).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def horizon(context: click.Context, /, **given: Any) -> None:
    """Measure how long a task agents can do, by METR's method, and how fast that grows.

    RUNS are runs (METR's runs.jsonl, CSV), counts per task (CSV, YAML, JSON), logs of Inspect
    (.eval, or a folder of them), results of SWE-bench (.json), labs with milestones, or published
    horizons. NAME=RUNS names the agent of a file that does not.
    """
    path = target(given["out"], KINDS)
    command = spoken(context, frozenset({"out", "as_json", "figure"}))
    report = _measured(given)
    if path:
        write(path, _content(path.suffix.lower(), report, given["figure"], command))
    if given["as_json"]:
        print_json(as_json(report))
    elif path:
        click.echo(f"Wrote {path}.")
    else:
        draw(report, paper.console())


def _measured(given: dict[str, Any]) -> "Report":
    from regency.measure.horizon import Settings, measure

    settings = Settings(
        penalty=given["penalty"],
        weighting=given["weights"],
        draws=given["draws"],
        seed=given["seed"],
        since=given["since"],
        until=given["until"],
        longest=given["longest"],
        hierarchical=given["joint"],
    )
    runs, published = _read(given, settings)
    agents = len(runs.agents) if runs else 0
    with _Bar(agents * settings.draws) as told:
        return measure(runs, settings, published, told)


def _read(given: dict[str, Any], settings: "Settings") -> "tuple[Runs | None, list[AgentHorizon]]":
    """Return the runs of files and labs together, and the horizons that others computed."""
    from regency.measure.horizon.reading import Source, help_from, merged, read

    human, dates = (Path(given[name]) if given[name] else None for name in ("human", "dates"))
    known = help_from(human, dates, continuous=given["score"] == "continuous")
    sources = [Source.parse(text) for text in given["runs"]]
    labs = [s for s in sources if (s.path / "regency.toml").is_file()]
    files = [s for s in sources if s not in labs]
    runs, published = read(files, known)
    parts = [runs] if runs else []
    parts += [_of_lab(source.path, dict(known.dates)) for source in labs]
    if given["earlier"]:
        _, earlier = read([Source(Path(given["earlier"]))], known)
        if not earlier:
            raise BadInput(f"{given['earlier']} holds no published horizons: see the docs.")
        published += [a for a in earlier if a.released and a.released < settings.since]
        parts = [_since(part, settings.since) for part in parts]
    whole = merged(parts) if parts else None
    return _only(whole, published, given["only"])


def _of_lab(folder: Path, dates: dict[str, dt.date]) -> "Runs":
    with opened(str(folder)) as lab:
        from regency.lab.milestones import runs

        return runs(lab, dates)


def _since(runs: "Runs", since: dt.date) -> "Runs":
    """Leave out the agents whose published horizons take their place."""
    names = [a.name for a in runs.agents if a.released is None or a.released >= since]
    return _chosen(runs, names)


def _only(
    runs: "Runs | None", published: "list[AgentHorizon]", only: Sequence[str]
) -> "tuple[Runs | None, list[AgentHorizon]]":
    if not only:
        return runs, published
    known = {a.name for a in (runs.agents if runs else ())} | {a.name for a in published}
    for name in only:
        if name not in known:
            raise BadInput(f"there is no agent {name!r}: known are {', '.join(sorted(known))}.")
    kept = _chosen(runs, only) if runs else None
    return kept if kept and kept.cells else None, [a for a in published if a.name in only]


def _chosen(runs: "Runs", names: Sequence[str]) -> "Runs":
    import dataclasses

    cells = tuple(cell for cell in runs.cells if cell.agent in names)
    used = {cell.task for cell in cells}
    return dataclasses.replace(
        runs,
        agents=tuple(agent for agent in runs.agents if agent.name in names),
        tasks=tuple(task for task in runs.tasks if task.id in used),
        cells=cells,
    )


class _Bar:
    """Shows how far the measure is, at a terminal only."""

    def __init__(self, total: int) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(),
            console=paper.console(err=True), transient=True,
        )  # fmt: skip
        self._bar.disable = not self._bar.console.is_terminal
        self._task = self._bar.add_task("reading", total=total or None)

    def __enter__(self) -> "Callable[[str, int], None]":
        self._bar.start()
        return lambda what, done: self._bar.update(self._task, description=what, advance=done)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _content(kind: str, report: "Report", figure: str, command: str) -> bytes:
    from regency import charts
    from regency.measure.horizon.figures import figures
    from regency.measure.horizon.page import page

    if kind == ".json":
        return (json.dumps(as_json(report), indent=2, allow_nan=False) + "\n").encode()
    if kind == ".html":
        return charts.compose(page(report, command)).encode()
    made = {str(name): chart for name, chart in figures(report).items()}
    if figure not in made:
        known = ", ".join(made) or "none"
        raise BadInput(f"there is no data for the figure {figure}: there is {known}.")
    drawing = charts.draw(made[figure])
    return charts.rasterised(drawing) if kind == ".png" else drawing.encode()


def as_json(report: "Report") -> Json:
    """Return a report as JSON-ready values: no number is null, endless ones are "Infinity"."""
    return _finite(plain(report))


def _finite(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def draw(report: "Report", out: Console) -> None:
    """Print a report."""
    from regency.measure.horizon import words

    out.print(paper.heading(words.headline(report)))
    out.print()
    out.print(_table(report))
    if joint := _joint(report):
        out.print()
        out.print(joint)
    for agent in reversed(report.agents):
        for warning in agent.warnings:
            out.print(paper.line(f"{agent.name}: {warning}", "yellow"))
    for trend in report.trends:
        out.print()
        out.print(paper.heading(f"Trend, {trend.name}: {words.doubling(trend.doubling_days)}"))
        for text in words.trend_lines(trend):
            out.print(paper.line(text, "dim"))
    out.print()
    for text in words.method(report):
        out.print(paper.line(text, "dim"))


def _table(report: "Report") -> Table:
    from regency.measure.horizon import words

    right = ("50 %", "80 %", "longer tasks")
    made = paper.table("agent", "released", "50 %", "", "80 %", "", "longer tasks", right=right)
    for agent in reversed(report.agents):
        beyond = agent.beyond
        made.add_row(
            paper.line(agent.name, "bold" if agent.frontier else ""),
            str(agent.released or "-"),
            Text(words.marked(agent)),
            Text(words.ends(agent.p50), style="dim"),
            Text(words.value(agent.p80)),
            Text(words.ends(agent.p80), style="dim"),
            f"{beyond.tasks} ({beyond.share:.0%})" if beyond else "-",
        )
    return made


def _joint(report: "Report") -> Table | None:
    """Return the horizons of the hierarchical fit, if it was made."""
    from regency.measure.horizon import words

    right = ("typical 50 %", "typical 80 %", "marginal 80 %")
    made = paper.table("joint fit", right[0], "", right[1], right[2], "", right=right)
    for agent in reversed(report.agents):
        joint = agent.joint
        if joint:
            made.add_row(
                paper.line(agent.name),
                Text(words.value(joint.typical_p50)),
                Text(words.ends(joint.typical_p50), style="dim"),
                Text(words.value(joint.typical_p80)),
                Text(words.value(joint.marginal_p80)),
                Text(words.ends(joint.marginal_p80), style="dim"),
            )
    return made if made.row_count else None
