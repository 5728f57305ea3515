"""The protocol of whatever proposes: a brief and a tree in, a proposal out; nothing about who."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from regency.records import Brief, Proposal


@runtime_checkable
class Proposer(Protocol):
    """An agent's side of the loop, registered in the entry points ``regency.proposers``.

    Made as ``kind(name=..., **settings)`` from ``[agents.NAME]``; an unknown setting raises
    `regency.errors.ConfigError`. What it learns must come from ``brief.news`` alone, so that a
    proposer made afresh after a crash and given the whole history goes on as if nothing happened.
    """

    def propose(self, brief: Brief, tree: Mapping[str, bytes]) -> Proposal:
        """Return one proposal.

        Args:
            brief: Goal, results so far, and the paths that may change.
            tree: The parent's files that an agent may see, path → content.

        Raises:
            NothingLeft: There is nothing left to propose, and why.
        """
        ...
