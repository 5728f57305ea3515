"""What rivals make of a program; started by bench/hacks.py in an environment that has them.

    PYTHON bench/rivals.py openevolve EVALUATION_FILE PROGRAM WALL_S
    PYTHON bench/rivals.py kernelguard PROGRAM...

The first calls OpenEvolve's own evaluator, without a model; the second kernelguard's detectors.
Prints JSON.
"""

import asyncio
import json
import os
import sys
from pathlib import Path


def openevolve(evaluation_file: str, program: str, wall_s: str) -> dict[str, float]:
    """Return the metrics that OpenEvolve keeps for ``program``."""
    from openevolve.config import EvaluatorConfig
    from openevolve.evaluator import Evaluator

    settings = EvaluatorConfig(cascade_evaluation=False, max_retries=0, timeout=float(wall_s))
    evaluator = Evaluator(settings, evaluation_file)
    return asyncio.run(evaluator.evaluate_program(Path(program).read_text(), "bench"))


def kernelguard(programs: list[str]) -> list[str]:
    """Return what kernelguard classifies each program as."""
    import kernelguard as guard

    return [guard.analyze_code(Path(program).read_text())["classification"] for program in programs]


def main() -> None:
    """Answer, and leave without waiting for what programs left running."""
    kind, *given = sys.argv[1:]
    answer = openevolve(*given) if kind == "openevolve" else kernelguard(given)
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
