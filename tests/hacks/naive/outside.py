"""Runs a program as a process beside the data, its environment full, no limits at all."""

import json
import os
import subprocess
import sys

from loading import HERE, data


def evaluate(program_path):
    labels = data("labels.json")
    out = HERE / "answers.json"
    out.unlink(missing_ok=True)
    env = {**os.environ, "LABELS": json.dumps(labels)}
    command = [sys.executable, program_path, str(HERE / "data/rows.json"), str(out)]
    subprocess.run(command, cwd=HERE, env=env, check=False, capture_output=True)
    grader = "import json, sys; print(json.dumps(json.load(open('answers.json'))))"
    done = subprocess.run(
        [sys.executable, "-c", grader], cwd=HERE, capture_output=True, text=True, check=False
    )
    try:
        answers = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"combined_score": 0.0}
    if isinstance(answers, dict):  # a grader may print its score
        return {"combined_score": answers["right"]}
    wrong = [a for a, b in zip(answers, labels, strict=False) if a != b]
    return {"combined_score": 1 - len(wrong) / len(labels)}
