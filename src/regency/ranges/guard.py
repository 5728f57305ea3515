"""The project's own check, run on the range's last commit in the sandbox.

It gets a copy of the files that it may write to, several processes and no network. Where it
fails, it is run on the first commit too, to tell what the range broke from what was broken.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from regency.errors import RegencyError
from regency.ranges.records import Asked, Check
from regency.ranges.span import Span
from regency.records import Job, Limits, Outcome
from regency.repo.git import Repo
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.roots import PYTHON

_COPY = 'cp -R . "$TMPDIR/work" && cd "$TMPDIR/work" && exec sh -c "$1"'
_TAIL = 2000
_PROCESSES = 256
_MEMORY_BYTES = 4 << 30
_DISK_BYTES = 1 << 30
Progress = Callable[[str], None]


def run(span: Span, asked: Asked, progress: Progress) -> Check:
    """Return what the check says of the range; never runs it outside a sandbox."""
    mounts = (*asked.mounts, *_environment())
    try:
        with NamespaceSandbox(mounts=mounts) as sandbox:
            progress(f"running the check: {asked.check}")
            after = _one(sandbox, span, span.head, asked)
            if after.status == "ok":
                return _told(asked, after, "passed", "the check passes on the last commit")
            if after.status in ("missing", "refused"):
                return _told(asked, after, "not run", after.message)
            progress("running the check on the first commit too")
            before = _one(sandbox, span, span.base, asked)
    except RegencyError as error:
        return Check(asked.check, "not run", str(error))
    if before.status == "ok":
        return _told(asked, after, "failed", f"{_why(after)}; it passes before the range")
    return _told(asked, after, "failed before too", f"{_why(after)}; it fails before the range too")


def _one(sandbox: NamespaceSandbox, span: Span, commit: str, asked: Asked) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="regency-check-") as folder:
        files = Path(folder) / "files"
        Repo.discover(span.history.place).materialise(commit, files)
        job = Job(("sh", "-c", _COPY, "sh", asked.check), str(files), env=_path())
        limits = Limits(wall_s=asked.check_wall_s, processes=_PROCESSES,
                        memory_bytes=_MEMORY_BYTES, disk_bytes=_DISK_BYTES)  # fmt: skip
        return sandbox.run(job, limits)


def _environment() -> tuple[str, ...]:
    """Return the active virtual environment, so that a project's own tools are there."""
    place = os.environ.get("VIRTUAL_ENV", "")
    return (place,) if place and Path(place).is_absolute() and Path(place).is_dir() else ()


def _path() -> dict[str, str]:
    found = _environment()
    own = f"{found[0]}/bin:" if found else ""
    return {"PATH": f"{own}{Path(PYTHON).parent}:/usr/local/bin:/usr/bin:/bin"}


def _why(outcome: Outcome) -> str:
    if outcome.status == "failed":
        return f"the check ended with {outcome.exit_code}"
    return outcome.message or outcome.status


def _told(asked: Asked, outcome: Outcome, status: str, message: str) -> Check:
    output = (outcome.stdout + outcome.stderr)[-_TAIL:]
    return Check(asked.check, status, message, round(outcome.wall_s, 2), outcome.level, output)
