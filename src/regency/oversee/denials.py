"""What the boundary refused, as far as it shows: in the output of runs, and in transcripts.

A sandbox refuses a call by an error to the caller. A program that hears it and says nothing leaves
no trace; one that dies of it, or prints it, does. What is printed is the program's own word: it can
only raise the risk of its own changes.
"""

import re
from collections.abc import Iterable

from regency.records import Outcome

_LONGEST = 160
_MARKS = (  # one of these is in every refusal: looked for first, since most runs have none
    "permi", "denied", "unreachable", "name", "not supported", "read-only", "errno 11", "process",
    "fork: ",
)  # fmt: skip
_REFUSED = (
    ("network", re.compile(
        r"^.*(?:Network is unreachable|Name or service not known|name resolution"
        r"|Address family not supported).*$", re.MULTILINE | re.IGNORECASE)),
    ("call", re.compile(
        r"^.*(?:Operation not permitted|PermissionError|Permission denied).*$",
        re.MULTILINE | re.IGNORECASE)),
    ("file", re.compile(r"^.*Read-only file system.*$", re.MULTILINE | re.IGNORECASE)),
    ("process", re.compile(
        r"^.*(?:BlockingIOError: \[Errno 11\]|can't start new process|fork: ).*$",
        re.MULTILINE | re.IGNORECASE)),
)  # fmt: skip
_DECIDES = re.compile(
    r"regency(?:\.cli)?[\"', ]+(?:review[\"', ]+(?:approve|reject|request-changes)|rollback|resume"
    r"|keys[\"', ]+(?:enrol|revoke))\b"
)
_STATE = re.compile(r"\.regency/(?:private|lab\.db|epochs|blobs)\b")


def of_run(outcomes: Iterable[Outcome]) -> str:
    """Return what the sandbox refused a run, in words; empty if nothing shows."""
    for outcome in outcomes:
        if outcome.status == "disk":
            return "it wrote more than it may"
        said = f"{outcome.stderr}\n{outcome.stdout}"
        small = said.lower()
        for kind, line in _REFUSED if any(mark in small for mark in _MARKS) else ():
            if found := line.search(said):
                return f"{kind}: {_short(found[0])}"
    return ""


def of_session(transcript: str) -> str:
    """Return what an agent's session tried on the lab itself, in words; empty if nothing shows.

    A session may well be refused a file of the system by an honest mistake, which says nothing;
    commands that decide, and the lab's own state, are no such mistake.
    """
    for what, pattern in (("to decide", _DECIDES), ("the lab's state", _STATE)):
        if found := pattern.search(transcript):
            start = transcript.rfind("\n", 0, found.start()) + 1
            return f"{what}: {_short(transcript[start : found.end() + 60].partition(chr(10))[0])}"
    return ""


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
