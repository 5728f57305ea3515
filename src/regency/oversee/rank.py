"""Which facts to read first."""

from collections.abc import Iterable

from regency.oversee.claims.difference import is_inert
from regency.records import Fact

_ORDER = (
    "hidden text", "syntax", "check", "access", "dependency", "except", "condition", "operator",
    "signature", "argument", "arguments", "constant", "value", "setting", "literal", "decorator",
    "loop", "match", "with", "expression", "name", "class", "function", "statement",
    "control flow", "import", "file", "call", "text", "moved", "renamed", "type", "docs",
)  # fmt: skip
_RANK = {kind: place for place, kind in enumerate(_ORDER)}


def ranked(facts: Iterable[Fact]) -> list[Fact]:
    """Return ``facts``, the most telling first; those on names, layout and words alone last."""
    return sorted(facts, key=lambda fact: (is_inert(fact), _RANK.get(fact.kind, len(_ORDER))))
