"""Claims on what sort of change it is: no behaviour change, only docs, with tests."""

import re
import sys
from collections.abc import Callable

from regency.oversee.claims.difference import (
    Difference,
    is_inert,
    is_list_of_dependencies,
    is_prose,
    is_test,
    listed,
    path_of,
    subject,
    value_of,
)
from regency.records import Fact

Answer = tuple[str, str]
_SAME = re.compile(
    r"\b(?:no|without(?: any| a)?|not an?y?|zero|"
    r"does(?: not|n't) (?:change|alter|affect)(?: any| the)?)"
    r" (?:functional|behaviou?ral|behaviou?r|semantic|user[- ]visible|logic|functionality)"
    r"(?:[ -](?:changes?|differences?|impact))?\b"
    r"|\b(?:pure|purely|only|just|mere)(?: an?)? (?:refactor(?:ing)?|rename|renaming|mechanical|"
    r"cosmetic|cosmetics)\b|\bbehaviou?r[- ]preserving\b|\bbehaviou?r (?:is|stays|remains) "
    r"(?:unchanged|the same|as it was)\b|\bno-?op refactor",
    re.IGNORECASE,
)
_ONLY_SORT = re.compile(
    r"\b(?:only|just|purely|solely|merely)(?: changes| touches| updates| edits| fixes)?(?: to)?"
    r"(?: the| some)? (?P<sort>docs?|documentation|comments?|docstrings?|formatting|whitespace|"
    r"layout|tests?|typos? in (?:comments?|docs?)|type hints?|types|imports?)\b(?! \w+ed\b)"
    r"|^(?P<lone>docs?|documentation|comments?|formatting|whitespace|tests?)[ -]only\b"
    r"|\b(?P<tail>docs?|documentation|comments?|formatting|whitespace|tests?)[ -]only change",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"^(?:also )?(?:add(?:s|ed)?|with|include[sd]?|including|new) (?:new |more |unit |regression |"
    r"some |a |the |an? \w+ |\w+ )?tests?\b|\btests? (?:are|were|is|was) added\b|"
    r"\b(?:and|also) adds? (?:\w+ )?tests?\b",
    re.IGNORECASE,
)
_NO_DEPENDENCY = re.compile(
    r"\b(?:no|without(?: any)?|not any) (?:new |additional |extra |further )"
    r"(?:third[- ]party )?(?:dependenc(?:y|ies)|packages?|librar(?:y|ies)|requirements?)\b",
    re.IGNORECASE,
)
_NO_FILES = re.compile(r"\b(?:no|without(?: any)?) new files?\b", re.IGNORECASE)
_NO_API = re.compile(
    r"\b(?:no|without(?: any)?|does(?: not|n't) (?:change|break|alter|touch)(?: any| the)?) "
    r"(?:public )?(?:api|interface|signatures?)(?: changes?| breaks?)?\b|"
    r"\b(?:public )?(?:api|interface|signatures?) (?:is|are|stays?|remains?) "
    r"(?:unchanged|the same)\b",
    re.IGNORECASE,
)
_VALUES = {"constant", "argument", "value", "literal"}
_NEW_TEST = re.compile(r"(added|new file|\btests?\b)", re.IGNORECASE)


