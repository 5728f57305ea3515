"""Keeps answers in the user's cache folder, never in the repository that was measured.

An answer is kept under a digest of all that it depends on: the commit, every reference, where a
shallow clone ends, the settings, and the version of this program. So it is never stale, and
whatever changes makes a new one.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from regency import __version__
from regency.measure.authorship.result import Measured, Settings
from regency.measure.authorship.trace import read_file
from regency.repo.history import History

FORM = 1  # of the answers that are kept
KEPT = 64


def folder() -> Path:
    """Return where answers are kept (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if base.startswith("/") else Path.home() / ".cache") / "regency/authorship"


def place(history: History, commit: str, settings: Settings) -> Path:
    """Return the file that holds, or would hold, the answer.

    Args:
        history: Whose.
        commit: At which commit.
        settings: What counts.
    """
    digest = hashlib.sha256()
    for part in _depends_on(history, commit, settings):
        digest.update(len(part).to_bytes(8) + part)
    return folder() / f"{digest.hexdigest()}.json"


def load(file: Path) -> Measured | None:
    """Return a kept answer; None: there is none that can be read."""
    try:
        found = TypeAdapter(Measured).validate_json(file.read_bytes())
        os.utime(file)
    except (OSError, ValidationError):
        return None
    return found


def save(file: Path, measured: Measured) -> None:
    """Keep an answer, and forget the oldest ones; a folder that cannot be written is no error."""
    with contextlib.suppress(OSError, PydanticSerializationError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(TypeAdapter(Measured).dump_json(measured))
        fresh.replace(file)
        kept = sorted(file.parent.iterdir(), key=lambda f: f.stat().st_mtime)
        for old in kept[:-KEPT]:
            old.unlink()


def _depends_on(history: History, commit: str, settings: Settings) -> Iterator[bytes]:
    yield f"{FORM} {__version__} {history.place} {commit}".encode("utf-8", "surrogateescape")
    yield "\n".join(sorted(history.shallow)).encode()
    refs = "\n".join(f"{name} {oid}" for name, oid in history.refs().items())
    yield refs.encode("utf-8", "surrogateescape")
    told = (settings.revision, sorted(settings.sources), settings.recover, settings.confidence,
            settings.moves, settings.human_before, settings.depth)  # fmt: skip
    yield repr(told).encode()
    yield from (read_file(file) for file in settings.trace_files)
