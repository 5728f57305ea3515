"""The agent of kind ``command``: a program that is told once, and prints what it likes."""

from collections.abc import Mapping, Sequence
from typing import Any

from regency.propose.command.confined import ConfinedProposer
from regency.propose.command.session import Room
from regency.propose.command.settings import Settings, settings_of


class CommandProposer(ConfinedProposer[Settings]):
    """Proposes what a command-line coding agent makes of a brief."""

    kind = "command"

    def _checked(self, given: Mapping[str, Any]) -> Settings:
        return settings_of(self.name, given)

    def _open(self, hidden: Sequence[str], number: int) -> Room:
        del number
        settings = self.settings
        stdin = settings.prompt == "stdin"
        pattern = settings.cost_pattern
        return Room(settings, self._needed(), hidden, stdin=stdin, cost_pattern=pattern)
