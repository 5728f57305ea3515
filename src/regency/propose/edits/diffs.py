"""Diffs in answers: hunks as texts to replace, since models count lines wrongly."""

import itertools
import re
from collections.abc import Sequence

from regency.propose.edits.piece import Piece

_HUNK = re.compile(r"^@@(?: .*)?$")
_PATCHED = re.compile(r"^\*\*\* (Update|Add|Delete) File: (.+)$")
_HEAD = ("diff --git ", "index ", "new file mode", "deleted file mode", "old mode", "new mode",
         "similarity index", "*** Begin Patch", "*** End Patch", "*** End of File")  # fmt: skip
NOWHERE = "/dev/null"


def is_diff(lines: Sequence[str]) -> bool:
    """Return whether ``lines`` hold a unified diff or a patch as Codex writes it."""
    if any(_PATCHED.match(line) for line in lines):
        return True
    heads = any(
        one.startswith("--- ") and two.startswith("+++ ") for one, two in itertools.pairwise(lines)
    )
    return heads or any(re.match(r"^@@ -\d+(,\d+)? \+\d+(,\d+)? @@", line) for line in lines)


def diff_pieces(lines: Sequence[str], path: str = "") -> list[Piece]:
    """Return the pieces of a diff.

    Args:
        lines: Its lines, without newlines.
        path: The file that hunks without a header are for.
    """
    reader = _Reader(path)
    for line, following in itertools.pairwise([*lines, ""]):
        reader.take(line, following)
    reader.close()
    return reader.found


class _Reader:
    """Goes through the lines of one diff."""

    def __init__(self, path: str) -> None:
        self.path, self.before = path, ""
        self.state = "prose"
        self.hunk: list[str] = []
        self.found: list[Piece] = []

    def take(self, line: str, following: str) -> None:
        """Take the next line, knowing the one after it."""
        if named := _PATCHED.match(line):
            self._patched(named[1].lower(), named[2].strip())
        elif line.startswith("--- ") and following.startswith("+++ "):
            self.close()
            self.before, self.state = _name(line), "head"
        elif line.startswith("+++ ") and self.state == "head":
            self._named(_name(line))
        elif _HUNK.match(line):
            self.close()
            if self.state != "delete":
                self.state = "add" if self.before == NOWHERE else "hunk"
        elif line.startswith(_HEAD):
            self.close()
        elif self.state in ("hunk", "add", "update"):
            self.hunk.append(line)

    def close(self) -> None:
        """Make a piece of the hunk that ends here."""
        if any(line[:1] in ("+", "-") for line in self.hunk):
            whole = self.state == "add"
            self.found.append(_piece(self.path, self.hunk, whole=whole))
        self.hunk = []

    def _patched(self, state: str, path: str) -> None:
        self.close()
        self.path, self.state = path, state
        if state == "delete":
            self.found.append(Piece(path, None))

    def _named(self, path: str) -> None:
        self.path = path
        if path == NOWHERE:
            self.found.append(Piece(self.before, None))
            self.state = "delete"


def _piece(path: str, hunk: Sequence[str], *, whole: bool) -> Piece:
    while hunk and not hunk[-1].strip():
        hunk = hunk[:-1]
    kept = [line for line in hunk if not line.startswith("\\")]
    old = [_body(line) for line in kept if not line.startswith("+")]
    new = [_body(line) for line in kept if not line.startswith("-")]
    if whole:
        return Piece(path, "\n".join(new) + "\n")
    return Piece(path, "".join(f"{ln}\n" for ln in new), "".join(f"{ln}\n" for ln in old))


def _body(line: str) -> str:
    return line[1:] if line[:1] in ("+", "-", " ") else line


def _name(line: str) -> str:
    return line[4:].split("\t", maxsplit=1)[0].strip().strip('"')
