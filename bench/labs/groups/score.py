"""Trusted: the share of wrong answers, and the accuracy of each group."""

import argparse
import json
import pathlib

import numpy as np

parser = argparse.ArgumentParser()
for name in ("--out", "--private", "--split"):
    parser.add_argument(name, required=True)
given = parser.parse_args()
labels, group = np.load(pathlib.Path(given.private, given.split, "labels.npy")).T
answers = np.load(pathlib.Path(given.out, "answers.npy"), allow_pickle=False)
if answers.shape != labels.shape:
    raise SystemExit(f"answers have the shape {answers.shape}, not {labels.shape}")
right = answers == labels
accuracy = {name: float(right[group == number].mean()) for number, name in enumerate("ab")}
print(json.dumps({"error": float(1 - right.mean()), "accuracy": accuracy}))
