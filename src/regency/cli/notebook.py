"""``regency notebook``: what was learned in a lab, for agents and people that come later."""

import sys

import click

from regency.cli.options import lab_option, opened, print_json
from regency.cli.sources import By, by_options
from regency.cli.text import clean
from regency.records import Note, plain

MOST_READ = 1 << 16


@click.group()
def notebook() -> None:
    """What was learned, what failed and why. Briefs carry the newest pages, as data."""


@notebook.command()
@click.argument("text")
@lab_option
@click.option("--about", metavar="ID", multiple=True, help="A candidate that it is about.")
@by_options
def add(
    text: str, folder: str, about: tuple[str, ...], agent: str, model: str, session: str
) -> None:
    """Write a page; TEXT - reads standard input."""
    said = sys.stdin.read(MOST_READ) if text == "-" else text
    with opened(folder) as lab:
        from regency.lab import notebook as book

        note = book.add(lab, By(agent, model, session).agent(lab), said, about)
    click.echo(note.id)


@notebook.command("list")
@lab_option
@click.option("--about", metavar="ID", default="", help="Only pages on this candidate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(folder: str, about: str, as_json: bool) -> None:
    """Show all pages, oldest first."""
    with opened(folder) as lab:
        from regency.lab import notebook as book

        candidate = lab.store.record(about).id if about else ""
        notes = book.read(lab, candidate)
    if as_json:
        print_json({"notes": [plain(note) for note in notes]})
    elif not notes:
        click.echo("Nothing was written yet: regency notebook add TEXT")
    else:
        click.echo("\n\n".join(map(_page, notes)))


def _page(note: Note) -> str:
    about = f" on {', '.join(note.about)}" if note.about else ""
    lines = clean(note.text).splitlines()
    return "\n".join([f"{note.id} by {clean(note.author.name)}{about}", *(f"  {x}" for x in lines)])
