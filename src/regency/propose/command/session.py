"""One session of an agent: its room in the sandbox, and what it left there, checked.

Everything that comes out of the room is untrusted: sizes, names and modes are looked at here, and
secrets are taken out before anything is kept.
"""

import base64
import binascii
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regency.errors import SandboxError
from regency.propose.command import session_program
from regency.propose.command.settings import Confined
from regency.propose.command.withheld import Withheld
from regency.records import Brief, FileEdit, Job, Json, Limits, Outcome
from regency.repo.encoding import EXECUTABLE, REGULAR
from regency.repo.tree import edits_between, unsafe_path
from regency.sandbox.engines import NamespaceSandbox

CLEARING_S = 60.0  # to copy, commit and pack, beside the session itself
OUTPUT_BYTES = 64 << 20
MOST_FILES = 5000
MOST_RATIONALE = 4000
ENDED = {
    "time": "its time was up",
    "money": "its money was up",
    "missing": "it could not be started",
    "fault": "",
}


@dataclass(frozen=True, slots=True)
class Session:
    """What came of one session.

    Attributes:
        number: Counted per agent, from 1.
        parent: Candidate that it began with.
        prompt: What it was told.
        edits: What it changed.
        rationale: Its own words.
        claims: Its claims.
        transcript: What it printed, without secrets.
        ended: ``exit``, ``time``, ``missing``, or the sandbox's own word.
        code: Its exit code.
        wall_s: Wall-clock seconds.
        cpu_s: CPU-seconds.
        cost_usd: What it says it cost, None if it does not say.
        fault: Why nothing of it can be used; empty otherwise.
        model: The model that it says it uses, empty if it does not say.
        version: What it says it is, empty if it does not say.
        about: What else the ledger should say of it.
    """

    number: int
    parent: str
    prompt: str
    edits: tuple[FileEdit, ...]
    rationale: str
    claims: tuple[str, ...]
    transcript: str
    ended: str
    code: int
    wall_s: float
    cpu_s: float
    cost_usd: float | None
    fault: str
    model: str = ""
    version: str = ""
    about: Mapping[str, Json] = field(default_factory=dict)

    def entry(self) -> dict[str, Json]:
        """Return it for the ledger; long texts go by digest there."""
        return {
            **self.about,
            "session": self.number,
            "parent": self.parent,
            "ended": self.ended,
            "code": self.code,
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "cost_usd": self.cost_usd,
            "changed": [edit.path for edit in self.edits][:50],
            "fault": self.fault,
            "prompt": self.prompt,
            "prompt_sha256": hashlib.sha256(self.prompt.encode()).hexdigest(),
            "transcript": self.transcript,
            "transcript_sha256": hashlib.sha256(self.transcript.encode()).hexdigest(),
        }


class Room:
    """A sandbox for one session; `close` may be called from any thread.

    Attributes:
        programs: Files that run inside; the first begins.
    """

    programs: tuple[str, ...] = (session_program.__file__,)

    def __init__(
        self, settings: Confined, needed: Sequence[str], hidden: Sequence[str], *,
        stdin: bool = False, cost_pattern: str = "",
    ) -> None:  # fmt: skip
        """Open it.

        Args:
            settings: The agent's.
            needed: Host paths that its program needs.
            hidden: Host paths that it must not see, whatever is mounted.
            stdin: Whether it reads the prompt from standard input.
            cost_pattern: See `Settings`.

        Raises:
            SandboxError: No isolation can be had, or a path cannot be shown.
        """
        self._settings = settings
        self._stdin, self._pattern = stdin, cost_pattern
        mounts = tuple(dict.fromkeys([*needed, *settings.mounts]))
        self._needed = needed
        self._sandbox = NamespaceSandbox(hide=hidden, mounts=mounts)

    def close(self) -> None:
        """End what runs in it."""
        self._sandbox.close()

    def run(
        self, prompt: str, brief: Brief, tree: Mapping[str, bytes], secrets: Mapping[str, str],
        withheld: Withheld, number: int,
    ) -> Session:  # fmt: skip
        """Run one session and return what came of it."""
        with tempfile.TemporaryDirectory(prefix="regency-agent-") as folder:
            place = Path(folder)
            for path, content in tree.items():
                (place / "files" / path).parent.mkdir(parents=True, exist_ok=True)
                (place / "files" / path).write_bytes(content)
            told = self._told(prompt, brief)
            (place / "session.json").write_text(json.dumps(told))
            for file in self.programs:
                shutil.copy(file, place)
            outcome = self._start(place, secrets)
            result = _result(place / "result.json", outcome)
            result, heard = self._heard(result, _read(place / "transcript"), withheld)
        known = {"number": number, "parent": brief.parent, "prompt": withheld.clean(prompt)}
        return _judged(result, outcome, tree, withheld, known | heard)

    def _heard(
        self, result: Mapping[str, Any], printed: str, withheld: Withheld
    ) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """Return the result of a session that printed ``printed``, and what else `Session` holds.

        Nothing of the latter may hold a secret.
        """
        transcript = withheld.clean(printed)
        return result, {"transcript": transcript, "cost_usd": cost(self._pattern, transcript)}

    def _told(self, prompt: str, brief: Brief) -> dict[str, Json]:
        settings = self._settings
        cost = "" if settings.session_cost_usd is None else f"{settings.session_cost_usd:g}"
        marks = {"{model}": settings.model, "{session_cost_usd}": cost}
        words = [shutil.which(settings.command[0]) or settings.command[0]]
        for word in settings.command[1:]:
            if word == "{editable}":
                words += brief.editable
                continue
            for mark, value in marks.items():
                word = word.replace(mark, value)  # noqa: PLW2901
            words.append(word)
        programs = [Path(path) for path in self._needed]
        return {
            "command": words,
            "prompt": prompt,
            "stdin": self._stdin,
            "set": settings.set,
            "ignore": ["__pycache__/", "*.pyc", *settings.ignore],
            "message": f"Start from {brief.parent}\n\nRegency-Candidate: {brief.parent}\n",
            "path": sorted({str(p.parent) for p in programs if p.is_file()}),
            "wall_s": settings.wall_s,
            "talks": False,
        }

    def _start(self, place: Path, secrets: Mapping[str, str]) -> Outcome:
        settings = self._settings
        limits = Limits(
            wall_s=settings.wall_s + CLEARING_S,
            memory_bytes=settings.memory,
            processes=settings.processes,
            disk_bytes=settings.disk,
            output_bytes=OUTPUT_BYTES,
            network=settings.network,
        )
        names = [*(Path(file).name for file in self.programs), "session.json"]
        job = Job(
            command=("python", "/in/session_program.py", "/in/session.json", "/out"),
            files=str(place / "files"),
            inputs={name: str(place / name) for name in names},
            outputs={name: str(place / name) for name in ("result.json", "transcript")},
            env=secrets,
        )
        return self._hold(job, limits)

    def _hold(self, job: Job, limits: Limits) -> Outcome:
        return self._sandbox.run(job, limits)


