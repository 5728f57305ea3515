"""Real repositories with known authors, made with git fast-import and git itself."""

import hashlib
import json
import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PERSON = ("Ada", "ada@example.org")
START = 1_700_000_000
DAY = 86_400


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
        cwd=folder, input=stdin, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


class Written:
    """A repository that is written commit by commit.

    Contents are bytes, or lists of lines without their ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main", ".")
        self.time = START

    def commit(
        self,
        files: Mapping[str, Sequence[str] | bytes | None],
        message: str = "m",
        *,
        author: tuple[str, str] = PERSON,
        parents: Sequence[str] | None = None,
        branch: str = "main",
        days: float = 1,
    ) -> str:
        """Commit files on top of ``parents`` (default: the branch); None deletes."""
        self.time += int(days * DAY)
        parents = self.tip(branch) if parents is None else parents
        who = f"{author[0]} <{author[1]}> {self.time} +0000"
        said = message.encode()
        out = [f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\n".encode()]
        out.append(b"data %d\n%s\n" % (len(said), said))
        out += [f"{'merge' if n else 'from'} {p}\n".encode() for n, p in enumerate(parents)]
        for path, content in files.items():
            out.append(_file(path, content))
        git(self.folder, "fast-import", "--quiet", "--force", stdin=b"".join(out) + b"\n")
        return git(self.folder, "rev-parse", f"refs/heads/{branch}")

    def tip(self, branch: str) -> list[str]:
        found = git(self.folder, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        return [found] if found else []

    def note(self, commit: str, text: str | bytes, ref: str = "ai") -> None:
        content = text.encode() if isinstance(text, str) else text
        blob = git(self.folder, "hash-object", "-w", "--stdin", stdin=content)
        git(self.folder, "notes", f"--ref={ref}", "add", "-f", "-C", blob, commit)


def _file(path: str, content: Sequence[str] | bytes | None) -> bytes:
    if content is None:
        return f"D {path}\n".encode()
    body = content if isinstance(content, bytes) else "".join(f"{x}\n" for x in content).encode()
    return f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"


def session(tool: str, conversation: str = "1") -> str:
    return "s_" + hashlib.sha256(f"{tool}:{conversation}".encode()).hexdigest()[:14]


def note(
    commit: str,
    lines: Mapping[str, Mapping[str, str]],
    *,
    model: str = "opus",
    conversation: str = "1",
) -> str:
    """Return a git-ai note: path → who (a tool, or ``human``) → ranges."""
    sessions, humans, top = {}, {}, []
    for path, by in lines.items():
        top.append(f'"{path}"' if " " in path else path)
        for who, ranges in by.items():
            if who == "human":
                humans["h_" + "a" * 14] = {"author": "Ada <ada@example.org>"}
                top.append(f"  h_{'a' * 14} {ranges}")
                continue
            key = session(who, conversation)
            about = {"tool": who, "id": conversation, "model": model}
            sessions[key] = {"agent_id": about, "human_author": "Ada"}
            top.append(f"  {key}::t_{'b' * 14} {ranges}")
    bottom = {"schema_version": "authorship/3.0.0", "base_commit_sha": commit, "prompts": {},
              "sessions": sessions, "humans": humans}  # fmt: skip
    return "\n".join([*top, "---", json.dumps(bottom)])


def tangle(folder: Path, seed: int, commits: int = 60) -> None:
    """Write a tangled history: branches, renames, octopus merges, merges that make lines."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", ".")
    trees: list[dict[str, list[str]]] = []
    tips: list[int] = []
    out: list[bytes] = []
    for number in range(commits + 1):
        parents = _parents(rng, trees, tips) if number < commits else list(tips)
        if len(parents) < 2:
            tree = _edited(rng, trees[parents[0]] if parents else {}, number)
        else:
            tree = _merged(rng, [trees[p] for p in parents], number)
        trees.append(tree)
        tips = [t for t in tips if t not in parents] + [number]
        out.append(_one(number, parents, tree))
    git(folder, "fast-import", "--quiet", "--force", stdin=b"".join(out))


def _parents(rng: random.Random, trees: list[dict[str, list[str]]], tips: list[int]) -> list[int]:
    if not trees:
        return []
    if len(tips) > 1 and rng.random() < 0.25:
        return rng.sample(tips, min(len(tips), rng.choice([2, 2, 2, 3])))
    return [rng.choice(tips) if rng.random() < 0.75 else rng.randrange(len(trees))]


def _edited(rng: random.Random, tree: dict[str, list[str]], number: int) -> dict[str, list[str]]:
    made = {path: list(lines) for path, lines in tree.items()}
    for step in range(rng.randint(1, 3)):
        kind = rng.random()
        if not made or kind < 0.15:
            made[f"d{rng.randrange(3)}/f{rng.randrange(12)}"] = []
        path = rng.choice(sorted(made))
        if kind > 0.93:
            made[f"d{rng.randrange(3)}/r{number}_{step}"] = made.pop(path)
            continue
        if kind > 0.9:
            del made[path]
            continue
        place, gone = rng.randint(0, len(made[path])), rng.randint(0, 3)
        made[path][place : place + gone] = [
            f"line {number} {step} {n}" if rng.random() < 0.8 else rng.choice(["}", "", "return"])
            for n in range(rng.randint(0, 6))
        ]
    return made


def _merged(
    rng: random.Random, parents: list[dict[str, list[str]]], number: int
) -> dict[str, list[str]]:
    made = {}
    for path in sorted(set().union(*parents)):
        have = [tree[path] for tree in parents if path in tree]
        kind = rng.random()
        if kind < 0.6 or len(have) == 1:
            made[path] = have[0] if kind < 0.3 else have[-1]
            continue
        one, other = rng.randint(0, len(have[0])), rng.randint(0, len(have[-1]))
        new = [f"made by merge {number}"] if rng.random() < 0.5 else []
        made[path] = [*have[0][:one], *new, *have[-1][other:]]
    return made


def _one(number: int, parents: list[int], tree: dict[str, list[str]]) -> bytes:
    head = f"commit refs/heads/main\nmark :{number + 1}\n"
    head += f"committer A <a@x> {START + number * 600} +0000\ndata 1\nm\n"
    head += "".join(f"{'merge' if n else 'from'} :{p + 1}\n" for n, p in enumerate(parents))
    files = (_file(path, lines) for path, lines in sorted(tree.items()))
    return head.encode() + b"deleteall\n" + b"".join(files) + b"\n"
