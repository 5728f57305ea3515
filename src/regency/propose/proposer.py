"""The protocol of whatever proposes: a brief and a tree in, a proposal out; nothing about who."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from regency.records import Brief, Json, Proposal


@runtime_checkable
class Proposer(Protocol):
    """An agent's side of the loop, registered in the entry points ``regency.proposers``.

    Made as ``kind(name=..., **settings)`` from ``[agents.NAME]``; an unknown setting raises
    `regency.errors.ConfigError`. What it learns must come from ``brief.news`` alone, so that a
    proposer made afresh after a crash and given the whole history goes on as if nothing happened.

    Three members more, for agents that take seconds or minutes; leave out what you do not need:

    - ``slow = True``: `propose` is called in a thread of its own while trials go on, never twice at
      the same time for one agent. What it was made from is the brief's parent, whoever is champion
      when it comes back.
    - ``attach(journal)``: called once before the first brief, with a `Journal`.
    - ``close()``: called from another thread when the run ends; ends what is under way.
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


class Journal(Protocol):
    """What one agent writes of its own work in the ledger, such as what a call cost.

    Attributes:
        hidden: Host paths that whatever the agent runs must never see: the lab.
    """

    @property
    def hidden(self) -> tuple[str, ...]:
        """See above."""
        ...

    def write(self, kind: str, body: Mapping[str, Json]) -> None:
        """Put an entry of this agent in the ledger; from any thread. Agents see its kind only."""
        ...

    def read(self, kind: str) -> tuple[Mapping[str, Json], ...]:
        """Return the bodies of this agent's entries of one kind, oldest first, of all runs.

        Large texts in them, which the ledger keeps by digest, may come back empty.
        """
        ...
