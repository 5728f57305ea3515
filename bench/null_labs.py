"""Thirty labs in which nothing can get better: how many promotions, beside keep-if-better-once?

    python bench/null_labs.py [LABS] [CANDIDATES]

Each lab's agent proposes only edits that change nothing that matters (constants that nobody
reads). The rival rule sees the same first search trial of each candidate and keeps whatever scored
better than the best so far.
"""

import sys
import tempfile
from pathlib import Path

from coin import coin_lab

from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal


def null_proposals(lab: Lab, count: int) -> list[Proposal]:
    """Return ``count`` edits that add a constant and nothing else."""
    _, files = lab.ask()
    source = files["coin.py"]
    agent = Agent("nothing", "null")
    return [
        Proposal(
            edits=(FileEdit("coin.py", source + b"REMARK = %d\n" % number),),
            rationale=f"Added remark {number}.",
            agent=agent,
        )
        for number in range(count)
    ]


def kept_if_better_once(lab: Lab) -> int:
    """Return how many candidates the rival rule would have kept, on the same trials."""
    calibration = lab.store.calibration()
    assert calibration is not None
    best, kept = calibration.search_mean, 0
    for standing in lab.store.candidates(newest_first=False):
        trials = lab.store.trials(standing.record.id, "search")
        if trials and trials[0].score is not None and trials[0].score < best:
            best, kept = trials[0].score, kept + 1
    return kept


def kept_over_champion(lab: Lab) -> int:
    """Return how many first trials beat the champion's mean: one-shot comparisons won by luck."""
    calibration = lab.store.calibration()
    assert calibration is not None
    firsts = [lab.store.trials(s.record.id, "search")[:1] for s in lab.store.candidates()]
    scores = [t.score for trials in firsts for t in trials if t.score is not None]
    return sum(score < calibration.search_mean for score in scores)


def main() -> None:
    """Run the labs and print the table."""
    labs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    promoted = nominated = ladder = beats = trials = 0
    for _ in range(labs):
        with (
            tempfile.TemporaryDirectory() as folder,
            coin_lab(Path(folder) / "lab", agents=False) as lab,
        ):
            lab.tell(null_proposals(lab, count))
            summary = lab.run(Plan())
            promoted += len(summary.promoted)
            counts = lab.store.counts()
            nominated += counts.nominations
            trials += counts.trials
            ladder += kept_if_better_once(lab)
            beats += kept_over_champion(lab)
    total = labs * count
    print(f"{labs} null labs, {count} candidates each: {total} candidates, {trials} trials")
    print(f"{'rule':<58}{'kept':>8}{'of':>8}{'share':>9}")
    for name, kept in (
        ("regency: promoted", promoted),
        ("regency: nominated for a test", nominated),
        ("keep if better once than the best so far", ladder),
        ("keep if better once than the champion's mean", beats),
    ):
        print(f"{name:<58}{kept:>8}{total:>8}{kept / total:>9.2%}")


if __name__ == "__main__":
    main()
