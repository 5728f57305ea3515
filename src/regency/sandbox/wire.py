"""Messages between engine and spawner: JSON with its length in front; descriptors behind it."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
ENDS = 2  # descriptors that go together: to read from, to write to


def send(channel: socket.socket, message: object) -> None:
    """Send ``message``; raises OSError if the other side is gone."""
    body = json.dumps(message).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket) -> Any:
    """Return the next message; raises EOFError if the other side is gone."""
    return json.loads(_exactly(channel, _LENGTH.unpack(_exactly(channel, _LENGTH.size))[0]))


def send_ends(channel: socket.socket, ends: Sequence[int]) -> None:
    """Send copies of two open descriptors; raises OSError if the other side is gone."""
    socket.send_fds(channel, [b"e"], list(ends))


def receive_ends(channel: socket.socket) -> tuple[int, ...]:
    """Return descriptors that `send_ends` sent; raises EOFError if they do not come."""
    ends = socket.recv_fds(channel, 1, ENDS)[1]
    if len(ends) != ENDS:
        raise EOFError("the other side is gone")
    return tuple(ends)


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
