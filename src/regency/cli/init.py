"""``regency init``: a new lab."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regency.cli.program import program
from regency.errors import BadInput

if TYPE_CHECKING:
    from regency.lab.quorum import People


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--lab", "template", metavar="NAME", help="A bundled lab, for example tiny_lm.")
@click.option("--starter", is_flag=True, help="Write a regency.toml and program.md to fill in.")
@click.option(
    "--people",
    type=click.Choice(["alone", "team"]),
    help="Who approves: asked for at a terminal; `alone` elsewhere. A team needs two for risk.",
)
@click.option("--simulated", is_flag=True, help="A lab of simulated humans; can never be real.")
@click.option("--unsafe", is_flag=True, help="Go on without isolation; every page will say so.")
def init(
    folder: str,
    template: str | None,
    starter: bool,
    people: "People | None",
    simulated: bool,
    unsafe: bool,
) -> None:
    """Make a lab in DIR: a bundled one, or of a repository that has a regency.toml."""
    if starter and template:
        raise BadInput("--starter is for your own repository: leave out --lab.")
    if starter:
        _start(Path(folder), people or _asked())
        return
    people = people or (_asked() if template else None)
    click.echo("Making a lab ...")
    from regency.lab import create  # heavy: after the first line
    from regency.lab.create import Wish

    wish = Wish(template, simulated=simulated, unsafe=unsafe, people=people)
    with create(Path(folder), wish, lambda step: click.echo(f"  {step}")) as lab:
        level = lab.store.epoch()
        click.echo(f"The lab {lab.config.lab.name} is ready (isolation level {level.level}).")
        click.echo(f"Start the agents: {program()} run --dir {folder}")


def _asked() -> "People":
    """Return who there is to approve: rules that ask for more could never be satisfied."""
    if not sys.stdin.isatty():
        return "alone"
    choice = click.Choice(["alone", "team"])
    said = click.prompt("Do you approve alone, or as a team?", type=choice, default="alone")
    return "team" if said == "team" else "alone"


def _start(folder: Path, people: "People") -> None:
    from regency.lab.create import starter

    written = starter(folder, people)
    click.echo(f"Wrote {', '.join(written)} in {folder}.")
    click.echo("Fill them in, commit them with your code, then: regency init " + str(folder))
