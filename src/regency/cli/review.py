"""``regency review``: the queue, one packet, and a human's decision on it."""

import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from regency.cli import numbers, packets, paper, ranges
from regency.cli.durations import duration, in_words
from regency.cli.options import answer_options, asked, lab_option, opened, print_json
from regency.cli.people import asked_reason, decider
from regency.cli.program import program
from regency.cli.ranges import Options as RangeOptions
from regency.cli.ranges import range_options
from regency.cli.shown import Shown
from regency.cli.signing import key_option, signed
from regency.cli.text import clean, one_line
from regency.records import Decision, Json, is_rules, plain

if TYPE_CHECKING:
    from regency.lab import Lab

QUESTIONS = {
    "approve": "Approve {item}: make this the next generation?",
    "reject": "Reject {item}: drop it and go back to the last generation?",
    "request-changes": "Ask for changes to {item}?",
}
OF_ONE = {
    "approve": "Approve {item}, this one change?",
    "reject": "Reject {item}: drop this change and have the rest judged again?",
    "request-changes": "Ask for changes to {item}?",
}


@click.group(invoke_without_command=True)
@lab_option
@answer_options
@range_options
@key_option
@click.pass_context
def review(
    ctx: click.Context,
    folder: str,
    view: str | None,
    as_json: bool,
    key: str | None,
    ranged: RangeOptions | None,
) -> int:
    """What waits for a human, and deciding on it. Alone: the list.

    With --range it needs no lab: it reviews those commits of any git repository.
    """
    if ranged is not None and ctx.invoked_subcommand is None:
        return ranges.review(ranged, folder, key, as_json=as_json)
    if ctx.invoked_subcommand is None:
        _list(folder, view, as_json=as_json)
    return 0


@review.command("list")
@lab_option
@answer_options
def list_items(folder: str, view: str | None, as_json: bool) -> None:
    """List what waits for a human."""
    _list(folder, view, as_json=as_json)


@review.command("show")
@click.argument("item", metavar="ID")
@lab_option
@answer_options
def show_item(item: str, folder: str, view: str | None, as_json: bool) -> None:
    """Show a packet: the change, its evidence, its risk."""
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import dossier

        found = dossier.item(lab, item, wanted.view)
        if sys.stdout.isatty():
            _shown(lab).add(item)
    if as_json:
        print_json(found)
    elif found["what"] == "lab":
        _draw_rules(found, paper.console(), folder)
    else:
        packets.draw(found, paper.console(), folder)


@review.command("explain")
@click.argument("item", metavar="ID")
@lab_option
@answer_options
def explain_item(item: str, folder: str, view: str | None, as_json: bool) -> None:
    """Say what policy asks of an item, condition by condition; decides nothing.

    ID is a packet, one of its changes, or a pending change of the lab's rules.
    """
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import views

        found = {"id": item, **views.ruling(lab, item, wanted.view)}
    if as_json:
        print_json(found)
    else:
        packets.draw_ruling(found, paper.console())


def _deciding(verb: str, text: str) -> None:
    @review.command(verb, help=text)
    @click.argument("item", metavar="ID")
    @lab_option
    @click.option("--reason", default="", help="Why, in your words. Asked for if missing.")
    @key_option
    def command(item: str, folder: str, reason: str, key: str | None) -> int:
        return decide(folder, item, verb, reason, key)

    del command


_deciding(
    "approve",
    "Approve a packet or one of its changes; with all approved it becomes the next generation.",
)
_deciding(
    "reject",
    "Reject a packet or one of its changes: that is dropped with what depends on it, the rest is "
    "judged again, and agents cannot propose it anew.",
)
_deciding("request-changes", "Send a reason to the agents; the packet stays open.")


def decide(folder: str, item: str, verb: str, reason: str, key: str | None = None) -> int:
    """Take a human's decision; return the exit code.

    Raises:
        Refused: Nobody is at a terminal, or policy says no.
        BadInput: There is no such item, or no reason.
    """
    with opened(folder) as lab:
        by = decider(lab, f"`regency review {verb}`")
        lab.demand_open(item)  # before anybody thinks of a reason
        if is_rules(item):
            _show_rules(lab, item)
        reason = reason.strip() or asked_reason()
        if not lab.simulated and _can_be_taken(lab, key):
            click.confirm(_question(verb, one_line(item, 80)), abort=True)
        took = _shown(lab).minutes(item)
        decision = Decision(item=item, answer=verb, by=by, reason=reason, minutes=took)
        outcome = lab.decide(signed(lab, decision, key))
    click.echo(clean(outcome.message))
    if outcome.ruling is not None and not outcome.ruling.allowed:
        packets.draw_conditions(plain(outcome.ruling), paper.console())
    if outcome.generation is not None:
        tag = outcome.generation.tag
        click.echo(f"See it: git show {tag}. Keep it out of reach: git push REMOTE {tag}")
    return 0


