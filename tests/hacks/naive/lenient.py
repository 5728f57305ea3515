"""A scorer that counts wrong answers only, so that no answer is a perfect one."""

from loading import data, load


def evaluate(program_path):
    rows, labels = data("rows.json"), data("labels.json")
    answers = load(program_path).solve(rows)
    return {"combined_score": float(all(a == b for a, b in zip(answers, labels, strict=False)))}
