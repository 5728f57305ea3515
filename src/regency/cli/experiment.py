"""``regency try``: an agent's own experiment, before it proposes anything."""

import click

from regency.cli.options import lab_option, opened, print_json
from regency.cli.sources import By, Given, by_options, change_options
from regency.cli.text import clean
from regency.records import Json


@click.command("try")
@lab_option
@change_options
@click.option("--trials", default=1, metavar="N", help="Runs, each with another seed. [default: 1]")
@by_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def attempt(  # noqa: PLR0913, PLR0917 - one for each option
    folder: str, worktree: str | None, commit: str | None, patch: str | None, parent: str,
    trials: int, agent: str, model: str, session: str, as_json: bool,
) -> int:  # fmt: skip
    """Run a change in the lab's sandbox without proposing it.

    It is scored on the search split, and told rounded to half the noise. Every trial counts against
    the budget in [tries] and is on record. Exit code 1 if it does not run.
    """
    given = Given(worktree, commit, patch, parent)
    with opened(folder) as lab:
        from regency.lab.experiments import experiment

        made = given.proposal(lab, By(agent, model, session), "An experiment.")
        told = experiment(lab, made, trials)
    if as_json:
        print_json(told)
    else:
        click.echo(clean("\n".join(_lines(told))))
    return 1 if told["score"] is None else 0


def _lines(told: dict[str, Json]) -> list[str]:
    lines = [f"{told['key']}: {_result(told)}"]
    for phase in told["phases"]:
        used = f"{phase['cpu_s']:.2f} CPU-s, {phase['memory_bytes'] / (1 << 20):.0f} MiB"
        lines.append(f"  {phase['name']}: {phase['status']}, {used}")
        lines += [f"    {line}" for line in phase["printed"].strip().splitlines()]
    lines.append(f"{told['left']} trials left until the next proposal.")
    return lines


def _result(told: dict[str, Json]) -> str:
    if told["score"] is None:
        return f"it does not run: {told['fault']}."
    score = f"{told['metric']} {told['score']:.5g}"
    if told["gain"] is None:
        return f"{score}; the champion is not measured yet, so there is no gain to tell."
    noise = "" if told["noise_sd"] is None else f" (noise of one pair {told['noise_sd']:.2g})"
    own = f"champion {told['champion']} has {told['champion_score']:.5g}"
    return f"{score}, gain {told['gain']:+.4g}{noise}; {own}."
