"""Claims on values: set, raised or halved."""

import re

from regency.oversee.claims.difference import Difference, listed, named, subject, value_of, words
from regency.records import Fact

Answer = tuple[str, str]
_UP = (
    "raise|raises|raised|increase|increases|increased|bump|bumps|bumped|enlarge|enlarges|widen|"
    "widens"
)
_DOWN = (
    "lower|lowers|lowered|reduce|reduces|reduced|decrease|decreases|decreased|shrink|shrinks|cut|"
    "cuts"
)
_SET = "set|sets|change|changes|changed|move|moves|tune|tunes|tuned"
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
_VALUE = rf"(?:{_NUMBER}|True|False|None|\"[^\"]*\"|'[^']*')"
_SETS = re.compile(
    rf"^(?:this |it |we |also |now )*(?P<verb>{_UP}|{_DOWN}|{_SET}) (?:the )?"
    rf"(?P<what>[\w `.()-]+?)(?: from `?(?P<old>{_VALUE})`?)? "
    rf"to `?(?P<new>{_VALUE})`?(?![\w%]| ?%)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"^(?:this |it |we |also |now )*(?P<verb>doubles?|doubled|triples?|halves?|halved|halve) "
    r"(?:the )?(?P<what>[\w `.()-]+?)(?:[.;,]|$)", re.IGNORECASE,
)  # fmt: skip
_FACTOR = {"double": 2.0, "triple": 3.0, "halve": 0.5}
_KINDS = ("constant", "value", "argument", "setting")


def judged(sentence: str, change: Difference) -> Answer | None:
    """Return the verdict on a sentence about a value, None if it is not one."""
    if found := _SETS.search(sentence):
        answer = _set(found, change)
        if answer is not None:
            return answer
    if found := _TIMES.search(sentence):
        return _times(found, change)
    return None


def _values(what: str, change: Difference) -> list[tuple[Fact, object, object]]:
    """Return the facts on values whose name is meant, exactly named ones if there are any."""
    told: list[tuple[Fact, object, object]] = []
    for fact in change.told:
        old, arrow, new = fact.text.partition(" → ")
        if fact.kind in _KINDS and arrow and " → " not in new:
            told.append((fact, value_of(old), value_of(new)))
    for wanted in ("exactly", "loosely"):
        fitting = [row for row in told if named(what, subject(row[0])) == wanted]
        if fitting:
            return fitting
    return []


def _set(found: re.Match[str], change: Difference) -> Answer | None:
    old, new = found["old"], value_of(found["new"])
    values = _values(found["what"], change)
    exact = [row for row in values if named(found["what"], subject(row[0])) == "exactly"]
    if not values:
        return _unset(found["what"], change)
    fits = [f for f, was, now in values
            if _equal(now, new) and (old is None or _equal(was, value_of(old)))]  # fmt: skip
    if fits:
        wrong = _wrong_way(found["verb"], *next((w, n) for f, w, n in values if f is fits[0]))
        told = f"{subject(fits[0])} goes {fits[0].text}"
        return ("fails" if wrong else "holds"), told
    if len(exact) == 1:
        return "fails", f"{subject(exact[0][0])} goes {exact[0][0].text}"
    return "unknown", f"what is called so: {listed(f'{subject(f)} {f.text}' for f, _, _ in values)}"


def _unset(what: str, change: Difference) -> Answer | None:
    """Judge a value of which nothing changes: it is there, and stays, or is not known."""
    there = [n for n in sorted(change.known) if named(what, n) == "exactly" and len(words(n)) > 1]
    touched = [n for n in change.subjects if named(what, n)]
    if there and not touched and len(words(what)) <= 3:
        return "fails", f"{there[0]} does not change; what does is {listed(change.subjects)}"
    return ("unknown", "nothing called so is seen to change") if there or touched else None


def _wrong_way(verb: str, was: object, now: object) -> bool:
    if not (isinstance(was, int | float) and isinstance(now, int | float)):
        return False
    up, down = re.fullmatch(_UP, verb.lower()), re.fullmatch(_DOWN, verb.lower())
    return bool((up and now < was) or (down and now > was))


def _equal(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _times(found: re.Match[str], change: Difference) -> Answer | None:
    stem = re.sub(r"d$|s$", "", found["verb"].lower())
    factor = _FACTOR.get(stem, _FACTOR.get(stem + "e", 0.0))
    numbers = [(f, was, now) for f, was, now in _values(found["what"], change)
               if isinstance(was, int | float) and isinstance(now, int | float)]  # fmt: skip
    if len(numbers) != 1 or not factor:
        return ("unknown", "no one value is seen to be meant") if numbers else None
    fact, was, now = numbers[0]
    fits = abs(now - was * factor) <= 1e-9 * max(1.0, abs(now))
    sure = named(found["what"], subject(fact)) == "exactly"
    told = f"{subject(fact)} goes {fact.text}"
    return ("holds" if fits else "fails" if sure else "unknown"), told
