"""Claims on things by their name: adds this, removes that, renames one to another."""

import re

from regency.oversee.claims.difference import Difference, listed

Answer = tuple[str, str]
_QUOTED = r"`(?P<{0}>[^`\n]{{1,80}})`"
_START = r"^(?:this |it |also |and |we |now )*(?:change |commit |patch )?"
_ADDS = re.compile(
    rf"{_START}(?:add|adds|added|introduce|introduces|introduced|create|creates|created) "
    rf"(?:an? |the |new |\w+ ){{0,3}}{_QUOTED.format('name')}", re.IGNORECASE,
)  # fmt: skip
_REMOVES = re.compile(
    rf"{_START}(?:remove|removes|removed|delete|deletes|deleted|drop|drops|dropped) "
    rf"(?:the |unused |old |\w+ ){{0,3}}{_QUOTED.format('name')}(?P<rest>.*)", re.IGNORECASE,
)  # fmt: skip
_RENAMES = re.compile(
    rf"{_START}(?:rename|renames|renamed) (?:the |\w+ ){{0,2}}{_QUOTED.format('old')} "
    rf"(?:to|into|as|→|->) {_QUOTED.format('new')}", re.IGNORECASE,
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?")
_WITHIN = re.compile(r"\b(?:from|in|of|for|call|calls|use|uses|argument|check)\b", re.IGNORECASE)


def judged(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on what, named in backquotes, came, went or was renamed."""
    if found := _RENAMES.search(sentence):
        return _renamed(found["old"], found["new"], change)
    if found := _ADDS.search(sentence):
        return _added(found["name"], change)
    if found := _REMOVES.search(sentence):
        return _removed(found["name"], change, part=bool(_WITHIN.search(sentence)))
    return None


def _renamed(old: str, new: str, change: Difference) -> Answer:
    one, other = _last(old), _last(new)
    if not one or not other:
        return _paths(old, new, change)
    was, now = change.words_before, change.words_after
    if was[one] and not now[one] and now[other]:
        return "holds", f"{one} is gone from the files that change, and {other} is there"
    if was[one] and now[one] >= was[one]:
        return "fails", f"{one} is still there {now[one]} times, {was[one]} before"
    return "unknown", f"{one} is there {was[one]} times before and {now[one]} times after"


def _paths(old: str, new: str, change: Difference) -> Answer:
    if new in change.after and new not in change.before and old not in change.after:
        return "holds", f"{new} is new, and {old} is not there"
    return "unknown", "these are no names that could be looked for"


def _added(name: str, change: Difference) -> Answer:
    if name in change.paths:
        there = name in change.before
        return ("fails", f"{name} was there before") if there else ("holds", "the file is new")
    last = _last(name)
    if not last:
        return _text(name, change)
    was, now = change.words_before[last], change.words_after[last]
    if now > was:
        return "holds", f"{last} is there {now} times, {was} before"
    if not now:
        return "fails", f"{last} is nowhere in the files that change: {listed(change.paths)}"
    return "unknown", f"{last} is there {now} times, as before"


def _text(text: str, change: Difference) -> Answer:
    """Judge what is no name, such as an option, by whether it is in the files at all."""
    raw = text.encode()
    was, now = (sum(c.count(raw) for p in change.paths if (c := files.get(p)) is not None)
                for files in (change.before, change.after))  # fmt: skip
    if now > was:
        return "holds", f"{text} is there {now} times, {was} before"
    return "unknown", f"{text} is there {now} times, {was} before"


def _removed(name: str, change: Difference, *, part: bool) -> Answer:
    if name in change.before or name in change.after:
        gone = name not in change.after
        return ("holds", "the file is gone") if gone else ("unknown", f"{name} is still there")
    last = _last(name)
    was, now = change.words_before[last], change.words_after[last]
    if last and was and not now:
        return "holds", f"{last} is gone from the files that change"
    defined = any(re.split(r"[.(]", n.rstrip(")"))[-1] == last for n in change.known)
    if last and was and now >= was and defined and not part:
        return "fails", f"{last} is still there {now} times, {was} before"
    return "unknown", f"{name} is there {was} times before and {now} times after"


def _last(name: str) -> str:
    return name.removesuffix("()").rpartition(".")[2] if _NAME.fullmatch(name) else ""
