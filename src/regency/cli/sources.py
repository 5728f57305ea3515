"""Options that say what a change is and whose: shared by all commands that take one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regency.errors import BadInput
from regency.records import Agent, Proposal

if TYPE_CHECKING:
    from regency.lab import Lab

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class By:
    """Who speaks, as the options say; a person if no agent is named."""

    name: str
    model: str
    session: str

    def agent(self, lab: "Lab") -> Agent:
        """Return who speaks.

        Raises:
            BadInput: The name cannot be one, or a model or session is given for a person.
        """
        if not self.name:
            if self.model or self.session:
                raise BadInput("--model and --session are an agent's: give its --agent NAME too.")
            return Agent(lab.repo.user()[0], "human")
        from regency.lab.submission import agent_named

        return agent_named(self.name, self.model, self.session)


@dataclass(frozen=True, slots=True)
class Given:
    """A change as the options give it: exactly one of the first three, and its parent."""

    worktree: str | None
    commit: str | None
    patch: str | None
    parent: str

    def __post_init__(self) -> None:
        """Check it; raises BadInput."""
        if sum(source is not None for source in (self.worktree, self.commit, self.patch)) != 1:
            raise BadInput("give exactly one of --worktree, --commit and --patch.")

    def proposal(self, lab: "Lab", by: By, said: str, claims: tuple[str, ...] = ()) -> Proposal:
        """Return it as a proposal; raises BadInput."""
        from regency.lab.submission import Source, Words, proposal

        source = Source(self.worktree, self.commit, self.patch, self.parent)
        return proposal(lab, source, Words(said, claims, by.agent(lab)))


def by_options(command: Command) -> Command:
    """Add ``--agent``, ``--model`` and ``--session``."""
    for option in (
        click.option("--session", default="", metavar="S", help="The agent's own session."),
        click.option("--model", default="", metavar="M", help="The agent's model."),
        click.option("--agent", default="", metavar="NAME", help="Name of the agent; else you."),
    ):
        command = option(command)
    return command


def change_options(command: Command) -> Command:
    """Add ``--worktree``, ``--commit``, ``--patch`` and ``--parent``."""
    for option in (
        click.option("--parent", metavar="ID", default="", help="What it was made from."),
        click.option("--patch", metavar="F", help="A file with a unified diff; - is stdin."),
        click.option("--commit", metavar="R", help="A commit of the lab's repository."),
        click.option(
            "--worktree",
            metavar="P",
            help="A folder with the changed files; what is missing is deleted only if it is a git "
            "repository.",
        ),
    ):
        command = option(command)
    return command
