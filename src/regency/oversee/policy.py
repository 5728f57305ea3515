"""Policy: ordered rules over facts, the first match decides, and without a match it is no.

Says how many people must approve and which approvals count. Agents, and people who wrote a part
of what is decided on, never count. Knows nothing of how decisions are made or kept.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from regency.config import Rule
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


def facts_of(packet: Packet, *, autonomy: str, kind: str = "packet") -> dict[str, Json]:
    """Return the facts about ``packet`` that conditions may use.

    Args:
        packet: The packet.
        autonomy: ``supervised``, ``sampled`` or ``autonomous``.
        kind: ``packet``, or ``lab`` for a pending lab change.
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
        "agents": sorted({name for change in packet.changes for name in change.agents}),
        "touches": sorted(touches | paths),
    }


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
    seen: list[Condition] = []
    for place, rule in enumerate(rules, 1):
        expression = read(rule.when, _where(place))
        seen += [part.condition(facts) for part in expression.parts()]
        if expression.holds(facts):
            return _matched(rule, facts, approvals, authors, seen)
    example = f"when = \"risk <= {facts['risk'] + 0.05:.1f} and trust == '{facts['trust']}'\""
    message = (
        "No rule of the policy allows this, so it is denied. To allow it, add to regency.toml: "
        f"[[oversight.rules]] {example}, need = {{ approvals = 1 }}"
    )
    return Ruling(
        allowed=False, rule="", needed=0, given=0, conditions=tuple(seen), message=message
    )


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
        f"at least {needed} approval{'s' * (needed != 1)}", given >= needed, f"{given} count{why}"
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
