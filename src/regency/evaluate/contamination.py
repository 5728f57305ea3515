"""Proves that a candidate cannot read the hidden data: looks for it in its own sandbox.

Covered: hidden text that stands as plain bytes in any regular file that a candidate can read,
``.pyc`` files too. Not covered: text that was compressed, encoded, escaped or wrapped differently,
what is built into programs and shared libraries, and documents too short for `LEAST_WINDOWS`
windows. Knows nothing of labs.

Where windows start is decided by content (at one byte value that is about one in a hundred), so
that both sides agree on them at any offset: Manber, "Finding similar files in a large file
system", USENIX 1994.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from regency.errors import BadInput, SandboxError
from regency.evaluate import scanner_program
from regency.evaluate.scanner_program import Array, digest, places, words
from regency.records import Job, Limits

# A document counts as found in a file that holds this share of its windows: licences, headers and
# other small common text stay below it.
FOUND_SHARE = 0.1
LEAST_WINDOWS = 4
LEAST_DISTINCT = 10  # different bytes in a window; below it is a rule or a row of blanks
ONE_IN = 100
LIMITS = Limits(cpu_s=None, wall_s=300.0, memory_bytes=1 << 30, disk_bytes=64 << 20)
ROW = np.dtype([("first", "<u8"), ("hash", "<u8")])


class Sandbox(Protocol):
    """What runs jobs, as candidates' jobs are run."""

    def run(self, job: Job, limits: Limits) -> Any:
        """Run ``job`` and return its `regency.records.Outcome`."""


@dataclass(frozen=True, slots=True)
class Match:
    """Hidden text in sight of candidates.

    Attributes:
        path: File in the sandbox.
        hidden: The hidden file whose text it holds.
        share: Share of that file's windows that stand in it, 0 to 1.
    """

    path: str
    hidden: str
    share: float


@dataclass(frozen=True, slots=True)
class Contamination:
    """What a scan found.

    Attributes:
        clean: Whether nothing was found.
        matches: What was found, largest share first.
        files_read: Files that were read inside the sandbox.
        bytes_read: Their size.
        documents: Hidden files long enough to be looked for.
        windows: Windows that were looked for.
        wall_s: Wall-clock seconds.
    """

    clean: bool
    matches: tuple[Match, ...]
    files_read: int
    bytes_read: int
    documents: int
    windows: int
    wall_s: float

    def demand_clean(self) -> None:
        """Raise BadInput, naming a file and the fix, unless the scan was clean."""
        if self.clean:
            return
        worst, more = self.matches[0], len(self.matches) - 1
        others = f" ({more} more like it)" if more else ""
        raise BadInput(
            f"candidates could read the answers: {worst.path} holds {worst.share:.0%} of "
            f"{worst.hidden}{others}. Add {worst.path!r} to [sandbox] hide."
        )


NOTHING_HIDDEN = Contamination(
    clean=True, matches=(), files_read=0, bytes_read=0, documents=0, windows=0, wall_s=0.0
)


def scan(
    sandbox: Sandbox, hidden: Sequence[Path], *, files: Path | None = None, window: int = 48
) -> Contamination:
    """Look for hidden text in everything that a candidate can read.

    Args:
        sandbox: The one that candidates will run in, with its ``hide`` and ``mounts``.
        hidden: Files with hidden text, one document each.
        files: Host folder with a candidate's files, looked through as well.
        window: Bytes in a row that count as the same text, a multiple of 8.

    Returns:
        What was found; `Contamination.demand_clean` turns that into an error.

    Raises:
        BadInput: There is nothing to look for.
        SandboxError: The scan could not be done.
    """
    started = time.monotonic()
    texts = [np.frombuffer(path.read_bytes(), np.uint8) for path in hidden]
    trigger = trigger_of(texts)
    table, owners = windows_of(texts, trigger, window)
    if not len(table):
        raise BadInput("the hidden data is too short to be looked for: give whole documents.")
    result = _run(sandbox, table, files, (str(trigger), str(window)))
    matches = _matches(result["found"], owners, [str(path) for path in hidden])
    return Contamination(
        clean=not matches,
        matches=matches,
        files_read=result["files"],
        bytes_read=result["bytes"],
        documents=len(np.unique(owners)),
        windows=len(table),
        wall_s=time.monotonic() - started,
    )


def trigger_of(texts: Sequence[Array]) -> int:
    """Return the byte value that windows start at: about one in a hundred of ``texts``."""
    counts = np.bincount(np.concatenate([np.zeros(0, np.uint8), *texts]), minlength=256)
    far = np.abs(counts - counts.sum() / ONE_IN)
    return int(np.where(counts > 0, far, np.inf).argmin())  # what never occurs starts no window


def windows_of(texts: Sequence[Array], trigger: int, window: int) -> tuple[Array, Array]:
    """Return what to look for.

    Args:
        texts: The hidden documents, uint8 (N,) each.
        trigger: See `trigger_of`.
        window: Bytes of a window, a multiple of 8.

    Returns:
        One `ROW` for each window (M,), and the number of its document (M,).
    """
    rows = [_rows(text, trigger, window) for text in texts]
    table = np.concatenate([np.zeros(0, ROW), *rows])
    owners = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
    _, which, count = np.unique(table["hash"], return_inverse=True, return_counts=True)
    own = count[which] == 1  # what several hidden documents share is nobody's
    enough = np.bincount(owners[own], minlength=len(rows)) >= LEAST_WINDOWS
    kept = own & enough[owners] if len(table) else own
    return table[kept], owners[kept]


def _rows(text: Array, trigger: int, window: int) -> Array:
    starts = places(text, trigger, window)
    varied = [len(set(text[s : s + window].tolist())) >= LEAST_DISTINCT for s in starts]
    starts = starts[np.array(varied, np.bool_)]
    rows = np.zeros(len(starts), ROW)
    first = words(text)
    rows["first"], rows["hash"] = first[starts], digest(first, starts, window)
    return rows


def _run(sandbox: Sandbox, table: Array, files: Path | None, arguments: tuple[str, ...]) -> Any:
    with tempfile.TemporaryDirectory(prefix="regency-scan-") as name:
        folder = Path(name)
        (folder / "lab").mkdir()
        np.save(folder / "windows.npy", table)
        job = Job(
            command=("python", "/in/scanner.py", *arguments, "/", "/"),
            files=str(files or folder / "lab"),
            inputs={
                "scanner.py": str(scanner_program.__file__),
                "windows.npy": str(folder / "windows.npy"),
            },
            outputs={"found.json": str(folder / "found.json")},
        )
        outcome = sandbox.run(job, LIMITS)
        if outcome.status != "ok":
            raise SandboxError(
                f"the look for hidden text in the sandbox failed: {outcome.message} "
                f"{outcome.stderr[-300:]} Run `regency status` to see what the sandbox can do."
            )
        return json.loads((folder / "found.json").read_text())


def _matches(found: dict[str, list[int]], owners: Array, names: Sequence[str]) -> tuple[Match, ...]:
    totals = np.bincount(owners, minlength=len(names))
    matches = []
    for path, rows in found.items():
        counts = np.bincount(owners[rows], minlength=len(names))
        shares = counts / np.maximum(totals, 1)
        matches += [
            Match(path, names[number], float(shares[number]))
            for number in np.flatnonzero((shares >= FOUND_SHARE) & (counts >= 2)).tolist()
        ]
    return tuple(sorted(matches, key=lambda match: -match.share))
