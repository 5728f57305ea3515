"""A run as it goes: a live display at a terminal, one plain line per important event elsewhere."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Literal

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from regency.cli import numbers, paper, plot
from regency.cli.durations import in_words
from regency.cli.program import program
from regency.cli.progress import Progress
from regency.cli.text import one_line
from regency.records import Event, Json

if TYPE_CHECKING:
    from regency.lab import Lab

REFRESH = 4  # times a second; drawing costs a millisecond or two


class Screen:
    """The live display, as a rich renderable."""

    def __init__(self, progress: Progress) -> None:
        """Show ``progress``."""
        self._progress = progress

    def __rich__(self) -> Group:
        """Return what is to be drawn now."""
        table = paper.pairs()
        for name, value in rows(self._progress):
            table.add_row(name, value)
        return Group(table)


def rows(progress: Progress) -> list[tuple[str, Text]]:
    """Return names and values of the live display."""
    found = [("time", Text(_time(progress))), ("champion", _champion(progress))]
    if progress.best:
        best = Text(plot.spark(progress.best), style="green")
        found.append(("best so far", best.append(f" {progress.best[-1]:+.4g}")))
    found.append(("candidates", _candidates(progress)))
    found.append(("now", Text(_now(progress))))
    if progress.packet:
        said = Text(f"{progress.packet} waits for you: {program()} review show {progress.packet}")
        said.stylize("bold cyan")
        found.append(("review", said))
    if progress.held:
        found.append(("held", paper.line(progress.held, "yellow")))
    return found


def told(event: Event, progress: Progress, view: Literal["agent", "human"]) -> str:
    """Return one plain line on an event, empty if it is not important.

    Args:
        event: What happened.
        progress: The run, which has taken the event already.
        view: Agents get no numbers of the confirm split.
    """
    data = event.data
    if event.kind == "calibration":
        return f"Luck alone moves {progress.metric} by {data['noise_sd']:.3g} (sd of a pair)."
    if event.kind == "nomination":
        most = f"at most {data['max_pairs']} pairs, chance of luck under"
        return f"Testing {data['candidate']}: {most} {numbers.odds(data['level'])}."
    if event.kind == "verdict" and data["gate"] == "confirm":
        gain = numbers.gain(data["effect"], progress.noise_sd) if view == "human" else ""
        about = f" by {gain}" if gain and data["answer"] == "better" else ""
        about = " (simpler)" if data.get("margin") else about
        return f"{data['candidate']}: {data['answer']}{about}. {one_line(data['reason'])}"
    if event.kind == "champion":
        return f"New champion {data['candidate']}; packet {data['packet']} waits for a human."
    return TOLD[event.kind](data) if event.kind in TOLD else ""


@contextmanager
def shown(
    progress: Progress, *, view: Literal["agent", "human"] | None = None
) -> Iterator[Callable[[Event], None]]:
    """Give a function that takes a run's events and shows them while the context lasts.

    Args:
        progress: Takes the events too.
        view: Whose, where there is no terminal.
    """
    out = paper.console()
    if out.is_terminal and not out.is_dumb_terminal:
        with Live(Screen(progress), console=out, refresh_per_second=REFRESH) as live:

            def draw(event: Event) -> None:
                progress.take(event)
                if event.kind != "nomination" and (said := told(event, progress, "human")):
                    live.console.print(Text(said, style="dim"))

            yield draw
        return
    held: set[str] = set()

    def say(event: Event) -> None:
        progress.take(event)
        said = told(event, progress, view or "agent")
        if event.kind == "held" and event.data["reason"] not in held:
            held.add(event.data["reason"])
            said = f"Promotions wait: {one_line(event.data['reason'])}"
        if said:
            click.echo(said)
            sys.stdout.flush()

    yield say


@contextmanager
def stoppable(lab: "Lab") -> Iterator[None]:
    """Make the first Ctrl-C (or TERM) end the run at its next step, and a second one at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        lab.stop()
        signal.signal(number, at_once)
        os.write(2, b"\nStopping at the next step. Again: at once.\n")  # safe in a handler

    def at_once(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, stop) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _minimised(data: Mapping[str, Json]) -> str:
    if data["candidate"] == data["head"]:
        return f"Nothing of {data['head']} can be left out. {data['note']}".strip()
    lines = f"{data['lines_before']} → {data['lines_after']} lines"
    return (
        f"Minimised {data['head']}: {lines} ({data['pairs']} pairs); now testing that it keeps up."
    )


def _silent(data: Mapping[str, Json]) -> str:
    return f"Agent {data['agent']} has nothing to propose: {one_line(data['reason'], 300)}"


def _at_work(data: Mapping[str, Json]) -> str:
    return f"{one_line(data['agent'])} goes to work on {data['parent']}; the run goes on meanwhile."


TOLD: Mapping[str, Callable[[Mapping[str, Json]], str]] = {
    "at work": _at_work,
    "minimised": _minimised,
    "silent": _silent,
}


def _time(progress: Progress) -> str:
    left = progress.left_s
    passed = in_words(progress.passed_s)
    return passed if left is None else f"{passed}, {in_words(left)} left"


def _champion(progress: Progress) -> Text:
    made = Text(progress.champion, style="bold green")
    if progress.mean is not None:
        made.append(f"  {progress.metric} {progress.mean:.4g}", style="")
    if progress.gain:
        better = numbers.gain(progress.gain, progress.noise_sd)
        made.append(f"  {better} over the last generation", style="bold")
    return made


def _candidates(progress: Progress) -> Text:
    most = f" of {progress.most:,}" if progress.most is not None else ""
    made = Text(f"{progress.judged:,}{most}")
    for answer, number in progress.answers.most_common():
        made.append(f"  {number:,} ").append(paper.answer(answer))
    return made.append(f"  {progress.per_minute:.0f} a minute", style="dim")


def _now(progress: Progress) -> str:
    test = progress.testing
    if test is None:
        return progress.doing
    most, need = test["max_pairs"], 1 / test["level"]
    return (
        f"testing {test['candidate']} against {test['champion']}: {progress.pairs} of at most "
        f"{most} pairs; needs an e-value of {need:,.0f}"
    )
