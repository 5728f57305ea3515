"""Any command-line coding agent: it works confined in a repository of its own.

See docs/agents/command.md.
"""

from regency.propose.command.agent import CommandProposer

__all__ = ["CommandProposer"]
