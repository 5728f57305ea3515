"""The command line's entry point: a table of commands, and plain endings for every error.

Loads nothing but click: each command's module is imported when that command is asked for.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from regency import __version__
from regency.errors import RegencyError

TRACEBACK = "REGENCY_TRACEBACK"
INTERRUPTED = 130
BROKEN_PIPE = 1  # silently, as click has it


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command lies: module, attribute, and its line in the help."""

    module: str
    attribute: str
    help: str


COMMANDS: Mapping[str, Lazy] = {
    "demo": Lazy("demo", "demo", "See training code get better, and decide on it: a minute or so."),
    "init": Lazy("init", "init", "Make a lab: a bundled one, or of your own repository."),
    "run": Lazy("run", "run", "Let agents improve the champion; again continues."),
    "status": Lazy("status", "status", "Where things stand."),
    "tree": Lazy("lineage", "tree", "The lineage of candidates."),
    "show": Lazy("show", "show", "One candidate, packet or generation."),
    "log": Lazy("log", "log", "The entries of the ledger."),
    "fetch": Lazy("fetch", "fetch", "Make a git branch of a candidate."),
    "brief": Lazy("brief", "brief", "What an agent is told."),
    "submit": Lazy("submit", "submit", "Propose a candidate, as a person or for any agent."),
    "try": Lazy("experiment", "attempt", "Run a change in the sandbox without proposing it."),
    "notebook": Lazy("notebook", "notebook", "What was learned, for agents that come later."),
    "mcp": Lazy("mcp", "mcp", "The lab as tools for an agent that speaks MCP."),
    "review": Lazy("review", "review", "What waits for a human, and deciding on it."),
    "keys": Lazy("keys", "keys", "Whose SSH keys sign decisions."),
    "pause": Lazy("brakes", "pause", "Stop all agents until a human resumes."),
    "resume": Lazy("brakes", "resume", "Let agents go on."),
    "rollback": Lazy("brakes", "rollback", "Make an earlier generation stand again."),
    "ledger": Lazy("ledger", "ledger", "Check, export and prove the record."),
    "measure": Lazy("main", "measure", "Who wrote it, how long a task, where review holds us up."),
}


MEASURES: Mapping[str, Lazy] = {
    "authorship": Lazy("authorship", "authorship", "Who wrote the lines of a repository."),
    "horizon": Lazy("horizon", "horizon", "How long a task agents can do, and how that grows."),
    "bottleneck": Lazy("bottleneck", "bottleneck", "Where review holds the work up."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name, and imports only the one that is asked for."""

    def __init__(self, *args: Any, table: Mapping[str, Lazy] = COMMANDS, **kwargs: Any) -> None:
        """Take what every group takes, and the table of its commands."""
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        del ctx
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its module."""
        del ctx
        if cmd_name not in self._table:
            return None
        where = self._table[cmd_name]
        command = getattr(import_module(f"regency.cli.{where.module}"), where.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{where.module}.{where.attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, where.help) for name, where in self._table.items()])


def _wants_traceback(_: click.Context, __: click.Parameter, value: bool) -> None:
    if value:
        os.environ[TRACEBACK] = "1"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="regency")
@click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_wants_traceback,
    help=f"On an error, show where in the code (or set {TRACEBACK}=1).",
)
def cli() -> None:
    """Agents improve training code; evidence promotes; people ratify.

    Exit codes: 0 fine, 1 a finding or a negative answer, 2 input that cannot be used,
    3 refused by policy or sandbox.
    """


@click.group(cls=LazyGroup, table=MEASURES)
def measure() -> None:
    """Measure what is said of labs like this; each works without a lab.

    Who wrote the code, how long a task agents can do, where review holds the work up.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Args:
        arguments: Default: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # agents' text need not fit the terminal
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one line on standard error."""
    try:
        result = cli.main(arguments, prog_name="regency", standalone_mode=False)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return _ending("stopped", INTERRUPTED)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        if isinstance(error, OSError):
            _drop_output()
        return BROKEN_PIPE if isinstance(error, BrokenPipeError) else _ending(*_explain(error))
    return result if isinstance(result, int) else 0


def _drop_output() -> None:
    """Let go of what could not be written, or flushing it at exit would fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, RegencyError):
        return str(error), error.exit_code
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "regency"
        return f"{error.format_message()} See `{path} --help`.", error.exit_code
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, OSError):
        what = f" ({error.filename})" if error.filename else ""
        return f"the system said no: {error.strerror or error}{what}. Mend that, run again.", 1
    return f"unexpected {type(error).__name__}: {error}. Run with --traceback and report it.", 1


def _ending(message: str, code: int) -> int:
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    click.echo(f"regency: {line}", err=True)
    return code
