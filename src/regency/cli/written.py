"""Files that commands write for people: their names are checked first, and they come whole."""

from collections.abc import Sequence
from pathlib import Path

from regency.errors import BadInput


def target(name: str | None, kinds: Sequence[str]) -> Path | None:
    """Return the file to write, None if none was asked for.

    Raises:
        BadInput: It ends in none of ``kinds``, or its folder is not there.
    """
    if name is None:
        return None
    path = Path(name)
    if path.suffix.lower() not in kinds:
        raise BadInput(f"{name}: give a name that ends in {', '.join(kinds)}.")
    if not path.parent.is_dir():
        raise BadInput(f"{path.parent} is not a folder. Make it first.")
    return path


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
