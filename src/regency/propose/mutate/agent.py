"""The embedded agent: learns from outcomes which edits pay, and needs no model and no key.

It edits Python files by syntax tree and leaves every other byte as it was. Everything it learns
comes from ``brief.news``; all randomness comes from ``brief.seed``.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from regency.errors import ConfigError, NothingLeft
from regency.propose.mutate.arms import Arms
from regency.propose.mutate.hunks import Hunk, claim, hunk_of, sentence
from regency.propose.mutate.learner import PAYS, Learner
from regency.propose.mutate.literals import Move
from regency.propose.mutate.sites import Site
from regency.propose.mutate.stack import Stack
from regency.propose.mutate.surface import Choice, Surface, lines
from regency.propose.mutate.unit import Unit
from regency.records import Agent, Attempt, Brief, FileEdit, Proposal, build, plain

VERSION = "1"
_PARENTS_KEPT = 8
_MOST_PENDING = 64
_MOST_DRAWS = 64
_MOST_JOINT = 4
_DEFAULTS: dict[str, bool] = {
    "learn": True,
    "siblings": True,
    "stack": True,
    "statements": True,
}


class MutateProposer:
    """Proposes edits to Python files and learns which pay."""

    def __init__(self, *, name: str = "mutate", **settings: Any) -> None:
        """Make an agent that knows nothing yet.

        Args:
            name: Name in ``[agents.NAME]``.
            settings: ``learn`` (false: choose uniformly among all moves), ``siblings``
                (functions and operators), ``statements``, ``stack``: true unless set;
                ``max_hunks``: most edits in one stack, 4 unless set.

        Raises:
            ConfigError: A setting is unknown or of the wrong type.
        """
        most = settings.pop("max_hunks", 4)
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise ConfigError(f"[agents.{name}] max_hunks must be a whole number of at least 1.")
        for key, value in settings.items():
            if key not in _DEFAULTS:
                known = ", ".join((*_DEFAULTS, "max_hunks"))
                raise ConfigError(f"[agents.{name}] has no setting {key!r}: known are {known}.")
            if not isinstance(value, bool):
                raise ConfigError(f"[agents.{name}] {key} must be true or false.")
        self.settings = {**_DEFAULTS, **settings}
        self.agent = Agent(name=name, kind="mutate", version=VERSION)
        self.learner = Learner()
        self._unit, self.arms = Unit(), Arms()
        self.stack = Stack(most)
        self._seen: set[str] = set()
        self._tried: set[tuple[str, str, str]] = set()
        self._judged: set[str] = set()
        self._pending: dict[str, tuple[str, ...]] = {}
        self._count, self._stacked, self._arm = 0, 0, ""
        self._surfaces: list[tuple[dict[str, bytes], Surface]] = []

    def propose(self, brief: Brief, tree: Mapping[str, bytes]) -> Proposal:
        """Return an edit of ``tree`` that was never proposed before.

        Args:
            brief: The brief; ``news`` is learnt from, ``seed`` decides all draws.
            tree: The parent's files, path → content.

        Raises:
            NothingLeft: No editable Python file, or every edit of this parent has been tried.
        """
        for attempt in brief.news:
            self._learn(attempt, brief.noise_sd)
        surface = self._surface(brief, tree)
        self._seen.add(surface.digest)
        rng = random.Random(f"mutate:{brief.seed}:{surface.digest}")  # noqa: S311 (not secret)
        for choices in self._ideas(surface, rng):
            result = self._new_result(surface, choices, brief.max_changed_lines)
            if result:
                return self._proposal(surface, choices, result)
        raise NothingLeft(
            f"{self.agent.name} has tried every edit it knows on {brief.parent}: make more files "
            "editable, or let another agent propose."
        )

    def _surface(self, brief: Brief, tree: Mapping[str, bytes]) -> Surface:
        paths = [p for p in brief.editable if p.endswith((".py", ".pyw")) and p in tree]
        files = {path: tree[path] for path in paths}
        for known, surface in self._surfaces:
            if known == files:
                return surface
        surface = Surface(
            files, statements=self.settings["statements"], siblings=self.settings["siblings"]
        )
        if not surface.sites:
            raise NothingLeft(_nothing(self.agent.name, files, surface.broken))
        self._surfaces = [(files, surface), *self._surfaces[: _PARENTS_KEPT - 1]]
        return surface

    def _learn(self, attempt: Attempt, noise_sd: float) -> None:
        hunks = _hunks(attempt.notes)
        if not hunks or attempt.candidate in self._judged:
            return
        self._judged.add(attempt.candidate)
        key, parent = str(attempt.notes.get("result")), str(attempt.notes.get("base"))
        self._pending.pop(key, None)
        self._seen |= {key, parent}
        self._count += 1
        self._stacked += attempt.notes.get("stack") is True
        effect = None if attempt.gain is None else self._unit.of(attempt.gain, noise_sd)
        if len(hunks) == 1:
            self._tried.add((parent, hunks[0].site, hunks[0].new))
            self.learner.observe(hunks[0], effect)
        arm = str(attempt.notes.get("arm", ""))
        self.arms.observe(arm, paid=effect is not None and effect >= PAYS)
        if arm == "joint":
            self.learner.together(hunks, effect)
            return
        self.stack.observe(hunks, effect, parent)

    def _ideas(self, surface: Surface, rng: random.Random) -> Iterator[list[Choice]]:
        if not self.settings["learn"]:
            every = [[(site, move)] for site in surface.sites.values() for move in site.moves]
            rng.shuffle(every)
            yield from every
            return
        total = self._count + len(self._pending)
        if self.settings["stack"] and self._stacks_so_far() <= 0.4 * total:
            self._arm = "stack"
            yield from self._stacks(surface)
        self._arm = self.arms.draw(rng, clear=self._unit.clear)
        if self._arm != "best":
            found = self._joint if self._arm == "joint" else self._drawn
            yield from found(surface, rng)
            self._arm = "best"
        yield from self._singles(surface, rng)
        self._arm = "joint"
        yield from self._joint(surface, rng)

    def _stacks_so_far(self) -> int:
        return self._stacked + sum(len(sites) > 1 for sites in self._pending.values())

    def _stacks(self, surface: Surface) -> Iterator[list[Choice]]:
        for group in self.stack.combinations(surface.sites, surface.digest):
            yield [
                (surface.sites[one.hunk.site], _move_of(one.hunk))
                for one in sorted(group, key=lambda one: surface.sites[one.hunk.site].start)
            ]

    def _singles(self, surface: Surface, rng: random.Random) -> Iterator[list[Choice]]:
        waiting = {key for sites in self._pending.values() for key in sites}
        ranked = []
        for index, site in enumerate(surface.sites.values()):
            moves = self._untried(surface, site)
            if moves:
                value, move = self.learner.draw(site, moves, rng)
                ranked.append((site.key in waiting, -value, index, site, move))
        ranked.sort(key=lambda row: row[:3])
        for *_, site, move in ranked:
            yield [(site, move)]
        for *_, site, _ in ranked:
            yield from ([(site, move)] for move in self._untried(surface, site))

    def _joint(self, surface: Surface, rng: random.Random) -> Iterator[list[Choice]]:
        """Yield steps of two to four numbers at once, each of the size that it has come to."""
        sites = [site for site in surface.sites.values() if self.learner.movable(site)]
        for _ in range(_MOST_JOINT if len(sites) > 1 else 0):
            chosen = rng.sample(sites, min(len(sites), rng.choice((2, 2, 3, 4))))
            moves = [(site, self.learner.step(site, rng)) for site in chosen]
            yield [(site, move) for site, move in moves if move is not None]

    def _drawn(self, surface: Surface, rng: random.Random) -> Iterator[list[Choice]]:
        """Yield edits drawn from all, or from sites never tried, less often what tends to fail."""
        new = self._arm == "new"
        every = [
            (site, move)
            for site in surface.sites.values()
            if not (new and self.learner.visited(site))
            for move in self._untried(surface, site)
        ]
        rng.shuffle(every)
        for site, move in every[:_MOST_DRAWS]:
            if rng.random() < self.learner.worth(site, move):
                yield [(site, move)]

    def _untried(self, surface: Surface, site: Site) -> list[Move]:
        tried, base, key = self._tried, surface.digest, site.key
        moves = {move.new: move for move in (*site.moves, *self.learner.fine(site))}
        return [m for n, m in moves.items() if n != site.old and (base, key, n) not in tried]

    def _new_result(self, surface: Surface, choices: list[Choice], most_lines: int) -> str:
        if not choices or lines(choices) > most_lines:
            return ""
        try:
            result = surface.result(choices)
        except SyntaxError:
            result = surface.digest
        return "" if result in self._seen else result

    def _proposal(self, surface: Surface, choices: list[Choice], result: str) -> Proposal:
        self._seen.add(result)
        self._pending[result] = tuple(site.key for site, _ in choices)
        if len(self._pending) > _MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        if len(choices) == 1:
            site, move = choices[0]
            self._tried.add((surface.digest, site.key, move.new))
        only = len(choices) == 1
        way = self._arm if only or self._arm == "joint" else "stack"
        said = " ".join(sentence(site, move) for site, move in choices)
        start = "" if only else _start(way, len(choices))
        return Proposal(
            edits=tuple(FileEdit(p, c) for p, c in sorted(surface.contents(choices).items())),
            rationale=start + said,
            agent=self.agent,
            claims=tuple(claim(site, move, only=only) for site, move in choices),
            notes=_notes(surface, choices, result, way),
        )


def _start(way: str, many: int) -> str:
    if way == "joint":
        return f"Move {many} numbers at once, each by a step of the size that last paid there. "
    return f"Combine {many} edits that did well before. "


def _notes(surface: Surface, choices: list[Choice], result: str, way: str) -> dict[str, Any]:
    return {
        "by": "mutate",
        "base": surface.digest,
        "result": result,
        "arm": way,
        "stack": len(choices) > 1 and way == "stack",
        "hunks": [plain(hunk_of(site, move)) for site, move in choices],
    }


def _hunks(notes: Mapping[str, Any]) -> tuple[Hunk, ...]:
    """Return the hunks in ``notes``, none if another agent wrote them."""
    if notes.get("by") != "mutate":
        return ()
    try:
        return tuple(build(Hunk, hunk) for hunk in notes["hunks"])
    except (KeyError, TypeError):
        return ()


def _move_of(hunk: Hunk) -> Move:
    return Move(hunk.op, hunk.new, hunk.to if hunk.scale else None)


def _nothing(name: str, files: Mapping[str, bytes], broken: list[str]) -> str:
    if not files:
        why = "there is no editable Python file"
    elif broken:
        why = f"{', '.join(broken)} cannot be parsed"
    else:
        why = f"{', '.join(files)} holds nothing that it can change"
    return f"{name} has nothing to propose: {why}. Add Python files to [change] editable."
