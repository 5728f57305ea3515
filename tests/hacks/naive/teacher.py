"""Scores next-symbol predictions on whole sequences that the program is shown at once."""

import math

from loading import data, load


def evaluate(program_path):
    sequences = data("sequences.json")
    rows = load(program_path).solve([s[:-1] for s in sequences], data("train.json"))
    bits, count = 0.0, 0
    for sequence, predicted in zip(sequences, rows, strict=True):
        for target, row in zip(sequence[1:], predicted, strict=True):
            bits -= math.log2(max(row[target], 1e-9) / sum(row))
            count += 1
    return {"combined_score": -bits / count}
