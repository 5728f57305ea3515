"""``regency keys``: whose SSH keys sign decisions."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from regency.cli import paper
from regency.cli.options import lab_option, opened, print_json
from regency.cli.people import decider
from regency.cli.signing import key_option, sign
from regency.cli.text import clean, one_line
from regency.errors import BadInput, Refused
from regency.records import Json, plain
from regency.repo import ssh

if TYPE_CHECKING:
    from regency.lab import Lab


@click.group(invoke_without_command=True)
@lab_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def keys(ctx: click.Context, folder: str, as_json: bool) -> None:
    """Whose SSH keys sign decisions. Alone: the list."""
    if ctx.invoked_subcommand is None:
        _list(folder, as_json=as_json)


@keys.command("list")
@lab_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(folder: str, as_json: bool) -> None:
    """List the keys that were ever enrolled."""
    _list(folder, as_json=as_json)


@keys.command()
@click.argument("file", metavar="FILE")
@lab_option
@click.option("--name", metavar="NAME", help="Whose it is. [default: you, as git knows you]")
@click.option("--replaces", metavar="FINGERPRINT", default="", help="The key whose place it takes.")
@click.option("--unprotected", is_flag=True, help="Take a key that has no passphrase.")
@key_option
def enrol(
    file: str, folder: str, name: str | None, replaces: str, unprotected: bool, key: str | None
) -> None:
    """Enrol the SSH key in FILE; from the first one on, every decision has to be signed.

    The first key signs its own enrolment. Every later one needs an enrolled key (--key) to vouch
    for it, which also revokes the key that it replaces. A key without passphrase is refused unless
    you say --unprotected, and then proves no more than that somebody used your account.
    """
    path = Path(file).expanduser()
    bare = ssh.is_unprotected(path)
    with opened(folder) as lab:
        from regency.lab import assurance

        by = decider(lab, "`regency keys enrol`")
        wish = assurance.Enrolment(name or by.name, ssh.public_half(path), replaces, bare)
        _demand_passphrase(path, bare and not wish.public.in_hardware, unprotected)
        demanded = assurance.signers(lab).demanded
        signing = Path(key) if key and demanded else path
        if key is None and demanded:
            raise BadInput("keys are enrolled already: one of them has to vouch, give --key FILE.")
        click.confirm(_question(lab, wish.name), abort=True)
        message = assurance.enrolment_message(lab, wish)
        signature = sign(message, signing, assurance.NAMESPACES["signers"])
        made = assurance.enrol(lab, by, wish, signature)
    click.echo(f"Enrolled {made.fingerprint} for {clean(made.name)}.")


@keys.command()
@click.argument("fingerprint")
@lab_option
@click.option("--reason", required=True, help="Why, in your words.")
@key_option
def revoke(fingerprint: str, folder: str, reason: str, key: str | None) -> None:
    """Revoke a key: it signs nothing more here. What it signed before stays good."""
    if key is None:
        raise BadInput("an enrolled key has to sign this: give --key FILE.")
    with opened(folder) as lab:
        from regency.lab import assurance

        by = decider(lab, "`regency keys revoke`")
        good = [signer.fingerprint for signer in assurance.signers(lab).active]
        if good == [fingerprint]:
            click.confirm(
                "This is the last key: without one this lab takes no decision ever again. Revoke "
                "it all the same?",
                abort=True,
            )
        message = assurance.revocation_message(lab, fingerprint, reason)
        signature = sign(message, Path(key), assurance.NAMESPACES["signers"])
        left = assurance.revoke(lab, by, fingerprint, reason, signature)
    click.echo(f"Revoked {one_line(fingerprint, 80)}. Good keys left: {len(left)}.")


@keys.command("allowed-signers")
@lab_option
def allowed_signers(folder: str) -> None:
    """Print the keys that are good now as a file for `ssh-keygen -Y verify -f`."""
    with opened(folder) as lab:
        from regency.lab import assurance

        click.echo(assurance.allowed_signers(lab), nl=False)


def _question(lab: "Lab", name: str) -> str:
    return (
        f"Enrol this key of {one_line(name, 80)} in {one_line(lab.config.lab.name, 80)}? From then "
        "on every decision has to be signed."
    )


def _demand_passphrase(path: Path, bare: bool, unprotected: bool) -> None:
    if bare and not unprotected:
        raise Refused(
            f"{path} has no passphrase, so whatever runs under your account can sign with it. Set "
            f"one with `ssh-keygen -p -f {path}`, or say --unprotected."
        )


def _list(folder: str, *, as_json: bool) -> None:
    with opened(folder) as lab:
        from regency.lab import assurance

        found: list[Json] = [plain(signer) for signer in assurance.signers(lab).all]
    if as_json:
        print_json({"keys": found})
    elif not found:
        click.echo("No key is enrolled: decisions are local, which proves only the account.")
    else:
        _draw(found)


def _draw(found: list[Json]) -> None:
    table = paper.table("whose", "key", "kind", "enrolled", "state")
    for signer in found:
        revoked = signer["revoked"]
        state = "good" if revoked is None else f"revoked by entry {revoked}"
        state += ", no passphrase" if signer["unprotected"] else ""
        kind = signer["key"].split()[0]
        table.add_row(paper.line(signer["name"]), signer["fingerprint"], kind,
                      f"entry {signer['enrolled']}", state)  # fmt: skip
    paper.console().print(table)