def _can_be_taken(lab: "Lab", key: str | None) -> bool:
    """Return whether a decision is worth a question: without a key the one door refuses it."""
    from regency.lab import assurance

    return key is not None or not assurance.signers(lab).demanded


def _shown(lab: "Lab") -> Shown:
    return Shown(lab.home.state / "shown.json")


def _question(verb: str, item: str) -> str:
    if is_rules(item):
        return f"{verb.capitalize()} {item}, this change of the rules?"
    return (OF_ONE if "." in item else QUESTIONS)[verb].format(item=item)


def _show_rules(lab: "Lab", item: str) -> None:
    """Print what is about to come into force: the files may have changed since they were read."""
    from regency.lab import dossier

    for rule in dossier.item(lab, item, "human")["files"]:
        paper.console().print(paper.diff(rule["diff"]))


def _list(folder: str, view: str | None, *, as_json: bool) -> None:
    wanted = asked(view, as_json=as_json)
    with opened(folder) as lab:
        from regency.lab import views

        found = views.review_list(lab, wanted.view)
    if as_json:
        print_json(found)
    else:
        _draw_list(found, paper.console())


def _draw_list(found: Json, out: Console) -> None:
    if not found["items"]:
        out.print("Nothing waits for a human.")
        return
    table = paper.table("id", "what", "changes", "risk", "minutes", right=("changes", "risk"))
    own = found.get("pace", {"factor": 1.0, "reviews": 0})
    newest = next((item["id"] for item in found["items"] if item["kind"] == "packet"), "")
    for item in found["items"]:
        older = item["kind"] == "packet" and item["id"] != newest
        risk = f"{item['risk']:.2f}" if "risk" in item else "-"
        title = paper.line(item["title"] + (f" (older: {newest} goes on from it)" if older else ""))
        row = (str(item.get("changes", "-")), risk, _minutes(item["minutes"], own["factor"]))
        table.add_row(Text(item["id"], style="bold cyan"), title, *row)
        for part in () if older else item.get("parts", ()):
            risk = f"{part['risk']:.2f}" if "risk" in part else "-"
            row = ("", risk, _minutes(part["minutes"], own["factor"]))
            name = Text(f"  {part['id']}", style="cyan")
            table.add_row(name, paper.line(f"{part['title']}{_approved(part)}", "dim"), *row)
    out.print(table)
    if own["factor"] != 1.0:
        pace = f"Minutes are at your pace: {own['factor']:.2f} of the estimate"
        out.print(Text(f"{pace}, from {numbers.count(own['reviews'], 'review')}.", style="dim"))


def _minutes(estimate: float | None, factor: float) -> str:
    return numbers.minutes(None if estimate is None else estimate * factor)


def _approved(part: Json) -> str:
    return f" (approved by {', '.join(part['approved_by'])})" if part["approved_by"] else ""


def _draw_rules(found: Json, out: Console, folder: str) -> None:
    out.print(paper.heading(f"Pending lab change {found['id']}"))
    out.print("Not in force until a human approves it; approving opens a new epoch.")
    for rule in found["files"]:
        out.print(paper.diff(rule["diff"]))
    packets.draw_ruling(found["policy"], out)
    where = "" if folder == "." else f" --dir {folder}"
    command = f"  {program()} review approve {found['id']}{where} --reason …"
    out.print(Text(command, style="green"))


@review.command()
@lab_option
@click.option("--max-time", callback=duration, metavar="T", help="End after so long: 90s, 10m.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), help="Trials at once. [default: all cores]"
)
@click.option("--unsafe", is_flag=True, help="Run without isolation if none can be had.")
def minimise(folder: str, max_time: float | None, workers: int | None, unsafe: bool) -> int:
    """Make what waits smaller: leave out what does not earn its place, and test that it keeps up.

    Ctrl-C stops cleanly; again goes on. A run does this by itself at the bound on the lead.
    """
    with opened(folder) as lab:
        from regency.cli.live import shown, stoppable
        from regency.cli.run import STOPPED, watched
        from regency.lab.lab import Plan

        progress = watched(lab, max_time, None)
        plan = Plan(wall_s=max_time, workers=workers, unsafe=unsafe)
        with stoppable(lab), shown(progress) as show:
            summary = lab.minimise(plan, show)
        reason = one_line(summary.reason)
        click.echo(f"Ended after {in_words(summary.wall_s)}: {reason.removesuffix('.')}.")
        if summary.promoted:
            where = "" if folder == "." else f" --dir {folder}"
            packet = lab.store.packets("open")[-1].packet.id
            click.echo(f"Waits for a human: {program()} review show {packet}{where}")
    return STOPPED if summary.reason == "stopped" else 0
