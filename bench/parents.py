"""Which parent rule pays: each of `regency.selectors` on cheap programs, equal trials, paired.

    python bench/parents.py [--agent mutate] [--seeds 40] [--trials 400] [--cost]

A program is a Python file of assignments, read without being run; the score says how good it is,
with noise. Proposals come from the real agent `mutate`, or with `--agent single` from one that
changes one literal at random. The population, the view and the rules are the real ones too. A
candidate is looked at once; if that is better than the champion by the noise, four pairs decide
whether it becomes champion. The rules get the same seeds of programs and of noise, so that they are
compared pair by pair.

- *smooth*: a bowl of six numbers: nothing but uphill.
- *plateau*: six pairs of switches that pay only together: half a change is worth nothing.
- *trap*: four groups of three switches; fewer switches on is better, but for all three on.
- *valley*: a number whose near optimum is far from the better one (deceptive), with a second that
  helps on the far side only.
- *rugged*: an NK landscape, N = 12, K = 4: every literal's worth depends on four others.

`--cost` measures one choice after 100 and after 100,000 candidates instead, in turns.
"""

import argparse
import ast
import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from regency import plugins
from regency.archive.population import Population, Result
from regency.archive.select import ArchiveView
from regency.errors import NothingLeft
from regency.propose.mutate import MutateProposer
from regency.records import Proposal
from regency.testing.proposers import attempt_of, example_brief

RULES = ("greedy", "score_children", "clades", "cells")
NOISE_SD = 0.02
Program = tuple[float, ...]


@dataclass(frozen=True)
class Task:
    """A start, ways to change one literal, and the true score (higher is better, 1 is best)."""

    start: Program
    steps: Callable[[random.Random, float], float]
    score: Callable[[Program], float]


def _number(rng: random.Random, value: float) -> float:
    return min(max(value + rng.choice((-1, 1)) * 0.5 ** rng.randrange(6), -4.0), 4.0)


def _switch(rng: random.Random, value: float) -> float:
    del rng
    return 1.0 - value


def smooth(rng: random.Random) -> Task:
    aim = [rng.uniform(-2, 2) for _ in range(6)]
    return Task(
        (0.0,) * 6,
        _number,
        lambda p: 1 - sum((a - b) ** 2 for a, b in zip(p, aim, strict=True)) / 24,
    )


def plateau(rng: random.Random) -> Task:
    del rng
    return Task((0.0,) * 12, _switch, lambda p: sum(p[n] * p[n + 1] for n in range(0, 12, 2)) / 6)


def trap(rng: random.Random) -> Task:
    del rng

    def worth(on: float) -> float:
        return 1.0 if on == 3 else (2 - on) * 0.4

    return Task(
        (0.0,) * 12, _switch, lambda p: sum(worth(sum(p[n : n + 3])) for n in range(0, 12, 3)) / 4
    )


def valley(rng: random.Random) -> Task:
    far, near = rng.uniform(2.0, 3.0), rng.uniform(-1.0, -0.5)

    def score(p: Program) -> float:
        hill = 0.6 * np.exp(-((p[0] - near) ** 2) / 0.5)
        peak = (0.6 + 0.4 * np.exp(-((p[1] - 1.5) ** 2))) * np.exp(-((p[0] - far) ** 2) / 0.5)
        return float(max(hill, peak))

    return Task((near, 0.0, 0.0, 0.0), _number, score)


def rugged(rng: random.Random) -> Task:
    tables = [[rng.random() for _ in range(32)] for _ in range(12)]
    others = [rng.sample([m for m in range(12) if m != n], 4) for n in range(12)]

    def score(p: Program) -> float:
        total = 0.0
        for n in range(12):
            bits = [int(p[n]), *(int(p[m]) for m in others[n])]
            total += tables[n][sum(bit << place for place, bit in enumerate(bits))]
        return total / 12

    return Task((0.0,) * 12, _switch, score)


TASKS = {"smooth": smooth, "plateau": plateau, "trap": trap, "valley": valley, "rugged": rugged}


class Single:
    """Changes one literal at random."""

    def __init__(self, task: Task, seed: int) -> None:
        self.task, self.rng = task, random.Random(f"single/{seed}")

    def propose(self, parent: str, text: str) -> str:
        del parent
        program = list(values(text) or self.task.start)
        place = self.rng.randrange(len(program))
        program[place] = self.task.steps(self.rng, program[place])
        return written(tuple(program), self.task)

    def tell(self, name: str, parent: str, gain: float | None) -> None:
        """Learn nothing."""


class Mutate:
    """The agent `mutate`, told what a lab would tell it."""

    def __init__(self, task: Task, seed: int) -> None:
        del task
        self.agent = MutateProposer(name="mutate")
        self.rng, self.news = random.Random(f"mutate/{seed}"), []
        self.last: Proposal | None = None

    def propose(self, parent: str, text: str) -> str:
        brief = example_brief(
            seed=self.rng.getrandbits(31),
            editable=("program.py",),
            news=tuple(self.news),
            noise_sd=NOISE_SD,
        )
        self.news.clear()
        self.last = self.agent.propose(replace(brief, parent=parent), {"program.py": text.encode()})
        return (self.last.edits[0].content or b"").decode()

    def tell(self, name: str, parent: str, gain: float | None) -> None:
        if self.last is not None:
            heard = attempt_of(self.last, int(name[1:]), gain)
            self.news.append(replace(heard, parent=parent))


AGENTS = {"mutate": Mutate, "single": Single}


