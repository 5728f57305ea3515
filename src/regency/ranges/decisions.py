"""Decisions on ranges, kept where the repository's other facts are: in git, as notes.

``refs/notes/regency-review`` holds a note on the last commit of each range that was decided on,
one JSON object a line. Notes are ordinary commits: they can be pushed, and taking one back shows.
A signature is over everything else that the line says, so that a changed line does not verify.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from regency.errors import BadInput
from regency.ranges.records import Decided, Part
from regency.records import plain
from regency.repo import ssh
from regency.repo.git import Repo
from regency.repo.history import History

REF = "refs/notes/regency-review"
NAMESPACE = "regency-review"
ANSWERS = ("approve", "reject", "request-changes")
_LONGEST = 4000
_FIELDS = frozenset(Decided.__dataclass_fields__)


def who(history: History) -> str:
    """Return the user as git names them: ``Name <email>``."""
    return "{} <{}>".format(*Repo.discover(history.place).user())


def read(history: History) -> list[Decided]:
    """Return the decisions on record, for each commit oldest first; other lines are left out."""
    if REF not in history.refs(REF):
        return []
    blobs = [oid for _, oid in history.files(REF).values()]
    return [found for _, text in history.contents(blobs) if text for found in _lines(text)]


def _lines(text: bytes) -> Iterator[Decided]:
    for line in text.decode("utf-8", "replace").splitlines():
        try:
            values = json.loads(line) if line.startswith("{") else {}
            known = {k: v for k, v in values.items() if k in _FIELDS}
            decided = Decided(**known)
        except (ValueError, TypeError, AttributeError):
            continue
        if decided.answer in ANSWERS and _is_typed(decided):
            yield decided


def _is_typed(decided: Decided) -> bool:
    numbers = (decided.estimated_min, decided.measured_min)
    texts = [getattr(decided, name) for name in _FIELDS - {"estimated_min", "measured_min"}]
    return all(isinstance(t, str) for t in texts) and all(
        isinstance(n, int | float) for n in numbers
    )


def message(decided: Decided) -> str:
    """Return what a signature is over: all but the signature itself, as sorted, compact JSON."""
    left_out = {"signature", "key", "assurance"} | ({"part", "part_digest"} - {*_told(decided)})
    values = {k: v for k, v in plain(decided).items() if k not in left_out}
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _told(decided: Decided) -> tuple[str, ...]:
    """Return the fields on a part, if it is about one: older signatures know none."""
    return ("part", "part_digest") if decided.part else ()


def digest_of(part: Part) -> str:
    """Return the SHA-256, hexadecimal, of what a part is: its diff."""
    return hashlib.sha256(part.change.diff.encode("utf-8", "surrogatepass")).hexdigest()


def standing(parts: Sequence[Part], past: Iterable[Decided]) -> dict[str, Decided]:
    """Return part → the last word on it, of decisions on it or on the whole range.

    Args:
        parts: Of the range.
        past: Decisions on the range's head and on parts that are the same, oldest first.
    """
    found: dict[str, Decided] = {}
    for decided in sorted(past, key=lambda d: d.time_utc):
        for part in parts:
            if not decided.part or decided.part_digest == digest_of(part):
                found[part.change.id] = decided
    return found


def keep(history: History, decided: Decided, key: str | None = None) -> Decided:
    """Put a decision on record; signed if a key is given.

    Args:
        history: Whose.
        decided: The decision.
        key: Path of an SSH key.

    Returns:
        The decision as it was kept.

    Raises:
        BadInput: There is no reason, or no such key.
        Refused: It was not signed.
        RepositoryError: The note could not be written.
    """
    if not decided.reason.strip():
        raise BadInput("a decision needs a reason. Give one with --reason.")
    decided = replace(decided, reason=decided.reason.strip()[:_LONGEST])
    if key is not None:
        decided = _signed(decided, Path(key).expanduser())
    line = json.dumps(plain(decided), sort_keys=True)
    repo = Repo.discover(history.place)
    name, email = repo.user()
    repo.run("-c", f"user.name={name}", "-c", f"user.email={email}", "notes", f"--ref={REF}",
             "append", "--file=-", decided.head, stdin=line.encode())  # fmt: skip
    return decided


def _signed(decided: Decided, key: Path) -> Decided:
    armored = ssh.sign(message(decided).encode(), key, NAMESPACE)
    weak = ssh.is_unprotected(key)
    public = ssh.public_half(key)
    return replace(decided, signature=armored, key=public, assurance="local" if weak else "key")
