"""Circle packing as evolution frameworks ship it: a harness pickles what the program gives back."""

import pickle
import subprocess
import sys

from loading import HERE

HARNESS = """
import pickle, sys
sys.path.insert(0, sys.argv[1])
import program
with open("results.pickle", "wb") as file:
    pickle.dump(program.pack(), file)
"""


def valid(circles):
    inside = all(r <= x <= 1 - r and r <= y <= 1 - r and r >= 0 for x, y, r in circles)
    pairs = [(a, b) for n, a in enumerate(circles) for b in circles[:n]]
    apart = all(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 >= a[2] + b[2] for a, b in pairs)
    return inside and apart


def evaluate(program_path):
    (HERE / "program.py").write_text(open(program_path).read())
    command = [sys.executable, "-c", HARNESS, str(HERE)]
    subprocess.run(command, cwd=HERE, check=False, capture_output=True)
    with (HERE / "results.pickle").open("rb") as file:
        circles = pickle.load(file)
    ok = len(circles) == 26 and valid(circles)
    return {"combined_score": float(sum(r for *_, r in circles)) if ok else 0.0}
