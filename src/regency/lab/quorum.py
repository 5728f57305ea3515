"""How many people a lab has, and rules that they can satisfy."""

import re
from typing import Literal

from regency.config import Config

People = Literal["alone", "team"]
ALONE = """\
[[oversight.rules]]                       # first match decides; no match is a denial
name = "one person reads it"
when = "kind == 'packet'"
need = { approvals = 1 }
"""
TEAM = """\
[[oversight.rules]]                       # first match decides; no match is a denial
name = "ordinary change"
when = "kind == 'packet' and risk < 0.5 and trust == 'blind'"
need = { approvals = 1 }

[[oversight.rules]]
name = "risky change, or scores that the candidate reports itself"
when = "kind == 'packet'"
need = { approvals = 2 }

[[oversight.rules]]
name = "change of these rules"
when = "kind == 'lab'"
need = { approvals = 2 }
"""
RULES = {"alone": ALONE, "team": TEAM}
_TABLE = r"\[\[oversight\.rules\]\][^\n]*\n(?:(?!\[)[^\n]*\n)*"
_BLOCK = re.compile(rf"^(?:{_TABLE})+", re.MULTILINE)


def with_rules(settings: str, people: People) -> str:
    """Return settings with the rules of the policy replaced by those for ``people``.

    Args:
        settings: Text of a ``regency.toml`` that comes with Regency.
        people: Who there is to approve.
    """
    block = f"{RULES[people]}\n"
    found = _BLOCK.search(settings)
    if found is None:
        return f"{settings.rstrip()}\n\n{block}".rstrip() + "\n"
    return f"{settings[: found.start()]}{block}{settings[found.end() :]}".rstrip() + "\n"


def unsatisfied(config: Config, people: People) -> str:
    """Return what people of a lab can never do by its rules, empty if there is nothing."""
    rules = config.oversight.rules
    if not rules:
        return (
            "The policy has no rules, so nothing can be approved. Add one to regency.toml before "
            "you begin: " + " ".join(ALONE.split("\n", 1)[1].split("\n"))
        )
    most = max(rule.need.approvals for rule in rules)
    if people == "alone" and most > 1:
        return (
            f"A rule asks for {most} approvals and you are alone: what it holds for can never be "
            "approved, nor can the rules be changed. Set approvals = 1 before you begin."
        )
    return ""
