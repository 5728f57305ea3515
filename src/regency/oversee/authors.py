"""Whose lines stand in a tree that several candidates made one after another."""

from collections.abc import Mapping, Sequence

from regency.repo import diff

Owners = dict[str, list[str]]  # path → owner of each line; empty where it was there before


def owners(versions: Sequence[tuple[str, Mapping[str, bytes]]]) -> Owners:
    """Return who wrote each line of the last of ``versions``.

    Args:
        versions: (owner, files) oldest first; what the first holds is nobody's.
    """
    _, files = versions[0]
    found: Owners = {path: [""] * len(diff.split_lines(text)) for path, text in files.items()}
    for owner, now in versions[1:]:
        found = {path: _file(found.get(path, []), owner, files.get(path), text)
                 if files.get(path) != text else found[path]
                 for path, text in now.items()}  # fmt: skip
        files = now
    return found


def _file(before: list[str], owner: str, old: bytes | None, new: bytes) -> list[str]:
    lines: list[str] = []
    for tag, a, b, c, d in diff.opcodes(diff.split_lines(old), diff.split_lines(new)):
        lines += before[a:b] if tag == "equal" else [owner] * (d - c)
    return lines
