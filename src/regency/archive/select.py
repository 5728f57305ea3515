"""Which candidate to build on next: parent rules, by entry point ``regency.selectors``.

Each is a function of what `ArchiveView` holds, which is bounded, and of a seed: a choice costs the
same after a hundred candidates and after a hundred thousand.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from regency.archive.population import Elite


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """What a parent rule may look at; its size does not grow with the lab's history.

    Attributes:
        champion: The champion's id.
        best: Best candidates by search gain over the champion: (id, mean gain in metric units).
        noise_sd: Standard deviation of one paired difference.
        elites: Candidates that may be built on, the champion among them: see `Population`.
    """

    champion: str
    best: Sequence[tuple[str, float]]
    noise_sd: float
    elites: Sequence[Elite] = ()


class Selector(Protocol):
    """A parent rule.

    One that never looks at ``view.elites`` may say so by an attribute ``lean = True``: the lab's
    history is then not read for it when a run begins.
    """

    def __call__(self, view: ArchiveView, seed: int) -> str:
        """Return the id of the candidate to build on: the champion, or one of the view."""


def greedy(view: ArchiveView, seed: int) -> str:
    """Return the champion: only what passed both gates is built on."""
    del seed
    return view.champion


greedy.lean = True  # type: ignore[attr-defined]


def score_children(view: ArchiveView, seed: int) -> str:
    """Return a candidate drawn by a sigmoid of its score times 1 / (1 + its children).

    After the Darwin Gödel Machine (Zhang et al., 2025, arXiv 2505.22954). The score is the gain
    over the champion in units of the noise (of the elites' spread if there is none), so that the
    champion itself has one half.
    """
    if not view.elites:
        return view.champion
    unit = view.noise_sd or max(abs(elite.gain) for elite in view.elites) or 1.0
    weights = [_sigmoid(elite.gain / unit) / (1 + elite.children) for elite in view.elites]
    return random.Random(seed).choices(view.elites, weights)[0].candidate  # noqa: S311


def clades(view: ArchiveView, seed: int) -> str:
    """Return whose clade looks best in one draw from what is known of each: Thompson sampling.

    After the Huxley Gödel Machine (Wang et al., 2025, arXiv 2510.21614): not how good a candidate
    is, but how often what descends from it is. Here an outcome is whether search found a
    descendant worth a test, and the test did not turn it down; the prior is Beta(1, 1).
    """
    rng = random.Random(seed)  # noqa: S311
    drawn = [(rng.betavariate(1 + e.wins, 1 + e.losses), e.candidate) for e in view.elites]
    return max(drawn, default=(0.0, view.champion))[1]


def cells(view: ArchiveView, seed: int) -> str:
    """Return the elite of a random cell of a random island, every cell as likely.

    MAP-Elites (Mouret and Clune, 2015, arXiv 1504.04909) with islands that breed apart. Measures
    are lines against the lab's start and the number of edits between.
    """
    if not view.elites:
        return view.champion
    best: dict[tuple[int, ...], Elite] = {}
    for elite in view.elites:
        if elite.cell not in best or elite.gain > best[elite.cell].gain:
            best[elite.cell] = elite
    rng = random.Random(seed)  # noqa: S311
    island = rng.choice(sorted({cell[0] for cell in best}))
    return best[rng.choice(sorted(cell for cell in best if cell[0] == island))].candidate


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(x / 2))  # no overflow, however far from 0
