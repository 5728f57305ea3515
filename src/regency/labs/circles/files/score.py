"""The trusted scorer: sum of radii of 26 circles, checked exactly. Runs outside the sandbox.

    python score.py --out FOLDER --private FOLDER --split NAME

Reads FOLDER/circles.json, which untrusted code wrote. Every number is taken as the fraction that it
is, so that there is no rounding and no tolerance: circles may touch, and not overlap by anything.
"""

import argparse
import json
import math
import os
import sys
from fractions import Fraction

COUNT = 26
LONGEST = 20_000  # bytes


class Refused(Exception):
    """The circles cannot be scored; the message says why."""


def read(path):
    """Return the circles in `path` as fractions (x, y, radius)."""
    if os.path.getsize(path) > LONGEST:
        raise Refused("circles.json is too long")
    try:
        with open(path) as file:
            rows = json.load(file)
    except (ValueError, RecursionError) as error:
        raise Refused("circles.json is not JSON") from error
    if not isinstance(rows, list) or len(rows) != COUNT:
        raise Refused(f"circles.json must hold {COUNT} circles")
    return [circle(row) for row in rows]


def circle(row):
    """Return one row as fractions."""
    plain = isinstance(row, list) and len(row) == 3 and all(type(v) in (int, float) for v in row)
    if not plain or not all(math.isfinite(v) and abs(v) <= 1 for v in row):
        raise Refused("a circle must be three finite numbers: x, y, radius")
    return tuple(map(Fraction, row))


def total(circles):
    """Return the sum of radii; raise Refused if one is outside or two overlap."""
    for i, (x, y, r) in enumerate(circles):
        if r < 0 or min(x, y, 1 - x, 1 - y) < r:
            raise Refused(f"circle {i} is not inside the square")
        for j in range(i):
            a, b, s = circles[j]
            if (x - a) ** 2 + (y - b) ** 2 < (r + s) ** 2:
                raise Refused(f"circles {j} and {i} overlap")
    return float(sum(r for _, _, r in circles))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--private", required=True)
    parser.add_argument("--split", required=True)
    arguments = parser.parse_args()
    try:
        print(json.dumps({"radii": total(read(os.path.join(arguments.out, "circles.json")))}))
    except (Refused, OSError) as refusal:
        sys.exit(f"score.py: {refusal}")


if __name__ == "__main__":
    main()
