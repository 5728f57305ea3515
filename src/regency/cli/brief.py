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
def brief(folder: str, as_json: bool, target: str | None) -> None:
    """Print what an agent is told: goal, rules, results so far, files."""
    with opened(folder) as lab:
        from regency.lab.submission import write_tree
        from regency.propose.brief import to_markdown
        from regency.records import plain

        told, files = lab.ask()
        if target is not None:
            write_tree(Path(target), files, told.parent)
        if as_json:
            texts = {path: files[path].decode(errors="replace") for path in told.editable}
            print_json({**plain(told), "files": texts})
        else:
            click.echo(clean(to_markdown(told, files)), nl=False)
