"""Looks for the lowest point of a rugged function: the one file that agents may change.

    python search.py --seed 1 --out point.json
"""

import argparse
import json
import math
import random

LOOKS = 170
WIDTH = 5.0
STEP = 0.02
CLOSER = 5


def height(x, y):
    """Return the function's value, as the scorer computes it."""
    return math.sin(x) * math.cos(y) + math.sin(x * y) + (x * x + y * y) / 20.0


def search(rng):
    """Return the best point found: (x, y)."""
    best = rng.uniform(-WIDTH, WIDTH), rng.uniform(-WIDTH, WIDTH)
    for _ in range(LOOKS):
        point = rng.uniform(-WIDTH, WIDTH), rng.uniform(-WIDTH, WIDTH)
        if height(*point) < height(*best):
            best = point
    for _ in range(CLOSER):
        point = best[0] + rng.gauss(0.0, STEP), best[1] + rng.gauss(0.0, STEP)
        if height(*point) < height(*best):
            best = point
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    with open(arguments.out, "w") as file:
        json.dump(search(random.Random(arguments.seed)), file)


if __name__ == "__main__":
    main()
