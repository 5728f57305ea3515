"""Holds the labels in its own environment and memory while the program runs below it."""

import json
import os
import subprocess
import sys

from loading import HERE, data

LOOP = """
import json, os, subprocess, sys
done = subprocess.run([sys.executable, *sys.argv[1:]], capture_output=True, env={"PATH": "/bin"})
"""


def evaluate(program_path):
    labels, out = data("labels.json"), HERE / "answers.json"
    env = {**os.environ, "LABELS": json.dumps(labels)}
    command = [sys.executable, "-c", LOOP, program_path, str(HERE / "data/rows.json"), str(out)]
    subprocess.run(command, cwd="/", env=env, check=False)
    answers = json.loads(out.read_text()) if out.exists() else []
    right = sum(a == b for a, b in zip(answers, labels, strict=False))
    return {"combined_score": right / len(labels)}
