"""Blocks in an answer's text: fences, search/replace markers, diffs and tags, with their paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.errors import Unreadable
from regency.propose.edits.diffs import diff_pieces, is_diff
from regency.propose.edits.packed import unpack
from regency.propose.edits.paths import bare, path_in
from regency.propose.edits.piece import Piece
from regency.propose.edits.syntax import syntax_fault

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([^`]*)$")
_SEARCH = re.compile(
    r"^\s*(?:<{4,}\s*(?:SEARCH|ORIGINAL|HEAD|FIND|OLD)?\b[:\s]*|-{4,}\s*SEARCH\b[:\s]*)([^<>]*)>?$",
    re.IGNORECASE,
)
_DIVIDER = re.compile(r"^\s*={4,}\s*(?:REPLACE)?\s*$", re.IGNORECASE)
_REPLACE = re.compile(r"^\s*(?:>{4,}|\+{4,}\s*REPLACE\b)[^>]*$", re.IGNORECASE)
_FILE = re.compile(
    r"^\s*<(file|edit|document)\b[^>]*?(?:path|name|filename|src)=[\"']([^\"']+)[\"'][^>]*>"
)
_SHELL = {"sh", "bash", "shell", "console", "zsh", "output", "log", "terminal", "powershell"}
_NAMED = re.compile(r"(?:path|file|filename|title|name)\s*=\s*[\"']?([^\s\"'}]+)", re.IGNORECASE)


@dataclass(slots=True)
class Blocks:
    """What was found: pieces, what is not in any of them, and fenced texts that may be snippets."""

    pieces: list[Piece] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    snippets: list[Piece] = field(default_factory=list)
    claims: tuple[str, ...] = ()


def find_blocks(text: str, tree: Mapping[str, bytes]) -> Blocks:
    """Return the blocks of ``text``, newlines only at line ends.

    Raises:
        Unreadable: A block has no middle or no end.
    """
    return _Reader(text.rstrip("\n").split("\n"), tree).read()


class _Reader:
    """Goes through the lines of one answer."""

    def __init__(self, lines: list[str], tree: Mapping[str, bytes]) -> None:
        self.lines, self.tree = lines, tree
        self.path = ""  # the last that was named, for the blocks that follow
        self.at = 0
        self.found = Blocks()

    def read(self) -> Blocks:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
            if begun := _SEARCH.match(line):
                self._replacement(begun, len(self.lines))
            elif fence := _FENCE.match(line):
                self._fenced(fence)
            elif begun := _FILE.match(line):
                self._tagged(begun)
            elif line.startswith(("*** Begin Patch", "*** Update File: ", "diff --git ")) or (
                line.startswith("--- ") and following.startswith("+++ ")
            ):
                self._raw_diff()
            else:
                self._said(line)
        return self.found

    def _said(self, line: str) -> None:
        self.at += 1
        self.path = path_in(line, self.tree) or self.path
        if bare(line) != self.path or not self.path:
            self.found.prose.append(line)

    def _replacement(self, begun: re.Match[str], stop: int) -> None:
        """Read one search/replace block; ``stop``: where the fence around it ends."""
        path = path_in(begun[1], self.tree) or self.path
        self.path = path
        first, end = self.at + 1, self._end_of(self.at + 1, stop)
        body = self.lines[first : min(end, stop)]
        middles = [n for n, line in enumerate(body) if _DIVIDER.match(line)]
        if not middles:
            raise Unreadable(
                "a search/replace block has no ======= line between the two texts. Write it."
            )
        middle = self._middle(path, body, middles)
        old, new = _unfenced(body[:middle]), _unfenced(body[middle + 1 :])
        closed = end < stop or stop < len(self.lines)
        self.found.pieces.append(Piece(path, _joined(new), _joined(old), closed=closed))
        self.at = min(end + 1, stop) if end < stop else stop

    def _end_of(self, first: int, stop: int) -> int:
        """Return the line with the block's end marker, or ``stop`` if it has none."""
        for n in range(first, stop):
            if _SEARCH.match(self.lines[n]):
                raise Unreadable(
                    "a search/replace block has no >>>>>>> REPLACE line at its end. Write it."
                )
            if _REPLACE.match(self.lines[n]):
                return n
        return stop

    def _middle(self, path: str, body: list[str], middles: list[int]) -> int:
        """Return which of several ======= lines is the block's own: the file has the others."""
        if len(middles) == 1:
            return middles[0]
        texts = [v.decode(errors="replace") for k, v in self.tree.items() if path in ("", k)]
        fits = [m for m in middles if any(_joined(body[:m]) in text for text in texts)]
        if len(fits) != 1:
            raise Unreadable(
                "a search/replace block has several ======= lines. Use a whole file instead."
            )
        return fits[0]

    def _fenced(self, fence: re.Match[str]) -> None:
        path = self._info_path(fence[3]) or self.path
        first, ends = self.at + 1, self._ends(fence)
        end = ends[0] if ends else len(self.lines)
        marks = [n for n in range(first, len(self.lines)) if _SEARCH.match(self.lines[n])]
        if marks and marks[0] < end:
            self._fenced_replacements(first, fence)
            return
        if not fence[3] and not any(line.strip() for line in self.lines[first:end]):
            self.at = end + 1
            return
        body = self.lines[first:end]
        if ends and len(ends) > 1 and not is_diff(body):
            end = self._best_end(path, first, ends)
            body = self.lines[first:end]
        self.at = end + 1
        self._block(fence, path, body, closed=bool(ends))

    def _fenced_replacements(self, first: int, fence: re.Match[str]) -> None:
        self.path = self._info_path(fence[3]) or self.path
        self.at = first
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if begun := _SEARCH.match(line):
                self._replacement(begun, self._fence_end(self.at, fence))
            elif _closes(line, fence):
                self.at += 1
                return
            else:
                self._said(line)

    def _fence_end(self, at: int, fence: re.Match[str]) -> int:
        """Return where a block that begins at ``at`` is cut off by its fence, if it is."""
        for n in range(at + 1, len(self.lines)):
            if _REPLACE.match(self.lines[n]):
                return len(self.lines)
            if _SEARCH.match(self.lines[n]):
                break
        ends = [n for n in range(at + 1, len(self.lines)) if _closes(self.lines[n], fence)]
        return ends[0] if ends else len(self.lines)

    def _block(self, fence: re.Match[str], path: str, body: list[str], *, closed: bool) -> None:
        language = (fence[3].split() or [""])[0].lower().strip("{}.")
        if is_diff(body) or (language in ("diff", "patch") and any(_changes(b) for b in body)):
            pieces = diff_pieces(body, path) or diff_pieces(["@@", *body], path)
            self.found.pieces += pieces
            self.path = pieces[-1].path if pieces else path
            return
        packed = unpack("\n".join(body), list(self.tree)) if language in ("json", "") else None
        if packed is not None and packed.pieces:
            self.found.pieces += packed.pieces
            self.found.prose.append(packed.said)
            self.found.claims += packed.claims
            return
        margin = fence[1]
        if margin and all(line.startswith(margin) for line in body if line.strip()):
            body = [line[len(margin) :] for line in body]
        if body and (named := self._first_line_path(body[0])):
            path, body = named, body[1:]
        piece = Piece(path, _joined(body), closed=closed)
        if language in _SHELL and not path.endswith((".sh", ".bash")):
            return
        (self.found.pieces if path else self.found.snippets).append(piece)
        self.path = ""

    def _first_line_path(self, line: str) -> str:
        """Return the path that a block's first line names if the file's own first does not."""
        named = path_in(line, self.tree)
        own = self.tree.get(named, b"").decode(errors="replace").splitlines()[:1]
        return "" if line in own else (named if named in self.tree else "")

    def _info_path(self, info: str) -> str:
        words = info.strip()
        if named := _NAMED.search(words):
            return named[1]
        parts = [part for word in words.split() for part in (*word.split(":", 1)[1:], word)]
        return next((p for p in map(bare, parts) if path_in(p, self.tree) and "." in p), "")

    def _ends(self, fence: re.Match[str]) -> list[int]:
        """Return the lines that can close ``fence``, up to the next file."""
        ends: list[int] = []
        for n in range(self.at + 1, len(self.lines)):
            if _closes(self.lines[n], fence):
                ends.append(n)
            elif ends and (opened := _FENCE.match(self.lines[n])) and opened[3]:
                continue
        return ends

    def _best_end(self, path: str, first: int, ends: list[int]) -> int:
        """Return the end that makes a whole file: a text in the file may hold fences itself."""
        if not (path or "x.py").endswith(".py"):
            own = self.tree.get(path, b"")
            if b"\n```" in own or b"\n~~~" in own:
                raise Unreadable(
                    f"{path} has fences of its own, so that its end cannot be told. Use a longer "
                    "fence around it, or search/replace blocks."
                )
            return ends[0]
        for end in ends[:20]:
            text = "\n".join(self.lines[first:end]) + "\n"
            if not syntax_fault("x.py", text.encode(errors="replace")):
                return end
        return ends[0]

    def _tagged(self, begun: re.Match[str]) -> None:
        """Read ``<file path="…">``: a whole file, or search and replace in tags of their own."""
        ending = f"</{begun[1]}>"
        rest = "\n".join([self.lines[self.at][begun.end() :], *self.lines[self.at + 1 :]])
        inner, closing, after = rest.partition(ending)
        self.at = len(self.lines) - after.count("\n") if closing else len(self.lines)
        self.path = ""
        pairs = re.findall(
            r"<(?:search|old)>\n?(.*?)</(?:search|old)>\s*<(?:replace|new)>\n?(.*?)</(?:replace|new)>",
            inner,
            re.DOTALL,
        )
        if pairs:
            self.found.pieces += [Piece(begun[2], new, old, inside=True) for old, new in pairs]
            return
        inner = inner.strip().removeprefix("<![CDATA[").removesuffix("]]>")
        body = _unfenced(inner.strip("\n").split("\n"))
        self.found.pieces.append(Piece(begun[2], _joined(body), closed=bool(closing)))

    def _raw_diff(self) -> None:
        first = self.at
        while self.at < len(self.lines) and not _FENCE.match(self.lines[self.at]):
            self.at += 1
        self.found.pieces += diff_pieces(_trimmed_diff(self.lines[first : self.at]), self.path)


def _trimmed_diff(lines: list[str]) -> list[str]:
    """Return a diff without the prose after it: a blank line, then text that is no diff's."""
    for n, line in enumerate(lines):
        rest = [ln for ln in lines[n + 1 :] if ln.strip()]
        if not line.strip() and rest and not any(ln.startswith(_DIFF_STARTS) for ln in rest):
            return lines[:n]
    return lines


_DIFF_STARTS = ("+", "-", " ", "@@", "diff ", "index ", "***", "\\")


def _changes(line: str) -> bool:
    return line[:1] in ("+", "-")


def _closes(line: str, fence: re.Match[str]) -> bool:
    text = line.strip()
    return bool(text) and set(text) == {fence[2][0]} and len(text) >= len(fence[2])


def _unfenced(lines: list[str]) -> list[str]:
    if len(lines) > 1 and (opened := _FENCE.match(lines[0])) and _closes(lines[-1], opened):
        return lines[1:-1]
    return lines


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
