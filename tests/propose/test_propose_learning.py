"""A known objective over constants, with Gaussian noise: does the agent find what is wrong?"""

import ast
import math
import random

from regency.propose.mutate import MutateProposer
from regency.testing.proposers import attempt_of, example_brief

NAMES = ("ALPHA", "BETA", "GAMMA", "DELTA", "EPS", "ZETA", "ETA", "THETA", "IOTA", "KAPPA", "MU",
         "NU")  # fmt: skip
WEIGHTS = (6.0, 8.0, 10.0, 12.0)  # noise sd per squared unit of each constant's coordinate
ENOUGH = 5.0
BUDGET = 25


def program(seed):
    """Twelve constants, of which one is 3 times off, and 40 literals that do not matter."""
    rng = random.Random(seed)
    off, best, lines = rng.randrange(12), {}, []
    for index, name in enumerate(NAMES):
        kind = index % 3
        good = rng.choice(((1e-4, 1e-3, 0.01, 0.1, 1.0), (0.9, 0.95, 0.99), (16, 32, 64))[kind])
        factor = (rng.choice((3, 1 / 3)) if kind != 1 else 1 / 3) if index == off else 1
        value = 1 - (1 - good) * factor if kind == 1 else good * factor
        lines.append(f"{name} = {round(value) if kind == 2 else float(f'{value:.3g}')}")
        best[name] = good
    lines += ["", "", "def work(x, y=1):", "    z = 0.0"]
    for _ in range(20):
        lines.append(f"    z += x * {rng.uniform(0.1, 9):.2f} + y * {rng.randrange(3, 50)}")
    return "\n".join([*lines, "    return z", ""]).encode(), best


def loss(content, best):
    total = 0.0
    for node in ast.parse(content).body:
        if isinstance(node, ast.Assign):
            name = node.targets[0].id
            index = NAMES.index(name)
            value, good = float(ast.literal_eval(node.value)), best[name]
            if index % 3 == 1:
                value, good = 1 - min(value, 1 - 1e-9), 1 - good
            total += WEIGHTS[index % 4] * math.log(max(value, 1e-9) / good) ** 2
    return total


def search(seed, **settings):
    """Return the improvement found within the budget, in noise sd."""
    parent, best = program(seed)
    agent, rng, news = MutateProposer(**settings), random.Random(f"noise{seed}"), ()
    start = now = lowest = loss(parent, best)
    for number in range(1, BUDGET + 1):
        brief = example_brief(seed=1000 * seed + number, news=news, noise_sd=1.0)
        proposal = agent.propose(brief, {"model.py": parent})
        after = loss(proposal.edits[0].content, best)
        lowest = min(lowest, after)
        gain = round(2 * (now - after + rng.gauss(0, 1))) / 2
        news = (attempt_of(proposal, number, gain),)
        if gain > 2.5 and after < now:
            parent, now = proposal.edits[0].content, after
    return start - lowest


def test_finds_what_is_off_and_beats_uniform_choice():
    learnt = [search(seed) for seed in range(20)]
    uniform = [search(seed, learn=False) for seed in range(20)]
    assert sum(gain >= ENOUGH for gain in learnt) >= 18
    assert sum(gain >= ENOUGH for gain in uniform) <= 6
    assert sum(learnt) > 3 * sum(uniform)
