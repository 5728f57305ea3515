"""Unified diffs onto trees: strict in content, lenient in line numbers."""

from collections.abc import Mapping

from regency.errors import BadInput
from regency.repo.diff import FileDiff, Hunk, parse, split_lines


def patched(files: Mapping[str, bytes], text: str) -> dict[str, bytes]:
    """Return ``files`` with the unified diff ``text`` applied.

    Every removed and context line must be there exactly; a hunk may have moved as a whole.

    Raises:
        BadInput: It is no diff, or does not fit.
    """
    diffs = parse(text)
    if not diffs:
        raise BadInput("this is no unified diff. Make one with `git diff` or `diff -u`.")
    result = dict(files)
    for diff in diffs:
        path = diff.new_path or diff.old_path
        if diff.old_path and diff.old_path not in result:
            raise BadInput(f"the patch changes {diff.old_path}, which is not there.")
        before = split_lines(result.pop(diff.old_path, None)) if diff.old_path else []
        after = b"".join(_applied(before, diff, path))
        if diff.new_path:
            result[diff.new_path] = after
    return result


def _applied(before: list[bytes], diff: FileDiff, path: str) -> list[bytes]:
    done: list[bytes] = []
    at = 0
    for hunk in diff.hunks:
        old, new = _sides(hunk)
        expected = max(hunk.old_start - (1 if old else 0), 0)
        place = _place(before, old, at, expected)
        if place is None:
            raise BadInput(f"the patch does not fit {path} at line {hunk.old_start}. Make it anew.")
        done += before[at:place] + new
        at = place + len(old)
    return done + before[at:]


def _sides(hunk: Hunk) -> tuple[list[bytes], list[bytes]]:
    old: list[bytes] = []
    new: list[bytes] = []
    last: list[list[bytes]] = []
    for line in hunk.lines:
        if line.startswith("\\"):  # no line feed at the end of the line above
            for side in last:
                side[-1] = side[-1].removesuffix(b"\n")
            continue
        content = line[1:].removesuffix("\n").encode(errors="surrogateescape") + b"\n"
        last = [side for side, marks in ((old, " -"), (new, " +")) if line[:1] in marks]
        for side in last:
            side.append(content)
    return old, new


def _place(before: list[bytes], old: list[bytes], least: int, expected: int) -> int | None:
    """Return where ``old`` stands at or after line ``least``, nearest to ``expected``."""
    last = len(before) - len(old)
    fits = [n for n in range(least, last + 1) if before[n : n + len(old)] == old]
    return min(fits, key=lambda n: abs(n - expected), default=None)
