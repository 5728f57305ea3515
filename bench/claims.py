"""The claims check against sentences of which the truth is known: precision and recall.

    bench/claims.py [--corpus FILE]
    bench/claims.py --history REPOSITORY [--commits N]

With --history, every commit's own message is held against its change, and whatever is contradicted
is printed for a person to judge.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "oversee" / "claims"))
from corpus import FILE, VERDICTS, cases

from regency.oversee.claims import check_claims
from regency.repo.git import Repo

RESULTS = ("holds", "fails", "unknown")


def measure(file: Path) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases(file):
        (found,) = check_claims(
            [case.sentence], "", case.before, case.after, measured=case.measured
        )
        counts[case.truth, found.result] += 1
        if found.result not in (VERDICTS[case.truth], "unknown"):
            print(f"WRONG {found.result}: {case.sentence!r} of {case.change!r}: {found.reason}")
    print(
        f"{counts.total()} sentences\n\n| sentence is | holds | contradicted | cannot be checked |"
    )
    print("| --- | --- | --- | --- |")
    for truth in VERDICTS:
        print(f"| {truth} | " + " | ".join(str(counts[truth, r]) for r in RESULTS) + " |")
    print("\n| verdict | precision | recall |\n| --- | --- | --- |")
    for truth, result in (("true", "holds"), ("false", "fails")):
        said = sum(counts[t, result] for t in VERDICTS)
        there = sum(counts[truth, r] for r in RESULTS)
        name = "contradicted" if result == "fails" else result
        right = counts[truth, result]
        print(
            f"| {name} | {right / said:.3f} ({right} of {said}) | {right / there:.3f} "
            f"({right} of {there}) |"
        )


def history(where: str, most: int) -> None:
    repo = Repo.discover(where)
    ids = repo.run("rev-list", "--no-merges", f"--max-count={most}", "HEAD").decode().split()
    counts: Counter[str] = Counter()
    for commit in ids:
        parents = repo.parents(commit)
        if not parents:
            continue
        names = repo.run("diff", "--name-only", "-z", "--no-renames", parents[0], commit)
        paths = [p for p in names.decode("utf-8", "surrogateescape").split("\0") if p]
        before, after = (
            repo.read(side, [p for p in paths if p in repo.files(side)])
            for side in (parents[0], commit)
        )
        for check in check_claims([], repo.message(commit), before, after):
            counts[check.result] += 1
            if check.result != "unknown":
                print(f"{commit[:9]} {check.result}: {check.claim}\n          {check.reason}")
    print(f"\n{len(ids)} commits; " + ", ".join(f"{n} {r}" for r, n in sorted(counts.items())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=FILE)
    parser.add_argument("--history")
    parser.add_argument("--commits", type=int, default=1000)
    asked = parser.parse_args()
    if asked.history:
        history(asked.history, asked.commits)
    else:
        measure(asked.corpus)


main()
