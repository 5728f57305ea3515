"""Policy: ordered rules over facts, the first match decides, and without a match it is no.

Says how many people must approve and which approvals count. Agents, and people who wrote a part
of what is decided on, never count. Knows nothing of how decisions are made or kept.
"""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from regency.config import Need, Rule
from regency.oversee.expression import read
from regency.records import ActorKind, Condition, Decision, Json, Packet, Ruling

ASSURANCE = ("local", "key", "present")
_PEOPLE = (ActorKind.HUMAN, ActorKind.SIMULATED_HUMAN)


def check(rules: Sequence[Rule]) -> None:
    """Read every condition, so that a bad one is found when settings are, not when deciding.

    Raises:
        ConfigError: A condition is not in the language; the message names rule and fix.
    """
    for place, rule in enumerate(rules, 1):
        read(rule.when, _where(place))


def facts_of(
    packet: Packet, *, autonomy: str, kind: str = "packet", drawn: bool = False
) -> dict[str, Json]:
    """Return the facts about ``packet`` that conditions may use.

    Args:
        packet: The packet.
        autonomy: ``supervised``, ``sampled`` or ``autonomous``.
        kind: ``packet``, or ``lab`` for a pending lab change.
        drawn: Whether chance wants a person to read it, whatever the rules say.
    """
    touches = {f.name.removeprefix("touches ") for c in packet.changes for f in c.factors
               if f.name.startswith("touches ")}  # fmt: skip
    paths = {path for change in packet.changes for path in change.paths}
    return {
        "risk": packet.risk,
        "minutes": packet.minutes,
        "lines": packet.lines,
        "files": len(paths),
        "gain_sd": packet.gain_sd,
        "trust": packet.trust,
        "autonomy": autonomy,
        "kind": kind,
        "drawn": drawn,  # no name of the language: rules cannot turn it off
        "agents": sorted({name for change in packet.changes for name in change.agents}),
        "touches": sorted(touches | paths),
    }


def facts_of_rules(
    paths: Sequence[str], lines: int, trust: str, *, autonomy: str
) -> dict[str, Json]:
    """Return the facts about a pending change of the lab's rules.

    Args:
        paths: Files that it edits.
        lines: Added plus removed lines.
        trust: ``blind`` or ``self-reported``.
        autonomy: As it is in force.
    """
    return {
        "risk": 1.0,  # whoever sets the rules decides everything else
        "minutes": round(0.5 + 0.3 * lines, 2),
        "lines": lines,
        "files": len(paths),
        "gain_sd": 0.0,
        "trust": trust,
        "autonomy": autonomy,
        "kind": "lab",
        "agents": [],
        "touches": sorted(paths),
    }


def standing(decisions: Sequence[Decision]) -> list[Decision]:
    """Return each person's last word, oldest first: whoever thinks again takes back what was."""
    last = {(decision.by.kind, decision.by.name): decision for decision in decisions}
    return [decision for decision in decisions if decision in last.values()]


def rule_on_rules(
    rules: Sequence[Rule], facts: Mapping[str, Json], approvals: Sequence[Decision]
) -> Ruling:
    """Return what policy says of a change of the lab's rules, policy itself included.

    A rule that asks about ``kind`` and holds decides. Without one, the change takes what the
    strictest rule in force asks for: nobody may loosen alone what takes two. One person is the
    least; a policy can never be such that no one could mend it.

    Args:
        rules: In force, in order.
        facts: As `facts_of_rules` gives them.
        approvals: Decisions on the change.
    """
    given = standing(approvals)
    facts = {**facts, "assurance": _weakest(given)}
    seen: list[Condition] = []
    for place, rule in enumerate(rules, 1):
        expression = read(rule.when, _where(place))
        if "kind" not in expression.names():
            continue
        seen += [part.condition(facts) for part in expression.parts()]
        if expression.holds(facts):
            return _matched(_at_least_one(rule), facts, given, frozenset(), seen)
    strictest = Rule(
        name="a change of the rules: what the strictest rule asks for",
        when="kind == 'lab'",
        need=Need(
            approvals=max([1, *(rule.need.approvals for rule in rules)]),
            assurance=max((r.need.assurance for r in rules), key=_rank, default="local"),
        ),
    )
    return _matched(strictest, facts, given, frozenset(), seen)


def _at_least_one(rule: Rule) -> Rule:
    need = Need(approvals=max(1, rule.need.approvals), assurance=rule.need.assurance)
    return rule.model_copy(update={"need": need})


