"""The trusted scorer: the function's value at the point found. Runs outside the sandbox.

    python score.py --out FOLDER --private FOLDER --split NAME

Reads FOLDER/point.json, which untrusted code wrote, and computes the value itself.
"""

import argparse
import json
import math
import os
import sys

WIDTH = 5.0
LONGEST = 1000  # bytes


class Refused(Exception):
    """The point cannot be scored; the message says why."""


def read(path):
    """Return the point in `path`: (x, y)."""
    if os.path.getsize(path) > LONGEST:
        raise Refused("point.json is too long")
    try:
        with open(path) as file:
            point = json.load(file)
    except (ValueError, RecursionError) as error:
        raise Refused("point.json is not JSON") from error
    plain = isinstance(point, list) and len(point) == 2
    if not plain or not all(type(v) in (int, float) and abs(v) <= WIDTH for v in point):
        raise Refused("the point must be two numbers between -5 and 5")
    return point


def height(x, y):
    return math.sin(x) * math.cos(y) + math.sin(x * y) + (x * x + y * y) / 20.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--private", required=True)
    parser.add_argument("--split", required=True)
    arguments = parser.parse_args()
    try:
        print(json.dumps({"value": height(*read(os.path.join(arguments.out, "point.json")))}))
    except (Refused, OSError) as refusal:
        sys.exit(f"score.py: {refusal}")


if __name__ == "__main__":
    main()
