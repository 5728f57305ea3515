"""``regency ledger``: check the record, export it, prove an entry."""

from pathlib import Path

import click

from regency.cli.options import lab_option, opened, print_json
from regency.cli.text import clean
from regency.errors import BadInput
from regency.records import Json


@click.group()
@lab_option
def ledger(folder: str) -> None:
    """Check, export and prove the record."""
    del folder  # commands below take it from here


@ledger.command()
@click.argument("export", required=False, metavar="[EXPORT]")
@lab_option
@click.option("--key", metavar="K", help="Verifier key that you trust, for an export.")
@click.option(
    "--since", "anchors", metavar="FILE", multiple=True, help="A checkpoint kept elsewhere."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    export: str | None, folder: str, key: str | None, anchors: tuple[str, ...], as_json: bool
) -> int:
    """Recompute the whole record: the lab's, or an exported file's without any lab."""
    texts = [_read(Path(anchor)) for anchor in anchors]
    if export is not None:
        from regency.lab.proofs import check_export

        found = check_export(Path(export), key, texts)
    else:
        if key is not None:
            raise BadInput("--key is for an exported file: give its name.")
        with opened(folder) as lab:
            from regency.lab.proofs import check

            found = check(lab, texts)
    if as_json:
        print_json(found)
    else:
        _say(found)
    return 0 if found["ok"] else 1


@ledger.command("export")
@click.argument("target", metavar="FILE")
@lab_option
def write(target: str, folder: str) -> None:
    """Write the record to a file that anybody can verify offline."""
    path = Path(target)
    if path.exists():
        raise BadInput(f"{path} exists. Give a new name.")
    with opened(folder) as lab:
        lab.recorder.log.export(path)
        click.echo(f"Wrote {lab.recorder.log.size} entries. Key: {lab.recorder.key.verifier.text}")


@ledger.command()
@click.argument("seq", type=click.IntRange(0))
@lab_option
def prove(seq: int, folder: str) -> None:
    """Print the proof that entry SEQ is in the record (C2SP tlog-proof)."""
    with opened(folder) as lab:
        if seq >= lab.recorder.log.size:
            raise BadInput(f"there is no entry {seq}: the last is {lab.recorder.log.size - 1}.")
        click.echo(lab.recorder.log.prove(seq), nl=False)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the checkpoint {path} cannot be read: {error}.") from error


def _say(found: Json) -> None:
    for problem in found["problems"]:
        click.echo(f"PROBLEM: {clean(problem)}")
    for note in found["notes"]:
        click.echo(f"note: {clean(note)}")
    verdict = "holds" if found["ok"] else "does not hold"
    click.echo(f"The record {verdict}: {found['size']} entries, root {found['root']}")
