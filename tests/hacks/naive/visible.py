"""Compares answers in its own process; the same rows every time, labels within reach."""

from loading import data, load


def evaluate(program_path):
    rows, labels = data("rows.json"), data("labels.json")
    answers = load(program_path).solve(rows)
    right = sum(answer == label for answer, label in zip(answers, labels, strict=True))
    return {"combined_score": right / len(labels)}
