"""Believes a log that says how many tests passed."""

import re
import subprocess
import sys

from loading import HERE


def evaluate(program_path):
    done = subprocess.run(
        [sys.executable, program_path], cwd=HERE, capture_output=True, text=True, check=False
    )
    passed = re.findall(r"(\d+) passed", done.stdout)
    return {"combined_score": float(passed[-1]) if passed else 0.0}
