"""Takes a job's declared outputs over to the host; trusts nothing about them."""

import contextlib
import os
import stat
from collections.abc import Mapping


def open_targets(outputs: Mapping[str, str], prefix: str) -> dict[str, tuple[int, str]]:
    """Open the folders that will receive ``outputs``.

    Args:
        outputs: Output name → host path.
        prefix: What leads to the host's root.

    Returns:
        Output name → descriptor of the folder, and the file's name in it.

    Raises:
        OSError: A folder is missing.
    """
    targets = {}
    for name, path in outputs.items():
        folder, _, last = path.rpartition("/")
        flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
        targets[name] = (os.open(f"{prefix}{folder}/", flags), last)
    return targets


def collect(
    source: int, targets: Mapping[str, tuple[int, str]], most_bytes: int
) -> tuple[dict[str, int], str]:
    """Copy every output; only when nothing of the job runs any more.

    Args:
        source: Descriptor of the folder that the job wrote to.
        targets: As `open_targets` gave.
        most_bytes: Largest output that is taken.

    Returns:
        Output name → size in bytes, and what is wrong with the first that was not taken.
    """
    sizes: dict[str, int] = {}
    for name, (folder, last) in targets.items():
        try:
            sizes[name] = _take(source, name, folder, last, most_bytes)
        except ValueError as fault:
            return sizes, str(fault)
        except OSError as error:
            reason = "is missing" if isinstance(error, FileNotFoundError) else error.strerror
            return sizes, f"its output {name!r} cannot be taken: it {reason}"
    return sizes, ""


def _take(source: int, name: str, folder: int, last: str, most_bytes: int) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(name, flags, dir_fd=source)
    except FileNotFoundError:
        raise ValueError(f"its output {name!r} is missing") from None
    except OSError as error:
        raise ValueError(f"its output {name!r} is not a regular file") from error
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode) or info.st_nlink != 1:
            raise ValueError(f"its output {name!r} is not a regular file with one name")
        if info.st_size > most_bytes:
            raise ValueError(
                f"its output {name!r} has {info.st_size:,} bytes of at most {most_bytes:,}"
            )
        _copy(file, folder, last)
        return info.st_size
    finally:
        os.close(file)


def _copy(file: int, folder: int, last: str) -> None:
    """Write under another name first, so that a file with the right name is always whole."""
    partial = f".{last}.partial"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(partial, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    copy = os.open(partial, flags, 0o600, dir_fd=folder)
    try:
        while os.sendfile(copy, file, None, 1 << 30):
            pass
    finally:
        os.close(copy)
    os.rename(partial, last, src_dir_fd=folder, dst_dir_fd=folder)
