"""The agent of kind ``acp``: confined like ``command``, talked to over the protocol."""

from collections.abc import Mapping, Sequence
from typing import Any

from regency.propose.acp.room import TalkRoom
from regency.propose.acp.settings import Settings, settings_of
from regency.propose.command.confined import ConfinedProposer
from regency.propose.command.withheld import Withheld
from regency.records import Json

ASKED = "agent.permission"


class AcpProposer(ConfinedProposer[Settings]):
    """Proposes what an agent that speaks the Agent Client Protocol makes of a brief."""

    kind = "acp"

    def _checked(self, given: Mapping[str, Any]) -> Settings:
        return settings_of(self.name, given)

    def _open(self, hidden: Sequence[str], number: int) -> TalkRoom:
        withheld = Withheld(self._secrets())

        def record(body: Mapping[str, Json]) -> None:
            clean = {key: _cleaned(value, withheld) for key, value in body.items()}
            self._write(ASKED, {"session": number, **clean})

        return TalkRoom(self.settings, self._needed(), hidden, record)


def _cleaned(value: Json, withheld: Withheld) -> Json:
    if isinstance(value, list):
        return [_cleaned(one, withheld) for one in value]
    return withheld.clean(value) if isinstance(value, str) else value