def judged(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on a sentence of one of these sorts, None if it is of none."""
    forms: tuple[tuple[re.Pattern[str], Callable[[Difference], Answer]], ...] = (
        (_NO_DEPENDENCY, _no_dependency), (_NO_FILES, _no_files), (_NO_API, _no_api),
        (_SAME, _same_behaviour),
    )  # fmt: skip
    for form, judge in forms:
        if form.search(sentence):
            return judge(change)
    if found := _ONLY_SORT.search(sentence):
        return _only(found["sort"] or found["lone"] or found["tail"], change)
    return _tests(change) if _TESTS.search(sentence) else None


def _same_behaviour(change: Difference) -> Answer:
    told = [f for f in change.told if not is_test(path_of(f)) and not is_prose(path_of(f))]
    if not told:
        return "holds", "only names, places, types, words or layout change"
    other = [f for f in told if f.kind in _VALUES and _another_number(f)]
    if other and not any(f.kind in ("function", "statement") for f in told):
        shown = (f"{subject(f)} {f.text}" for f in other)
        return "fails", f"it changes {listed(shown, 3)}"
    return "unknown", f"that cannot be told from the text; it changes {listed(map(subject, told))}"


def _another_number(fact: Fact) -> bool:
    old, arrow, new = fact.text.partition(" → ")
    values = value_of(old), value_of(new)
    numbers = all(isinstance(v, int | float) for v in values)
    return bool(arrow) and numbers and values[0] != values[1]


def _only(sort: str, change: Difference) -> Answer:
    sort = sort.lower()
    if sort.startswith("test"):
        others = [p for p in change.paths if not is_test(p) and not _only_words(p, change)]
        return _but_for(others, "every file that changes is a test")
    if sort.startswith(("doc", "comment", "typo")):
        facts = [f for f in change.facts if f.kind != "docs" and "only comments" not in f.text]
        others = [subject(f) for f in facts if not is_prose(path_of(f))]
        return _but_for(others, "only words for people change")
    if sort.startswith(("format", "white", "layout")):
        others = [subject(f) for f in change.facts if "only comments or layout" not in f.text
                  and not is_prose(path_of(f))]  # fmt: skip
        return _but_for(others, "only comments or layout change")
    kind = "import" if sort.startswith("import") else "type"
    others = [subject(f) for f in change.told if f.kind not in (kind, "access")]
    return _but_for(others, f"only {kind}s change")


def _only_words(path: str, change: Difference) -> bool:
    return all(is_inert(f) for f in change.facts if path_of(f) == path)


def _but_for(others: list[str], good: str) -> Answer:
    return ("fails", f"it also changes {listed(others)}") if others else ("holds", good)


def _tests(change: Difference) -> Answer:
    files = [p for p in change.paths if is_test(p) and p in change.after]
    if not files:
        inline = [
            p for p in change.paths if p in change.after and b"test" in change.after[p].lower()
        ]
        if inline:
            return "unknown", f"no file of tests changes, but {listed(inline)} speaks of tests"
        return "fails", f"no test is among the files that change: {listed(change.paths)}"
    fresh = [f for f in change.facts if path_of(f) in files and _NEW_TEST.search(f.text)]
    if fresh:
        return "holds", f"tests are new in {listed(path_of(f) for f in fresh)}"
    return "unknown", f"{listed(files)} changes, but no test in it is seen to be new"


def _no_dependency(change: Difference) -> Answer:
    added = [
        f for f in change.facts if f.kind == "dependency" and ("+" in f.text or "added" in f.text)
    ]
    if added:
        return "fails", f"{added[0].where} gains {added[0].text}"
    lists = [
        p for p in change.paths if is_list_of_dependencies(p) and not p.endswith((".toml", ".json"))
    ]
    unknown = [n for f in change.facts if f.kind == "import" for n in _foreign(f, change)]
    if unknown or lists:
        return "unknown", f"look at {listed([*unknown, *lists])}"
    return "holds", "no list of dependencies gains anything, and no unknown module is imported"


def _foreign(fact: Fact, change: Difference) -> list[str]:
    if not fact.text.startswith("added "):
        return []
    roots = {n.strip().partition(".")[0] for n in fact.text.removeprefix("added ").split(",")}
    own = {part for p in (*change.before, *change.after) for part in re.split(r"[/.]", p)}
    return sorted(r for r in roots if r and r not in sys.stdlib_module_names and r not in own)


def _no_files(change: Difference) -> Answer:
    new = [p for p in change.paths if p not in change.before]
    return ("fails", f"it adds {listed(new)}") if new else ("holds", "every file was there before")


def _no_api(change: Difference) -> Answer:
    public = [f for f in change.told if not f.where.rpartition(".")[2].startswith("_")
              and not f.where.partition("::")[2].startswith("_")]  # fmt: skip
    found = [f for f in public if f.kind == "signature"]
    gone = [f for f in public if f.kind in ("function", "class") and f.text.startswith("removed")]
    outside = [f for f in (*found, *gone) if not is_test(path_of(f))]
    if outside:
        return "fails", f"{listed(f'{subject(f)} {f.text}' for f in outside[:3])}"
    return "unknown", "no signature of Python code changes; more cannot be told"
