"""``regency ledger``: check the record, export it, prove parts of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from regency.cli.options import lab_option, opened, print_json
from regency.cli.people import demand_human
from regency.cli.text import clean
from regency.errors import BadInput
from regency.records import Json

since_option = click.option(
    "--since",
    "anchors",
    metavar="FILE",
    multiple=True,
    help="A checkpoint kept elsewhere, as it is or in a tag's text.",
)
witness_option = click.option(
    "--witness", "witnesses", metavar="K", multiple=True, help="A witness who has to have cosigned."
)


@click.group()
@lab_option
def ledger(folder: str) -> None:
    """Check, export and prove the record."""
    del folder  # commands below take it from here


@ledger.command()
@click.argument("file", required=False, metavar="[FILE]")
@lab_option
@click.option("--key", metavar="K", help="Verifier key that you trust, or a file with it.")
@since_option
@witness_option
@click.option("--tags", metavar="REPO", help="A git clone: its generations' tags are checkpoints.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    file: str | None,
    folder: str,
    key: str | None,
    anchors: tuple[str, ...],
    witnesses: tuple[str, ...],
    tags: str | None,
    as_json: bool,
) -> int:
    """Recompute the whole record: the lab's, or an exported file's without any lab.

    A file may also be a proof, as `regency ledger prove` gives it.
    """
    kept = {anchor: _read(Path(anchor)) for anchor in anchors}
    trusted, seen_by = _key(key), [str(_key(witness)) for witness in witnesses]
    if file is None:
        if key is not None or tags is not None:
            raise BadInput("--key and --tags are for an exported file: give its name.")
        with opened(folder) as lab:
            from regency.lab import proofs

            return _answer(proofs.check(lab, kept, seen_by), _say, as_json=as_json)
    from regency.lab import proofs

    path = Path(file)
    if proofs.looks_like_proof(path):
        found = proofs.check_proof(_read(path), trusted, kept, seen_by)
        return _answer(found, _say_proof, as_json=as_json)
    clone = Path(tags) if tags is not None else None
    found = proofs.check_export(path, trusted, kept, seen_by, clone)
    return _answer(found, _say, as_json=as_json)


@ledger.command("export")
@click.argument("target", metavar="FILE")
@lab_option
def write(target: str, folder: str) -> None:
    """Write the record to a file that anybody can verify offline; needs a human.

    It holds all that a human may see: do not give it to agents.
    """
    path = Path(target)
    if path.exists():
        raise BadInput(f"{path} exists. Give a new name.")
    with opened(folder) as lab:
        demand_human(lab, "`regency ledger export`")
        size = lab.recorder.log.export(path)
        click.echo(f"Wrote {size} entries. Key: {lab.recorder.key.verifier.text}")


@ledger.command()
@click.argument("seq", type=click.IntRange(0), required=False)
@lab_option
@click.option("--since", metavar="FILE", help="Prove that the record extends this checkpoint.")
def prove(seq: int | None, folder: str, since: str | None) -> None:
    """Print a proof for others to check offline.

    With SEQ: that this entry is in the record (C2SP tlog-proof, with the entry). With --since:
    that the record extends an earlier checkpoint (C2SP tlog-witness).
    """
    if (seq is None) == (since is None):
        raise BadInput("give the number of an entry, or an earlier checkpoint with --since.")
    text = _read(Path(since)) if since is not None else ""
    with opened(folder) as lab:
        log = lab.recorder.log
        if seq is None:
            from regency.lab import proofs

            click.echo(proofs.extension(lab, str(since), text), nl=False)
        elif seq >= log.size:
            raise BadInput(f"there is no entry {seq}: the last is {log.size - 1}.")
        else:
            demand_human(lab, "the proof, which holds the entry,")
            click.echo(log.prove(seq), nl=False)


@ledger.command()
@lab_option
def checkpoint(folder: str) -> None:
    """Print the signed checkpoint: keep it elsewhere, and nobody can rewrite what was before."""
    with opened(folder) as lab:
        click.echo(lab.recorder.log.checkpoint(), nl=False)


@ledger.command()
@lab_option
def key(folder: str) -> None:
    """Print the public key that the record is verified with."""
    with opened(folder) as lab:
        click.echo(lab.recorder.key.verifier.text)


def _key(text: str | None) -> str | None:
    """Return a verifier key that is given as it is or as a file's name."""
    if text is None or not Path(text).is_file():
        return text
    return _read(Path(text)).strip()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error


def _answer(found: Json, say: Callable[[Json], Any], *, as_json: bool) -> int:
    if as_json:
        print_json(found)
    else:
        say(found)
    return 0 if found["ok"] else 1


def _say(found: Json) -> None:
    for problem in found["problems"]:
        click.echo(f"PROBLEM: {clean(problem)}")
    for note in found["notes"]:
        click.echo(f"note: {clean(note)}")
    _say_witnesses(found)
    if found["anchored"]:
        click.echo(f"anchored: entries 0 to {found['anchored'] - 1} are as they were when kept")
    counts = {name: n for name, n in found["checked"].items() if n and name != "entries"}
    if counts:
        said = (f"{n} {name if n > 1 else name[:-1]}" for name, n in sorted(counts.items()))
        click.echo(f"checked: {', '.join(said)}")
    verdict = "holds" if found["ok"] else "does not hold"
    click.echo(f"The record {verdict}: {found['size']} entries, root {found['root']}")


def _say_proof(found: Json) -> None:
    if not found["ok"]:
        click.echo(f"PROBLEM: {clean(found['problem'])}\nThe proof does not hold.")
        return
    _say_witnesses(found)
    if found["what"] == "inclusion":
        click.echo(json.dumps(found["entry"], indent=2))
        seq = found["entry"]["seq"]
        click.echo(f"The proof holds: entry {seq}, above, is in the record of {found['size']}.")
    else:
        click.echo(
            f"The proof holds: the record of {found['size']} extends that of {found['old']}."
        )


def _say_witnesses(found: Json) -> None:
    for one in found["witnesses"]:
        click.echo(f"cosigned: by {clean(one['witness'])} at {one['time']}")
