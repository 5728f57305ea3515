"""How many answers of the corpus are read, and that none is applied otherwise than it was meant.

    python bench/parser.py

Next to the parser stands a strict one that takes only the form that the prompt asks for: a path, a
fence, the three markers, and text that stands in the file just so.
"""

import re
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "propose"))

from answer_forms import generator, made
from answers_corpus import CASES, Case

from regency.errors import Unreadable
from regency.propose.edits import read_answer

STRICT = re.compile(
    r"^([\w./]+)\n```\w*\n<<<<<<< SEARCH\n(.*?)\n=======\n(.*?)\n>>>>>>> REPLACE\n```$",
    re.DOTALL | re.MULTILINE,
)

Files = dict[str, str | None]


def strict(case: Case) -> Files | None:
    """Return what a parser for the asked form alone makes of an answer."""
    files: Files = {}
    for path, old, new in STRICT.findall(case.answer):
        text = files.get(path) or case.tree.get(path)
        if path not in case.editable or text is None or old not in text:
            return None
        files[path] = text.replace(old, new, 1)
    return files or None


def ours(case: Case) -> Files | None:
    """Return what Regency makes of an answer."""
    tree = {path: text.encode() for path, text in case.tree.items()}
    try:
        answer = read_answer(case.answer, tree, case.editable, complete=case.complete)
    except Unreadable:
        return None
    return {e.path: None if e.content is None else e.content.decode() for e in answer.edits}


def row(name: str, read) -> str:
    """Return one line of the table."""
    meant = [case for case in CASES if case.want is not None]
    unsure = [case for case in CASES if case.want is None]
    made = {case.name: read(case) for case in CASES}
    rescued = sum(made[case.name] == case.want for case in meant)
    wrong = sum(made[case.name] not in (None, case.want) for case in CASES)
    refused = sum(made[case.name] is None for case in unsure)
    return f"{name:10} {rescued:4} of {len(meant):3} {refused:14} of {len(unsure):3} {wrong:15}"


def generated(count: int = 20_000) -> str:
    """Return how answers made by rule fare: known edits, misquoted at random."""
    counts = {"as meant": 0, "refused": 0, "wrongly": 0}
    for seed in range(count):
        text, answer, want = made(generator(seed))
        try:
            edit = read_answer(answer, {"a.py": text.encode()}, ("a.py",)).edits[0]
        except Unreadable:
            counts["refused"] += 1
            continue
        same = [ln for ln in (edit.content or b"").decode().split("\n") if ln.strip()] == [
            ln for ln in want.split("\n") if ln.strip()
        ]
        counts["as meant" if same else "wrongly"] += 1
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    return f"\n{count:,} answers made by rule: {said}"


def main() -> None:
    """Print the table."""
    print(f"{'':10} {'read as meant':>11} {'unsure, refused':>21} {'applied wrongly':>15}")
    print(row("strict", strict))
    print(row("regency", ours))
    print(generated())
    times = []
    for case in CASES * 5:
        start = time.process_time()
        ours(case)
        times.append(1000 * (time.process_time() - start))
    print(
        f"\nCPU of one answer: median {statistics.median(times):.2f} ms, most {max(times):.2f} ms"
    )


if __name__ == "__main__":
    main()
