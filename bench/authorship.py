"""How fast authorship is measured, and how right the answers are.

python bench/authorship.py speed [COMMITS]     a history of 10,000 noted commits
python bench/authorship.py truth [SEEDS]       histories whose authors are known
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from histories import START, Importer, code, note, padded, transcripts
from rewritten import Score, score

MIB = 1 << 20


def big(folder: Path, commits: int) -> dict[str, float]:
    """Write a history in which every commit has a note, with many notes on other commits."""
    rng = random.Random(1)
    made = Importer(folder)
    files: dict[str, list[str]] = {}
    claims: dict[int, dict[str, list[tuple[str, int, int]]]] = {}
    donors: list[int] = []
    for number in range(commits):
        changed, said = _change(rng, files)
        moment = START + number * 1200
        if number % 20 == 7:  # rebased: the old commit has the note, this one has none
            parent = [made.marks]
            old = made.commit(changed, moment - 60, ref="refs/tmp/old", parents=parent)
            donors.append(old)
            claims[donors[-1]] = said
            made.commit(changed, moment, parents=[donors[-1] - 1])
            continue
        mark = made.commit(changed, moment, message=_message(rng))
        claims[mark] = said
    ids = made.finish()
    made.git("update-ref", "-d", "refs/tmp/old")
    pieces = transcripts(rng)
    here = [m for m in claims if m not in set(donors)]
    each = 250 * MIB // max(len(here), 1) * commits // 10_000
    total = {"here": 0, "away": 0}

    def texts():
        for mark in here:
            text = note(ids[mark], claims[mark], conversation=str(mark % 400),
                        padding=padded(rng, pieces, _size(rng, each)))  # fmt: skip
            total["here"] += len(text)
            yield ids[mark], text
        away = [(ids[d], claims[d]) for d in donors]
        away += [(f"{rng.getrandbits(160):040x}", {"a": [("claude", 1, 9)]})
                 for _ in range(commits * 6 // 10 - len(away))]  # fmt: skip
        share = 350 * MIB // max(len(away), 1) * commits // 10_000
        for commit, said in away:
            text = note(commit, said, padding=padded(rng, pieces, _size(rng, share)))
            total["away"] += len(text)
            yield commit, text

    made.notes(texts())
    lines = sum(map(len, files.values()))
    return {"commits": len(ids) - len(donors), "noted": len(here), "alive": lines,
            "here_mb": total["here"] / 1e6, "all_mb": sum(total.values()) / 1e6}  # fmt: skip


def _size(rng: random.Random, mean: int) -> int:
    return min(int(rng.expovariate(1 / mean)), 3_200_000)


def _message(rng: random.Random) -> str:
    trailer = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    return "Change" + (trailer if rng.random() < 0.3 else "")


def _change(rng: random.Random, files: dict[str, list[str]]):
    changed, said = {}, {}
    for _ in range(rng.randint(1, 3)):
        number = rng.randrange(300)
        path = f"src/part{number % 20}/module{number}.py"
        lines = files.setdefault(path, [])
        at, gone = rng.randint(0, len(lines)), rng.randint(0, 6)
        new = code(rng, rng.randint(2, 20))
        lines[at : at + gone] = new
        cut = rng.randint(0, len(new))
        who = rng.choice(["claude", "cursor", "codex"])
        if path not in changed and cut:
            said[path] = [(who, at + 1, at + cut)]
            if cut < len(new):
                said[path].append(("human", at + cut + 1, at + len(new)))
        changed[path] = list(lines)
    return changed, said


def timed(folder: Path, *options: str) -> tuple[float, float, str]:
    """Run the command; return wall seconds, the peak of its memory in MB, and what it said."""
    command = [sys.executable, "-m", "regency.cli", "measure", "authorship", str(folder), *options]
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        assert status == 0
        out.seek(0)
        return wall, used.ru_maxrss / 1e3, out.read().decode()


def speed(commits: int) -> None:
    """Print how long the big history takes."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CACHE_HOME"] = f"{scratch}/cache"
        facts = big(Path(scratch) / "repo", commits)
        print(", ".join(f"{name} {value:,.0f}" for name, value in facts.items()))
        print("run    wall s   peak MB (largest of regency and its git processes)")
        for name in ("cold", "warm", "warm"):
            wall, peak, said = timed(Path(scratch) / "repo")
            print(f"{name}   {wall:6.1f}   {peak:7.0f}")
        print(said.split("\n\n")[0])


HEAD = """{} histories each. Precision: share of the lines named AI's that are; recall: share of
AI's lines that are named; agent: named with the right agent; patch-id: recall of notes and of git's
own exact patch-ids alone; people: precision of lines named people's; inside: true share in interval
history                    lines   AI's   prec.   recall    agent patch-id   people  inside"""
SCENARIOS = ("as written", "two sources", "broken notes", "merge", "renames", "moves", "rebase",
             "cherry-picks", "squash", "edited rebase", "repetitive rebase",
             "repetitive squash", "repetitive edited rebase")  # fmt: skip


def truth(seeds: int) -> None:
    """Print how right the answers are, beside recovery by git's patch-id alone."""
    print(HEAD.format(seeds))
    for name in SCENARIOS:
        total = Score()
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as scratch:
                score(name, Path(scratch) / "repo", seed, total)
        row = (total.right / max(total.said, 1), total.right / total.ai,
               total.agent_right / total.ai, total.baseline / total.ai,
               total.human_right / max(total.human_said, 1))  # fmt: skip
        print(f"{name:<24} {total.lines:>7,} {total.ai:>6,}" + "".join(f"{x:>9.4f}" for x in row)
              + f"{total.inside:>10} of {total.histories}")  # fmt: skip


def main() -> None:
    """Run one of the two."""
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if what == "speed":
        speed(count or 10_000)
    elif what == "truth":
        truth(count or 10)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
