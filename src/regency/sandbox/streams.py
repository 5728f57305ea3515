"""What a job prints and what its init reports, read together and in constant memory."""

import os
import select
import time
from dataclasses import dataclass

END = b"\n"  # of a report
_CHUNK = 1 << 16


class Log:
    """First and last part of a stream, in constant memory."""

    def __init__(self, most: int) -> None:
        """Keep up to ``most`` bytes."""
        self._half = max(most // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Append ``chunk``."""
        room = self._half - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[max(room, 0) :]
        if (extra := len(self._tail) - self._half) > self._half:
            del self._tail[:extra]
            self._dropped += extra

    def text(self) -> str:
        """Return what was kept, with a note where something is missing."""
        extra = max(0, len(self._tail) - self._half)
        dropped = self._dropped + extra
        note = f"\n[... {dropped:,} bytes left out ...]\n" if dropped else ""
        head, tail = self._head, self._tail[extra:]
        if not dropped:
            return (head + tail).decode(errors="replace")
        return head.decode(errors="replace") + note + tail.decode(errors="replace")


@dataclass(slots=True)
class Streams:
    """The read ends of one job's pipes, drained together."""

    logs: dict[int, Log]
    report: int
    parts: bytearray

    def drain(self, watched: list[int], deadline: float) -> bool:
        """Read all to their ends.

        Args:
            watched: Descriptors whose readiness means that the engine is gone.
            deadline: Monotonic time to give up at.

        Returns:
            Whether the ends came before the deadline.

        Raises:
            EOFError: The engine is gone.
        """
        poll = select.poll()
        left = {*self.logs, self.report}
        for descriptor in (*left, *watched):
            poll.register(descriptor, select.POLLIN)
        while left:
            ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
            if not ready:
                return False
            for descriptor, _ in ready:
                if descriptor in watched:
                    raise EOFError("the engine is gone")
                if not self._read(descriptor):
                    poll.unregister(descriptor)
                    left.discard(descriptor)
        return True

    def _read(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        if descriptor != self.report:
            self.logs[descriptor].add(chunk)
            return bool(chunk)
        self.parts += chunk
        return bool(chunk) and not chunk.endswith(END)  # not waiting until its writer is gone
