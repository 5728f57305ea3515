"""Score of schedule: negative weighted tardiness of 40 jobs on 3 machines, mean of 6 draws."""

import random


def score(program, seed):
    """Return the score of the namespace `program`; more is better."""
    rng = random.Random(seed)
    return -sum(tardiness(program["plan"], draw(rng)) for _ in range(6)) / 6


def draw(rng):
    return [(rng.randint(1, 20), rng.randint(1, 9), rng.randint(5, 150)) for _ in range(40)]


def tardiness(plan, jobs):
    found = plan(list(jobs), 3)
    if sorted(job for job, _ in found) != list(range(len(jobs))):
        raise ValueError("not every job once")
    clocks, total = [0, 0, 0], 0.0
    for job, machine in found:
        time, weight, due = jobs[job]
        if machine not in {0, 1, 2}:
            raise ValueError("no such machine")
        clocks[machine] += time
        total += weight * max(0, clocks[machine] - due)
    return total / len(jobs)
