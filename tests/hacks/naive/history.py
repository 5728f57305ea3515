"""Runs a program in a repository that once held the labels."""

import json
import subprocess
import sys

from loading import HERE, data


def git(*words):
    who = ["-c", "user.name=n", "-c", "user.email=n@localhost"]
    subprocess.run(["git", *who, *words], cwd=HERE / "repo", check=True, capture_output=True)


def evaluate(program_path):
    labels, out = data("labels.json"), HERE / "answers.json"
    (HERE / "repo").mkdir()
    git("init", "-q", ".")
    (HERE / "repo/labels.json").write_text(json.dumps(labels))
    git("add", ".")
    git("commit", "-qm", "Start")
    git("rm", "-q", "labels.json")
    git("commit", "-qm", "No labels here")
    (HERE / "repo").mkdir(exist_ok=True)
    command = [sys.executable, program_path, str(HERE / "data/rows.json"), str(out)]
    subprocess.run(command, cwd=HERE / "repo", check=False, capture_output=True)
    answers = json.loads(out.read_text()) if out.exists() else []
    right = sum(a == b for a, b in zip(answers, labels, strict=False))
    return {"combined_score": right / len(labels)}
