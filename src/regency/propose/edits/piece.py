"""One piece of an answer: a whole file, a text to replace, or a file to delete; not yet applied."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """What one block of an answer asks for.

    Attributes:
        path: The path as the answer writes it; empty where it names none.
        new: The whole file, or what takes the place of ``old``; None deletes the file.
        old: Text to look for; None: ``new`` is the whole file.
        inside: Whether ``old`` may begin and end within lines, as in tools for editing.
        closed: Whether the block had its end, so that nothing was cut off.
    """

    path: str
    new: str | None
    old: str | None = None
    inside: bool = False
    closed: bool = True
