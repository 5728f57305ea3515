"""Git objects as bytes: trees, commits and tags, as ``gitformat`` and ``git-hash-object`` say.

Pure functions; knows no repository.
"""

import re
from collections.abc import Mapping, Sequence

FOLDER = 0o040000
REGULAR = 0o100644
EXECUTABLE = 0o100755


def identity(author: tuple[str, str]) -> str:
    """Return ``Name <email>`` with what git forbids in it taken out."""
    name, email = (re.sub(r"[<>\x00-\x1f\x7f]", "", part).strip(" .,:;\"'") for part in author)
    return f"{name or 'unknown'} <{email or 'unknown'}>"


def text_bytes(text: str) -> bytes:
    """Return ``text`` as UTF-8 without zero bytes, which git refuses in messages."""
    return text.replace("\0", "").encode("utf-8", "replace")


def decode_tree(content: bytes, width: int) -> dict[bytes, tuple[int, str]]:
    """Return the entries of a tree object: name → (mode, object id).

    Args:
        content: The object as git stores it.
        width: Bytes of an object id, 20 or 32.
    """
    entries: dict[bytes, tuple[int, str]] = {}
    at = 0
    while at < len(content):
        space = content.index(b" ", at)
        end = content.index(b"\0", space)
        entries[content[space + 1 : end]] = (
            int(content[at:space], 8),
            content[end + 1 : end + 1 + width].hex(),
        )
        at = end + 1 + width
    return entries


def encode_tree(entries: Mapping[bytes, tuple[int, str]]) -> bytes:
    """Return a tree object: entries in git's order, in which a folder's name ends in a slash."""
    ordered = sorted(entries.items(), key=lambda e: e[0] + (b"/" if e[1][0] == FOLDER else b""))
    return b"".join(b"%o %s\0%s" % (m, n, bytes.fromhex(oid)) for n, (m, oid) in ordered)


def encode_commit(
    tree: str, parents: Sequence[str], author: tuple[str, str], time: int, message: str
) -> bytes:
    """Return a commit object.

    Args:
        tree: Tree id.
        parents: Commit ids.
        author: Name and email, of the committer too.
        time: Unix seconds, UTC.
        message: Text.
    """
    who = f"{identity(author)} {time} +0000"
    head = [f"tree {tree}", *(f"parent {p}" for p in parents), f"author {who}", f"committer {who}"]
    return text_bytes("\n".join(head) + "\n\n" + message.rstrip("\n") + "\n")


def encode_tag(name: str, commit: str, author: tuple[str, str], time: int, message: str) -> bytes:
    """Return an annotated tag object; arguments as for `encode_commit`."""
    head = f"object {commit}\ntype commit\ntag {name}\ntagger {identity(author)} {time} +0000"
    return text_bytes(f"{head}\n\n{message.rstrip()}\n")