def cost(pattern: str, transcript: str) -> float | None:
    """Return the last cost in USD that ``pattern`` finds in ``transcript``, None if none."""
    found = re.findall(pattern, transcript) if pattern else []
    try:
        return max(0.0, float(found[-1])) if found else None
    except ValueError:
        return None


def _result(path: Path, outcome: Outcome) -> Mapping[str, Any]:
    """Return what the session program wrote, or why there is nothing."""
    why = outcome.message or outcome.status
    if outcome.status == "ok":
        try:
            found = json.loads(path.read_text())
            if isinstance(found, dict):
                return found
        except (OSError, ValueError, RecursionError):
            why = "what it left cannot be read"
    last = (outcome.stderr.strip().splitlines() or [""])[-1][-300:]
    return {"ended": outcome.status, "fault": f"{why} {last}".strip()}


def _judged(
    result: Mapping[str, Any], outcome: Outcome, tree: Mapping[str, bytes], withheld: Withheld,
    known: Mapping[str, Any],
) -> Session:  # fmt: skip
    """Return the session that ``result``, which nobody should trust, tells of."""
    fault = str(result.get("fault", ""))
    edits: tuple[FileEdit, ...] = ()
    if not fault:
        try:
            edits = _edits(result, tree)
        except (KeyError, TypeError, ValueError, AttributeError, SandboxError) as error:
            fault = f"what it left cannot be used: {error}"
    for edit in edits:
        if name := withheld.named_in(edit.content or b"") or withheld.named_in(edit.path.encode()):
            fault = f"it wrote the value of {name} into a file"
    ended = str(result.get("ended", ""))[:20]
    if not edits and not fault and ended in ENDED:
        fault = f"{ENDED[ended]} {str(result.get('why', ''))[:400]}".strip()
    said = withheld.clean(str(result.get("said", "")) or _last_commit(result))
    lines = said.splitlines()
    claims = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("claim:")]
    words = "\n".join(line for line in lines if not line.lower().startswith("claim:")).strip()
    return Session(
        edits=() if fault else edits,
        rationale=words[:MOST_RATIONALE],
        claims=tuple(claim for claim in claims if claim)[:20],
        ended=ended,
        code=result["code"] if isinstance(result.get("code"), int) else -1,
        wall_s=outcome.wall_s,
        cpu_s=outcome.cpu_s,
        fault=withheld.clean(fault),
        **known,
    )


def _edits(result: Mapping[str, Any], tree: Mapping[str, bytes]) -> tuple[FileEdit, ...]:
    files = result["files"]
    if result["special"]:
        raise SandboxError(f"{result['special'][0]!r} is no plain file of at most 4 MiB")
    if len(files) > MOST_FILES:
        raise SandboxError(f"it left {len(files)} files")
    after, modes = {}, {}
    for path, (mode, text) in files.items():
        if problem := unsafe_path(path):
            raise SandboxError(f"{path!r} is {problem}")
        try:
            after[path] = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise SandboxError(f"{path!r} did not come whole") from error
        modes[path] = EXECUTABLE if mode == EXECUTABLE else REGULAR
    return tuple(
        FileEdit(edit.path, edit.content, modes.get(edit.path, REGULAR))
        for edit in edits_between(tree, after)
    )


def _last_commit(result: Mapping[str, Any]) -> str:
    """Return the newest commit message of the agent's own, empty if it made no commit."""
    messages = str(result.get("commits", "")).split("\0")
    own = [text.strip() for text in messages if text.strip()]
    return own[0] if len(own) > 1 else ""


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
