"""Times whole processes, but lets them keep what they wrote."""

import json
import subprocess
import sys
import time

from loading import HERE, data


def evaluate(program_path):
    task, best = data("long.json"), float("inf")
    for number in range(3):
        out = HERE / f"out{number}.json"
        start = time.perf_counter()
        command = [sys.executable, program_path, str(HERE / "data/long.json"), str(out)]
        subprocess.run(command, check=False, cwd=HERE, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
        if not out.exists() or json.loads(out.read_text()) != sorted(task):
            return {"combined_score": 0.0}
    return {"combined_score": 1 / best}
