"""Whether a lab's state is closed to other accounts: its folders, its key, its seeds."""

import os
import stat
from pathlib import Path

from regency.errors import BadInput
from regency.lab.home import Home


def check(home: Home) -> None:
    """Demand that nobody but the owner can read or write the lab's state.

    Raises:
        BadInput: Another account can, or owns it; the message says how to mend it.
    """
    for folder in (home.state, home.private):
        _closed(folder, "700")
    for file in (home.key, home.private / "seed.key"):
        _closed(file, "600")


def _closed(path: Path, mode: str) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): restore it.") from error
    if found.st_mode & 0o077:
        raise BadInput(
            f"{path} is open to other accounts (mode {stat.S_IMODE(found.st_mode):o}): run "
            f"`chmod {mode} {path}`. If others may have been there, tell your reviewers, and "
            "verify the record against an anchor."
        )
    if os.geteuid() not in (found.st_uid, 0):
        raise BadInput(
            f"{path} belongs to another account (number {found.st_uid}): use the lab as its owner."
        )
