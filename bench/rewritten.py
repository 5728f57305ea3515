"""Histories whose authors are known, rewritten in every usual way, and how right answers are."""

import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from histories import START, Importer, code, note

from regency.measure.authorship import Settings, lines_of, measure

FILES = tuple(f"src/part{n}.py" for n in range(6))
AI = ("claude", "cursor", "codex")
TRAILER = "Change\n\nCo-authored-by: Claude <noreply@anthropic.com>"


@dataclass(eq=False)
class Written:
    """A line: its text, who wrote it, and whether a record ever said so."""

    text: str
    who: str
    recorded: bool


Tree = dict[str, list[Written]]
Spoil = Callable[[random.Random, bytes], bytes]


@dataclass
class Step:
    """One commit of work: for each file, new lines after a line (None: at the top), lines gone."""

    inserts: dict[str, list[tuple[Written | None, list[Written]]]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def on(self, tree: Tree) -> Tree:
        """Apply it to whatever the files have become."""
        made: Tree = {}
        for path, lines in tree.items():
            kept = [line for line in lines if id(line) not in self.gone]
            for anchor, new in self.inserts.get(path, ()):
                place = kept.index(anchor) + 1 if anchor in kept else 0
                kept[place:place] = new
            made[path] = kept
        return made


def work(rng: random.Random, tree: Tree, *, recorded: bool = True, variety: int = 10_000) -> Step:
    """Return a commit's worth of work, parts of it by an agent, by a person, by who knows.

    Work that is not recorded is not an agent's: nothing could find it.
    """
    step = Step()
    for path in rng.sample(sorted(tree), rng.randint(1, 3)):
        lines = tree[path]
        anchor = rng.choice(lines) if lines else None
        new = [
            Written(text, _who(rng), recorded) for text in code(rng, rng.randint(3, 15), variety)
        ]
        share = rng.randint(0, len(new))
        agent = rng.choice(AI)
        for place, line in enumerate(new):
            line.who = agent if place < share and recorded else line.who
            line.recorded = recorded and line.who != "nobody"
        step.inserts[path] = [(anchor, new)]
        for line in rng.sample(lines, min(len(lines), rng.randint(0, 2))):
            if line is not anchor:
                step.gone.add(id(line))
    return step


def _who(rng: random.Random) -> str:
    return rng.choice(["human", "human", "nobody"])


def claims(before: Tree, after: Tree) -> dict[str, list[tuple[str, int, int]]]:
    """Return what a right note of a commit says."""
    old = {id(line) for lines in before.values() for line in lines}
    found: dict[str, list[tuple[str, int, int]]] = {}
    for path, lines in after.items():
        for number, line in enumerate(lines, 1):
            if id(line) not in old and line.recorded:
                found.setdefault(path, []).append((line.who, number, number))
    return found


class Author:
    """Writes steps as commits with notes."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng, self.made = random.Random(seed), Importer(folder)
        self.time = START
        self.notes: dict[int, tuple[dict[str, list[tuple[str, int, int]]], str]] = {}

    def commit(
        self, before: Tree, after: Tree, parents: Sequence[int], *, noted: bool = True,
        message: str = "Change",
    ) -> int:  # fmt: skip
        """Commit ``after``; with its right note or without one."""
        self.time += 3600
        files = {p: [x.text for x in lines] for p, lines in after.items() if lines != before.get(p)}
        files |= dict.fromkeys(before.keys() - after.keys())
        mark = self.made.commit(files, self.time, parents=parents, message=message,
                                ref=f"refs/tmp/{self.made.marks}")  # fmt: skip
        if noted:
            self.notes[mark] = (claims(before, after), str(mark))
        return mark

    def finish(
        self, tip: int, spoil: Callable[[random.Random, bytes], bytes] | None = None
    ) -> None:
        """Make ``tip`` the branch main, forget all other branches, and write the notes."""
        ids = self.made.finish()
        refs = self.made.git("for-each-ref", "--format=delete %(refname)", "refs/tmp")
        self.made.git("update-ref", "refs/heads/main", ids[tip])
        self.made.git("update-ref", "--stdin", stdin=refs.encode() + b"\n")
        texts = []
        for mark, (said, conversation) in self.notes.items():
            text = note(ids[mark], said, conversation=conversation)
            texts.append((ids[mark], spoil(self.rng, text) if spoil else text))
        self.made.notes(texts)


def scenario(name: str, folder: Path, seed: int) -> Tree:
    """Write one history; return its last tree, line by line."""
    author = Author(folder, seed)
    rng, variety = author.rng, 12 if name.startswith("repetitive ") else 10_000
    name = name.removeprefix("repetitive ")
    tree: Tree = {
        path: [Written(t, "nobody", False) for t in code(rng, 40, variety)] for path in FILES
    }
    root = author.commit({}, tree, [], noted=False)
    steps, trees, marks = [], [tree], [root]
    for _ in range(8):
        steps.append(work(rng, trees[-1], variety=variety))
        trees.append(steps[-1].on(trees[-1]))
        message = TRAILER if name == "two sources" else "Change"
        marks.append(author.commit(trees[-2], trees[-1], [marks[-1]], message=message))
    spoil = _spoiled if name == "broken notes" else None
    if name in ("as written", "two sources", "broken notes"):
        author.finish(marks[-1], spoil)
        return trees[-1]
    if name in ("renames", "moves"):
        return _reshaped(name, author, trees[-1], marks[-1])
    upstream = work(rng, tree, recorded=False, variety=variety).on(tree)
    base = author.commit(tree, upstream, [root], noted=False)
    if name == "merge":
        merged = upstream
        for step in steps:
            merged = step.on(merged)
        author.finish(author.commit(upstream, merged, [base, marks[-1]], noted=False))
        return merged
    return _rewritten(name, author, steps, upstream, base)


def _reshaped(name: str, author: Author, tree: Tree, mark: int) -> Tree:
    if name == "renames":
        made = {path.replace("src", "lib"): lines for path, lines in tree.items()}
    else:
        made = {path: list(lines) for path, lines in tree.items()}
        for path in FILES[:3]:
            half = len(made[path]) // 2
            made[path] = made[path][half:] + made[path][:half]
        made[FILES[3]], made[FILES[4]] = made[FILES[3]][20:], made[FILES[4]] + made[FILES[3]][:20]
    author.finish(author.commit(tree, made, [mark], noted=False))
    return made


def _rewritten(name: str, author: Author, steps: list[Step], tree: Tree, base: int) -> Tree:
    """Apply the steps to another base, without notes, as rewriting does."""
    picked = steps[::2] if name == "cherry-picks" else steps
    if name == "squash":
        made = tree
        for step in picked:
            made = step.on(made)
        author.finish(author.commit(tree, made, [base], noted=False))
        return made
    for step in picked:
        made = step.on(tree)
        if name == "edited rebase":
            made = _edited(author.rng, tree, made)
        base, tree = author.commit(tree, made, [base], noted=False), made
    author.finish(base)
    return tree


def _edited(rng: random.Random, before: Tree, after: Tree) -> Tree:
    """Return a commit in which a person changed one new line in eight while rebasing."""
    old = {id(line) for lines in before.values() for line in lines}
    return {
        path: [
            Written(line.text + "  # by hand", "human", False)
            if id(line) not in old and rng.random() < 0.125 else line
            for line in lines
        ]
        for path, lines in after.items()
    }  # fmt: skip


def _spoiled(rng: random.Random, text: bytes) -> bytes:
    """Return a note that breaks the rules and still says the same of its lines."""
    top, _, bottom = text.partition(b"\n---\n")
    kind = rng.randrange(4)
    if kind == 0:
        return top.replace(b"\n  ", b"\n  zz\n  ", 1) + b"\n---\n" + bottom
    if kind == 1:
        return top + b"\nno/such/file.py\n  0123456789abcdef 1-900\n---\n" + bottom
    if kind == 2:
        return top + b"\n---\n" + bottom.replace(b'"base_commit_sha": "', b'"base_commit_sha": "x')
    return b"\n".join(x + b",9-3" if x.startswith(b"  ") else x for x in top.split(b"\n")) + (
        b"\n---\n" + bottom
    )


def patch_ids(folder: Path, commits: Sequence[str]) -> dict[str, str]:
    """Return git's own patch-ids: commit → id."""
    asked = "".join(f"{c}\n" for c in commits).encode()
    shown = subprocess.run(["git", "diff-tree", "--stdin", "-p", "--root"], cwd=folder, input=asked,
                           capture_output=True, check=True).stdout  # fmt: skip
    done = subprocess.run(["git", "patch-id", "--stable"], cwd=folder, input=shown,
                          capture_output=True, check=True).stdout.decode()  # fmt: skip
    return {commit: patch for patch, commit in (row.split() for row in done.splitlines())}


def same_patch(folder: Path) -> set[str]:
    """Return the commits of main that have a note, or the patch-id of an old commit with one."""

    def listed(*arguments: str) -> list[str]:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True,
                              check=True).stdout.decode().split()  # fmt: skip

    noted = listed("notes", "--ref=ai", "list")[1::2]
    known = set(patch_ids(folder, noted).values())
    return {c for c, p in patch_ids(folder, listed("rev-list", "main")).items() if p in known}


@dataclass
class Score:
    """Counts of lines."""

    lines: int = 0
    ai: int = 0
    said: int = 0
    right: int = 0
    baseline: int = 0
    human_said: int = 0
    human_right: int = 0
    agent_right: int = 0
    inside: int = 0
    histories: int = 0


def score(name: str, folder: Path, seed: int, total: Score) -> None:
    """Add one history to the score."""
    tree = scenario(name, folder, seed)
    found = measure(folder, Settings())
    baseline = same_patch(folder)
    truth = 0
    for path, lines in tree.items():
        for line, seen in zip(lines, lines_of(folder, path, Settings()), strict=True):
            assert line.text == seen.text
            by_ai = line.who in AI
            truth += by_ai
            total.said += seen.author.category == "ai"
            total.right += seen.author.category == "ai" and by_ai
            total.agent_right += by_ai and seen.author.agent == line.who
            total.human_said += seen.author.category == "human"
            total.human_right += seen.author.category == "human" and line.who == "human"
            total.baseline += by_ai and seen.commit in baseline
    total.lines += found.alive.lines
    total.ai += truth
    total.histories += 1
    share = truth / found.alive.lines
    total.inside += found.alive.at_least <= share + 1e-12 and share <= found.alive.at_most + 1e-12
