"""Minimising: the smallest part of the net change that keeps the gain, found by leaving out.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002)
from the outside in, as in hierarchical delta debugging (Misherghi and Su, 2006): by file, by what
names tie together, by hunk, by statement. At each level all units are left out at once, then
halves of them, down to single ones; what keeps the gain stays out.

Whether a part keeps the gain is asked of runs on the search split, part and champion with the same
fresh seed, by Wald's sequential probability ratio test between "nothing is lost" and "the margin
is lost" ("Sequential tests of statistical hypotheses", 1945). Every part is held against the
champion itself, so that small losses cannot add up unseen. This only finds the part to be tested:
what is promised rests on the confirm that follows, `regency.judge.inferior`.

Runs nothing itself: it yields requests for trials.
"""

import ast
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regency.oversee.atoms import Atom, applied, atoms, levels, parsed
from regency.records import Batch, Minimised, Purpose, Trial, TrialRequest
from regency.repo import diff

Files = Mapping[str, bytes]
Answered = list[tuple[Trial, ...]]
Question = Generator[list[Batch], Answered, bool]

CERTAINTY = math.log(9)  # of the ratio test: each way wrong about one time in ten
WORTH = 4.0  # pairs for a test of a part, in units of (noise / margin)²
LEAST_PAIRS = 3  # of the most that a part may take
LONGEST_TITLE = 90


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made smaller, and how carefully.

    Attributes:
        head: The champion.
        base_generation: Number of the generation before it.
        epoch: Number of the epoch.
        base_files: The generation's files.
        head_files: The champion's.
        margin: Most of the gain that may be lost, metric units.
        noise_sd: Standard deviation of one paired difference, metric units.
        most_pairs: Pairs that all questions together may take.
    """

    head: str
    base_generation: int
    epoch: int
    base_files: Files
    head_files: Files
    margin: float
    noise_sd: float
    most_pairs: int


@dataclass(slots=True)
class Search:
    """What is left, what was asked, and what may still be asked."""

    task: Task
    improvement: Callable[[float, float], float]
    seeds: Callable[[str], int]
    variant: Callable[[Files], str]
    width: int
    kept: list[Atom] = field(default_factory=list)
    known: dict[tuple[Atom, ...], bool] = field(default_factory=dict)
    variants: int = 0
    pairs: int = 0
    note: str = ""

    def run(self) -> Generator[list[Batch], Answered, None]:
        """Leave out whatever can be, from the coarsest to the finest."""
        self.kept = atoms(self.task.base_files, self.task.head_files)
        before: list[Atom] = []
        while before != self.kept:  # once more, for what had to wait for something else to go
            before = self.kept
            for place in range(len(list(self._levels()))):
                yield from self._without(list(self._levels())[place])

    def _levels(self) -> Iterator[list[list[Atom]]]:
        return levels(self.kept, self.task.base_files, self.task.head_files)

    def _without(self, units: Sequence[Sequence[Atom]]) -> Generator[list[Batch], Answered, None]:
        """Leave out all of ``units`` if the gain allows, else as many of them as it does."""
        gone = {atom for unit in units for atom in unit}
        rest = [atom for atom in self.kept if atom not in gone]
        if rest and (yield from self._holds(rest)):
            self.kept = rest
        elif len(units) > 1:
            half = len(units) // 2
            yield from self._without(units[half:])  # what comes later uses what comes before
            yield from self._without(units[:half])

    def _holds(self, rest: list[Atom]) -> Question:
        """Return whether ``rest`` keeps the gain; asked once for each."""
        key = tuple(rest)
        if key not in self.known:
            self.known[key] = yield from self._asked(rest)
        return self.known[key]

    def _asked(self, rest: list[Atom]) -> Question:
        task = self.task
        files = applied(rest, task.base_files, task.head_files)
        present = applied(self.kept, task.base_files, task.head_files)
        if same_code(files, present):
            return True
        if self.pairs >= task.most_pairs:
            self.note = f"Ended early: {task.most_pairs} pairs were spent."
            return False
        if not all(_sound(path, files.get(path), present.get(path)) for path in files):
            return False
        variant = self.variant(files)
        self.variants += 1
        return (yield from self._measured(variant))

    def _measured(self, variant: str) -> Question:
        """Run pairs until the ratio test can tell whether the margin is lost."""
        task = self.task
        ratio = 0.0
        most = max(LEAST_PAIRS, math.ceil(WORTH * (task.noise_sd / task.margin) ** 2))
        variance = max(task.noise_sd**2, (task.margin * 1e-3) ** 2)
        for first in range(0, most, self.width):
            numbers = range(first, min(first + self.width, most))
            self.pairs += len(numbers)
            for trials in (yield [self._batch(variant, number) for number in numbers]):
                scores = {trial.candidate: trial.score for trial in trials}
                new, old = scores[variant], scores[task.head]
                if new is None or old is None:
                    return False
                lost = -self.improvement(new, old)
                ratio += task.margin / variance * (task.margin / 2 - lost)
            if abs(ratio) >= CERTAINTY:
                break
        return ratio > 0

    def _batch(self, variant: str, number: int) -> Batch:
        prefix = f"minimise/{self.task.base_generation}/{self.task.head}/{variant}/{number}"
        seed = self.seeds(prefix)
        requests = [
            TrialRequest(f"{prefix}/{arm}", who, Purpose.SEARCH, "search", seed)
            for arm, who in (("part", variant), ("champion", self.task.head))
        ]
        return tuple(requests[:: -1 if self.seeds(f"{prefix}/order") & 1 else 1])


def minimise(
    task: Task,
    *,
    improvement: Callable[[float, float], float],
    seeds: Callable[[str], int],
    variant: Callable[[Files], str],
    width: int = 1,
) -> Generator[list[Batch], Answered, Minimised]:
    """Find the smallest part of a champion's net change that keeps its gain.

    Args:
        task: What to make smaller.
        improvement: Scores of a part and of the champion → how much better, metric units.
        seeds: Seed of a key; keys are ``minimise/GENERATION/HEAD/VARIANT/PAIR/ARM``.
        variant: Files → id of the candidate that holds them, the same one every time.
        width: Pairs asked for at once.

    Returns:
        The result; its ``candidate`` is ``task.head`` if nothing could be left out.
    """
    search = Search(task, improvement, seeds, variant, width)
    yield from search.run()
    files = applied(search.kept, task.base_files, task.head_files)
    smaller = files != dict(task.head_files)
    return Minimised(
        head=task.head,
        candidate=variant(files) if smaller else task.head,
        base_generation=task.base_generation,
        epoch=task.epoch,
        lines_before=sum(diff.changed_lines_of(task.base_files, task.head_files)),
        lines_after=sum(diff.changed_lines_of(task.base_files, files)),
        margin=task.margin,
        dropped=tuple(_dropped(task, search.kept)),
        variants=search.variants,
        pairs=search.pairs,
        note=search.note,
    )


def unchanged(task: Task, note: str) -> Minimised:
    """Return that nothing was left out, and why it was not tried."""
    lines = sum(diff.changed_lines_of(task.base_files, task.head_files))
    return Minimised(
        task.head, task.head, task.base_generation, task.epoch, lines, lines, task.margin, note=note
    )


def same_code(one: Files, other: Files) -> bool:
    """Return whether two trees differ in comments and layout at most."""
    return all(_essence(p, one.get(p)) == _essence(p, other.get(p)) for p in {*one, *other}
               if one.get(p) != other.get(p))  # fmt: skip


def _essence(path: str, content: bytes | None) -> object:
    if content is None:
        return None
    tree = parsed(content) if path.endswith(".py") else None
    if tree is not None:
        return ast.dump(tree)
    return [line.rstrip() for line in content.split(b"\n") if line.strip()]


def _sound(path: str, content: bytes | None, like: bytes | None) -> bool:
    """Return whether Python is still Python, where it was before."""
    if not path.endswith(".py") or content is None or content == like:
        return True
    return parsed(content) is not None or (like is not None and parsed(like) is None)


def _dropped(task: Task, kept: Sequence[Atom]) -> Iterator[str]:
    """Yield what was left out, one line for each part."""
    for atom in atoms(task.base_files, task.head_files):
        if atom not in kept:
            yield _title(atom, task)


def _title(atom: Atom, task: Task) -> str:
    new = diff.split_lines(task.head_files.get(atom.path))[slice(*atom.new)]
    old = diff.split_lines(task.base_files.get(atom.path))[slice(*atom.old)]
    mark, lines = ("+", new) if new else ("-", old)
    texts = (line.decode("utf-8", "replace").strip() for line in lines)
    text = next((text for text in texts if text), "blank lines")
    more = f" (+{len(lines) - 1} more)" if len(lines) > 1 else ""
    title = f"{atom.path}: {'file' if atom.whole else f'{mark} {text}'}"
    return title[:LONGEST_TITLE] + more
