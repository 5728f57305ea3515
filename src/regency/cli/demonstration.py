"""The demo once it has begun: make the lab, run it, tell what got better and what to do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from regency.cli import numbers, packets, paper
from regency.cli.durations import in_words
from regency.cli.live import shown, stoppable
from regency.cli.program import program
from regency.cli.run import watched
from regency.lab import create, dossier
from regency.lab.create import Wish
from regency.lab.lab import Plan
from regency.records import Json

if TYPE_CHECKING:
    from regency.desk import Summary
    from regency.lab import Lab

LAB = "tiny_lm"
DIFF_LINES = 80


def perform(target: Path, wall_s: float, workers: int | None) -> None:
    """Make the lab in ``target``, let its agent search for ``wall_s`` seconds, tell what came."""
    with create(target, Wish(LAB), lambda step: click.echo(f"  {step}")) as lab:
        budget = lab.config.limits.cpu_s
        click.echo(f"Each candidate trains for {budget:g} CPU-seconds, the launcher sees to that.")
        progress = watched(lab, wall_s, None)
        with stoppable(lab), shown(progress, view="human") as show:
            summary = lab.run(Plan(wall_s=wall_s, workers=workers), show)
        tell(lab, summary, target)


def tell(lab: "Lab", summary: "Summary", target: Path) -> None:
    """Print what got better, on what evidence, and what to review."""
    out = paper.console()
    spent = f"{summary.judged:,} candidates were judged in {in_words(summary.wall_s)}"
    waiting = lab.store.packets("open")
    if not waiting:
        _tell_nothing(out, spent, target)
        return
    found = dossier.packet(lab, waiting[-1].packet.id, "human")
    out.print(paper.heading("\nWhat got better"))
    out.print(f"{spent}; {numbers.count(len(found['evidence']), 'promotion')} on evidence.")
    _tell_gain(lab, found, out)
    cpu_s = lab.config.limits.cpu_s
    out.print(f"The budget is unchanged: {cpu_s:g} CPU-seconds of training, timed from outside.")
    out.print(Text("\nThe edits", style="bold"))
    for change in found["changes"]:
        out.print(paper.diff(change["diff"], DIFF_LINES))
    packets.draw_evidence(found, out)
    _tell_next(found["id"], out, target)


def _tell_gain(lab: "Lab", found: Json, out: Console) -> None:
    total, metric = found["total"], found["metric"]
    scores = dossier.before_and_after(lab, found["id"])
    if scores is not None:
        before, after = scores
        share = abs(after - before) / abs(before) if before else 0.0
        line = Text(f"{metric}: {before:.4g} → {after:.4g}", style="bold green")
        out.print(line.append(f"  ({share:.1%} better, on fresh runs and hidden data)", style=""))
    gain = numbers.gain(total["gain"], found["noise_sd"])
    sure = numbers.interval(total["low"], total["high"], total["level"])
    out.print(f"The gain over the start is {gain}; {sure}.")


def _tell_nothing(out: Console, spent: str, target: Path) -> None:
    out.print(Text("\nNothing was promoted this time.", style="bold yellow"))
    out.print(f"{spent}; by then none had shown on fresh runs that it is better. Go on with:")
    out.print(Text(f"  {program()} run --dir {target} --max-time 2m", style="green"))


def _tell_next(packet: str, out: Console, target: Path) -> None:
    out.print(Text("\nNow it is your turn", style="bold"))
    out.print("Agents propose, evidence disposes, humans ratify. Read it, then decide:")
    show = f"  {program()} review show {packet} --dir {target}"
    approve = f'  {program()} review approve {packet} --dir {target} --reason "…"'
    out.print(Text(show, style="green"))
    out.print(Text(approve, style="green"))
    out.print("Approving makes it generation/1, a tag in that folder's git.")
