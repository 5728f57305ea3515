"""SSH's binary encoding (RFC 4251, 5): strings with a length before them, numbers, nothing more."""

import struct

from regency.errors import LedgerError


class Reader:
    """Reads one binary value after another.

    Args:
        data: The bytes.
        what: What they are, for messages.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._place, self._what = data, 0, what

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes.

        Raises:
            LedgerError: There are not so many.
        """
        stop = self._place + count
        if stop > len(self._data):
            raise LedgerError(f"{self._what} is cut short.")
        part, self._place = self._data[self._place : stop], stop
        return part

    def uint32(self) -> int:
        """Return the next four bytes as a number."""
        return int(struct.unpack(">I", self.take(4))[0])

    def string(self) -> bytes:
        """Return the next string."""
        return self.take(self.uint32())

    def text(self) -> str:
        """Return the next string as ASCII text.

        Raises:
            LedgerError: It is not.
        """
        raw = self.string()
        if not raw.isascii():
            raise LedgerError(f"{self._what} is malformed: {raw[:40]!r} is not ASCII.")
        return raw.decode("ascii")

    def mpint(self) -> int:
        """Return the next number of any size, which may not be negative.

        Raises:
            LedgerError: It is negative, or not in its shortest form.
        """
        raw = self.string()
        number = int.from_bytes(raw, "big", signed=True)
        if number < 0 or (raw and raw != _minimal(number)):
            raise LedgerError(f"{self._what} holds a malformed number.")
        return number

    def end(self) -> None:
        """Demand that nothing is left.

        Raises:
            LedgerError: Something is.
        """
        if self._place != len(self._data):
            raise LedgerError(f"{self._what} has bytes after its end.")


def string(raw: bytes) -> bytes:
    """Return ``raw`` as a string with its length."""
    return struct.pack(">I", len(raw)) + raw


def _minimal(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b""
