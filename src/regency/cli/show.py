"""``regency show`` and ``regency log``: one record in full, and the entries of the ledger."""

import json
import time

import click
from rich.console import Console
from rich.text import Text

from regency.cli import numbers, packets, paper
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.text import one_line
from regency.records import Json

DIFF_LINES = 200
FOLLOW_S = 0.5


@click.command()
@click.argument("name", metavar="ID")
@lab_option
@answer_options
def show(name: str, folder: str, view: str | None, as_json: bool) -> None:
    """Show one candidate, packet or generation: c12, p3, generation/1, champion."""
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import dossier

        found = dossier.show(lab, name, wanted.view)
    if as_json:
        print_json(found)
    else:
        draw(found, paper.console(), folder)


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
        out.print(paper.answer(verdict["answer"]), paper.prose(verdict["words"]))
    if found["diff"]:
        out.print(paper.diff(found["diff"], DIFF_LINES))
    _draw_trials(found, out)


def _draw_trials(found: Json, out: Console) -> None:
    if not found["trials"]:
        return
    table = paper.table("trial", "split", found["metric"], "CPU s", "core", right=("CPU s", "core"))
    for trial in found["trials"]:
        score = trial.get("score")
        shown = Text(trial["fault"], style="red") if trial["fault"] else Text(_score(score))
        cpu_s = trial.get("scores", {}).get("cpu_s")
        cpu = "-" if cpu_s is None else f"{cpu_s:.2f}"
        table.add_row(trial["key"], trial["split"], shown, cpu, str(trial["core"]))
    out.print(Text(f"\n{numbers.count(len(found['trials']), 'trial')}", style="bold"))
    out.print(table)


def _score(score: float | None) -> str:
    return "withheld" if score is None else f"{score:.5g}"


@click.command()
@lab_option
@answer_options
@click.option("--since", default=0, type=click.IntRange(0), help="First entry's number.")
@click.option("--kind", default="", help="Only entries of this kind.")
@click.option("--follow/--no-follow", default=False, help="Go on with what is added; Ctrl-C ends.")
def log(folder: str, view: str | None, as_json: bool, since: int, kind: str, follow: bool) -> None:
    """Show the entries of the ledger, oldest first."""
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import views

        while True:
            size = lab.recorder.log.size
            found = views.log(lab, wanted.view, since=since, kind=kind)["entries"]
            _print_entries(found, as_json=as_json, lines=follow)
            if not follow:
                return
            since = max(size, found[-1]["seq"] + 1 if found else 0)
            time.sleep(FOLLOW_S)


def _print_entries(entries: list[Json], *, as_json: bool, lines: bool) -> None:
    if as_json and lines:
        for entry in entries:
            click.echo(json.dumps(entry, allow_nan=False))
    elif as_json:
        print_json({"entries": entries})
    else:
        out = paper.console()
        for entry in entries:
            out.print(_entry_line(entry), no_wrap=True, overflow="ellipsis", crop=True)


def _entry_line(entry: Json) -> Text:
    body = one_line(json.dumps(entry["body"], ensure_ascii=False), 400)
    made = Text(f"{entry['seq']:>6}  {entry['time'][:19]}Z  ", style="dim")
    made.append(f"{one_line(entry['kind'], 16):<14}", style="bold")
    made.append(f"  {one_line(entry['actor']['name'], 16):<10}  ")
    return made.append(body, style="dim")
