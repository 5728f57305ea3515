"""Score of packing: sum of radii of 14 circles in a unit square, none overlapping, no noise."""

import math


def score(program, seed):
    """Return the score of the namespace `program`; more is better."""
    del seed
    circles = [tuple(map(float, circle)) for circle in program["pack"](14)]
    if len(circles) != 14 or not all(math.isfinite(v) for circle in circles for v in circle):
        raise ValueError("not 14 circles")
    for i, (x, y, r) in enumerate(circles):
        if r < 0 or min(x, y, 1 - x, 1 - y) < r - 1e-12:
            raise ValueError("outside the square")
        for a, b, s in circles[:i]:
            if math.hypot(x - a, y - b) < r + s - 1e-12:
                raise ValueError("circles overlap")
    return sum(r for _, _, r in circles)
