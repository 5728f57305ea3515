"""Differences between texts and trees, for people to read and for line authorship.

Pure functions over bytes; knows no git and no files. Lines end at line feeds only. The matching is
difflib's, after cutting off what both ends have in common.
"""

import difflib
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

CONTEXT = 3
_SAMPLE = 8000
_MANY_LINES = 2000
_HEAD = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
Opcode = tuple[str, int, int, int, int]
Content = bytes | str | None  # of one file; None where there is no such file


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk of a unified diff.

    Attributes:
        old_start: First line before, from 1 (0 if there is none).
        old_lines: Lines before, context included.
        new_start: First line after, from 1 (0 if there is none).
        new_lines: Lines after, context included.
        lines: The lines with their marks ``' '``, ``'-'``, ``'+'`` or a backslash.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a unified diff; a path is empty where the file does not exist."""

    old_path: str
    new_path: str
    hunks: tuple[Hunk, ...]


def split_lines(content: bytes | None) -> list[bytes]:
    """Return lines with their line feeds; none for a file that does not exist."""
    if not content:
        return []
    lines = content.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def is_binary(content: bytes | None) -> bool:
    """Return whether git would take ``content`` for binary: a zero byte near its start."""
    return content is not None and b"\0" in content[:_SAMPLE]


def opcodes(before: Sequence[bytes], after: Sequence[bytes]) -> list[Opcode]:
    """Return difflib's opcodes that turn the lines ``before`` into ``after``."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(new) > _MANY_LINES)
    found: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    found += [(t, a + start, b + start, c + start, d + start)
              for t, a, b, c, d in matcher.get_opcodes()]  # fmt: skip
    if end:
        found.append(("equal", len(before) - end, len(before), len(after) - end, len(after)))
    return found


def changed_lines(before: Content, after: Content) -> tuple[int, int]:
    """Return how many lines were added and how many removed; a changed line counts in both."""
    changed = _changes(_encoded(before), _encoded(after))
    return sum(d - c for _, _, _, c, d in changed), sum(b - a for _, a, b, _, _ in changed)


@functools.lru_cache(maxsize=64)  # a candidate's change is counted more than once
def _changes(before: bytes | None, after: bytes | None) -> tuple[Opcode, ...]:
    codes = opcodes(split_lines(before), split_lines(after))
    return tuple(code for code in codes if code[0] != "equal")


def changed_lines_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[int, int]:
    """Return lines added and removed between two trees (path → content)."""
    counts = [changed_lines(before.get(p), after.get(p)) for p in _changed(before, after)]
    return sum(a for a, _ in counts), sum(r for _, r in counts)


def added_ranges(before: bytes | None, after: bytes | None) -> tuple[tuple[int, int], ...]:
    """Return the lines of ``after`` that are new or changed, as (first, last) from 1."""
    return tuple((c + 1, d) for _, _, _, c, d in _changes(before, after) if d > c)


def unified(path: str, before: bytes | None, after: bytes | None, context: int = CONTEXT) -> str:
    """Return the unified diff of one file, empty if nothing changed.

    Args:
        path: For the header.
        before: Content, None if it does not exist.
        after: Content, None if it does not exist.
        context: Lines of context.
    """
    if before == after:
        return ""
    old = f"a/{path}" if before is not None else "/dev/null"
    new = f"b/{path}" if after is not None else "/dev/null"
    head = f"diff --git a/{path} b/{path}\n"
    if is_binary(before) or is_binary(after):
        return f"{head}Binary files {old} and {new} differ\n"
    old_lines, new_lines = split_lines(before), split_lines(after)
    groups = _groups(opcodes(old_lines, new_lines), context)
    hunks = "".join(_hunk(group, old_lines, new_lines) for group in groups)
    return f"{head}--- {old}\n+++ {new}\n{hunks}"


def unified_tree(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return the unified diff between two trees (path → content), by path."""
    return "".join(unified(p, before.get(p), after.get(p)) for p in _changed(before, after))


def parse(text: str) -> tuple[FileDiff, ...]:
    """Return the files and hunks of a unified diff, as git, difflib or `unified` write it.

    Lines that are neither header nor hunk are skipped.
    """
    lines = text.split("\n")
    files: list[FileDiff] = []
    at = 0
    while at < len(lines):
        if (
            lines[at].startswith("--- ")
            and lines[at + 1 : at + 2][:1]
            and lines[at + 1].startswith("+++ ")
        ):
            old, new = _path(lines[at]), _path(lines[at + 1])
            hunks, at = _parse_hunks(lines, at + 2)
            files.append(FileDiff(old, new, hunks))
        else:
            at += 1
    return tuple(files)


def _encoded(content: Content) -> bytes | None:
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content


def _changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    return (p for p in sorted({*before, *after}) if before.get(p) != after.get(p))


def _common(first: Sequence[bytes], second: Sequence[bytes]) -> int:
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _groups(codes: Sequence[Opcode], context: int) -> list[list[Opcode]]:
    """Group opcodes into hunks: equal stretches longer than twice the context divide them."""
    groups: list[list[Opcode]] = [[]]
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            groups[-1].append((tag, a, b, c, d))
            continue
        keep_end = context if place < len(codes) - 1 else 0
        keep_start = context if place else 0
        if b - a <= keep_end + keep_start:
            groups[-1].append((tag, a, b, c, d))
            continue
        groups[-1].append((tag, a, a + keep_start, c, c + keep_start))
        groups.append([(tag, b - keep_end, b, d - keep_end, d)])
    return [g for g in groups if any(code[0] != "equal" for code in g)]


def _hunk(group: Sequence[Opcode], before: Sequence[bytes], after: Sequence[bytes]) -> str:
    old = _range(group[0][1], group[-1][2])
    new = _range(group[0][3], group[-1][4])
    text = [f"@@ -{old} +{new} @@\n"]
    for tag, a, b, c, d in group:
        if tag == "equal":
            text += [_line(" ", line) for line in before[a:b]]
            continue
        text += [_line("-", line) for line in before[a:b]]
        text += [_line("+", line) for line in after[c:d]]
    return "".join(text)


def _range(start: int, end: int) -> str:
    # As GNU diff numbers them: an empty range names the line before it.
    count = end - start
    return str(start + 1) if count == 1 else f"{start + bool(count)},{count}"


def _line(mark: str, line: bytes) -> str:
    text = mark + line.decode("utf-8", "replace")
    return text if text.endswith("\n") else text + "\n\\ No newline at end of file\n"


def _path(line: str) -> str:
    name = line[4:].split("\t", maxsplit=1)[0]
    if name == "/dev/null":
        return ""
    return name[2:] if name[:2] in ("a/", "b/") else name


def _parse_hunks(lines: Sequence[str], at: int) -> tuple[tuple[Hunk, ...], int]:
    hunks = []
    while at < len(lines) and (head := _HEAD.match(lines[at])):
        old, new = int(head[2] or 1), int(head[4] or 1)
        start = at = at + 1
        left_old, left_new = old, new
        while at < len(lines) and (left_old > 0 or left_new > 0 or lines[at].startswith("\\")):
            left_old -= lines[at][:1] in (" ", "-", "")
            left_new -= lines[at][:1] in (" ", "+", "")
            at += 1
        hunks.append(Hunk(int(head[1]), old, int(head[3]), new, tuple(lines[start:at])))
    return tuple(hunks), at
