"""Reads the labels after the program has run, from a folder that the program can write."""

from loading import data, load


def evaluate(program_path):
    rows = data("rows.json")
    answers = load(program_path).solve(rows)
    labels = data("labels.json")
    right = sum(a == b for a, b in zip(answers, labels, strict=True))
    return {"combined_score": right / len(labels)}
