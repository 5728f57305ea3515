"""``regency show``: one candidate, packet or generation in full."""

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from regency.cli import course, numbers, packets, paper
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.program import program
from regency.cli.written import target, write
from regency.errors import BadInput, Refused
from regency.records import Json

if TYPE_CHECKING:
    from regency.lab import Lab

KINDS = (".svg", ".png", ".html")
DIFF_LINES = 200
MOST_TRIALS = 40


@click.command()
@click.argument("name", metavar="ID")
@lab_option
@click.option(
    "--out",
    metavar="FILE",
    help="Write charts of its last test to FILE, for people: .svg, .png (with the extra "
    "regency[measure]) or .html.",
)
@answer_options
def show(name: str, folder: str, out: str | None, view: str | None, as_json: bool) -> None:
    """Show one candidate, packet or generation: c12, p3, generation/1, champion.

    A candidate's verdict comes with why it is so, what was missing, and a plot of its test.
    """
    wanted = asked(view, as_json=as_json)
    path = target(out, KINDS)
    if path is not None and wanted.view != "human":
        raise Refused("a test's chart has numbers of the confirm split: only people may draw it.")
    with opened(folder) as lab:
        from regency.lab import dossier

        found = dossier.show(lab, name, wanted.view)
        if path is not None:
            write(path, _drawn(lab, name, path.suffix.lower()))
    if as_json:
        print_json(found)
    else:
        draw(found, paper.console(), folder)


def _drawn(lab: "Lab", name: str, kind: str) -> bytes:
    """Return the charts of a candidate's last test as a file's content.

    Raises:
        BadInput: It was never tested.
    """
    from regency import charts
    from regency.judge.figures import figures
    from regency.lab import dossier, views

    candidate = views.candidate_id(lab, name)
    tests = [(v, dossier.test_of(lab, v)) for v in lab.store.verdicts(candidate)]
    seen = [(verdict, test) for verdict, test in tests if test is not None]
    if not seen:
        raise BadInput(f"{candidate} was never tested on the confirm split: there is no chart.")
    verdict, test = seen[-1]
    headline = f"{candidate}: {verdict.answer}. {verdict.reason}"
    made = figures(test, lab.config.score.metric, headline)
    if kind == ".html":
        lead = views.words(lab, verdict, "human")
        command = f"{program()} show {candidate} --out FILE.html"
        parts = [charts.Figure(charts.draw(chart), chart.summary, command) for chart in made]
        return charts.compose(charts.Page(headline, lead, tuple(parts))).encode()
    drawing = charts.stacked(made)
    return charts.rasterised(drawing) if kind == ".png" else drawing.encode()


def draw(found: Json, out: Console, folder: str = ".") -> None:
    """Print what `dossier.show` gave."""
    if found["what"] == "packet":
        packets.draw(found, out, folder)
    elif found["what"] == "generation":
        _draw_generation(found, out, folder)
    else:
        _draw_candidate(found, out)


def _draw_generation(found: Json, out: Console, folder: str) -> None:
    out.print(paper.heading(found["tag"]))
    table = paper.pairs()
    table.add_row("candidate", f"{found['candidate']}, commit {found['commit'][:12]}")
    table.add_row("approved by", paper.line(", ".join(found["approved_by"]) or "nobody: the start"))
    if found["attestation_digest"]:
        table.add_row("attestation", f"sha256:{found['attestation_digest']}")
    out.print(table)
    if "ratified" in found:
        out.print()
        packets.draw(found["ratified"], out, folder)


def _draw_candidate(found: Json, out: Console) -> None:
    out.print(paper.heading(found["id"]), paper.answer(found["answer"]))
    agent = found["agent"]
    table = paper.pairs()
    table.add_row("by", paper.line(" ".join(filter(None, (agent["name"], agent["model"])))))
    table.add_row("made from", found["parent"] or "nothing: the start")
    table.add_row("commit", found["commit"] or "none: it could not be kept in git")
    table.add_row("lines", f"+{found['lines_added']} -{found['lines_removed']}")
    table.add_row("says", paper.prose(found["rationale"] or "-"))
    for claim in found["claims"]:
        table.add_row("claims", paper.prose(claim))
    out.print(table)
    for verdict in found["verdicts"]:
        simpler = bool(verdict.get("margin"))
        said = paper.answer(verdict["answer"], simpler=simpler)
        out.print(said, paper.prose(verdict["words"]))
        if "account" in verdict:
            course.draw(verdict, found["metric"], out)
    if found["diff"]:
        out.print(paper.diff(found["diff"], DIFF_LINES))
    _draw_trials(found, out)


def _draw_trials(found: Json, out: Console) -> None:
    own = [trial for trial in found["trials"] if not trial["key"].endswith("/champion")]
    if not own:
        return
    columns = ("trial", "split", found["metric"], "CPU s", "core")
    table = paper.table(*columns, right=columns[2:])
    for trial in own[:MOST_TRIALS]:
        fault = trial["fault"]
        shown = paper.line(fault, "red") if fault else Text(_number(trial.get("score"), "withheld"))
        cpu_s = _number(trial.get("scores", {}).get("cpu_s"), "-")
        table.add_row(trial["key"], trial["split"], shown, cpu_s, str(trial["core"]))
    out.print(Text(f"\n{numbers.count(len(own), 'trial')}", style="bold"))
    out.print(table)
    if len(own) > MOST_TRIALS:
        out.print(Text(f"and {len(own) - MOST_TRIALS} more: --json has all", style="dim"))
    others = len(found["trials"]) - len(own)
    if others:
        out.print(Text(f"and {others} as champion, in tests of others: --json has them", "dim"))


def _number(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:.4g}"
