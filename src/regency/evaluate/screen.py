"""Looks at a candidate before anything of it runs: what agents may not touch, hide or send.

It judges bytes and paths, never intentions. The sandbox and the blind scorer stand behind it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from regency.config import ChangeTable
from regency.evaluate import concealment, imports
from regency.evaluate.fingerprint import compiled
from regency.records import FileEdit
from regency.repo.diff import changed_lines
from regency.repo.tree import match, unsafe_path

MAX_FILE_BYTES = 1 << 20
MODES = (0o100644, 0o100755)
_FOLDER = 0o040000
_KINDS = {0o120000: "a link", 0o160000: "a submodule", _FOLDER: "a folder"}
# Files that act without being asked: on git, Python, test runners, editors or other agents.
_ACTING = re.compile(
    r"(?:.*/)?(?:\.git(?:attributes|modules|ignore|config)|\.(?:lfsconfig|mailmap|envrc|env)"
    r"|\.(?:git)?hooks/.*|\.(?:husky|github|gitlab|circleci|vscode|idea|devcontainer)/.*"
    r"|(?:site|user)customize\.py|.*\.pth|.*\.egg-link|pyvenv\.cfg|__pycache__/.*|.*\.py[co]"
    r"|conftest\.py|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|\.pre-commit-config\.yaml"
    r"|AGENTS\.md|CLAUDE\.md|GEMINI\.md|\.(?:cursor|claude|codex|aider)(?:rules|/.*|\..*)?)",
    re.IGNORECASE,
)
Entry = tuple[int, str]  # mode and object id
Entries = Mapping[bytes, Entry]


def screen(
    edits: Sequence[FileEdit],
    before: Mapping[str, bytes],
    change: ChangeTable,
    present: Collection[str] = (),
) -> str | None:
    """Return why a proposal may not run, in one sentence, or None if it may.

    Args:
        edits: The proposal.
        before: The parent's files that agents may see, path → content.
        change: What the lab allows.
        present: Paths of all the parent's files, hidden ones too; needed if files are added.
    """
    return next(_faults(edits, before, change, present), None)


def screen_tree(
    read: Callable[[str], Entries], before: str, after: str, edits: Sequence[FileEdit]
) -> str | None:
    """Return how a candidate's tree in git differs from what was screened, None if it does not.

    Everything that the edits do not name must be the parent's, object for object; what they name
    must be plain files with exactly the screened content.

    Args:
        read: Tree id → its entries.
        before: The parent's tree id.
        after: The candidate's.
        edits: The screened proposal.
    """
    expected = {edit.path.encode("utf-8", "surrogateescape"): edit for edit in edits}
    for path, old, new in _differences(read, before, after, b""):
        edit = expected.get(path)
        name = path.decode("utf-8", "replace")
        if edit is None:
            return f"its tree also differs in {name!r}, which the proposal does not name"
        for mode in (old[0] if old else 0o100644, new[0] if new else 0o100644):
            if mode not in MODES:
                return f"{name!r} is {_KINDS.get(mode, f'of mode {mode:o}')}, not a plain file"
        if (new[1] if new else None) != _blob_id(edit.content, after):
            return f"{name!r} is not in git as it was proposed"
    return None


def _differences(
    read: Callable[[str], Entries], before: str, after: str, prefix: bytes
) -> Iterator[tuple[bytes, Entry | None, Entry | None]]:
    old, new = (read(tree) if tree else {} for tree in (before, after))
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        was_below, was_here = _parted(was)
        now_below, now_here = _parted(now)
        if was_here or now_here:
            yield prefix + name, was_here, now_here
        if was_below or now_below:
            yield from _differences(read, was_below, now_below, prefix + name + b"/")


def _parted(entry: Entry | None) -> tuple[str, Entry | None]:
    """Return the tree below an entry, and the entry itself unless it is a folder."""
    return (entry[1], None) if entry and entry[0] == _FOLDER else ("", entry)


def _blob_id(content: bytes | None, like: str) -> str | None:
    if content is None:
        return None
    name = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(content) + content).hexdigest()


def _faults(
    edits: Sequence[FileEdit],
    before: Mapping[str, bytes],
    change: ChangeTable,
    present: Collection[str],
) -> Iterator[str]:
    for edit in edits:
        yield from _path_faults(edit, change)
        if edit.content is None and edit.path not in before:
            yield f"it deletes {edit.path!r}, which is not there"
    yield from _clashes(edits, before, present)
    for edit in edits:
        yield from _content_faults(edit, before)
        if change.imports and edit.path.endswith(".py"):
            own = {*before, *present, *(other.path for other in edits)}
            yield from imports.faults(edit, before.get(edit.path, b""), change.imports, own)
    if not edits or all(before.get(edit.path) == edit.content for edit in edits):
        yield "it changes nothing"
    # A file counts as a line, so that a thousand empty ones are no small change.
    lines = sum(max(1, _changed(edit, before)) for edit in edits)
    if lines > change.max_changed_lines:
        yield f"it changes {lines} lines, at most {change.max_changed_lines} are allowed"


def _path_faults(edit: FileEdit, change: ChangeTable) -> Iterator[str]:
    if unsafe_path(edit.path):
        yield f"the path {edit.path!r} leads out of the lab or into git's own files"
    elif not match(edit.path, change.editable):
        yield f"it changes {edit.path!r}, which is not editable in this lab"
    elif not edit.path.isprintable() or unicodedata.normalize("NFKC", edit.path) != edit.path:
        yield f"the path {edit.path!r} has characters that look like others, or like nothing"
    elif _ACTING.fullmatch(edit.path) and edit.path not in change.editable:
        yield f"{edit.path!r} acts without being asked: `editable` must name it in full"
    if edit.mode not in MODES:
        kind = _KINDS.get(edit.mode & 0o170000, "special")
        yield f"{edit.path!r} has the file mode {edit.mode:o} ({kind}): only plain files may run"


def _clashes(
    edits: Sequence[FileEdit], before: Mapping[str, bytes], present: Collection[str]
) -> Iterator[str]:
    paths = [edit.path for edit in edits]
    if len(set(paths)) < len(paths):
        yield f"it edits {max(paths, key=paths.count)!r} twice"
    gone = {edit.path for edit in edits if edit.content is None}
    added = {edit.path for edit in edits if edit.content is not None and edit.path not in before}
    if not added:
        return
    others = ({*before, *present} | set(paths)) - gone
    folders = {path[:n] for path in others for n, c in enumerate(path) if c == "/"}
    known = {path.casefold(): path for path in others - added}
    for path in sorted(added):
        if path in folders or not others.isdisjoint(_parents(path)):
            yield f"{path!r} would be a file and a folder at once"
        elif path in present and path not in before:
            yield f"it changes {path!r}, which is not editable in this lab"
        elif path.casefold() in known:
            yield f"{path!r} and {known[path.casefold()]!r} differ in upper and lower case only"


def _parents(path: str) -> list[str]:
    return [path[:n] for n, c in enumerate(path) if c == "/"]


def _content_faults(edit: FileEdit, before: Mapping[str, bytes]) -> Iterator[str]:
    if edit.content is None:
        return
    if len(edit.content) > MAX_FILE_BYTES:
        yield f"{edit.path!r} has {len(edit.content)} bytes, at most {MAX_FILE_BYTES} are allowed"
        return
    text = _text(edit.content)
    if text is None:
        yield f"{edit.path!r} is not UTF-8 text"
        return
    if edit.path.endswith(".py"):
        yield from _syntax_faults(edit.path, edit.content)
    yield from concealment.faults(edit.path, text, _text(before.get(edit.path, b"")) or "")


def _syntax_faults(path: str, content: bytes) -> Iterator[str]:
    try:
        compiled(path, content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"{path!r} does not compile: {error}"


def _text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _changed(edit: FileEdit, before: Mapping[str, bytes]) -> int:
    return sum(changed_lines(before.get(edit.path), edit.content))
