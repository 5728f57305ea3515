"""The settings of ``kind = "acp"``."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from regency.propose.acp.permissions import Rule
from regency.propose.acp.presets import PRESETS
from regency.propose.command.settings import Confined, checked


class Settings(Confined):
    """One agent that speaks the Agent Client Protocol.

    Attributes:
        login: Method of authentication to ask for, empty for none.
        files: Whether it may read and write files of its tree through the protocol too.
        permissions: Rules for what it asks leave for, first match decides; none: reject.
    """

    login: str = ""
    files: bool = True
    permissions: list[Rule] | None = Field(None)


def settings_of(name: str, given: Mapping[str, Any]) -> Settings:
    """Return the settings in ``[agents.NAME]``.

    Raises:
        ConfigError: A key is unknown, missing or wrong.
    """
    return checked(Settings, PRESETS, name, given)
