"""Who wrote what: commit trailers, and line authorship as git-ai notes (authorship/3.0.0).

Trailers are ``Regency-Candidate: ID`` and the Linux kernel's ``Assisted-by: AGENT:MODEL_VERSION``;
an agent never signs off. Notes are for ``refs/notes/ai``, in the form of the git-ai standard; what
reads them, and everybody else's, is `regency.measure.authorship.gitai`.
"""

import hashlib
import json
import re
import textwrap
from collections.abc import Iterable, Mapping

from regency.records import PART, Agent, Candidate, FileEdit, Json
from regency.repo.diff import added_ranges
from regency.repo.git import Repo
from regency.repo.objects import KEEPER, NewCommit, Writer
from regency.repo.tree import edits_between

NOTES = "refs/notes/ai"
SCHEMA = "authorship/3.0.0"
_TITLE = 72
_WIDTH = 76
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*\s*:")
Range = tuple[int, int]


def commit_message(candidate: str, agent: Agent, rationale: str) -> str:
    """Return the message of a candidate's commit, with trailers that the rationale cannot forge.

    Args:
        candidate: Candidate id.
        agent: Who proposed it.
        rationale: The agent's words: untrusted text.
    """
    lines = [_CONTROL.sub("", line).strip() for line in rationale.splitlines()]
    first = next((line for line in lines if line), "") or "no rationale"
    title = textwrap.shorten(f"{candidate}: {first}", _TITLE, placeholder=" …")
    said = "\n".join(_quoted(line) for line in lines).strip("\n")
    body = f"\n{said}\n" if said and said.strip() != title.partition(": ")[2] else ""
    return f"{title}\n{body}\n" + "".join(f"{t}\n" for t in _trailers(candidate, agent))


def note_text(
    candidate: Candidate,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
) -> str:
    """Return the git-ai note for the lines that ``candidate`` added, empty if it added none.

    Args:
        candidate: Whose lines they are; its id is the conversation, where the agent named none.
        before: The parent's files, at least those that changed.
        after: The candidate's files.
    """
    agent = candidate.agent
    human = agent.kind == "human"
    conversation = agent.session or candidate.id
    key = human_id(agent.name) if human else session_id(agent.name, conversation)
    mark = key if human else f"{key}::t_{_digest(f'trace:{candidate.id}:{candidate.tree}')}"
    added = [(e.path, added_ranges(before.get(e.path), after.get(e.path)))
             for e in edits_between(before, after) if e.content is not None]  # fmt: skip
    top = "".join(f"{_path(p)}\n  {mark} {_ranges(r)}\n" for p, r in added if r)
    about: Json = {"schema_version": SCHEMA, "base_commit_sha": candidate.commit, "prompts": {}}
    if human:
        about["humans"] = {key: {"author": agent.name}}
    else:
        about["sessions"] = {
            key: {"agent_id": {"tool": agent.name, "id": conversation, "model": _model(agent)}}
        }
    return f"{top}---\n{json.dumps(about, indent=2, sort_keys=True)}\n" if top else ""


def write_notes(repo: Repo, writer: Writer, notes: Mapping[str, str], time: int) -> None:
    """Add notes (commit → text) to ``refs/notes/ai`` in one commit, beside what is there.

    Args:
        repo: Where.
        writer: Its writer.
        notes: Empty texts are left out.
        time: Unix seconds.
    """
    edits = tuple(FileEdit(f"{c[:2]}/{c[2:]}", t.encode()) for c, t in notes.items() if t)
    if edits:
        parent = repo.refs(NOTES).get(NOTES, "")
        new = NewCommit(parent, edits, f"Authorship of {len(edits)} commits", KEEPER, time)
        repo.update_refs({NOTES: writer.write([new])[0].commit})


def session_id(tool: str, conversation: str) -> str:
    """Return git-ai's session id: ``s_`` and 14 hexadecimal digits."""
    return "s_" + _digest(f"{tool}:{conversation}")


def human_id(identity: str) -> str:
    """Return git-ai's id of a person, of ``Name <email>``."""
    return "h_" + _digest(identity)


def _trailers(candidate: str, agent: Agent) -> list[str]:
    trailers = [f"Regency-Candidate: {candidate}"]
    if agent.kind not in ("human", PART):  # what takes lines out assists with none
        name = re.sub(r"[\s:]+", "-", _CONTROL.sub("", agent.name))
        trailers.append(f"Assisted-by: {name}:{_model(agent)}")
    return trailers


def _model(agent: Agent) -> str:
    version = agent.model or f"{agent.kind}-{agent.version}".strip("-")
    return re.sub(r"\s+", "-", _CONTROL.sub("", version))


def _quoted(line: str) -> str:
    # A line that reads like a trailer, or like git's end-of-message mark, could pass for ours.
    safe = f"> {line}" if _TRAILER.match(line) or line.startswith("---") else line
    return textwrap.fill(safe, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:14]


def _path(path: str) -> str:
    return f'"{path}"' if re.search(r"\s", path) else path


def _ranges(ranges: Iterable[Range]) -> str:
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
