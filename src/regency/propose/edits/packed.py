"""Answers packed in JSON: tool calls, lists of edits, files by path, in the shapes models use."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regency.propose.edits.diffs import diff_pieces
from regency.propose.edits.piece import Piece

_PATH = ("path", "file", "filename", "file_path", "filepath", "target_file", "name")
_OLD = ("search", "old_str", "old_string", "old_text", "old", "find", "original", "before",
        "search_block", "target")  # fmt: skip
_NEW = ("replace", "new_str", "new_string", "new_text", "new", "replacement", "updated", "after",
        "replace_block")  # fmt: skip
_WHOLE = ("content", "contents", "file_text", "new_content", "full_content", "code", "text",
          "source", "new_code")  # fmt: skip
_DIFF = ("diff", "patch", "unified_diff")
_INNER = ("arguments", "args", "input", "parameters", "params", "function", "edits", "changes",
          "tool_calls", "files", "result", "output", "answer", "response", "message", "actions",
          "replacements", "modifications", "blocks")  # fmt: skip
_SAID = ("rationale", "reasoning", "explanation", "description", "summary", "why", "thought")
_DEEPEST = 8
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|$)", re.DOTALL)
_INVOKED = re.compile(r"<(invoke|function)\b[^>]*>(.*?)</\1>", re.DOTALL)
_PARAMETER = re.compile(
    r"<parameter(?:=|\s+name=)[\"']?(\w+)[\"']?[^>]*>\n?(.*?)\n?</parameter>", re.DOTALL
)


@dataclass(slots=True)
class Packed:
    """What was found in JSON.

    Attributes:
        pieces: Edits.
        said: The rationale.
        claims: Claims.
        texts: Texts that may hold an answer in plain form.
    """

    pieces: list[Piece] = field(default_factory=list)
    said: str = ""
    claims: tuple[str, ...] = ()
    texts: list[str] = field(default_factory=list)


def unpack(text: str, known: Sequence[str]) -> Packed | None:
    """Return what ``text`` holds if it is JSON or tagged tool calls, and None if it is not.

    Args:
        text: An answer, or a fenced block of one.
        known: Paths of all files.
    """
    found = Packed()
    if invoked := _INVOKED.findall(text):
        for _, body in invoked:
            _walk(dict(_PARAMETER.findall(body)), found, known, 0)
    elif tagged := _TAGGED.findall(text):
        for body in tagged:
            _walk(_value(body), found, known, 0)
    elif text.lstrip()[:1] in ("{", "["):
        value = _value(text)
        if value is None:
            return None
        _walk(value, found, known, 0)
    return found if found.pieces or found.texts else None


def _value(text: str) -> Any:
    """Return the JSON value that ``text`` begins with; control characters in texts are let pass."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text.strip())
    except (ValueError, RecursionError):
        return None
    rest = text.strip()[end:].strip()
    return value if not rest.startswith((",", "]", "}")) else None


def _walk(value: Any, found: Packed, known: Sequence[str], depth: int, path: str = "") -> None:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        inner = _value(value) if value.lstrip()[:1] in ("{", "[") else None
        if isinstance(inner, dict | list):
            _walk(inner, found, known, depth + 1, path)
        else:
            found.texts.append(value)
    elif isinstance(value, list):
        for item in value:
            if not isinstance(item, str):
                _walk(item, found, known, depth + 1, path)
    elif isinstance(value, Mapping):
        _object(value, found, known, depth, path)


def _object(
    value: Mapping[str, Any], found: Packed, known: Sequence[str], depth: int, path: str
) -> None:
    found.said = found.said or _text(value, _SAID) or ""
    claims = value.get("claims")
    if isinstance(claims, list):
        found.claims += tuple(claim for claim in claims if isinstance(claim, str))
    inner = [key for key in _INNER if key in value and isinstance(value[key], dict | list | str)]
    named = _text(value, _PATH) or path
    old, new, whole = _text(value, _OLD), _text(value, _NEW), _text(value, _WHOLE)
    diff = _text(value, _DIFF)
    if old is not None and new is not None:
        if old or not any(key in inner for key in _INNER[:5]):
            found.pieces.append(Piece(named, new, old, inside=True))
    elif diff is not None:
        found.pieces += diff_pieces(diff.split("\n"), named)
    elif whole is not None and (_text(value, _PATH) or path) and not inner:
        found.pieces.append(Piece(named, whole))
    elif by_path := {k: v for k, v in value.items() if k in known and isinstance(v, str)}:
        found.pieces += [Piece(k, v) for k, v in by_path.items()]
    else:
        if whole is not None and not inner:
            found.texts.append(whole)
        for key in inner or [k for k in value if k in known]:
            _walk(value[key], found, known, depth + 1, key if key in known else named)


def _text(value: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    for key in keys:
        if isinstance(value.get(key), str):
            return str(value[key])
        lines = value.get(key)
        if isinstance(lines, list) and lines and all(isinstance(ln, str) for ln in lines):
            return "\n".join(ln.rstrip("\n") for ln in lines) + "\n"
    return None
