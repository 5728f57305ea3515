"""How long reading a change takes, guessed from its lines."""

import re
from collections.abc import Sequence

import numpy as np

from regency.repo.git import Repo

# Lines an hour at which reviewers read and still find faults, slowest and fastest: Cohen, "Best
# Kept Secrets of Peer Code Review" (2006), 2,500 reviews at Cisco: 200 to 500.
PACES = (200.0, 500.0)
LEAST_MINUTES = 1.0
MOST_LINES = 2_000  # more is generated or moved, and nobody reads it line by line
_COUNTS = re.compile(rb"(\d+) (?:insertion|deletion)")


def minutes(
    repo: Repo, changes: Sequence[tuple[str, str]], sample: int, seed: int
) -> tuple[float, float] | None:
    """Return the mean review minutes of a change, at the fastest and at the slowest pace.

    Args:
        repo: The repository.
        changes: Commit and what to compare it with.
        sample: Most changes to look at, picked by ``seed``.
        seed: Of the pick.

    Returns:
        None where no change was looked at.
    """
    if not changes or not sample:
        return None
    picked = np.random.default_rng(seed).permutation(len(changes))[:sample]
    lines = np.array([_lines(text) for text in _stats(repo, [changes[i] for i in sorted(picked)])])
    if not len(lines):
        return None
    slow, fast = (np.maximum(lines / pace * 60, LEAST_MINUTES).mean() for pace in PACES)
    return float(fast), float(slow)


def _stats(repo: Repo, changes: Sequence[tuple[str, str]]) -> list[bytes]:
    asked = "".join(f"{commit} {base}\n" for commit, base in changes).encode()
    out = repo.run(
        "diff-tree", "--stdin", "-r", "--root", "--shortstat", "--no-renames", "--no-ext-diff",
        "--no-textconv", stdin=asked,
    )  # fmt: skip
    return re.split(rb"(?m)^[0-9a-f]{40,64}$", out)[1:]


def _lines(stat: bytes) -> int:
    return min(sum(map(int, _COUNTS.findall(stat))), MOST_LINES)
