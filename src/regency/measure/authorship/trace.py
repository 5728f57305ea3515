"""Reads Agent Trace records (0.1.0), and the notes in which ``agent-trace-cli`` sums them up.

A record speaks of lines at the revision it names; the note that carries it stands for a revision
that it does not name.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from regency.errors import BadInput
from regency.measure.authorship.agents import named_agent
from regency.measure.authorship.authors import Author, Category
from regency.measure.authorship.gitai import LARGEST_LINE, Problem
from regency.records import Json

REF = "refs/notes/agent-trace"
_CATEGORIES = {"ai": Category.AI, "human": Category.HUMAN}
TraceClaim = tuple[str, str, int, int, Author]  # revision, path, first line, last line, author


def read_trace(content: bytes, revision: str) -> tuple[list[TraceClaim], list[Problem]]:
    """Return what Agent Trace records claim; never raises.

    Args:
        content: A record, a list of records, one record a line, or a note of agent-trace-cli.
        revision: What a record without ``vcs.revision`` is about; empty: such a one is a problem.
    """
    claims: list[TraceClaim] = []
    problems: list[Problem] = []
    for record in _records(content, problems):
        for claim in (*_ledger(record, problems), *_claims(record, problems)):
            if claim[0] or revision:
                claims.append((claim[0] or revision, *claim[1:]))
            else:
                problems.append(("Agent Trace record names no revision", claim[1]))
    return claims, problems


def read_file(file: Path) -> bytes:
    """Return the content of a file with Agent Trace records.

    Raises:
        BadInput: It cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}. Check the path.") from error


def _records(content: bytes, problems: list[Problem]) -> Iterator[Json]:
    text = content.decode("utf-8", "replace").strip()
    try:
        found = [json.loads(text)]
    except (ValueError, RecursionError):
        found = list(_by_line(text, problems))
    for item in found:
        for record in item if isinstance(item, list) else [item]:
            if isinstance(record, dict):
                yield record
            else:
                problems.append(("Agent Trace record is not an object", str(record)[:40]))


def _by_line(text: str, problems: list[Problem]) -> Iterator[Json]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            problems.append(("Agent Trace record is not JSON", line[:40]))


def _claims(record: Json, problems: list[Problem]) -> Iterator[TraceClaim]:
    vcs, tool = record.get("vcs"), record.get("tool")
    revision = str(vcs.get("revision") or "") if isinstance(vcs, dict) else ""
    name = tool.get("name") if isinstance(tool, dict) else ""
    agent = named_agent(name) if isinstance(name, str) else ""
    for file in _objects(record, "files"):
        for conversation in _objects(file, "conversations"):
            for part in _objects(conversation, "ranges"):
                author = _author(part.get("contributor") or conversation.get("contributor"), agent)
                yield from _range(revision, file.get("path"), part, author, problems)


def _ledger(record: Json, problems: list[Problem]) -> Iterator[TraceClaim]:
    ledger = record.get("ledger")
    files = ledger.get("files") if isinstance(ledger, dict) else None
    for path, file in files.items() if isinstance(files, dict) else ():
        for part in _objects(file, "line_attributions"):
            yield from _range("", path, part, _author(part, ""), problems)


def _objects(holder: object, key: str) -> Iterator[Json]:
    found = holder.get(key) if isinstance(holder, dict) else None
    yield from (x for x in found if isinstance(x, dict)) if isinstance(found, list) else ()


def _author(contributor: object, agent: str) -> Author:
    about = contributor if isinstance(contributor, dict) else {}
    model = str(about.get("model_id") or "")
    category = _CATEGORIES.get(str(about.get("type")).lower(), Category.UNKNOWN)
    if category is not Category.AI:
        return Author(category)
    return Author(category, agent, model.rpartition("/")[2])


def _range(
    revision: str, path: object, part: Json, author: Author, problems: list[Problem]
) -> Iterator[TraceClaim]:
    first, last = part.get("start_line"), part.get("end_line")
    numbers = type(first) is int and type(last) is int and 1 <= first <= last <= LARGEST_LINE
    if isinstance(path, str) and path and numbers:
        yield revision, path, int(first or 0), int(last or 0), author
    else:
        problems.append(("impossible range", f"Agent Trace {str(path)[:60]} {first}-{last}"))
