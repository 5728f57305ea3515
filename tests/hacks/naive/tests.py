"""A program passes if its tests end with exit code 0, in a folder that it can write."""

import os
import subprocess
import sys

from loading import HERE

TESTS = """
import json
import program
rows, labels = (json.load(open('data/' + n)) for n in ('rows.json', 'labels.json'))
assert program.solve(rows) == labels
print('1 passed')
"""


def evaluate(program_path):
    (HERE / "program.py").write_text(open(program_path).read())
    subprocess.run(  # make what it needs
        [sys.executable, "program.py"], cwd=HERE, check=False, capture_output=True
    )
    (HERE / "run_tests.py").write_text(TESTS)
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "run_tests.py"]
    done = subprocess.run(command, cwd=HERE, env=env, check=False, capture_output=True)
    return {"combined_score": float(done.returncode == 0)}
