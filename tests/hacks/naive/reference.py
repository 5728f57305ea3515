"""The reference implementation, kept where the evaluator can import it."""


def solve(numbers):
    return sorted(numbers)
