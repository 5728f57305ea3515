"""Values that settings are made of: sizes, paths, names, commands."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 10**3,
          "MB": 10**6, "GB": 10**9}  # fmt: skip


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", value)
    if not match or match[2].upper() not in _UNITS:
        raise ValueError(f"{value!r} is not a size: write for example '64MiB'")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"{value!r} must be a relative path inside the lab")
    return value


Size = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
InsidePath = Annotated[str, AfterValidator(_inside)]
PlainName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Module = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Command = Annotated[list[str], Field(min_length=1)]


class Table(BaseModel):
    """A table of settings: no unknown keys, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
