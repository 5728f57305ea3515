"""Starts trusted programs of the lab's owner: scorer and data maker, outside the sandbox.

They hold the answers and never load an agent's code, but they do parse what it wrote, so that
they too get a clean environment, a time limit and a memory limit.
"""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regency.errors import BadInput

_KEPT = ("PATH", "LANG", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "TMPDIR")
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MAX_MEMORY_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class TrustedResult:
    """Exit code (None: it ran out of time) and what the program printed."""

    exit_code: int | None
    stdout: str
    stderr: str


def run_trusted(command: Sequence[str], folder: Path, wall_s: float = 120.0) -> TrustedResult:
    """Run ``command`` in ``folder`` and wait for it.

    Args:
        command: Program and arguments; ``python`` is this interpreter.
        folder: Working directory.
        wall_s: Seconds after which it is killed.

    Returns:
        What became of it; a non-zero exit code is the caller's to judge.

    Raises:
        BadInput: The program cannot be started.
    """
    program = [sys.executable, "-s", "-E", "-B"] if command[0] == "python" else [command[0]]
    try:
        process = subprocess.Popen(
            [*program, *command[1:]],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise BadInput(
            f"cannot start {command[0]!r}: {error.strerror}. Check the command in regency.toml."
        ) from error
    return _finish(process, wall_s)


def _finish(process: subprocess.Popen[bytes], wall_s: float) -> TrustedResult:
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    try:
        out, err = process.communicate(timeout=wall_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return TrustedResult(None, "", "")
    return TrustedResult(
        process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
    )


def environment() -> dict[str, str]:
    """Return what trusted programs may see of our environment."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | dict.fromkeys(_THREADS, "1")
