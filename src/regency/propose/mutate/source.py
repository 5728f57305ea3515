"""One Python file as bytes and syntax tree: exact offsets, and digests that ignore formatting.

It knows nothing of what is worth changing.
"""

import ast
import bisect
import hashlib
import io
import re
import tokenize
import warnings
from collections.abc import Sequence
from functools import lru_cache

_BREAK = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"

Edit = tuple[int, int, bytes]


class Source:
    """A Python file that parses.

    Offsets are in bytes of ``text``, which is the file without a byte order mark.

    Attributes:
        text: UTF-8 source.
        module: Its syntax tree.
    """

    def __init__(self, content: bytes) -> None:
        """Parse ``content``.

        Raises:
            SyntaxError: It is not Python in UTF-8 (null bytes and deep nesting included).
        """
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise SyntaxError("only UTF-8 source can be edited")
        self._bom = _BOM if content.startswith(_BOM) else b""
        self.text = content[len(self._bom) :]
        try:
            self.text.decode()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.module = ast.parse(self.text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error)) from error
        self._lines = [0, *(found.end() for found in _BREAK.finditer(self.text))]
        self._cuts = self._find_cuts()
        self._digests = [_digest(self._segment(i)) for i in range(len(self._cuts))]

    def _find_cuts(self) -> list[int]:
        starts = {0}
        for statement in self.module.body[1:]:
            first = min([statement.lineno, *(d.lineno for d in decorators(statement))])
            starts.add(self._lines[first - 1])
        for before, after in zip(self.module.body, self.module.body[1:], strict=False):
            if before.end_lineno == after.lineno:
                starts.discard(self._lines[after.lineno - 1])
        return sorted(starts | {0})

    def _segment(self, index: int) -> bytes:
        end = self._cuts[index + 1] if index + 1 < len(self._cuts) else len(self.text)
        return self.text[self._cuts[index] : end]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the first and one past the last offset of ``node``."""
        last = self._lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        return self._lines[node.lineno - 1] + node.col_offset, last

    def line_span(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets of lines ``first`` to ``last`` (from 1), line ends included."""
        end = self._lines[last] if last < len(self._lines) else len(self.text)
        return self._lines[first - 1], end

    def line_of(self, offset: int) -> int:
        """Return the line, from 1, that holds ``offset``."""
        return bisect.bisect_right(self._lines, offset)

    def edited(self, edits: Sequence[Edit]) -> bytes:
        """Return the file with ``edits`` (start, end, new) made, untouched everywhere else."""
        return self._bom + _apply(self.text, edits)

    def digest(self, edits: Sequence[Edit] = ()) -> str:
        """Return a digest of the edited file's syntax tree, blind to formatting and comments.

        Only the top-level statements that an edit touches are parsed and compiled again.

        Raises:
            SyntaxError: The edited file would not compile.
        """
        touched: dict[int, list[Edit]] = {}
        for start, end, new in edits:
            index = bisect.bisect_right(self._cuts, start) - 1
            if index + 1 < len(self._cuts) and end > self._cuts[index + 1]:
                return _joined([_digest(_apply(self.text, edits))])
            base = self._cuts[index]
            touched.setdefault(index, []).append((start - base, end - base, new))
        parts = list(self._digests)
        for index, local in touched.items():
            parts[index] = _digest(_apply(self._segment(index), local))
        return _joined(parts)


def _joined(parts: Sequence[str]) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def decorators(statement: ast.stmt) -> list[ast.expr]:
    """Return the decorators of ``statement``, none for most."""
    found = getattr(statement, "decorator_list", [])
    return list(found)


def _apply(text: bytes, edits: Sequence[Edit]) -> bytes:
    parts, at = [], 0
    for start, end, new in sorted(edits):
        if start < at:
            raise SyntaxError("edits overlap")
        parts += [text[at:start], new]
        at = end
    return b"".join([*parts, text[at:]])


@lru_cache(maxsize=4096)
def _digest(segment: bytes) -> str:
    """Return the digest of a run of top-level statements; raises SyntaxError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(segment)
            compile(tree, "<candidate>", "exec", dont_inherit=True)
        texts = [ast.dump(statement) for statement in tree.body]
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from error
    # One digest per statement, so that where a file is cut makes no difference.
    return "".join(hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts)
