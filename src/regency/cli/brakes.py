"""``regency pause``, ``regency resume`` and ``regency rollback``: the brakes."""

import click

from regency.cli.options import lab_option, opened
from regency.cli.people import asked_reason, decider, somebody
from regency.cli.signing import key_option, signed
from regency.records import Decision


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
@key_option
def resume(folder: str, reason: str, key: str | None) -> None:
    """Let agents go on; needs a human."""
    with opened(folder) as lab:
        if lab.store.paused() is None:
            click.echo("The lab is not paused.")
            return
        by = decider(lab, "`regency resume`")
        act = signed(lab, Decision("resume", "approve", by, reason), key)
        lab.resume(by, reason, act.signature)
    click.echo("Resumed. Start the agents: regency run")


@click.command()
@click.argument("number", metavar="N", type=int)
@lab_option
@click.option("--reason", default="", help="Why, in your words. Asked for if missing.")
@key_option
def rollback(number: int, folder: str, reason: str, key: str | None) -> None:
    """Make generation N stand again, as a new generation; needs a human.

    N below 0 counts back from the last: -1 is the one before it (write `-- -1`). Nothing is taken
    out of the record or out of git.
    """
    with opened(folder) as lab:
        by = decider(lab, "`regency rollback`")
        reason = reason.strip() or asked_reason()
        if not lab.simulated:
            click.confirm(f"Go back to generation {number}?", abort=True)
        from regency.promote import rollback_target

        target = rollback_target(lab.store.generations(), number).number
        act = signed(lab, Decision(f"rollback-{target}", "approve", by, reason), key)
        made = lab.roll_back(target, by, reason, act.signature)
    click.echo(f"{made.tag} has the files of generation {made.back_to}; agents build on it.")
    click.echo(f"See it: git show {made.tag}")
