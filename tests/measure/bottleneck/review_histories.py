"""Git histories of reviews, written at once with fast-import; times are days after `START`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from toy_lab import git

START = 1_700_000_000
DAY = 86_400
NOW = START + 1000 * DAY


@dataclass(frozen=True)
class Commit:
    """One commit: name, parents, author and committer with their days."""

    name: str
    parents: tuple[str, ...] = ()
    authored: float = 0.0
    committed: float | None = None
    author: str = "Ada"
    committer: str = ""
    message: str = "Work"


def history(folder: Path, commits: list[Commit], **refs: str) -> Path:
    """Make a repository; keyword arguments are branches (``__`` is a slash) and their commits."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    marks = {commit.name: number + 2 for number, commit in enumerate(commits)}
    lines = [b"blob\nmark :1\ndata 2\nx\n\n", *(_commit(c, marks) for c in commits)]
    for ref, name in ({"main": commits[-1].name} | refs).items():
        lines.append(f"reset refs/heads/{ref.replace('__', '/')}\nfrom :{marks[name]}\n\n".encode())
    lines.append(b"reset refs/heads/scratch\nfrom 0000000000000000000000000000000000000000\n\n")
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"], cwd=folder, input=b"".join(lines), check=True
    )
    return folder


def _commit(commit: Commit, marks: dict[str, int]) -> bytes:
    committed = commit.authored if commit.committed is None else commit.committed
    text = commit.message.encode()
    head = f"commit refs/heads/scratch\nmark :{marks[commit.name]}\n"
    head += f"author {_who(commit.author)} {_at(commit.authored)}\n"
    head += f"committer {_who(commit.committer or commit.author)} {_at(committed)}\n"
    links = "".join(
        f"{'from' if n == 0 else 'merge'} :{marks[p]}\n" for n, p in enumerate(commit.parents)
    )
    if not commit.parents:
        head = f"reset refs/heads/scratch\n{head}"
    body = f"data {len(text)}\n".encode() + text + b"\n" + links.encode()
    return head.encode() + body + f"M 644 :1 {commit.name}\n\n".encode()


def _who(name: str) -> str:
    if name == "GitHub":
        return "GitHub <noreply@github.com>"
    return f"{name} <{name.lower().replace(' ', '.')}@example.org>"


def _at(days: float) -> str:
    return f"{int(START + days * DAY)} +0000"
