"""Claims on how far a change reaches: only this, nothing else, not that."""

import re
from collections.abc import Iterable

from regency.oversee.claims.difference import (
    Difference,
    is_list_of_dependencies,
    is_prose,
    is_test,
    listed,
    named,
    path_of,
    subject,
    words,
)
from regency.records import Fact

_CHANGES = (
    r"(?:changes?|changed|changing|touch(?:es|ed|ing)?|modif(?:y|ies|ied|ying)|alter(?:s|ed|ing)?|"
    r"edit(?:s|ed|ing)?|tun(?:es?|ed|ing)|adjust(?:s|ed|ing)?|affect(?:s|ed|ing)?|"
    r"updat(?:es?|ed|ing)|differs?|moves?|moved|var(?:y|ies|ied))"
)
_ONLY = r"(?:only|just|solely|merely|nothing but|exclusively)"
_VERB = re.compile(rf"^(?:this |it |we )?{_CHANGES} ", re.IGNORECASE)


def _forms(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_LIMITS = _forms(
    rf"\b{_CHANGES} {_ONLY} (?P<what>[^;,]+)",
    rf"\b{_ONLY} {_CHANGES} (?P<what>[^;,]+)",
    rf"^{_ONLY} (?P<what>[^;,]+?) (?:(?:is|are|was|were|has been|have been) )?{_CHANGES}\b"
    r"(?: here| now)?[.;!]?$",
    rf"^{_ONLY} (?P<what>(?:the )?[\w./`_-]+(?: [\w./`_-]+){{0,2}})[.;!]?$",
    r"^(?P<what>[^;,]+?)(?:,|;| and| -)? (?:nothing else|no other \w+)"
    rf"(?: (?:is|was|has been|{_CHANGES}))*[.;!]?$",
)
_SAME = r"(?:as (?:it|they) (?:is|are|was|were)|unchanged|untouched"
_DENIALS = _forms(
    rf"\b(?:do(?:es)? not|doesn't|don't|never|without)(?: any)? {_CHANGES}(?: to| in| of)?"
    r"(?: any(?:thing in)?| the)* (?P<what>[^;,]+)",
    r"\bno changes? (?:to|in|of)(?: any| the)* (?P<what>[^;,]+)",
    rf"\bleav(?:es?|ing) (?:the )?(?P<what>[^;,]+?) {_SAME}|alone)",
    rf"^(?:the )?(?P<what>[\w `./_-]+?) (?:is|are|stays?|remains?)(?: left)? {_SAME}|the same)",
)
# What people call the parts of a project, and how its files and names are called.
_DATA = re.compile(r"(^|[/._ ])(data|dataset|datasets|corpus|dataloader)($|[/._ (])")
_AREA_WORDS = {
    "data": "data", "dataset": "data", "datasets": "data", "corpus": "data", "loader": "data",
    "loading": "data", "test": "tests", "tests": "tests", "testing": "tests", "doc": "docs",
    "docs": "docs", "documentation": "docs", "readme": "docs", "dependency": "dependencies",
    "dependencies": "dependencies", "requirements": "dependencies",
}  # fmt: skip
_VAGUE = frozenset(
    (
        "anything", "everything", "something", "it", "them", "behaviour", "behavior", "logic",
        "semantics", "functionality", "results", "result", "output", "api", "interface", "code",
        "rest", "others", "other", "way", "meaning",
    )
)  # fmt: skip
_AMOUNT = frozenset(("number", "size", "value", "default", "amount", "function", "class"))
Answer = tuple[str, str]


def judged(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on a sentence that limits or denies, None if it does neither."""
    for form in _DENIALS:
        if found := form.search(sentence):
            return _denied(found["what"], change)
    for form in _LIMITS:
        if found := form.search(sentence):
            return _limited(_VERB.sub("", found["what"]), change)
    return None


def _limited(what: str, change: Difference) -> Answer:
    paths = [p for p in change.paths if _names_file(what, p)]
    if paths:
        others = [p for p in change.paths if p not in paths]
        if others:
            return "fails", f"it also changes {listed(others)}"
        return "holds", f"no other file changes; looked at all {len(change.paths)}"
    subjects = change.subjects
    how = {name: named(what, name) for name in subjects}
    close = [name for name in subjects if how[name]]
    others = [name for name in subjects if not how[name] and not _part_of(name, close)]
    if close and others:
        return "fails", f"it also changes {listed(others)}"
    if close:
        sure = any(how[name] == "exactly" for name in close)
        return ("holds" if sure else "unknown"), f"all that changes is {listed(close)}"
    return _elsewhere(what, change)


def _elsewhere(what: str, change: Difference) -> Answer:
    """Judge a limit to something that is not among what changes."""
    changed = f"what changes is {listed(change.subjects) or 'no code'}"
    there = [name for name in change.known if named(what, name) == "exactly"]
    unchanged = [n for n in there if n not in change.subjects]
    plain = len(words(what)) <= 3
    if unchanged and plain and change.subjects:
        return "fails", f"{unchanged[0]} does not change; {changed}"
    return "unknown", changed


def _part_of(name: str, close: Iterable[str]) -> bool:
    return any(name.startswith((f"{c}.", f"{c}(")) or c.startswith((f"{name}.", f"{name}("))
               for c in close)  # fmt: skip


def _denied(what: str, change: Difference) -> Answer:
    what = re.split(r"\b(?:but|except|only|because|since|so|as|in order|which)\b", what)[0].strip()
    if "except" in what or not words(what):
        return "unknown", "no fact speaks for or against it"
    files = [p for p in change.paths if _names_file(what, p)]
    if files:
        return _if_told(files, change)
    if re.search(r"[\w-]+\.\w{1,4}\b|\w/\w", what) and len(what.split()) == 1:
        return "holds", f"no such file is among the {len(change.paths)} that change"
    area = next((_AREA_WORDS[w] for w in words(what) if w in _AREA_WORDS), "")
    if area and len(words(what)) <= 3:
        return _area(area, change)
    return _thing(what, change)


def _if_told(files: list[str], change: Difference) -> Answer:
    real = [path_of(f) for f in change.told if path_of(f) in files]
    if real:
        return "fails", f"it does change {listed(real)}"
    return "unknown", f"{listed(files)} changes in words or layout only"


def _area(area: str, change: Difference) -> Answer:
    facts = change.facts if area == "docs" else change.told
    hits = [subject(f) for f in facts if _in_area(area, f)]
    if hits:
        return "fails", f"it does change {listed(hits)}"
    return "holds", f"nothing called so is among what changes: {listed(change.paths)}"


def _in_area(area: str, fact: Fact) -> bool:
    path = path_of(fact)
    if area == "tests":
        return is_test(path)
    if area == "docs":
        return is_prose(path)
    if area == "dependencies":
        return fact.kind == "dependency" or (
            is_list_of_dependencies(path) and fact.kind == "text" and not path.endswith(".py")
        )
    spelled = " ".join(words(subject(fact)))
    hit = _DATA.search(spelled) or _DATA.search(path.lower())
    return hit is not None and fact.kind not in ("call", "import")


def _thing(what: str, change: Difference) -> Answer:
    if set(words(what)) <= _VAGUE:
        return "unknown", "whether that stays cannot be told from the text of a change"
    hits = [n for n in change.subjects if named(what, n) == "exactly" and "(" not in n[:1]]
    short = len(words(what)) <= 4
    if hits and short:
        return "fails", f"it does change {listed(hits)}"
    said = {*words(what)} - _AMOUNT
    there = [n for n in sorted(change.known) if named(what, n) == "exactly" and len(n) > 2
             and len(said) <= len(words(re.split(r"[.(]", n)[-1])) + 1]  # fmt: skip
    loose = [n for n in change.subjects if named(what, n)]
    if there and short and not hits and not loose:
        return "holds", f"{there[0]} is as it was"
    return "unknown", "no fact speaks for or against it"


def _names_file(what: str, path: str) -> bool:
    name = path.rpartition("/")[2]
    spots = (path, name)
    return any(re.search(rf"(?<![\w/.-]){re.escape(s)}(?![\w/-]|\.\w)", what) for s in spots)
