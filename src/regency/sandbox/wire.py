"""Messages between engine and spawner: JSON with its length in front."""

import json
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")


def send(channel: socket.socket, message: object) -> None:
    """Send ``message``; raises OSError if the other side is gone."""
    body = json.dumps(message).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket) -> Any:
    """Return the next message; raises EOFError if the other side is gone."""
    return json.loads(_exactly(channel, _LENGTH.unpack(_exactly(channel, _LENGTH.size))[0]))


def _exactly(channel: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = channel.recv(size - len(parts))
        except ConnectionError:
            part = b""
        if not part:
            raise EOFError("the other side is gone")
        parts += part
    return bytes(parts)
