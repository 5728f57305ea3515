"""Candidates with fewer lines: how often one that costs nothing is promoted, and one that costs.

    python bench/simpler.py [CANDIDATES]

Each goes through the shipped gate 2 at the level of a generation's first test, 1 in 230, with a
margin. Gaussian noise, whose size the judge is not told; margins and losses are in sd of one paired
difference.
"""

import multiprocessing
import sys
import zlib

import numpy as np

from regency.config import JudgeTable
from regency.judge import calibrate, confirm
from regency.judge.scale import Scale
from regency.records import Trial, TrialRequest, Verdict

MARGINS = (0.5, 1.0, 2.0, 4.0)
LOSSES = (0.0, 0.5, 1.0, 1.5)  # in margins
SCALE = Scale("maximize")


def seeds(key: str) -> int:
    return zlib.crc32(key.encode())


def one(task: tuple[float, float, int]) -> tuple[bool, bool, int]:
    """Return whether it was promoted as simpler, as better, and after how many pairs."""
    margin, loss, seed = task
    rng = np.random.default_rng(seed)

    def trial(r: TrialRequest) -> Trial:
        score = rng.normal() * np.sqrt(0.5) - (margin * loss if r.candidate == "c1" else 0.0)
        return Trial(r.key, r.candidate, r.purpose, r.split, r.seed, float(score))

    def drive(stage: object) -> object:
        try:
            batches = next(stage)  # type: ignore[call-overload]
            while True:
                batches = stage.send([tuple(map(trial, b)) for b in batches])  # type: ignore[attr-defined]
        except StopIteration as stop:
            return stop.value

    settings = JudgeTable()
    known = drive(calibrate.calibrate("c0", settings, SCALE, seeds, 1))
    nomination = confirm.start(1, 0, "c1", "c0", known, settings, 0.0, SCALE, margin=margin)
    stage = confirm.confirm(nomination, known, settings, (), SCALE, seeds, generation=1)
    verdict: Verdict = drive(stage)
    better = verdict.answer == "better"
    return verdict.simpler, better and not verdict.simpler, verdict.looks


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print("| margin, noise sd | loss, margins | simpler | better | pairs |")
    print("| --- | --- | --- | --- | --- |")
    with multiprocessing.Pool(2) as pool:
        for margin in MARGINS:
            for loss in LOSSES:
                found = pool.map(one, [(margin, loss, n) for n in range(count)], 16)
                simpler, better, pairs = (float(np.mean(part)) for part in zip(*found, strict=True))
                print(
                    f"| {margin:g} | {loss:g} | {simpler:.2%} | {better:.2%} | {pairs:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
