"""What an agent is allowed when it asks: ordered rules, the first that matches, else no."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal, get_args

from pydantic import Field

from regency.config import Table

# Kinds of tools in the protocol, https://agentclientprotocol.com/protocol/tool-calls.
Kind = Literal[
    "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switch_mode", "other"
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
OUTSIDE = "outside its tree"


class Rule(Table):
    """One rule.

    Attributes:
        kind: Kinds of tools that it is for; empty for all.
        path: Patterns; all paths that the request names must match one. Empty for any.
        answer: What is said.
    """

    kind: list[Kind] = Field(default_factory=list)
    path: list[str] = Field(default_factory=list)
    answer: Literal["allow", "reject"]

    def matches(self, kind: str, paths: Sequence[str]) -> bool:
        """Return whether it is for a request of ``kind`` on ``paths``."""
        if self.kind and kind not in self.kind:
            return False
        if not self.path:
            return True
        return bool(paths) and all(any(fnmatchcase(p, one) for one in self.path) for p in paths)


# What stays in its own room. Whatever reaches out, or has no kind, is not.
DEFAULT = (
    Rule(
        kind=["read", "search", "think", "edit", "delete", "move", "execute"],
        answer="allow",
    ),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: whether it is allowed, and by which rule."""

    allowed: bool
    rule: str


def decide(rules: Sequence[Rule], kind: str, places: Sequence[str], tree: str) -> Decision:
    """Return what ``rules`` say.

    Args:
        rules: In order.
        kind: Kind of tool.
        places: Paths that the request names, absolute or relative to ``tree``.
        tree: Absolute path of the agent's own tree.
    """
    paths = [_within(place, tree) for place in places]
    if None in paths:
        return Decision(False, OUTSIDE)
    named = [path for path in paths if path is not None]
    for number, rule in enumerate(rules, 1):
        if rule.matches(kind, named):
            return Decision(rule.answer == "allow", f"rule {number}")
    return Decision(False, "no rule")


def _within(place: str, tree: str) -> str | None:
    """Return ``place`` relative to ``tree``, None if it is outside or tries to be."""
    path = PurePosixPath(tree, place)
    if ".." in path.parts or not path.is_relative_to(tree):
        return None
    return str(path.relative_to(tree))
