"""What a reviewer should ask: few questions, each derived from a fact and naming it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from regency.oversee.claims.difference import is_inert, is_prose, is_test, path_of
from regency.records import ClaimCheck, Fact

MOST = 4
_MOST_CLAIMS = 2
_DOES = {
    "processes": "start or steer processes",
    "network": "reach the network",
    "dynamic code": "make or load code at run time",
    "limits and clocks": "look at limits, clocks or the environment",
    "files": "open files",
}
_RISKY = re.compile(
    r"\+(?:shell=True|allow_pickle=True|trust_remote_code=True|unsafe=True|force=True)"
    r"|\+(?:verify|check|weights_only|autoescape|strict|verify_ssl|validate)=False"
    r"|−(?:check|verify|strict|timeout|weights_only|validate)=[^,]+"
    r"|\b(?:shell|allow_pickle|trust_remote_code)= False → True"
    r"|\b(?:verify|check|weights_only|autoescape|strict)= True → False"
)
_BROAD = re.compile(r"→ (?:except everything|Exception|BaseException|\(.*\bException\b.*\))$")
_COMPARES = re.compile(r"\s(?:<=|>=|<|>|==|!=)\s")
_EVALUATION = re.compile(
    r"seed|metric|score|split|budget|threshold|tolerance|deadline", re.IGNORECASE
)
_CODE = (
    "function", "statement", "condition", "operator", "constant", "value", "literal", "loop",
    "call",
)  # fmt: skip


def questions(
    facts: Sequence[Fact], claims: Sequence[ClaimCheck], *, expect_tests: bool = False
) -> tuple[str, ...]:
    """Return what to ask about a change, the most telling first.

    Args:
        facts: What changed structurally.
        claims: The claims check.
        expect_tests: Whether code should not change without a test.
    """
    found = [f"The rationale says “{_cut(c.claim, 80)}”, but {c.reason}: which is meant?"
             for c in claims if c.result == "fails"][:_MOST_CLAIMS]  # fmt: skip
    code = [f for f in facts if not is_inert(f) and not is_prose(path_of(f))]
    for ask in (_hidden, _reach, _arguments, _checks, _dependencies, _boundaries, _values):
        found += ask([f for f in code if not is_test(path_of(f))])
    found += _tests([f for f in code if is_test(path_of(f))])
    if expect_tests:
        found += _untested(code)
    return tuple(dict.fromkeys(found))[:MOST]


def _hidden(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        if fact.kind == "hidden text":
            yield f"What are the {fact.text.partition(':')[0]} in {fact.where} for?"


def _reach(facts: Sequence[Fact]) -> Iterator[str]:
    reach: Mapping[str, list[tuple[str, str]]] = {kind: [] for kind in _DOES}
    for fact in facts:
        kind, _, names = fact.text.partition(": ")
        if fact.kind == "access" and kind in reach:
            reach[kind].append((path_of(fact), names))
    for kind, places in reach.items():
        if places and kind != "files":
            path, names = places[0]
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            yield f"Why does {path}{more} now {_DOES[kind]} ({_cut(names, 50)})?"


def _checks(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        if fact.kind == "check":
            gone = fact.text.removeprefix("removed: ")
            yield f"{_name(fact)} no longer has `{gone}`: what keeps the bad case out now?"
        elif fact.text.startswith("no longer asked: "):
            asked = fact.text.removeprefix("no longer asked: ")
            yield f"{_name(fact)} goes ahead without asking `{asked}`: is that meant?"
        elif fact.kind == "except" and _BROAD.search(fact.text):
            yield f"{_name(fact)} now catches more ({fact.text}): which error is it that may pass?"


def _arguments(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        if fact.kind == "arguments" and (risky := _RISKY.search(fact.text)):
            call = fact.text.partition(": ")[0]
            yield f"Why {risky[0].strip()} in the call of {call} in {_name(fact)}?"


def _dependencies(facts: Iterable[Fact]) -> Iterator[str]:
    new = [f for f in facts if f.kind == "dependency" and ("+" in f.text or "added" in f.text)]
    if new:
        names = ", ".join(_cut(re.sub(r"^added, |^\+", "", f.text), 40) for f in new[:3])
        yield f"Why is a dependency needed ({names}), and who keeps it?"


def _boundaries(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        old, arrow, new = fact.text.partition(" → ")
        same = _COMPARES.sub(" ? ", f" {old} ") == _COMPARES.sub(" ? ", f" {new} ")
        if fact.kind in ("condition", "operator") and arrow and same and _COMPARES.search(old):
            reversed_ = {"==", "!="} & {*old.split()} and {"==", "!="} & {*new.split()}
            ask = "is the reversal meant?" if reversed_ else "which test stands at the boundary?"
            yield f"`{old}` is now `{new}` in {_name(fact)}: {ask}"


def _values(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        old, arrow, _ = fact.text.partition(" → ")
        if fact.kind == "argument" and arrow:
            yield f"Who relies on {old} as the default of {_name(fact)}?"
        elif (
            fact.kind in ("constant", "value", "setting")
            and arrow
            and _EVALUATION.search(fact.where)
        ):
            yield f"Why does {_name(fact)} change ({_cut(fact.text, 60)}), and what was it set for?"
        elif fact.kind == "signature" and _fewer(fact.text):
            yield f"Do all callers of {_name(fact)} follow its new arguments?"


def _fewer(text: str) -> bool:
    """Return whether a signature loses an argument or gets one before others."""
    old, arrow, new = (part.strip("() ") for part in text.partition(" → "))
    then, here = old.split(", "), new.split(", ")
    return "−" in text or (bool(arrow) and here[: len(then)] != then)


def _tests(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        gone = fact.kind == "function" and fact.text.startswith("removed")
        if (
            fact.kind == "check"
            or gone
            or (fact.kind == "file" and fact.text.startswith("deleted"))
        ):
            what = fact.text.removeprefix("removed: ") if fact.kind == "check" else _name(fact)
            yield f"A test is gone ({_cut(what, 60)}): what does nobody check any more?"


def _untested(facts: Sequence[Fact]) -> Iterator[str]:
    touched = [f for f in facts if f.kind in _CODE and not is_test(path_of(f))]
    if touched and not any(is_test(path_of(f)) for f in facts):
        yield f"No test changes with {_name(touched[0])}: what shows that it works?"


def _name(fact: Fact) -> str:
    name = re.sub(r":?\d*$", "", fact.where.partition("::")[2])
    return name or path_of(fact)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
