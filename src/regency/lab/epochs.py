"""Epochs: one fixed set of rules and data, copied aside, with digests that the ledger keeps.

The rules in force are the epoch's copies, never the working tree's.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from regency.config import Config, parse
from regency.errors import LedgerError
from regency.lab.ground import Ground
from regency.lab.home import SETTINGS, Home
from regency.store.views import Epoch


def copy_rules(home: Home, number: int, files: Mapping[str, bytes]) -> None:
    """Copy the files that make the rules into the epoch's own folder."""
    for name, content in files.items():
        path = home.epoch(number) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def opened(
    home: Home, number: int, text: str, names: Sequence[str], ground: Ground
) -> dict[str, object]:
    """Return the body of the ledger's ``epoch.opened``."""
    folder = home.epoch(number)
    return {
        "number": number,
        "config_text": text,
        "config_digest": digest_of(text.encode()),
        "files": {name: digest_of((folder / name).read_bytes()) for name in names},
        "data": data_digests(home),
        "folder": home.folder,
        "level": ground.level,
        "start": ground.start,
        "startup_cpu_s": ground.startup_cpu_s,
        "files_scanned": ground.files_scanned,
        "bytes_scanned": ground.bytes_scanned,
        "left_out": list(ground.left_out),
    }


def data_digests(home: Home) -> dict[str, str]:
    """Return the SHA-256 of every private data file, by its path."""
    files = sorted(path for path in home.data.rglob("*") if path.is_file())
    return {str(p.relative_to(home.data)): digest_of(p.read_bytes()) for p in files}


def in_force(home: Home, epoch: Epoch) -> Config:
    """Return the settings of ``epoch``, after checking its copies against the ledger.

    Raises:
        LedgerError: A copied rule or a data file is not what the ledger says.
    """
    folder = home.epoch(epoch.number)
    expected = {folder / name: digest for name, digest in epoch.files.items()}
    expected |= {home.data / name: digest for name, digest in epoch.data.items()}
    for path, digest in expected.items():
        if not path.is_file() or digest_of(path.read_bytes()) != digest:
            raise LedgerError(
                f"{path} is not what the ledger recorded. Restore it, or init a new lab."
            )
    settings = parse(epoch.config_text, f"{SETTINGS} of epoch {epoch.number}")
    return settings.as_opened(epoch.start, epoch.level)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of ``content``, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def pending(home: Home, epoch: Epoch) -> dict[str, bytes | None]:
    """Return the rule files that differ in the working tree from those in force.

    Returns:
        Path → content in the working tree, None where it is gone.
    """
    found: dict[str, bytes | None] = {}
    for name, digest in epoch.files.items():
        path = home.root / name
        content = path.read_bytes() if path.is_file() else None
        if content is None or digest_of(content) != digest:
            found[name] = content
    return found


def rule_text(home: Home, number: int, name: str) -> str:
    """Return the text of a rule file as it is in force."""
    return Path(home.epoch(number) / name).read_text()
