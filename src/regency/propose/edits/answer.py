"""A model's whole answer, from text to edits; refused with words for a second try where unsure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regency.errors import Unreadable
from regency.propose.edits.blocks import Blocks, find_blocks
from regency.propose.edits.match import replaced
from regency.propose.edits.packed import unpack
from regency.propose.edits.paths import resolve
from regency.propose.edits.piece import Piece
from regency.propose.edits.syntax import syntax_fault
from regency.propose.edits.whole import check_complete, check_whole
from regency.records import FileEdit

MAX_CHARACTERS = 2_000_000
_MOST_SAID = 4000
_THOUGHT = re.compile(
    r"^\s*<(think|thinking|thought|reasoning|reflection|analysis)>", re.IGNORECASE
)
_THOUGHT_END = re.compile(
    r"^\s*</(?:think|thinking|thought|reasoning|reflection|analysis)>\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_STOPS = re.compile(
    r"(?:\s*(?:<\|(?:im_end|eot_id|end|endoftext|end_of_text|eom_id|return)\|>|</s>|<end_of_turn>|"
    r"<｜end▁of▁sentence｜>))+\s*$"
)
_CLAIM = re.compile(r"^\s*(?:[-*]\s*)?\**claims?\**\s*[:=]\**\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer asks for.

    Attributes:
        edits: Whole files, paths among those that may change.
        rationale: What the answer says besides (untrusted text).
        claims: The sentences it marks as claims.
    """

    edits: tuple[FileEdit, ...]
    rationale: str = ""
    claims: tuple[str, ...] = ()


def read_answer(
    text: str, tree: Mapping[str, bytes], editable: Sequence[str], *, complete: bool = True
) -> Answer:
    """Return the edits that ``text`` asks for.

    Whole files, search/replace blocks, unified diffs, patches, JSON and tool calls are read, in
    the forms that models write them. Nothing is guessed: a text that could mean two things, that
    leaves lines out, or that names a file which may not change is refused.

    Args:
        text: The model's answer.
        tree: The parent's files, path → content.
        editable: Paths that may change.
        complete: Whether the model ended by itself; false if it ran out of tokens.

    Raises:
        Unreadable: No edit can be read from it, and what the model should do about it.
    """
    if len(text) > MAX_CHARACTERS:
        raise Unreadable("the answer is too long. Change less, by search/replace blocks.")
    try:
        return _read(_plain(text), tree, list(editable), complete)
    except RecursionError as error:
        raise Unreadable("the answer is nested too deeply. Use search/replace blocks.") from error


def _read(text: str, tree: Mapping[str, bytes], editable: list[str], complete: bool) -> Answer:
    packed = unpack(text, list(tree))
    if packed is not None and not packed.pieces:  # a plain answer, wrapped
        inner = max(packed.texts, key=len)
        if inner.strip() and inner != text:
            found = _read(_plain(inner), tree, editable, complete)
            return Answer(
                found.edits, packed.said or found.rationale, packed.claims or found.claims
            )
    if packed is not None and packed.pieces:
        blocks = Blocks(packed.pieces, [packed.said], claims=packed.claims)
    else:
        blocks = find_blocks(text, tree)
    edits = _Files(tree, editable, complete).edits(blocks, text)
    said, claims = _spoken(blocks.prose)
    return Answer(edits, said, (*blocks.claims, *claims))


