"""The settings of agents in a room of their own, checked; `None` means no limit of that kind."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from regency.config import Table
from regency.config.values import Command, Size
from regency.errors import ConfigError
from regency.propose.command.presets import PRESETS

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What we set ourselves, and what would let settings of the host decide what runs.
_OURS = ("HOME", "PATH", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "NODE_OPTIONS")


class Confined(Table):
    """What every agent that works in a room of its own is told.

    Attributes:
        command: Program and arguments.
        preset: Name of a known agent.
        model: Its model.
        env: Names of environment variables that are passed on: secrets.
        set: Other environment variables, with their values: no secrets.
        network: Whether it may use the network.
        mounts: More absolute host paths that it may read.
        ignore: Patterns of files that it leaves and that are no part of the change.
        wall_s: Longest session, seconds.
        memory: Data memory.
        disk: All that it may write.
        processes: Most processes at once.
        patience: Sessions in a row that bring nothing before it falls silent.
        max_wall_s: Longest time of all its sessions together, seconds.
        max_cost_usd: Most that all its sessions together may cost.
        session_cost_usd: Most that one session may cost: what is set aside before it begins.
    """

    command: Command
    preset: str = ""
    model: str = ""
    env: list[str] = Field(default_factory=list)
    set: dict[str, str] = Field(default_factory=dict)
    network: bool = False
    mounts: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    wall_s: float = Field(1800, gt=0)
    memory: Size | None = None
    disk: Size = Field(1 << 30, gt=0)
    processes: int = Field(256, gt=0)
    patience: int = Field(2, gt=0)
    max_wall_s: float | None = Field(None, gt=0)
    max_cost_usd: float | None = Field(None, ge=0)
    session_cost_usd: float | None = Field(None, gt=0)

    @field_validator("env")
    @classmethod
    def _names(cls, names: list[str]) -> list[str]:
        for name in names:
            if not _VARIABLE.fullmatch(name) or name in _OURS:
                raise ValueError(f"{name!r} cannot be passed on: give the name of a variable")
        return names

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.max_cost_usd is not None and self.session_cost_usd is None:
            raise ValueError("max_cost_usd needs session_cost_usd, which is set aside each time")
        words = " ".join(self.command)
        if "{model}" in words and not self.model:
            raise ValueError("set `model`: the command names it")
        if "{session_cost_usd}" in words and self.session_cost_usd is None:
            raise ValueError("set `session_cost_usd`: the command names it")
        if both := {*self.env} & {*self.set}:
            raise ValueError(f"{min(both)} is in `env` and in `set`: leave it in one")
        return self


class Settings(Confined):
    """One command-line agent.

    In ``command``, ``{prompt}``, ``{prompt_file}``, ``{model}``, ``{session_cost_usd}``, ``{home}``
    (a folder of its own) are filled in; a word ``{editable}`` becomes the paths that may change.

    Attributes:
        prompt: How it is told: by ``argument``, ``file`` or ``stdin``.
        cost_pattern: Regular expression; its group in the transcript, the last one, is the cost.
    """

    prompt: Literal["argument", "file", "stdin"] = "file"
    cost_pattern: str = ""

    @field_validator("cost_pattern")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        if pattern and groups != 1:
            raise ValueError("it needs one group, around the cost in USD")
        return pattern

    @model_validator(mode="after")
    def _told(self) -> Self:
        mark = {"argument": "{prompt}", "file": "{prompt_file}"}.get(self.prompt, "")
        if mark not in " ".join(self.command):
            raise ValueError(f"the prompt goes by {self.prompt}: write {mark} in `command`")
        return self


Kind = TypeVar("Kind", bound=Confined)
Presets = Mapping[str, Mapping[str, Any]]


def settings_of(name: str, given: Mapping[str, Any]) -> Settings:
    """Return the settings of a command-line agent, see `checked`."""
    return checked(Settings, PRESETS, name, given)


def checked(kind: type[Kind], presets: Presets, name: str, given: Mapping[str, Any]) -> Kind:
    """Return the settings in ``[agents.NAME]``, on top of its preset.

    Raises:
        ConfigError: A key is unknown, missing or wrong.
    """
    preset = given.get("preset", "")
    if preset and preset not in presets:
        raise ConfigError(
            f"[agents.{name}] preset {preset!r} is unknown: known are {', '.join(presets)}."
        )
    start = presets[preset] if preset else {}
    merged = {**start, **given}
    for key in ("set",):
        merged[key] = {**start.get(key, {}), **given.get(key, {})}
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "it"
        problem = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"[agents.{name}] {key}: {problem}. Correct it.") from error
