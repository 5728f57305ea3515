"""Runs inside the sandbox, beside the session program: carries lines between client and agent.

The first byte of a line from the client says for whom it is: ``>`` for the agent, ``?`` for us, a
request to read or write a file of the agent's tree. The first byte of a line to the client says
from whom it is: ``<`` from the agent, ``!`` from us. So neither can be taken for the other.
"""

import contextlib
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 3  # for an agent to end by itself once nobody talks to it any more
MOST_LINE = 8 << 20
MOST_FILE = 4 << 20
Process = subprocess.Popen[bytes]


def talk(
    words: list[str],
    work: Path,
    environment: dict[str, str],
    hello: dict[str, str],
    wall_s: float,
    log: Path,
    end: Callable[[Process], None],
) -> dict[str, object]:
    """Start the agent, say ``hello`` to the client, carry lines until one side is gone."""
    with log.open("wb") as errors:
        try:
            process = subprocess.Popen(
                words, cwd=work, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return {"ended": "missing", "code": 127, "why": str(error)}
        client = Client(work)
        client.say(b"!" + json.dumps(hello).encode() + b"\n")
        for carry in (client.forward, client.back):
            threading.Thread(target=carry, args=(process,), daemon=True).start()
        ended = _wait(process, wall_s)
        end(process)
    return {"ended": ended, "code": process.returncode, "why": ""}


def _wait(process: Process, wall_s: float) -> str:
    """Return how it ended: ``exit``, or ``time`` if it was still talking then."""
    client = select.poll()
    client.register(0, 0)  # hears only that nobody writes any more
    limit = time.monotonic() + wall_s
    while process.poll() is None:
        if time.monotonic() > limit:
            return "time"
        if client.poll(100):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)
            break
    return "exit"


class Client:
    """The other side of our own standard input and output."""

    def __init__(self, work: Path) -> None:
        """Take the tree that files may be read and written in."""
        self._work = work.resolve()
        self._one = threading.Lock()

    def say(self, line: bytes) -> None:
        """Write a whole line."""
        with self._one, contextlib.suppress(OSError):
            while line:
                line = line[os.write(1, line) :]

    def forward(self, process: Process) -> None:
        """Carry the client's lines to the agent, and answer those that are for us."""
        sink = process.stdin
        with os.fdopen(os.dup(0), "rb") as source, contextlib.suppress(OSError, ValueError):
            for line in source:
                if line[:1] == b"?":
                    self.say(b"!" + json.dumps(self._answer(json.loads(line[1:]))).encode() + b"\n")
                elif sink is not None:
                    sink.write(line[1:])
                    sink.flush()
        with contextlib.suppress(OSError):
            if sink is not None:
                sink.close()

    def back(self, process: Process) -> None:
        """Carry the agent's lines to the client; one that never ends is more than it takes."""
        source = process.stdout
        whole = True
        while whole and source is not None and (line := source.readline(MOST_LINE)):
            whole = line.endswith(b"\n")
            self.say(b"<" + line + (b"" if whole else b"\n"))
        with self._one:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the client hears that it is over

    def _answer(self, asked: dict[str, Any]) -> dict[str, object]:
        try:
            path = Path(asked["path"]).resolve()
            if not path.is_relative_to(self._work) or ".git" in path.parts:
                raise PermissionError("it is not in your tree")
            if asked["write"]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(asked["text"])
                return {"id": asked["id"], "text": ""}
            if not path.is_file() or path.stat().st_size > MOST_FILE:
                raise FileNotFoundError("it is no file of at most 4 MiB")
            return {"id": asked["id"], "text": path.read_text(errors="replace")}
        except (OSError, ValueError) as error:
            return {"id": asked["id"], "error": str(error)[:300]}