def _plain(text: str) -> str:
    """Return ``text`` with newlines only at line ends, without thoughts and stop marks."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if begun := _THOUGHT.match(text):
        ending = re.search(rf"</{begun[1]}>", text, re.IGNORECASE)
        if ending is None:
            raise Unreadable("the answer ends while it is still thinking. Think less, then answer.")
        text = text[ending.end() :]
    elif (ended := _THOUGHT_END.search(text)) and "```" not in text[: ended.start()]:
        text = text[ended.end() :]
    return _STOPS.sub("\n", text)


def _spoken(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    claims = tuple(found[1].strip() for line in lines if (found := _CLAIM.match(line)))
    prose = "\n".join(line for line in lines if not _CLAIM.match(line))
    return re.sub(r"\n{3,}", "\n\n", prose).strip()[:_MOST_SAID], claims


class _Files:
    """The files of one answer, as its pieces change them."""

    def __init__(self, tree: Mapping[str, bytes], editable: list[str], complete: bool) -> None:
        self.tree, self.editable, self.complete = tree, editable, complete
        self.texts: dict[str, str | None] = {}
        self.whole: dict[str, str] = {}

    def edits(self, blocks: Blocks, text: str) -> tuple[FileEdit, ...]:
        """Return the edits of ``blocks``; ``text`` is the answer, for models that give no block."""
        for piece in blocks.pieces:
            self._apply(piece)
        if not blocks.pieces:
            self._unnamed(blocks.snippets, text)
        made = [self._edit(path, after) for path, after in self.texts.items()]
        edits = tuple(edit for edit in made if edit.content != self.tree.get(edit.path))
        if not edits:
            raise Unreadable("the answer changes nothing. Change a file.")
        return edits

    def _apply(self, piece: Piece) -> None:
        path = self._path(piece)
        if not piece.closed and not self._surely_all(path, piece):
            raise Unreadable(f"the answer was cut off within {path}. Answer with less text.")
        if piece.new is None:
            self.texts[path] = None
        elif piece.old is None:
            self._set(path, piece.new)
        else:
            self._replace(path, piece.old, piece)

    def _surely_all(self, path: str, piece: Piece) -> bool:
        """Whether a block without an end is whole all the same: the model was done."""
        if not self.complete or piece.old is not None or not path.endswith(".py"):
            return self.complete and piece.old is not None and bool(piece.new)
        return not syntax_fault(path, (piece.new or "").encode(errors="replace"))

    def _set(self, path: str, text: str) -> None:
        before = self._before(path)
        if self._finished(path, text) == before:
            return  # shown as it was, for comparison
        check_whole(path, before, text)
        known = self.texts.get(path)
        if known is not None and self._finished(path, known) != self._finished(path, text):
            raise Unreadable(f"the answer gives {path} twice, differently. Give it once.")
        self.texts[path] = self.whole[path] = text

    def _replace(self, path: str, old: str, piece: Piece) -> None:
        if path in self.whole:
            raise Unreadable(
                f"the answer gives {path} whole and also changes it. Do one of the two."
            )
        new = piece.new or ""
        before = self._before(path)
        check_complete(path, {ln.strip() for ln in (before + old).splitlines()}, new)
        now = self.texts.get(path, before)
        if now is None:
            raise Unreadable(f"the answer deletes {path} and also changes it. Do one of the two.")
        if old == new:
            return
        if now != before:  # a block may not fit what another one wrote
            self._once(path, before, old, piece)
        self.texts[path] = replaced(now, old, new, inside=piece.inside)

    def _once(self, path: str, before: str, old: str, piece: Piece) -> None:
        try:
            replaced(before, old, piece.new or "", inside=piece.inside)
        except Unreadable as error:
            if "places in the file" in str(error):
                raise
            raise Unreadable(
                f"a block for {path} changes what an earlier block wrote, or is not in the file. "
                "Search only for lines of the file as it was given."
            ) from error

    def _path(self, piece: Piece) -> str:
        others = [path for path in self.tree if path not in self.editable]
        if piece.path:
            path = resolve(piece.path, self.editable, others)
            if path is None:
                allowed = ", ".join(self.editable[:20])
                raise Unreadable(f"{piece.path!r:.200} may not be changed, only {allowed}.")
            return path
        if len(self.editable) == 1:
            return self.editable[0]
        fits = [path for path in self.editable if piece.old and self._fits(path, piece)]
        if len(fits) != 1:
            raise Unreadable("a block does not say which file it is for. Put its path before it.")
        return fits[0]

    def _fits(self, path: str, piece: Piece) -> bool:
        old = (piece.old or "").rstrip("\n")
        return bool(old.strip()) and old in self._before(path)

    def _unnamed(self, snippets: Sequence[Piece], text: str) -> None:
        """Take the one text without a path that is a whole new file; it may be all the answer."""
        nothing = Unreadable(
            "no edit was found. Answer with search/replace blocks, each after its file's path."
        )
        if len(self.editable) != 1:
            raise nothing
        pieces = snippets or [Piece("", text.strip("\n") + "\n")]
        path, good, said = self.editable[0], {}, None
        for piece in pieces:
            try:
                if not piece.closed and not self._surely_all(path, piece):
                    raise Unreadable(f"the answer was cut off within {path}. Answer with less.")  # noqa: TRY301
                check_whole(path, self._before(path), piece.new or "")
                good[self._finished(path, piece.new or "")] = piece
            except Unreadable as error:
                said = said or error
        good.pop(self._before(path), None)
        if len(good) > 1:
            raise Unreadable(f"the answer has several texts for {path}. Give it once.")
        if not good and not snippets:
            raise nothing
        if not good:
            raise said or Unreadable("the answer changes nothing. Change a file.")
        self._set(path, next(iter(good.values())).new or "")

    def _before(self, path: str) -> str:
        raw = self.tree.get(path, b"").decode(errors="surrogateescape")
        return raw.replace("\r\n", "\n")

    def _finished(self, path: str, text: str) -> str:
        """Return ``text`` with the file's own way of ending."""
        before = self._before(path)
        body = text.rstrip("\n") if not before.endswith("\n\n") else text.rstrip("\n") + "\n"
        return body + "\n" if before.endswith("\n") or not before else body

    def _edit(self, path: str, after: str | None) -> FileEdit:
        if after is None:
            return FileEdit(path, None)
        text = self._finished(path, after) if path in self.whole else after
        raw = self.tree.get(path, b"")
        if raw.count(b"\r\n") * 2 > raw.count(b"\n"):
            text = text.replace("\n", "\r\n")
        try:
            content = text.encode(errors="surrogateescape")
        except UnicodeEncodeError as error:
            raise Unreadable(f"{path} has characters that no file can hold. Drop them.") from error
        if b"\0" in content:
            raise Unreadable(f"{path} has a NUL character. Write text.")
        return FileEdit(path, content)