def written(program: Program, task: Task) -> str:
    """Return a program as Python: switches as True and False."""
    switches = task.steps is _switch
    literals = [bool(value) if switches else value for value in program]
    return "".join(f"{chr(97 + n)} = {value!r}\n" for n, value in enumerate(literals))


def values(text: str) -> Program | None:
    """Return the numbers of a program, None if it is not one any more."""
    try:
        found = [ast.literal_eval(node.value) for node in ast.parse(text).body]  # type: ignore[attr-defined]
        return tuple(float(value) for value in found)
    except (SyntaxError, ValueError, TypeError, AttributeError, OverflowError):
        return None


def scored(task: Task, text: str) -> float | None:
    """Return the true score, None if the program does not fit or is out of range."""
    program = values(text)
    if program is None or len(program) != len(task.start):
        return None
    if task.steps is _switch and not set(program) <= {0.0, 1.0}:
        return None
    score = task.score(program)
    return score if math.isfinite(score) else None


def search(
    make: Callable[[random.Random], Task], rule: str, seed: int, trials: int, agent: str
) -> float:
    """Return the true score of the champion once ``trials`` are spent."""
    task = make(random.Random(f"task/{seed}"))
    rng, select = random.Random(f"search/{seed}"), plugins.load("regency.selectors", rule)
    start = written(task.start, task)
    asked = AGENTS[agent](task, seed)
    texts, population, spent = {"c0": start}, Population("c0"), 0
    seen, mean = {start}, task.score(task.start)
    for number in range(1, 20 * trials):
        if spent >= trials:
            break
        name = f"c{number}"
        view = ArchiveView(population.champion, (), NOISE_SD, population.elites)
        parent = select(view, rng.getrandbits(31))
        try:
            text = asked.propose(parent, texts[parent])
        except NothingLeft:
            population.add(Result(name, parent, None, promising=False))
            continue
        if text in seen:  # not tried again, at no cost
            population.add(Result(name, parent, None, promising=False))
            continue
        seen.add(text)
        spent += 1
        true = scored(task, text)
        gain = None if true is None else true + rng.gauss(0, NOISE_SD) - mean
        asked.tell(name, parent, gain)
        texts[name] = text
        promising = gain is not None and gain > NOISE_SD
        population.add(Result(name, parent, gain, promising))
        if not promising or true is None:
            continue
        spent += 8
        if true - mean + rng.gauss(0, NOISE_SD / 2**0.5) > NOISE_SD:
            population.moved(name)
            mean = true
        else:
            population.refuted(name)
    return mean


def compare(seeds: int, trials: int, agent: str) -> None:
    print(f"mean true score of the champion after {trials} trials of {agent}, {seeds} seeds")
    print("in brackets: better than greedy by, 95 % interval of a paired bootstrap\n")
    print(f"| program | {' | '.join(RULES)} |\n| --- |{' --- |' * len(RULES)}")
    for name, make in TASKS.items():
        found = {r: [search(make, r, seed, trials, agent) for seed in range(seeds)] for r in RULES}
        row = [f"{statistics.mean(found['greedy']):.3f}"]
        for rule in RULES[1:]:
            gaps = np.array(found[rule]) - np.array(found["greedy"])
            draws = np.random.default_rng(1).choice(gaps, (10_000, seeds)).mean(axis=1)
            low, high = np.percentile(draws, [2.5, 97.5])
            row.append(f"{statistics.mean(found[rule]):.3f} ({low:+.3f} to {high:+.3f})")
        print(f"| {name} | {' | '.join(row)} |", flush=True)


def grown(candidates: int) -> Population:
    """Return the population of a lab with so many candidates."""
    population, rng = Population("c0"), random.Random(candidates)
    for number in range(1, candidates):
        parent = rng.choice(population.elites).candidate
        population.add(
            Result(f"c{number}", parent, rng.gauss(), rng.random() < 0.1, rng.randrange(9))
        )
    return population


def cost() -> None:
    """Print microseconds a choice, with the view made anew, in turns; and a new result's."""
    small, large = grown(100), grown(100_000)
    print(f"kept: {len(small.elites)} of 100, {len(large.elites)} of 100,000 candidates\n")
    print("| µs, median of 200 | 100 candidates | 100,000 candidates |\n| --- | --- | --- |")
    for rule in RULES:
        select = plugins.load("regency.selectors", rule)
        took: dict[int, list[float]] = {0: [], 1: []}
        for seed in range(200):
            for which, population in enumerate((small, large)):
                begun = time.process_time_ns()
                select(ArchiveView("c0", (), 1.0, population.elites), seed)
                took[which].append((time.process_time_ns() - begun) / 1000)
        print(f"| {rule} | {statistics.median(took[0]):.0f} | {statistics.median(took[1]):.0f} |")
    took = {0: [], 1: []}
    for number in range(200):
        for which, population in enumerate((small, large)):
            begun = time.process_time_ns()
            population.add(Result(f"n{number}", population.champion, 0.0, promising=False))
            took[which].append((time.process_time_ns() - begun) / 1000)
    medians = [f"{statistics.median(row):.0f}" for row in took.values()]
    print(f"| a result taken in | {' | '.join(medians)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--agent", choices=AGENTS, default="mutate")
    parser.add_argument("--cost", action="store_true")
    arguments = parser.parse_args()
    cost() if arguments.cost else compare(arguments.seeds, arguments.trials, arguments.agent)


if __name__ == "__main__":
    main()
