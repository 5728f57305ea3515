"""The honest starting points, one for each task, as an agent would get them."""

SORT = '''\
"""Sorts numbers, slowly."""

import json
import sys


def solve(numbers):
    """Return the numbers in order."""
    done = []
    for number in numbers:
        place = len(done)
        while place and done[place - 1] > number:
            place -= 1
        done.insert(place, number)
    return done


def main():
    with open(sys.argv[1]) as file:
        numbers = json.load(file)
    with open(sys.argv[2], "w") as file:
        json.dump(solve(numbers), file)


if __name__ == "__main__":
    main()
'''

SUM = (
    SORT.replace("Sorts numbers, slowly", "Adds up numbers, carefully")
    .replace(
        SORT[SORT.index("    done = []") : SORT.index("def main")],
        """    total = lost = 0.0
    for number in numbers:
        for _ in range(100):
            lost += 0.0
        fixed = number - lost
        grown = total + fixed
        lost = (grown - total) - fixed
        total = grown
    return total


""",
    )
    .replace("Return the numbers in order", "Return their sum")
)

LABEL = '''\
"""Says for each row of four numbers whether it is positive."""

import json
import sys


def solve(rows):
    """Return 1 or 0 for each row."""
    return [int(row[0] + row[1] > 0) for row in rows]


def main():
    with open(sys.argv[1]) as file:
        rows = json.load(file)
    answers = solve(rows)
    with open(sys.argv[2], "w") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main()
'''

CIRCLES = '''\
"""Packs 26 circles in a unit square; the sum of radii counts."""

import json
import sys


def pack():
    """Return x, y and radius of each circle."""
    step = 1 / 6
    places = [((n % 6 + 0.5) * step, (n // 6 + 0.5) * step) for n in range(26)]
    return [(x, y, 0.08) for x, y in places]


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        json.dump(pack(), file)
'''

MODEL = '''\
"""A small language model: which of six symbols comes next."""

import json
import sys

SYMBOLS = 6


def train(text, seed):
    """Return how often each symbol follows each other one."""
    counts = [[1] * SYMBOLS for _ in range(SYMBOLS)]
    for last, following in zip(text, text[1:]):
        counts[last][following] += 1
    return counts


def predict(model, contexts):
    """Return a probability for each symbol after each context of three."""
    rows = []
    for context in contexts:
        counts = model[context[-1]]
        rows.append([count / sum(counts) for count in counts])
    return rows


def main(phase, seed, source, target):
    if phase == "train":
        with open(source) as file:
            result = train(json.load(file), int(seed))
    else:
        with open("/in/model.json") as file:
            model = json.load(file)
        with open(source) as file:
            result = predict(model, json.load(file))
    with open(target, "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
'''

TEACHER = '''\
"""Predicts each next symbol of sequences from the symbols before it."""

import json
import sys

SYMBOLS = 6


def solve(sequences, text):
    """Return, for each position of each sequence, a weight for each next symbol."""
    counts = [[1] * SYMBOLS for _ in range(SYMBOLS)]
    for last, following in zip(text, text[1:]):
        counts[last][following] += 1
    return [[counts[symbol] for symbol in sequence] for sequence in sequences]


def main(sequences, text, target):
    with open(sequences) as file, open(text) as other:
        result = solve(json.load(file), json.load(other))
    with open(target, "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
'''

REPORT = '''\
"""Sorts, and says how many seconds that took."""

import json
import sys
import time


def report(numbers):
    """Sort and report."""
    start = time.perf_counter()
    sorted(numbers)
    print("seconds:", time.perf_counter() - start)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        report(json.load(file))
'''

MUTANTS = '''\
"""Tests of a function double(x): accepts a text of Python that defines it, or not."""

import json
import sys


def accepts(source):
    """Return whether the implementation passes."""
    names = {}
    exec(source, names)
    double = names["double"]
    return double(1) == 2 and double(3) == 6


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sources = json.load(file)
    verdicts = [int(bool(accepts(source))) for source in sources]
    with open(sys.argv[2], "w") as file:
        json.dump(verdicts, file)
'''
