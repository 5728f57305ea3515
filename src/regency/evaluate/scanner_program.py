"""Looks inside the sandbox for hidden text: a trusted program that runs alone, with numpy.

Reads ``/in/windows.npy`` (what to look for, as hashes) and writes ``/out/found.json``. It knows
neither the hidden text itself nor what its findings mean.
"""

import contextlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
SKIPPED = ("/proc", "/dev", "/in", "/sys", "/out")
CHUNK = 4 << 20
LEAST_ROOM = 64 << 10
# Programs and libraries, and what is compressed: no plain text stands in them.
OPAQUE = (b"\x7fELF", b"!<arch>\n", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xfd7zXZ", b"BZh")
WORD = 8
FACTOR = np.uint64(0x9E3779B97F4A7C15)
TABLE_BITS = 20


def words(data: Array) -> Array:
    """Return the 8 bytes from every place of ``data`` (uint8) as one uint64 each."""
    size = max(len(data) - WORD + 1, 0)
    return np.ndarray(size, dtype="<u8", buffer=data.data, strides=(1,))


def digest(first: Array, starts: Array, window: int) -> Array:
    """Return a 64-bit hash of the ``window`` bytes at each of ``starts``.

    Args:
        first: What `words` gave.
        starts: Places, int64 (N,).
        window: Length in bytes, a multiple of 8.
    """
    total = np.zeros(len(starts), np.uint64)
    for offset in range(0, window, WORD):
        total = (total ^ first[starts + offset]) * FACTOR
        total ^= total >> np.uint64(29)
    return total


def slots(first: Array) -> Array:
    """Return the place of each 8-byte word in the quick table, int64."""
    return (first * FACTOR >> np.uint64(64 - TABLE_BITS)).astype(np.int64)


def places(data: Array, trigger: int, window: int) -> Array:
    """Return where windows start in ``data``: at each ``trigger`` byte with room after it."""
    room = max(len(data) - window + 1, 0)
    return np.flatnonzero(data[:room] == trigger)


class Sought:
    """The windows that are looked for."""

    def __init__(self, table: Array, trigger: int, window: int) -> None:
        """Take what ``windows.npy`` holds: columns first word, hash, in any order."""
        self.trigger, self.window = trigger, window
        self.order = np.argsort(table["hash"], kind="stable")
        self.hashes = table["hash"][self.order]
        self.quick = np.zeros(1 << TABLE_BITS, np.bool_)
        self.quick[slots(table["first"])] = True

    def places(self, data: Array) -> tuple[Array, Array]:
        """Return where windows stand in ``data``, and their row numbers."""
        starts = places(data, self.trigger, self.window)
        first = words(data)
        starts = starts[self.quick[slots(first[starts])]]
        found = digest(first, starts, self.window)
        at = np.searchsorted(self.hashes, found).clip(max=len(self.hashes) - 1)
        hit = self.hashes[at] == found
        return starts[hit], self.order[at[hit]]


class Reader:
    """Reads files into one buffer and looks through it whenever it is full.

    Most files are small, so that looking through each alone would cost ten times as much.
    """

    def __init__(self, sought: Sought) -> None:
        """Take what is looked for."""
        self.sought, self.buffer, self.filled = sought, bytearray(CHUNK), 0
        self.view = memoryview(self.buffer)
        self.starts: list[int] = []
        self.paths: list[str] = []
        self.found: dict[str, set[int]] = defaultdict(set)
        self.files = self.bytes = self.skipped = 0

    def add(self, path: str) -> None:
        """Read a file; raises OSError if it cannot be read."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            self._fill(handle, path)
        finally:
            os.close(handle)
        self.files += 1

    def _fill(self, handle: int, path: str) -> None:
        if CHUNK - self.filled < LEAST_ROOM:
            self.flush()
        self._begin(path)
        begin, room = self.filled, self.filled + LEAST_ROOM  # the first bytes say what it is
        while count := os.readv(handle, [self.view[self.filled : room]]):
            room = CHUNK
            self.filled += count
            self.bytes += count
            if self.buffer.startswith(OPAQUE, begin):
                self.filled, self.skipped = begin, self.skipped + 1
                return
            if self.filled == CHUNK:
                tail = bytes(self.view[max(begin, CHUNK - self.sought.window + 1) : CHUNK])
                self.flush()
                self._begin(path)
                self.view[: len(tail)] = tail
                self.filled = begin = len(tail)

    def _begin(self, path: str) -> None:
        self.starts.append(self.filled)
        self.paths.append(path)

    def flush(self) -> None:
        """Look through what was read since the last time."""
        data = np.frombuffer(self.view[: self.filled], np.uint8)
        starts, numbers = self.sought.places(data)
        owners = np.searchsorted(self.starts, starts, side="right") - 1
        for owner, number in zip(owners.tolist(), numbers.tolist(), strict=True):
            self.found[self.paths[owner]].add(number)
        self.filled = 0
        self.starts, self.paths = [], []


def readable(root: str, least: int) -> Iterator[str]:
    """Yield every file of ``least`` bytes below ``root`` once, links not followed."""
    seen: set[tuple[int, int]] = set()
    stack = [root]
    while stack:
        with contextlib.suppress(OSError), os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.path in SKIPPED:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    known = (status.st_dev, status.st_ino)
                    if status.st_size >= least and known not in seen:
                        seen.add(known)
                        yield entry.path


def scan(root: str, sought: Sought) -> dict[str, Any]:
    """Return what stands where below ``root``, and how much was read."""
    reader, unread = Reader(sought), 0
    for path in readable(root, sought.window):
        try:
            reader.add(path)
        except OSError:
            unread += 1
    reader.flush()
    return {
        "found": {path: sorted(numbers) for path, numbers in reader.found.items()},
        "files": reader.files,
        "bytes": reader.bytes,
        "opaque": reader.skipped,
        "unread": unread,
    }


def main() -> None:
    """Scan from the root of whatever this process can see."""
    trigger, window, root = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    folder = Path(sys.argv[4])
    table = np.load(folder / "in/windows.npy", allow_pickle=False)
    result = scan(root, Sought(table, trigger, window))
    (folder / "out/found.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
