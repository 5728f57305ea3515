"""``regency fetch``: a git branch of a candidate."""

import click

from regency.cli.options import lab_option, opened
from regency.errors import BadInput


@click.command()
@click.argument("name", metavar="ID")
@lab_option
def fetch(name: str, folder: str) -> None:
    """Make the branch regency/ID of a candidate, packet or generation."""
    with opened(folder) as lab:
        from regency.lab import views

        candidate = views.candidate_id(lab, name)
        commit = lab.store.record(candidate).commit
        if not commit:
            raise BadInput(f"{candidate} could not be kept in git: there is nothing to fetch.")
        lab.repo.branch(f"regency/{candidate}", commit)
    click.echo(f"regency/{candidate}")
