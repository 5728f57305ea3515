"""``regency pause`` and ``regency resume``: the brakes."""

import click

from regency.cli.options import lab_option, opened
from regency.cli.people import decider, somebody


@click.command()
@lab_option
@click.option("--reason", default="asked for on the command line", help="Why.")
def pause(folder: str, reason: str) -> None:
    """Stop all agents until a human resumes; anybody may."""
    with opened(folder) as lab:
        if (why := lab.store.paused()) is not None:
            click.echo(f"The lab is paused already: {why}")
            return
        lab.pause(somebody(lab), reason)
    click.echo("Paused: a run ends at its next step. A human goes on with `regency resume`.")


@click.command()
@lab_option
@click.option("--reason", default="asked for on the command line", help="Why.")
def resume(folder: str, reason: str) -> None:
    """Let agents go on; needs a human."""
    with opened(folder) as lab:
        if lab.store.paused() is None:
            click.echo("The lab is not paused.")
            return
        lab.resume(decider(lab, "`regency resume`"), reason)
    click.echo("Resumed. Start the agents: regency run")
