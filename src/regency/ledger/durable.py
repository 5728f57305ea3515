"""Files that are either wholly there or not at all, also after a power cut."""

import contextlib
import os
import secrets
from pathlib import Path

from regency.errors import BadInput


def write_once(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """Write ``path`` durably unless it exists; return whether it was written.

    Args:
        path: Target; its folder is created (0700) where missing.
        data: Content.
        mode: Permissions of the new file.

    Raises:
        BadInput: The file system refuses.
    """
    if path.exists():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _link_new(path, data, mode)
    except OSError as error:
        raise BadInput(
            f"{path} could not be written ({error.strerror}): free space or mend the folder's "
            "permissions, then try again; nothing half-written is left."
        ) from error


def _link_new(path: Path, data: bytes, mode: int) -> bool:
    # A link, unlike a rename, never replaces what another process has put there meanwhile.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        draft.unlink()
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
