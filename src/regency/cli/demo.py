"""``regency demo``: the whole loop on the bundled lab in about a minute.

The first line is printed before anything heavy is loaded.
"""

from pathlib import Path

import click

from regency.cli.durations import duration, in_words

DEFAULT = "regency-demo"


@click.command()
@click.argument("folder", metavar="[DIR]", required=False)
@click.option(
    "--max-time", callback=duration, metavar="T", default="80s", help="How long agents may search."
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), help="Trials at once. [default: all cores]"
)
def demo(folder: str | None, max_time: float, workers: int | None) -> None:
    """See training code get better for real, then decide on it yourself."""
    target = Path(folder) if folder else _fresh()
    click.echo(
        f"Regency demo: an agent improves the training code of a small language model in {target}, "
        f"for {in_words(max_time)} on your CPU. No key, no GPU, nothing leaves this machine."
    )
    from regency.cli import demonstration  # heavy: after the first line

    demonstration.perform(target, max_time, workers)


def _fresh() -> Path:
    """Return a folder that is not there yet."""
    target, number = Path(DEFAULT), 1
    while target.exists():
        number += 1
        target = Path(f"{DEFAULT}-{number}")
    return target
