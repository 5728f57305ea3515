"""``regency log``: the entries of the ledger."""

import json
import time

import click
from rich.text import Text

from regency.cli import paper
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.text import one_line
from regency.records import Json

FOLLOW_S = 0.5


@click.command()
@lab_option
@answer_options
@click.option(
    "--since", metavar="N", default=0, type=click.IntRange(0), help="First entry's number."
)
@click.option("--kind", metavar="K", default="", help="Only entries of this kind.")
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
