"""Keeps one trusted program running that answers a line with a line, so that it starts only once.

Like all trusted programs it gets a clean environment. What it reads it must limit by itself; a
companion that stays silent is ended and started anew.
"""

import contextlib
import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regency.errors import SandboxError
from regency.records import Json
from regency.sandbox.trusted import environment


class Companion:
    """One trusted Python program; used by one thread at a time, started when first asked."""

    def __init__(self, program: Path, wall_s: float = 90.0) -> None:
        """Take the program's file, and the seconds after which silence means that it is stuck."""
        self._program, self._wall_s = program, wall_s
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: Mapping[str, Json]) -> Mapping[str, Any]:
        """Return the program's answer to ``question``, both of them JSON objects.

        Raises:
            SandboxError: It does not answer, not even when started anew.
        """
        for _ in range(2):
            answer = self._try(json.dumps(question))
            if answer is not None:
                return answer
            self.close()
        raise SandboxError(
            f"{self._program.name} gives no answer. Run `regency status` to see why."
        )

    def close(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError), process:  # what it did not read is lost
                process.wait()

    def _try(self, line: str) -> Mapping[str, Any] | None:
        if self._process is None:
            self._process = self._started()
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            sink.write(line + "\n")
            sink.flush()
            if select.select([source], [], [], self._wall_s)[0]:
                answer: Mapping[str, Any] = json.loads(source.readline())
                return answer
        return None

    def _started(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-I", "-B", str(self._program)],
            cwd="/",
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
