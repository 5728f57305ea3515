"""Looks at a proposal before anything of it runs: what agents may not touch, hide or send.

It judges bytes and paths, never intentions. The sandbox and the blind scorer stand behind it.
"""

from collections.abc import Iterator, Mapping, Sequence

from regency.config import ChangeTable
from regency.records import FileEdit
from regency.repo.diff import changed_lines
from regency.repo.tree import match, unsafe_path

MAX_FILE_BYTES = 1 << 20
MODES = (0o100644, 0o100755)


def screen(
    edits: Sequence[FileEdit], before: Mapping[str, bytes], change: ChangeTable
) -> str | None:
    """Return why a proposal may not run, in one sentence, or None if it may.

    Args:
        edits: The proposal.
        before: The parent's files, path → content.
        change: What the lab allows.
    """
    return next(_faults(edits, before, change), None)


def _faults(
    edits: Sequence[FileEdit], before: Mapping[str, bytes], change: ChangeTable
) -> Iterator[str]:
    for edit in edits:
        yield from _path_faults(edit, change)
        if edit.content is None and edit.path not in before:
            yield f"it deletes {edit.path!r}, which is not there"
    for edit in edits:
        yield from _content_faults(edit)
    if not edits or all(before.get(edit.path) == edit.content for edit in edits):
        yield "it changes nothing"
    lines = sum(_changed(edit, before) for edit in edits if _is_text(edit.content))
    if lines > change.max_changed_lines:
        yield f"it changes {lines} lines, at most {change.max_changed_lines} are allowed"


def _path_faults(edit: FileEdit, change: ChangeTable) -> Iterator[str]:
    if unsafe_path(edit.path):
        yield f"the path {edit.path!r} leads out of the lab or into git's own files"
    elif not match(edit.path, change.editable):
        yield f"it changes {edit.path!r}, which is not editable in this lab"
    if edit.mode not in MODES:
        yield f"{edit.path!r} has the file mode {edit.mode:o}: only plain files are allowed"


def _content_faults(edit: FileEdit) -> Iterator[str]:
    if edit.content is None:
        return
    if len(edit.content) > MAX_FILE_BYTES:
        yield f"{edit.path!r} has {len(edit.content)} bytes, at most {MAX_FILE_BYTES} are allowed"
    elif not _is_text(edit.content):
        yield f"{edit.path!r} is not UTF-8 text"
    elif edit.path.endswith(".py"):
        yield from _syntax_faults(edit.path, edit.content)


def _syntax_faults(path: str, content: bytes) -> Iterator[str]:
    try:
        compile(content, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"{path!r} does not compile: {error}"


def _is_text(content: bytes | None) -> bool:
    if content is None:
        return True
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _changed(edit: FileEdit, before: Mapping[str, bytes]) -> int:
    old = before.get(edit.path, b"").decode(errors="replace")
    return sum(changed_lines(old, (edit.content or b"").decode(errors="replace")))
