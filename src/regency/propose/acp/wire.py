"""Messages to and from the agent, over pipes into its room; nothing that comes is trusted.

A `Transport` of the protocol's package. It passes on only what has the form of JSON-RPC 2.0 and
ends the talk when the agent says too much. Notifications never reach the package, which would
print what it cannot read; they are the caller's.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

MOST_LINE = 4 << 20
MOST_BYTES = 128 << 20
MOST_MESSAGES = 100_000
MOST_GARBAGE = 1000
Message = dict[str, Any]


class Wire:
    """One talk."""

    def __init__(self, notify: Callable[[str, Any], None]) -> None:
        """Take what hears notifications: method and parameters."""
        self._notify = notify
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._bytes = self._count = 0
        self.garbage, self._closed = 0, False
        self.fault = ""
        self.models: Mapping[str, Any] = {}

    async def open(self, source: int, sink: int) -> None:
        """Take over the descriptors."""
        loop = asyncio.get_running_loop()
        self._lines = asyncio.StreamReader(limit=MOST_LINE)
        self._reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._lines), os.fdopen(source, "rb", 0)
        )
        self._writing, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(sink, "wb", 0)
        )
        self._sink = asyncio.StreamWriter(self._writing, protocol, None, loop)

    async def hello(self) -> Mapping[str, Any]:
        """Return what the room says of itself; before anything else, and the agent's start."""
        line = await self._line()
        if not line.startswith(b"!"):
            raise ConnectionError("it could not be started")
        told: Mapping[str, Any] = json.loads(line[1:])
        return told

    async def send(self, message: Message) -> None:
        """Send a message to the agent."""
        await self._write(b">", message)

    async def receive(self) -> Message | None:
        """Return the agent's next request or answer, None at the end."""
        while True:
            await asyncio.sleep(0)  # so that what is asked faster than answered piles up nowhere
            line = await self._line()
            if not line:
                return None
            body = _parsed(line[1:])
            if line.startswith(b"!"):
                self._answered(body)
            elif isinstance(body, dict) and _is_sound(body):
                if "method" not in body or "id" in body:
                    self._look(body)
                    return body
                self._notify(body["method"], body.get("params"))
            else:
                self.garbage += 1

    async def file(self, path: str, text: str | None = None) -> str:
        """Write ``text`` to a file of the agent's tree, or return what is in it.

        Raises:
            OSError: It cannot be; the message may be shown to the agent.
        """
        number = len(self._waiting)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        asked = {"id": number, "path": path, "write": text is not None, "text": text}
        await self._write(b"?", asked)
        told = await answer
        if "error" in told:
            raise OSError(told["error"])
        return str(told["text"])

    async def close(self) -> None:
        """End the talk; also asked for by the package, so maybe twice."""
        if not self._closed:
            self._closed = True
            self._writing.abort()
            self._reading.close()

    async def _write(self, mark: bytes, message: Mapping[str, Any]) -> None:
        self._sink.write(mark + json.dumps(message).encode() + b"\n")
        await self._sink.drain()

    async def _line(self) -> bytes:
        """Return the next line, empty at the end or when there were too many."""
        try:
            line = await self._lines.readline()
        except ValueError:
            self.fault = f"it sent a line of more than {MOST_LINE >> 20} MiB"
            return b""
        self._bytes, self._count = self._bytes + len(line), self._count + 1
        if self._bytes > MOST_BYTES or self._count > MOST_MESSAGES:
            self.fault = f"it sent too much: {self._count:,} messages of {self._bytes:,} bytes"
        if self.garbage > MOST_GARBAGE:
            self.fault = f"it sent {self.garbage:,} lines that are no messages"
        return b"" if self.fault else line

    def _answered(self, told: Any) -> None:
        answer = self._waiting[told["id"]]
        if not answer.done():
            answer.set_result(told)

    def _look(self, body: Message) -> None:
        """Keep the models in the answer to ``session/new``, a field that not all versions have."""
        result = body.get("result")
        if isinstance(result, dict) and isinstance(result.get("models"), dict):
            self.models = result["models"]


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_sound(body: Message) -> bool:
    """Return whether ``body`` has the form of a request, a notification or an answer."""
    identity = body.get("id", 0)
    if not isinstance(identity, (int, str)) or not isinstance(body.get("method", ""), str):
        return False
    if not isinstance(body.get("params") or {}, dict):
        return False
    error = body.get("error") or {}
    return isinstance(error, dict) and isinstance(error.get("code", 0), int)
