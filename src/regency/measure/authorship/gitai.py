"""Reads git-ai's notes: authorship/3.0.0, and the JSON of 2.0.0 and 0.0.1 before it.

Real notes break the rules, so reading never fails: what is off is reported. A line that two keys
claim stays with the last, as when git-ai squashes, so that no line counts twice. Lines that no key
claims are of unknown authors; the two older forms name people only by default, so their people are
unknown too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from regency.measure.authorship.agents import named_agent
from regency.measure.authorship.authors import Author, Category
from regency.records import Json

SCHEMA = "authorship/3.0.0"
LARGEST_LINE = 50_000_000
_PART = re.compile(r"(\d+)(?:-(\d+))?")
_REQUIRED = ("schema_version", "base_commit_sha", "prompts")
_AGENT_NAMES = {"claude", "cursor", "copilot", "codex", "devin", "gemini", "aider", "windsurf"}
Problem = tuple[str, str]
Claim = tuple[int, int, str]


@dataclass(slots=True)
class LineNote:
    """Which key claims which lines of a commit's files.

    Attributes:
        claims: Path → first line, last line, key; of overlapping claims the later one holds.
        authors: Key → who it stands for, as far as this note says.
        base: The commit that the note says it is about; empty: it does not.
        problems: What is off: its kind, and where.
    """

    claims: dict[str, list[Claim]] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)
    base: str = ""
    problems: list[Problem] = field(default_factory=list)


def read_note(content: bytes) -> LineNote:
    """Return what a git-ai note of any version says; never raises.

    Args:
        content: The note's bytes.
    """
    note = LineNote()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
        note.problems.append(("not UTF-8", ""))
    if not text.strip():
        note.problems.append(("empty note", ""))
    elif text.lstrip()[:1] == "{":
        _read_json(text, note)
    else:
        _read_text(text, note)
    return note


def author_of(key: str, known: Mapping[str, Author]) -> Author:
    """Return whom a key stands for; one that nothing explains is known by its form alone."""
    name = key.partition("::")[0]
    found = known.get(name)
    if found:
        return found
    return Author(Category.HUMAN if name.startswith("h_") else Category.AI)


def _read_text(text: str, note: LineNote) -> None:
    top, divider, bottom = f"\n{text}\n".partition("\n---\n")
    if not divider:
        note.problems.append(("no `---` line", ""))
    claims: list[Claim] = []
    for line in top.split("\n"):
        if line[:1].isspace():
            _entry(line, claims, note)
        elif line:
            claims = note.claims.setdefault(_path(line), [])
    _check_overlaps(note)
    if divider:
        metadata = _metadata(bottom, note)
        _authors(metadata, note)
    used = {key.partition("::")[0] for c in note.claims.values() for _, _, key in c}
    note.problems += [("key without metadata", key) for key in sorted(used - note.authors.keys())]


def _path(line: str) -> str:
    return line[1:-1] if len(line) > 1 and line[0] == line[-1] == '"' else line


def _entry(line: str, claims: list[Claim], note: LineNote) -> None:
    key, _, ranges = line.strip().partition(" ")
    if not ranges:
        if key:
            note.problems.append(("not a line of a note", line.strip()[:80]))
        return
    for part in ranges.strip().split(","):
        found = _PART.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if 1 <= first <= last <= LARGEST_LINE:
            claims.append((first, last, key))
        else:
            note.problems.append(("impossible range", f"{part[:40]} of {key[:40]}"))


def _check_overlaps(note: LineNote) -> None:
    for path, claims in note.claims.items():
        ordered = sorted(claims)
        if any(after[0] <= before[1] for before, after in pairwise(ordered)):
            note.problems.append(("overlapping ranges", path))


def _metadata(text: str, note: LineNote) -> Json:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        note.problems.append(("metadata is not a JSON object", ""))
        return {}
    note.problems += [("metadata lacks a required key", k) for k in _REQUIRED if k not in data]
    schema = data.get("schema_version", SCHEMA)
    if schema != SCHEMA:
        note.problems.append(("unknown schema, read as 3.0.0", str(schema)[:40]))
    return data


def _authors(data: Json, note: LineNote) -> None:
    note.base = str(data.get("base_commit_sha") or "")
    for section in ("prompts", "sessions"):
        for key, record in _records(data, section, note):
            note.authors[key] = _agent(record)
            if record.get("messages"):
                note.problems.append(("`messages` in a note", key))
    for key, _ in _records(data, "humans", note):
        note.authors[key] = Author(Category.HUMAN)


def _records(data: Json, section: str, note: LineNote) -> Iterator[tuple[str, Json]]:
    records = data.get(section) or {}
    if not isinstance(records, dict):
        note.problems.append(("metadata section is not an object", section))
        return
    for key, record in records.items():
        if isinstance(record, dict):
            yield key, record
        else:
            note.problems.append(("metadata record is not an object", f"{section} {key}"[:80]))


def _agent(record: Json) -> Author:
    about = record.get("agent_id")
    about = about if isinstance(about, dict) else {}
    tool, model = about.get("tool"), about.get("model") or record.get("model")
    if tool == "human":
        return Author(Category.HUMAN)
    agent = named_agent(tool) if isinstance(tool, str) else ""
    return Author(Category.AI, agent, _model(model))


def _model(model: object) -> str:
    known = isinstance(model, str) and model.strip().lower() not in ("", "unknown", "default")
    return str(model).strip() if known else ""


def _read_json(text: str, note: LineNote) -> None:
    """Read authorship/2.0.0 and 0.0.1: one JSON object with the files in it."""
    data = _metadata(text, note)
    note.problems = [p for p in note.problems if not p[0].startswith(("metadata lacks", "unknown"))]
    files = data.get("files")
    if not isinstance(files, dict):
        note.problems.append(("no files in a JSON note", ""))
        return
    _authors(data, note)
    for path, about in files.items():
        entries = about.get("authors") if isinstance(about, dict) else about
        for entry in entries if isinstance(entries, list) else ():
            key = _old_key(entry, data, note) if isinstance(entry, dict) else ""
            if key:
                _old_lines(note.claims.setdefault(path, []), entry.get("lines"), key, note)
    _check_overlaps(note)


def _old_key(entry: Json, data: Json, note: LineNote) -> str:
    """Return the key of an entry by an agent, empty for anybody else."""
    session = entry.get("prompt_session_id")
    if isinstance(session, str) and session:
        if session not in note.authors:
            note.problems.append(("key without metadata", session[:80]))
            note.authors[session] = Author(Category.AI)
        return session
    people = data.get("authors")
    person = people.get(entry.get("author_key")) if isinstance(people, dict) else None
    name = person.get("username") if isinstance(person, dict) else entry.get("author")
    agent = named_agent(name) if isinstance(name, str) else ""
    if agent not in _AGENT_NAMES:
        return ""
    note.authors.setdefault(agent, Author(Category.AI, agent))
    return agent


def _old_lines(claims: list[Claim], lines: object, key: str, note: LineNote) -> None:
    for item in lines if isinstance(lines, list) else ():
        pair = item if isinstance(item, list) else [item, item]
        numbers = [n for n in pair if type(n) is int]
        if len(numbers) == 2 and 1 <= numbers[0] <= numbers[1] <= LARGEST_LINE:
            claims.append((numbers[0], numbers[1], key))
        else:
            note.problems.append(("impossible range", str(item)[:40]))
