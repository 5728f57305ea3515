"""``regency run``: the loop, with live progress; again continues."""

from typing import TYPE_CHECKING

import click

from regency.cli.durations import duration, in_words
from regency.cli.options import lab_option, opened
from regency.cli.program import program
from regency.cli.text import one_line
from regency.errors import BadInput

if TYPE_CHECKING:
    from regency.cli.progress import Progress
    from regency.desk import Summary
    from regency.lab import Lab

STOPPED = 130


@click.command()
@lab_option
@click.option("--agent", "agents", metavar="N", multiple=True, help="Only these agents.")
@click.option(
    "--max-candidates", metavar="N", type=click.IntRange(1), help="Judge so many, then end."
)
@click.option("--max-time", callback=duration, metavar="T", help="End after so long: 90s, 10m, 2h.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), help="Trials at once. [default: all cores]"
)
@click.option("--unsafe", is_flag=True, help="Run without isolation if none can be had.")
def run(
    folder: str,
    agents: tuple[str, ...],
    max_candidates: int | None,
    max_time: float | None,
    workers: int | None,
    unsafe: bool,
) -> int:
    """Let agents improve the champion. Ctrl-C stops cleanly; running again continues."""
    with opened(folder) as lab:
        from regency.cli.live import shown, stoppable
        from regency.lab.lab import Plan

        if not (agents or lab.config.agents or lab.store.unjudged()):
            raise BadInput(
                "nothing to do: no agent in regency.toml, nothing submitted. Add [agents.mutate] "
                "with kind = 'mutate', or `regency submit`."
            )
        plan = Plan(agents, max_candidates, max_time, workers, unsafe)
        progress = watched(lab, max_time, max_candidates)
        with stoppable(lab), shown(progress) as show:
            summary = lab.run(plan, show)
        _say(lab, summary, folder)
    return STOPPED if summary.reason == "stopped" else 0


def watched(lab: "Lab", wall_s: float | None, most: int | None) -> "Progress":
    """Return the progress of a run that begins now, where the last one ended."""
    from regency.cli.progress import Progress
    from regency.lab import views

    champion = views.champion(lab, "human")
    calibration = lab.store.calibration()
    waiting = lab.store.packets("open")
    return Progress(
        metric=lab.config.score.metric,
        minimize=lab.config.score.goal == "minimize",
        wall_s=wall_s,
        most=most,
        champion=champion["candidate"],
        gain=champion["gain"],
        noise_sd=calibration.noise_sd if calibration else 0.0,
        packet=waiting[-1].packet.id if waiting else "",
        doing="searching" if calibration else "measuring how much is luck",
    )


def _say(lab: "Lab", summary: "Summary", folder: str) -> None:
    promoted = ", ".join(summary.promoted) or "none"
    click.echo(
        f"Ended after {in_words(summary.wall_s)}: {one_line(summary.reason)}. "
        f"{summary.judged:,} candidates judged, promoted: {promoted}."
    )
    where = "" if folder == "." else f" --dir {folder}"
    for state in lab.store.packets("open"):
        click.echo(f"Waits for a human: {program()} review show {state.packet.id}{where}")
    if summary.reason == "stopped":
        click.echo(f"Go on with: regency run{where}")
