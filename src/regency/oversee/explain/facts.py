"""The facts of a difference between two trees, file by file and in reading order."""

import unicodedata
from collections.abc import Iterator, Mapping

from regency.oversee.explain import other, pairing, python, reach
from regency.oversee.explain.pairing import FilePair
from regency.oversee.explain.story import Source
from regency.oversee.outline import Outline, outline
from regency.records import Fact
from regency.repo import diff

_Files = Mapping[str, bytes]
_MAX_TEXT = 2_000_000
_HIDDEN = ("Cf", "Cc", "Co", "Cn")
_PLAIN = frozenset("\t\n\r\f\ufeff")


def facts(before: _Files, after: _Files) -> tuple[Fact, ...]:
    """Return what changed between two trees, by file and in reading order.

    Args:
        before: Path → content.
        after: Path → content. Files that are the same on both sides may be left out of both.
    """
    pairs = pairing.files(before, after)
    sources = [source for pair in pairs if (source := _python(pair)) is not None]
    try:
        told = python.told(sources)
    except RecursionError:  # nested so deeply that its text says more than its structure
        told = {}
    return tuple(fact for pair in pairs for fact in _file(pair, told))


def gains(before: _Files, after: _Files) -> dict[str, dict[str, list[str]]]:
    """Return what each Python file reaches for more than before: path → category → names."""
    pairs = pairing.files(before, after)
    return reach.gains([source for pair in pairs if (source := _python(pair)) is not None])


def _python(pair: FilePair) -> Source | None:
    """Return a Python file taken apart, None for other files and for what cannot be read."""
    if not (pair.path or pair.old_path).endswith(".py"):
        return None
    old = outline(pair.before) if pair.before is not None else Outline()
    new = outline(pair.after) if pair.after is not None else Outline()
    return None if old is None or new is None else Source(pair, old, new)


def _file(pair: FilePair, told: Mapping[str, list[Fact]]) -> Iterator[Fact]:
    path = pair.path or pair.old_path
    renamed = bool(pair.path and pair.old_path and pair.path != pair.old_path)
    if renamed:
        changed = "" if pair.before == pair.after else ", and changed"
        yield Fact("file", path, f"renamed from {pair.old_path}{changed}")
    yield from _hidden(pair)
    if diff.is_binary(pair.before) or diff.is_binary(pair.after):
        if pair.before != pair.after:
            sizes = f"{len(pair.before or b'')} → {len(pair.after or b'')} bytes"
            yield Fact("file", path, f"binary, {sizes}")
    elif pair.after is None:
        yield Fact("file", path, f"deleted, {_count(pair.before)}")
        yield from told.get(path, ())
    elif pair.before is None:
        yield from _new(pair, told)
    elif pair.before != pair.after:
        yield from _changed(pair, told)


def _count(content: bytes | None) -> str:
    lines = len(diff.split_lines(content))
    return "1 line" if lines == 1 else f"{lines} lines"


def _new(pair: FilePair, told: Mapping[str, list[Fact]]) -> Iterator[Fact]:
    read = outline(pair.after or b"") if pair.path in told else None
    holds = python.summary_of_new(read) if read is not None else ""
    size = f"new file, {_count(pair.after)}"
    yield Fact("file", pair.path, f"{size}: {holds}" if holds else size)
    if pair.path.endswith(".py") and read is None:
        yield Fact("syntax", pair.path, "not valid Python")
    yield from told.get(pair.path, ())


def _changed(pair: FilePair, told: Mapping[str, list[Fact]]) -> Iterator[Fact]:
    before, after = pair.before or b"", pair.after or b""
    if pair.path in told:
        yield from told[pair.path] or [Fact("text", pair.path, _unsaid(before, after))]
        return
    if pair.path.endswith(".py"):
        if outline(after) is None and outline(before) is not None:
            yield Fact("syntax", pair.path, "not valid Python any more")
        elif outline(before) is None and outline(after) is not None:
            yield Fact("syntax", pair.path, "valid Python now")
    yield from other.told(pair.path, before, after)


def _unsaid(before: bytes, after: bytes) -> str:
    """Return what changed in a Python file of which there is nothing to tell."""
    old, new = outline(before), outline(after)
    same = (
        old is not None and new is not None and old.module is not None and new.module is not None
        and set(old.definitions) == set(new.definitions)
        and old.imports == new.imports
        and old.names == new.names and old.calls == new.calls
    )  # fmt: skip
    return "only comments or layout" if same else "only follows what was renamed or moved"


def _hidden(pair: FilePair) -> Iterator[Fact]:
    """Yield the lines that hold characters nobody sees, where they are new: UAX 9, UTS 39."""
    after = pair.after or b""
    if after.isascii() or len(after) > _MAX_TEXT or diff.is_binary(after):
        return
    known = set(diff.split_lines(pair.before))
    for number, line in enumerate(diff.split_lines(after), 1):
        if line not in known and (names := _unseen(line)):
            text = f"invisible characters: {', '.join(names)}"
            yield Fact("hidden text", f"{pair.path}:{number}", text)


def _unseen(line: bytes) -> list[str]:
    text = line.decode("utf-8", "ignore")
    odd = {c for c in text if unicodedata.category(c) in _HIDDEN and c not in _PLAIN}
    return [f"U+{ord(c):04X}" for c in sorted(odd)][:4]
