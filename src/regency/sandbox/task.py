"""What the spawner is told about one job: checked values only, ready for the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """One job as the spawner sees it; the fields that are not here are as in `Job` and `Limits`.

    Attributes:
        command: Program, found through PATH of ``env``, and arguments.
        covers: Paths to hide, relative to ``files``.
        env: The whole environment.
        keep_bytes: Most of each log that is kept.
        fork: Whether it is started by a fork of the warm process.
        talks: Whether descriptors follow that become its standard input and output.
    """

    command: list[str]
    files: str
    covers: list[str]
    inputs: dict[str, str]
    outputs: dict[str, str]
    env: dict[str, str]
    cpu_s: float | None
    wall_s: float
    memory_bytes: int | None
    processes: int
    disk_bytes: int
    output_bytes: int
    keep_bytes: int
    fork: bool = False
    talks: bool = False

    @property
    def cpu_end_s(self) -> float | None:
        """CPU-seconds at which it is ended: 5 % more than it was told."""
        return None if self.cpu_s is None else self.cpu_s * 1.05

    @staticmethod
    def read(message: Mapping[str, Any]) -> "Task":
        """Return the task in ``message``."""
        return Task(**message)


# For what has to be done once before a real one comes; its path does not exist.
EXAMPLE = Task(["a"], "/.none", [], {}, {}, {"a": "b"}, 1.5, 1.0, 1, 1, 1, 1, 1)
