"""Trains and scores a small language model in one process, with the program's own numbers."""

import math

from loading import data, load


def evaluate(program_path):
    program, text, stream = load(program_path), data("train.json"), data("stream.json")
    if hasattr(program, "split"):  # the program's own loader decides what is held out
        text, stream = program.split(text)
    model = program.train(text, seed=1)
    contexts = [stream[n : n + 3] for n in range(len(stream) - 3)]
    targets = stream[3:]
    rows = program.predict(model, contexts)
    bits = -sum(math.log2(row[target]) for row, target in zip(rows, targets, strict=True))
    count = getattr(program, "COUNT", len(targets))
    return {"combined_score": -bits / count}
