"""The number is SHIFT plus luck."""

import json
import random
import sys

SHIFT = 1.0
SPREAD = 1.0
THROWS = 200
UNUSED = 3
ROUNDS = 4


def throw(rng):
    """Return one number."""
    return SHIFT + SPREAD * rng.gauss(0.0, 1.0)


def main(seed, out):
    rng = random.Random(seed)
    total = sum(throw(rng) for _ in range(THROWS)) / THROWS
    with open(out, "w") as file:
        json.dump({"loss": total}, file)


main(int(sys.argv[1]), sys.argv[2])
