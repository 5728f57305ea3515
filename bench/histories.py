"""Synthetic repositories with known authors, written by git fast-import."""

import hashlib
import json
import random
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

START = 1_650_000_000
WORDS = (
    *("value", "result", "cache", "index", "parse", "token", "buffer", "stream", "query"),
    *("record", "batch", "state", "model", "layer", "score", "weight", "merge", "branch"),
    *("commit", "object", "window", "cursor", "handle", "engine", "worker", "signal"),
)


class Importer:
    """Writes commits and notes into a new repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")
        self._process = subprocess.Popen(
            ["git", "fast-import", "--quiet", "--force", "--export-marks=marks"],
            cwd=folder, stdin=subprocess.PIPE,
        )  # fmt: skip
        self.marks = 0

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def write(self, data: bytes) -> None:
        """Hand bytes to fast-import."""
        assert self._process.stdin
        self._process.stdin.write(data)

    def commit(
        self,
        files: Mapping[str, Sequence[str] | None],
        time: int,
        *,
        ref: str = "refs/heads/main",
        parents: Sequence[int] = (),
        message: str = "Change",
        author: str = "Ada <ada@example.org>",
    ) -> int:
        """Write a commit on top of ``parents`` (marks; none: the reference) and return its mark."""
        self.marks += 1
        said = message.encode()
        head = f"commit {ref}\nmark :{self.marks}\nauthor {author} {time} +0000\n"
        head += f"committer {author} {time} +0000\ndata {len(said)}\n"
        self.write(head.encode() + said + b"\n")
        for number, parent in enumerate(parents):
            self.write(f"{'merge' if number else 'from'} :{parent}\n".encode())
        for path, lines in files.items():
            self.write(_file(path, lines))
        self.write(b"\n")
        return self.marks

    def finish(self) -> dict[int, str]:
        """End the import; return the commit of each mark."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait() == 0
        rows = (self.folder / "marks").read_text().split("\n")
        (self.folder / "marks").unlink()
        return {int(m[1:]): oid for m, _, oid in (r.partition(" ") for r in rows) if oid}

    def notes(self, notes: Iterable[tuple[str, bytes]], ref: str = "refs/notes/ai") -> int:
        """Write notes (commit, text) and return their size in bytes."""
        process = subprocess.Popen(
            ["git", "fast-import", "--quiet"], cwd=self.folder, stdin=subprocess.PIPE
        )
        assert process.stdin
        head = f"commit {ref}\ncommitter N <n@x> {START} +0000\ndata 5\nnotes\n"
        process.stdin.write(head.encode())
        size = 0
        for commit, text in notes:
            path = f"{commit[:2]}/{commit[2:]}"
            process.stdin.write(
                f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"
            )
            size += len(text)
        process.stdin.close()
        assert process.wait() == 0
        return size


def _file(path: str, lines: Sequence[str] | None) -> bytes:
    if lines is None:
        return f"D {path}\n".encode()
    body = "".join(f"{line}\n" for line in lines).encode()
    return f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"


def code(rng: random.Random, count: int, variety: int = 10_000) -> list[str]:
    """Return lines that look like code: some of them the same everywhere.

    Args:
        rng: Source of chance.
        count: How many.
        variety: Small: lines repeat each other often.
    """
    words = WORDS[: max(3, variety // 4)]
    made = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.12:
            made.append(rng.choice(["", "    }", "        return None", "    else:", "    try:"]))
        else:
            a, b, c = rng.choices(words, k=3)
            made.append(f"{'    ' * rng.randint(0, 3)}{a}_{b} = {c}({rng.randrange(variety)})")
    return made


def note(
    commit: str,
    claims: Mapping[str, Sequence[tuple[str, int, int]]],
    *,
    conversation: str = "1",
    padding: str = "",
) -> bytes:
    """Return a git-ai note: path → who (a tool, or ``human``), first line, last line."""
    sessions, humans, prompts = {}, {}, {}
    top = []
    for path, ranges in claims.items():
        top.append(path)
        for who, first, last in ranges:
            key = hashlib.sha256(f"{who}:{conversation}".encode()).hexdigest()
            lines = f"{first}-{last}" if last > first else str(first)
            about = {"tool": who, "id": conversation, "model": f"{who}-1"}
            if who == "human":
                humans[f"h_{key[:14]}"] = {"author": "Ada <ada@example.org>"}
                top.append(f"  h_{key[:14]} {lines}")
            elif padding:
                said = [{"type": "assistant", "text": padding}]
                prompts[key[:16]] = {"agent_id": about, "messages": said, "total_additions": 1,
                                     "total_deletions": 0, "accepted_lines": 1,
                                     "overriden_lines": 0}  # fmt: skip
                top.append(f"  {key[:16]} {lines}")
            else:
                sessions[f"s_{key[:14]}"] = {"agent_id": about}
                top.append(f"  s_{key[:14]}::t_{key[-14:]} {lines}")
    bottom = {"schema_version": "authorship/3.0.0", "base_commit_sha": commit,
              "prompts": prompts, "sessions": sessions, "humans": humans}  # fmt: skip
    return "\n".join([*top, "---", json.dumps(bottom, indent=2)]).encode()


def transcripts(rng: random.Random) -> list[str]:
    """Return pieces of text for the conversations that old notes hold."""
    return [" ".join(rng.choices(WORDS, k=60)) + f" {rng.random()}" for _ in range(4000)]


def padded(rng: random.Random, pieces: Sequence[str], size: int) -> str:
    """Return about ``size`` bytes of conversation."""
    return " ".join(rng.choices(pieces, k=max(1, size // 480)))
