"""Signing at the terminal with one's own SSH key: ssh-keygen asks for passphrase, PIN or touch."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regency.errors import BadInput
from regency.records import Decision, Signature
from regency.repo import ssh

if TYPE_CHECKING:
    from regency.lab import Lab

Command = TypeVar("Command", bound=Callable[..., Any])
VARIABLE = "REGENCY_KEY"


def key_option(command: Command) -> Command:
    """Add ``--key``, the SSH key to sign with."""
    return click.option(
        "--key",
        metavar="FILE",
        envvar=VARIABLE,
        help=f"Your SSH key, to sign with. [default: {VARIABLE}]",
    )(command)


def signed(lab: "Lab", decision: Decision, key: str | None) -> Decision:
    """Return ``decision`` signed with ``key``; as it is where no key is enrolled and none given.

    Raises:
        BadInput: There is no such key, or none is enrolled.
        Refused: It was not signed.
    """
    from regency.lab import assurance

    if lab.simulated or key is None:
        return decision  # where keys are enrolled the one door refuses it, and records that
    if not assurance.signers(lab).demanded:
        raise BadInput("no key is enrolled in this lab yet: `regency keys enrol FILE` first.")
    message = assurance.challenge(lab, decision)
    return replace(decision, signature=sign(message, Path(key), assurance.NAMESPACES["decision"]))


def sign(message: str, key: Path, namespace: str) -> Signature:
    """Return the signature of ``message``; ssh-keygen asks at the terminal for what it needs.

    Raises:
        BadInput: There is no such key.
        Refused: It was not signed.
    """
    click.echo(f"Signing with {key}; touch the key if it blinks.", file=sys.stderr)
    armored = ssh.sign(message.encode(), key.expanduser(), namespace)
    return Signature(message, armored, unprotected=ssh.is_unprotected(key.expanduser()))
