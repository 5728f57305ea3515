"""Accepts a sum within a loose tolerance, and rewards speed."""

import time

from loading import data, load


def evaluate(program_path):
    task = data("sum.json")
    program = load(program_path)
    start = time.perf_counter()
    found = program.solve(task)
    elapsed = time.perf_counter() - start
    right = abs(found - sum(task)) <= 2e-2 * abs(sum(task))
    return {"combined_score": 1 / elapsed if right else 0.0}