def rule_on(
    rules: Sequence[Rule],
    facts: Mapping[str, Json],
    approvals: Sequence[Decision],
    authors: AbstractSet[str],
) -> Ruling:
    """Return what policy says, with every condition that was looked at.

    Args:
        rules: In order.
        facts: As `facts_of` gives them.
        approvals: Decisions on the item; only ``approve`` counts, once per person.
        authors: Names of those who wrote a part of it.

    Raises:
        ConfigError: A condition is not in the language.
    """
    facts = {**facts, "assurance": _weakest(approvals)}
    seen: list[Condition] = []
    for place, rule in enumerate(rules, 1):
        expression = read(rule.when, _where(place))
        seen += [part.condition(facts) for part in expression.parts()]
        if expression.holds(facts):
            return _matched(rule, facts, approvals, authors, seen)
    add = _rule_to_add(facts)
    message = (
        "No rule of the policy allows this, so it is denied. To allow it, add this rule to "
        f"regency.toml and approve the change of the rules: {' '.join(add.splitlines())}"
    )
    return Ruling(
        allowed=False, rule="", needed=0, given=0, conditions=tuple(seen), message=message, add=add
    )


def _rule_to_add(facts: Mapping[str, Json]) -> str:
    """Return a rule, as TOML, that would let this through and little else."""
    risk = math.ceil(facts["risk"] * 10) / 10
    return (
        f'[[oversight.rules]]\nname = "up to risk {risk:g}"\n'
        f"when = \"risk <= {risk:g} and trust == '{facts['trust']}'\"\n"
        "need = { approvals = 1 }\n"
    )


def _weakest(approvals: Sequence[Decision]) -> str:
    """Return the weakest assurance of the approvals in hand, ``none`` without any."""
    levels = [d.assurance for d in approvals if d.answer == "approve" and d.by.kind in _PEOPLE]
    return min(levels, key=_rank, default="none")


def _matched(
    rule: Rule,
    facts: Mapping[str, Json],
    approvals: Sequence[Decision],
    authors: AbstractSet[str],
    seen: list[Condition],
) -> Ruling:
    name = rule.name or rule.when
    needed, why = _needed(rule, facts)
    counted: dict[str, Condition] = {}
    refused = []
    for decision in approvals:
        found = _counts(decision, rule.need.assurance, authors)
        seen.append(found)
        if found.passed:
            counted[decision.by.name] = found
        else:
            refused.append(found.reason)
    given = len(counted)
    enough = Condition(
        f"at least {needed} approval{'s' * (needed != 1)}",
        given >= needed,
        f"there {'is' if given == 1 else 'are'} {given}{why}",
    )
    missing = needed - given
    message = f"Rule {name!r} asks for {needed} approval{'s' * (needed != 1)}{why}: " + (
        f"{given} given, so it may be ratified." if missing <= 0 else f"{missing} missing."
    )
    if missing > 0 and refused:
        message += f" Not counted: {'; '.join(refused)}."
    return Ruling(
        allowed=missing <= 0, rule=name, needed=needed, given=given,
        conditions=(*seen, enough), message=message,
    )  # fmt: skip


def _needed(rule: Rule, facts: Mapping[str, Json]) -> tuple[int, str]:
    """Return how many must approve: without blind scores or under supervision, at least one."""
    asked = rule.need.approvals
    if asked == 0 and facts["trust"] != "blind":
        return 1, " (scores are self-reported, so one person at least)"
    if asked == 0 and facts["autonomy"] == "supervised":
        return 1, " (autonomy is supervised, so one person at least)"
    if asked == 0 and facts.get("drawn"):
        return 1, " (drawn at random for a person to read)"
    return asked, ""


def _counts(decision: Decision, assurance: str, authors: AbstractSet[str]) -> Condition:
    who = decision.by.name
    text = f"the approval of {who} counts"
    if decision.answer != "approve":
        return Condition(text, passed=False, reason=f"{who} said {decision.answer}")
    if decision.by.kind not in _PEOPLE:
        return Condition(text, passed=False, reason=f"{who} is not a person but {decision.by.kind}")
    if who in authors:
        return Condition(text, passed=False, reason=f"{who} wrote a part of it")
    if _rank(decision.assurance) < _rank(assurance):
        reason = f"its assurance is {decision.assurance!r}, and {assurance!r} is asked for"
        return Condition(text, passed=False, reason=reason)
    return Condition(text, passed=True, reason=f"a person, assurance {decision.assurance!r}")


def _rank(assurance: str) -> int:
    return ASSURANCE.index(assurance) if assurance in ASSURANCE else -1


def _where(place: int) -> str:
    return f"[[oversight.rules]] number {place}"
