"""The table of the sandbox, and what devices in it mean for the others."""

from typing import Any, Literal

from pydantic import Field

from regency.config.values import Table


class SandboxTable(Table):
    """Where untrusted code runs."""

    engine: str = Field("namespaces", description="An entry point of `regency.sandboxes`.")
    hide: list[str] = Field(
        default_factory=list,
        description="Paths hidden from candidates: absolute, or `stdlib:NAME` for a module or "
        "package of every Python standard library in reach.",
    )
    mounts: list[str] = Field(
        default_factory=list, description="More absolute host paths, mounted read-only."
    )
    devices: list[str] = Field(
        default_factory=list,
        description="Device files of the host that candidates may use besides /dev/null and its "
        'like, wildcards allowed: `["/dev/nvidia*"]` for a GPU. Each phase then starts cold, one '
        "trial runs at a time, and since a device's work is no CPU time, every `cpu_s` is left out "
        "of account: the budget is `wall_s`, told as `REGENCY_WALL_S`. A driver is a large part "
        "of the kernel to be reached by untrusted code: see SECURITY.md.",
    )
    levels: list[Literal["A", "B", "C"]] = Field(
        ["A", "B", "C"],
        description="Levels of isolation that may be used, best first: the first that this machine "
        "can give is used, and an epoch never goes on with less than it began with. See "
        "SECURITY.md.",
    )


def by_the_clock(data: dict[str, Any]) -> dict[str, Any]:
    """Return settings as they are meant where the sandbox has devices: no CPU-seconds, no forks.

    Args:
        data: All settings, not checked yet.

    Raises:
        ValueError: They ask for a fork with a device.
    """
    tables = [data.get(name) for name in ("sandbox", "limits")]
    sandbox, limits = [table if isinstance(table, dict) else {} for table in tables]
    if not sandbox.get("devices"):
        return data
    if limits.get("start") == "fork":
        raise ValueError('no fork can use a device: write start = "cold" or "auto" in [limits]')
    phases = data.get("run")
    if isinstance(phases, list):
        phases = [_without_cpu(phase) if isinstance(phase, dict) else phase for phase in phases]
    return {**data, "limits": {**_without_cpu(limits), "start": "cold"}, "run": phases}


def _without_cpu(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "cpu_s"}
