"""``regency submit``: any agent or person proposes a candidate from outside."""

import time
from typing import TYPE_CHECKING

import click

from regency.cli.durations import duration
from regency.cli.options import lab_option, opened
from regency.cli.text import clean
from regency.errors import BadInput
from regency.records import Agent, Answer, Verdict

if TYPE_CHECKING:
    from regency.lab import Lab

LOOK_S = 0.5


@click.command()
@lab_option
@click.option("--worktree", metavar="P", help="A folder with the changed files.")
@click.option("--commit", metavar="R", help="A commit of the lab's repository.")
@click.option("--patch", metavar="F", help="A file with a unified diff; - is standard input.")
@click.option("--rationale", metavar="T", required=True, help="What was changed, and why.")
@click.option("--claim", "claims", metavar="C", multiple=True, help="A claim to be checked.")
@click.option("--parent", metavar="ID", default="", help="What it was made from.")
@click.option("--agent", "name", metavar="NAME", default="", help="Name of the agent; else you.")
@click.option("--model", default="", help="The agent's model.")
@click.option("--wait", is_flag=True, help="Wait for the verdict; exit code 1 if it is negative.")
@click.option("--max-time", callback=duration, metavar="T", help="Longest wait.")
def submit(  # noqa: PLR0913, PLR0917 - one for each option
    folder: str, worktree: str | None, commit: str | None, patch: str | None, rationale: str,
    claims: tuple[str, ...], parent: str, name: str, model: str, wait: bool,
    max_time: float | None,
) -> int:  # fmt: skip
    """Propose a candidate: changed files as a folder, a commit or a patch."""
    if sum(source is not None for source in (worktree, commit, patch)) != 1:
        raise BadInput("give exactly one of --worktree, --commit and --patch.")
    with opened(folder) as lab:
        from regency.lab.submission import Source, Words, proposal

        agent = Agent(name, "external", model) if name else Agent(lab.repo.user()[0], "human")
        words = Words(rationale, claims, agent)
        made = proposal(lab, Source(worktree, commit, patch, parent), words)
        ((candidate, verdict),) = lab.tell([made])
        if verdict is None:
            click.echo(f"{candidate.id} is queued.")
            verdict = _awaited(lab, candidate.id, max_time) if wait else None
        if verdict is None:
            return 0
        click.echo(f"{candidate.id}: {verdict.answer}. {clean(verdict.reason)}")
        return 0 if verdict.answer is Answer.BETTER else 1


def _awaited(lab: "Lab", candidate: str, max_s: float | None) -> Verdict | None:
    from regency.lab import views

    end = None if max_s is None else time.monotonic() + max_s
    if views.running(lab) is None:
        click.echo("No run is going on; `regency run` will judge it. Waiting ...", err=True)
    while (verdict := lab.store.verdict(candidate)) is None:
        if end is not None and time.monotonic() >= end:
            click.echo("No verdict yet.", err=True)
            return None
        time.sleep(LOOK_S)
    return verdict
