"""``regency submit``: any agent or person proposes a candidate from outside."""

import time
from typing import TYPE_CHECKING

import click

from regency.cli.durations import duration
from regency.cli.options import lab_option, opened, print_json
from regency.cli.sources import By, Given, by_options, change_options
from regency.cli.text import clean
from regency.errors import BadInput, Refused
from regency.records import Answer, Verdict

if TYPE_CHECKING:
    from regency.lab import Lab

LOOK_S = 0.5


@click.command()
@lab_option
@change_options
@click.option("--rationale", metavar="T", required=True, help="What was changed, and why.")
@click.option("--claim", "claims", metavar="C", multiple=True, help="A claim to be checked.")
@by_options
@click.option("--wait", is_flag=True, help="Wait for the verdict; exit code 1 if it is negative.")
@click.option("--max-time", callback=duration, metavar="T", help="Longest wait.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def submit(  # noqa: PLR0913, PLR0917 - one for each option
    folder: str, worktree: str | None, commit: str | None, patch: str | None, parent: str,
    rationale: str, claims: tuple[str, ...], agent: str, model: str, session: str, wait: bool,
    max_time: float | None, as_json: bool,
) -> int:  # fmt: skip
    """Propose a candidate: changed files as a folder, a commit or a patch."""
    given = Given(worktree, commit, patch, parent)
    if not rationale.strip():
        raise BadInput("the rationale is empty. Say what was changed, and why.")
    if max_time is not None and not wait:
        raise BadInput("--max-time is the longest wait: give --wait too.")
    with opened(folder) as lab:
        made = given.proposal(lab, By(agent, model, session), rationale, claims)
        ((candidate, verdict),) = lab.tell([made])
        if verdict is None:
            if not as_json:
                click.echo(f"{candidate.id} is queued.")
            verdict = _awaited(lab, candidate.id, max_time) if wait else None
        if as_json:
            print_json(_answer(candidate.id, made.parent, verdict))
        elif verdict is not None:
            click.echo(f"{candidate.id}: {verdict.answer}. {clean(verdict.reason)}")
        return 0 if verdict is None or verdict.answer is Answer.BETTER else 1


def _answer(candidate: str, parent: str, verdict: Verdict | None) -> dict[str, str]:
    answer, reason = (str(verdict.answer), clean(verdict.reason)) if verdict else ("", "")
    return {"candidate": candidate, "parent": parent, "answer": answer, "reason": reason}


def _awaited(lab: "Lab", candidate: str, max_s: float | None) -> Verdict | None:
    from regency.lab import views

    end = None if max_s is None else time.monotonic() + max_s
    if views.running(lab) is None:
        click.echo("No run is going on; `regency run` will judge it. Waiting ...", err=True)
    while (verdict := lab.store.verdict(candidate)) is None:
        if (paused := lab.store.paused()) is not None:
            raise Refused(f"{candidate} waits: the lab is paused ({clean(paused)}).")
        if end is not None and time.monotonic() >= end:
            click.echo("No verdict yet.", err=True)
            return None
        time.sleep(LOOK_S)
    return verdict
