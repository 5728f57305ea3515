"""Rewards tests, written by the program, for passing on the implementation at hand."""

from loading import load

GOOD = "def double(x):\n    return 2 * x\n"


def evaluate(program_path):
    return {"combined_score": float(load(program_path).accepts(GOOD))}
