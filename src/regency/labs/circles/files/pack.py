"""Twenty-six circles in a unit square: the one file that agents may change.

Centres start on two rings and one in the middle; a short hill climb moves them; each circle then
grows as far as its neighbours let it.

    python pack.py --seed 1 --out circles.json
"""

import argparse
import json
import math
import random

COUNT = 26
INNER = 8
INNER_DISTANCE = 0.3
OUTER_DISTANCE = 0.7
MOVES = 40
REACH = 0.01
START = 0.001
GROWTH = 0.01
KEEP_APART = 1e-9  # a rounding error must not make two circles overlap


def centres():
    """Return the first centres: (x, y)."""
    points = [(0.5, 0.5)]
    for i in range(COUNT - 1):
        outer = i >= INNER
        many = COUNT - 1 - INNER if outer else INNER
        distance = OUTER_DISTANCE if outer else INNER_DISTANCE
        angle = 2 * math.pi * i / many
        x = 0.5 + distance * math.cos(angle)
        y = 0.5 + distance * math.sin(angle)
        points.append((min(max(x, 0.01), 0.99), min(max(y, 0.01), 0.99)))
    return points


def room(points, radii, i):
    """Return the largest radius that circle `i` can have beside the others."""
    x, y = points[i]
    free = min(x, y, 1 - x, 1 - y)
    for j in range(len(points)):
        if j != i:
            a, b = points[j]
            free = min(free, math.hypot(x - a, y - b) - radii[j])
    return free - KEEP_APART


def grow(points):
    """Return the radii that `points` allow."""
    radii = [START] * len(points)
    for i in range(len(points)):
        radii[i] = max(0.0, min(radii[i] + GROWTH, room(points, radii, i)))
    for i in range(len(points)):
        radii[i] = max(0.0, room(points, radii, i))
    return radii


def climb(points, rng):
    """Return `points` after moves of one centre each that made the circles larger."""
    best = sum(grow(points))
    for _ in range(MOVES):
        i = rng.randrange(len(points))
        x = min(max(points[i][0] + rng.gauss(0.0, REACH), 0.0), 1.0)
        y = min(max(points[i][1] + rng.gauss(0.0, REACH), 0.0), 1.0)
        moved = points[:i] + [(x, y)] + points[i + 1 :]
        total = sum(grow(moved))
        if total > best:
            points, best = moved, total
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    points = climb(centres(), random.Random(arguments.seed))
    circles = [[x, y, r] for (x, y), r in zip(points, grow(points))]
    with open(arguments.out, "w") as file:
        json.dump(circles, file)


if __name__ == "__main__":
    main()
