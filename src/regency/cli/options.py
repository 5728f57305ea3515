"""Options that several commands share: which lab, JSON or text, and whose view.

A human at a terminal sees everything; where standard output is no terminal there is no human
session, and the agent's view is given.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regency.errors import Refused
from regency.records import Json

if TYPE_CHECKING:
    from regency.lab import Lab
    from regency.lab.views import View

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Asked:
    """How an answer is wanted."""

    view: "View"
    as_json: bool


def lab_option(command: Command) -> Command:
    """Add ``--dir``, the lab's folder."""
    return click.option(
        "--dir", "folder", metavar="DIR", callback=_folder, help="The lab's folder. [default: .]"
    )(command)


def answer_options(command: Command) -> Command:
    """Add ``--json`` and ``--view``."""
    with_view = click.option(
        "--view",
        type=click.Choice(["agent", "human"]),
        help="Agents see no numbers of the confirm split. [default: human at a terminal]",
    )(command)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(with_view)


def asked(view: str | None, *, as_json: bool) -> Asked:
    """Return how the answer is wanted.

    Raises:
        Refused: The human view was asked for where no human is.
    """
    if view == "human" and not sys.stdin.isatty():
        raise Refused("the human view needs a human: run this at a terminal, or use --view agent.")
    if view is None:
        view = "human" if sys.stdout.isatty() else "agent"
    return Asked("human" if view == "human" else "agent", as_json)


@contextmanager
def opened(folder: str) -> Iterator["Lab"]:
    """Open the lab in ``folder``."""
    from regency.lab import Lab  # heavy: not before it is needed

    with Lab.open(Path(folder)) as lab:
        yield lab


def print_json(answer: Json) -> None:
    """Print JSON-ready values; everything but plain ASCII is escaped, so it cannot harm."""
    click.echo(json.dumps(answer, indent=2, allow_nan=False))


def _folder(ctx: click.Context, _: click.Parameter, value: str | None) -> str:
    """Return the folder given here, else the one given to the group, else here."""
    above = ctx.parent.params.get("folder") if ctx.parent else None
    return value or above or "."
