"""What a run without namespaces could leave behind: recorded meanwhile, ended at the next start.

A candidate in no namespace of its own lives on if its supervisor is killed before it can end it:
only the first process dies with its parent. So each spawner keeps a folder that says whom to look
for, and the next one ends what is left and takes the folder away.
"""

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "REGENCY_JOB"  # in the environment of all that a spawner starts
_PREFIX = "regency-jobs-"
_RECORD = "record.json"
_END_S = 2.0


def make_folder(uid: int | None) -> tuple[str, str]:
    """Make the folder of a spawner's jobs, with the record that outlives it.

    Args:
        uid: Throwaway user id of its candidates, if they have one.

    Returns:
        The folder, and the mark that its candidates must have in their environment.
    """
    mark = os.urandom(16).hex()
    folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.geteuid()}-")
    os.chmod(folder, 0o711)  # noqa: PTH101, S103  # others may pass, not look
    record = {"pid": os.getpid(), "born": _born(os.getpid()), "uid": uid, "mark": mark}
    Path(folder, _RECORD).write_text(json.dumps(record))
    Path(folder, _RECORD).chmod(0o600)
    return folder, mark


def end_survivors() -> int:
    """End what dead spawners of this user left; return how many processes that were."""
    return sum(_end_those_of(folder, record) for folder, record in _left_behind())


def _left_behind() -> Iterator[tuple[Path, dict[str, object]]]:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{os.geteuid()}-*"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
                continue
            record = json.loads((folder / _RECORD).read_text())
            if _born(int(record["pid"])) != record["born"]:
                yield folder, record


def _end_those_of(folder: Path, record: dict[str, object]) -> int:
    ended: set[int] = set()
    until = time.monotonic() + _END_S
    while (found := set(_processes(record))) and time.monotonic() < until:
        ended |= found
        for process in found:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
    if not found:
        shutil.rmtree(folder, ignore_errors=True)
    return len(ended)


def _processes(record: dict[str, object]) -> Iterator[int]:
    mark = f"{MARK}={record['mark']}".encode()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with contextlib.suppress(OSError, IndexError):
            place = Path("/proc", name)
            if (place / "stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                continue
            owner = place.stat().st_uid
            mine = record["uid"] is not None and owner == record["uid"]
            if mine or mark in (place / "environ").read_bytes().split(b"\0"):
                yield int(name)


def _born(process: int) -> str:
    """Return when ``process`` started, so that a number used again is not taken for it."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
