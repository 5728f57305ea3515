"""``regency brief``: what an agent is told, and the tree it works on. Always the agent's view."""

from pathlib import Path

import click

from regency.cli.options import lab_option, opened, print_json
from regency.cli.text import clean


@click.command()
@lab_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--tree", "target", metavar="DIR", help="Also write the parent's files to a new repository DIR."
)
@click.option(
    "--tokens", metavar="N", type=click.IntRange(500), help="Fit it to so many tokens, about."
)
def brief(folder: str, as_json: bool, target: str | None, tokens: int | None) -> None:
    """Print what an agent is told: goal, rules, results so far, files."""
    with opened(folder) as lab:
        from regency.lab.submission import write_tree
        from regency.propose.digest import digest

        told, files = lab.ask()
        if target is not None:
            write_tree(Path(target), files, told.parent)
        fitted = digest(told, files, tokens)
        if as_json:
            print_json(fitted.plain())
        else:
            click.echo(clean(fitted.markdown()), nl=False)
