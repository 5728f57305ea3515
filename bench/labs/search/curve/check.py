"""Score of curve: negative root mean square error against noisy readings of a hidden curve."""

import math
import random


def score(program, seed):
    """Return the score of the namespace `program`; more is better."""
    rng = random.Random(seed)
    xs = [0.04 * i for i in range(101)]
    return -math.sqrt(sum((program["curve"](x) - reading(x, rng)) ** 2 for x in xs) / len(xs))


def reading(x, rng):
    wave = 2.3 * math.exp(-0.8 * x) * math.sin(3.1 * x + 0.4)
    bump = 0.9 * math.exp(-(((x - 2.6) / 0.35) ** 2))
    return wave + bump + 0.25 * x - 0.3 + rng.gauss(0.0, 0.1)
