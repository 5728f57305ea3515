"""Who is at the terminal, and whether anybody is."""

import sys
from typing import TYPE_CHECKING

import click

from regency.errors import BadInput, Refused
from regency.records import Actor, ActorKind

if TYPE_CHECKING:
    from regency.lab import Lab


def decider(lab: "Lab", what: str) -> Actor:
    """Return who decides: the git user, who in a real lab has to be at a terminal.

    Args:
        lab: The lab.
        what: What is to be done, for the message.

    Raises:
        Refused: No human can be there.
    """
    name = lab.repo.user()[0]
    if lab.simulated:
        return Actor(ActorKind.SIMULATED_HUMAN, name)
    if not sys.stdin.isatty():
        from regency.lab import assurance

        why = f"{what} needs a human at a terminal. Run this command in one, by hand."
        unknown = Actor(ActorKind.SYSTEM, name)  # a person without a terminal, or a program
        assurance.refuse(lab, what.strip("`"), "", unknown, why)
        raise Refused(why)
    return Actor(ActorKind.HUMAN, name)


def demand_human(lab: "Lab", what: str) -> None:
    """Demand that a human can be there, for what shows more than agents may see.

    Raises:
        Refused: No human can be there, and the lab is a real one.
    """
    if not lab.simulated and not sys.stdin.isatty():
        raise Refused(
            f"{what} shows what agents may not see, so it needs a human at a terminal. Run this "
            "command in one, by hand."
        )


def somebody(lab: "Lab") -> Actor:
    """Return who acts where anybody may: a human only if one can be at the terminal."""
    name = lab.repo.user()[0]
    if lab.simulated:
        return Actor(ActorKind.SIMULATED_HUMAN, name)
    return Actor(ActorKind.HUMAN if sys.stdin.isatty() else ActorKind.SYSTEM, name)


def asked_reason() -> str:
    """Return the reason for a decision, in the words of whoever is at the terminal.

    Raises:
        BadInput: Nobody is there to ask.
    """
    if not sys.stdin.isatty():
        raise BadInput("a decision needs a reason. Give one with --reason.")
    return str(click.prompt("Reason")).strip()
