"""Claims in the grammar that the built-in agent writes, checked exactly.

changes [only] NAME in PATH from OLD to NEW
changes [only] line N in PATH from `TEXT` to `TEXT`
deletes|repeats|swaps [only] line N in PATH [with what follows it]: `TEXT`
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from regency.oversee.outline import outline
from regency.records import ClaimCheck
from regency.repo import diff

_LONGEST = 300
_NEAR = 60  # lines that one statement, swapped with another, may span
_LINES = re.compile(
    r"changes (?P<only>only )?lines? (?P<first>\d+)(?:-(?P<last>\d+))? in (?P<path>.+?) "
    r"from `(?P<old>.*)` to `(?P<new>.*)`"
)
_STATEMENT = re.compile(
    r"(?P<verb>deletes|repeats|swaps) (?P<only>only )?lines? (?P<first>\d+)(?:-(?P<last>\d+))? in "
    r"(?P<path>.+?)(?: with what follows it)?: `(?P<old>.*)`"
)
_NAME = re.compile(
    r"changes (?P<only>only )?(?P<name>\S+) in (?P<path>.+?) from (?P<old>.+) to (?P<new>.+)"
)
Pair = tuple[Mapping[str, bytes], Mapping[str, bytes]]


def judged(claim: str, pair: Pair) -> ClaimCheck | None:
    """Return the verdict on a claim, None if it is not in this grammar.

    Args:
        claim: One sentence on one line.
        pair: The files before and after.
    """
    for form, judge in ((_LINES, _lines), (_STATEMENT, _statement), (_NAME, _name)):
        found = form.fullmatch(claim)
        if found is not None and _is_path(found["path"], pair):
            return judge(claim, found, pair)
    return None


def _is_path(text: str, pair: Pair) -> bool:
    """Return whether ``text`` names a file, and is not a word of prose."""
    known = text in pair[0] or text in pair[1]
    return known or re.fullmatch(r"\S*\w\.\w+|\S+/\S+", text) is not None


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that changed: the first and last line before, and the lines themselves."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def _blocks(path: str, pair: Pair) -> list[_Block]:
    old, new = (diff.split_lines(files.get(path)) for files in pair)
    return [
        _Block(a + 1, _texts(old[a:b]), _texts(new[c:d]))
        for tag, a, b, c, d in diff.opcodes(old, new)
        if tag != "equal"
    ]


def _texts(lines: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(line.decode("utf-8", "replace").strip() for line in lines)


def _result(claim: str, problem: str, holds: str) -> ClaimCheck:
    return ClaimCheck(claim[:_LONGEST], "fails" if problem else "holds", problem or holds)


def _other_files(path: str, pair: Pair) -> str:
    before, after = pair
    others = [p for p in {*before, *after} if before.get(p) != after.get(p) and p != path]
    return f"it also changes {', '.join(sorted(others)[:5])}" if others else ""


def _name(claim: str, found: re.Match[str], pair: Pair) -> ClaimCheck:
    path, name, old, new = found["path"], found["name"], found["old"], found["new"]
    then, now = (outline(files.get(path, b"")) for files in pair)
    if then is None or now is None:
        return ClaimCheck(claim[:_LONGEST], "unknown", f"{path} cannot be read as Python")
    moves = []
    for key, values in then.values.items():
        others = now.values.get(key, [])
        if _is_named(key, name) and len(values) == len(others):
            pairs = zip(values, others, strict=True)
            moves += [(a.text, b.text) for a, b in pairs if a.text != b.text]
    fitting = next(((a, b) for a, b in moves if _same(a, old) and _same(b, new)), None)
    if fitting is None:
        return _unless_part(claim, found, pair, moves)
    problem = _other_files(path, pair) or _more_than(path, pair, *fitting)
    return _result(claim, problem if found["only"] else "", "the change is exactly that")


def _unless_part(
    claim: str, found: re.Match[str], pair: Pair, moves: list[tuple[str, str]]
) -> ClaimCheck:
    """Judge a claim on a name whose literal is no plain assignment, by the changed lines."""
    path, old, new = found["path"], found["old"], found["new"]
    name = re.split(r"[.(]", found["name"].rstrip(")"))[-1]
    for block in _blocks(path, pair):
        was, now = " ".join(block.old), " ".join(block.new)
        if name in was and old in was and was.replace(old, new, 1) == now:
            problem = _other_files(path, pair) or _more_than(path, pair, old, new)
            return _result(claim, problem if found["only"] else "", "the changed line says so")
    if moves:
        return _result(claim, f"it changes from {moves[0][0]} to {moves[0][1]}", "")
    return _result(claim, f"{found['name']} in {path} does not change like that", "")


def _is_named(key: str, name: str) -> bool:
    return key == name or (re.split(r"[.(]", key.rstrip(")"))[-1] == name and "(" not in name)


def _same(text: str, other: str) -> bool:
    if text == other:
        return True
    try:
        value, another = ast.literal_eval(text), ast.literal_eval(other)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return type(value) is type(another) and bool(value == another)


def _more_than(path: str, pair: Pair, old: str, new: str) -> str:
    """Return what else differs once one ``old`` is replaced by ``new``, empty if nothing."""
    blocks = _blocks(path, pair)
    if len(blocks) != 1:
        return f"{len(blocks)} places in {path} change"
    was, now = ("\n".join(lines) for lines in (blocks[0].old, blocks[0].new))
    starts = [m.start() for m in re.finditer(re.escape(old), was)]
    if any(was[:s] + new + was[s + len(old) :] == now for s in starts):
        return ""
    return f"the changed lines differ in more than {old} and {new}"


def _lines(claim: str, found: re.Match[str], pair: Pair) -> ClaimCheck:
    path, old, new = found["path"], found["old"], found["new"]
    if old.endswith("…") or new.endswith("…"):
        return ClaimCheck(claim[:_LONGEST], "unknown", "the claim's text is cut short")
    block = _at(path, pair, found)
    if block is None:
        return _result(claim, f"no such line of {path} changes", "")
    was, now = _flat(" ".join(block.old)), _flat(" ".join(block.new))
    if old not in was or new not in now:
        return _result(claim, f"those lines change otherwise: `{was[:60]}` to `{now[:60]}`", "")
    if not found["only"]:
        return _result(claim, "", "the changed lines say so")
    starts = [m.start() for m in re.finditer(re.escape(old), was)]
    exact = any(was[:s] + new + was[s + len(old) :] == now for s in starts)
    more = "" if exact else "the changed lines differ in more than that"
    blocks = len(_blocks(path, pair))
    many = f"{blocks} places in {path} change" if blocks > 1 else ""
    return _result(claim, _other_files(path, pair) or many or more, "the change is exactly that")


def _statement(claim: str, found: re.Match[str], pair: Pair) -> ClaimCheck:
    path, said, verb = found["path"], found["old"], found["verb"]
    blocks = _blocks(path, pair)
    was = _flat(" ".join(t for b in blocks for t in b.old))
    now = _flat(" ".join(t for b in blocks for t in b.new))
    start = said.removesuffix("…")
    fits = {
        "deletes": start in was and not (start in now and was.count(start) <= now.count(start)),
        "repeats": start in now and now.count(start) > was.count(start),
        "swaps": _swapped(start, found, pair, blocks),
    }[verb]
    if not fits:
        return _result(claim, f"the changed lines of {path} do not show that", "")
    if not found["only"]:
        return _result(claim, "", "the changed lines say so")
    more = _beyond(verb, found, blocks, said)
    return _result(claim, _other_files(path, pair) or more, "the change is exactly that")


def _swapped(said: str, found: re.Match[str], pair: Pair, blocks: Sequence[_Block]) -> bool:
    """Return whether the named lines say what is claimed and lines move there."""
    first, last = int(found["first"]), int(found["last"] or found["first"])
    there = _texts(diff.split_lines(pair[0].get(found["path"]))[first - 1 : last])
    near = any(first <= block.first <= last + _NEAR for block in blocks)
    return near and said in _flat(" ".join(there))


def _beyond(verb: str, found: re.Match[str], blocks: Sequence[_Block], said: str) -> str:
    """Return what changes beyond one statement deleted, repeated or swapped."""
    old = [text for block in blocks for text in block.old if text]
    new = [text for block in blocks for text in block.new if text]
    count = int(found["last"] or found["first"]) - int(found["first"]) + 1
    cut = said.endswith("…")
    exact = {
        "deletes": new in ([], ["pass"]) and len(old) <= count,
        "repeats": not old and len(new) <= count,
        "swaps": sorted(old) == sorted(new),
    }[verb]
    shown = _flat(" ".join(old if verb == "deletes" else new))
    whole = verb == "swaps" or shown == said or (cut and shown.startswith(said[:-1]))
    return "" if exact and whole else "more lines change than that"


def _at(path: str, pair: Pair, found: re.Match[str]) -> _Block | None:
    first, last = int(found["first"]), int(found["last"] or found["first"])
    for block in _blocks(path, pair):
        if block.first <= last and block.first + max(len(block.old), 1) > first:
            return block
    return None


def _flat(text: str) -> str:
    return " ".join(text.split())
