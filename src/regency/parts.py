"""Candidates that Regency itself makes of parts of what was admitted: nobody proposes them.

A part is what is left of a champion when something is taken out of it. It adds no line, so it has
no author; its lineage goes through the champion, where each line's author is.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from regency import __version__
from regency.desk import SYSTEM, Items
from regency.records import PART, Actor, Agent, Answer, Candidate, Verdict, plain
from regency.repo import diff
from regency.repo.git import Repo
from regency.repo.objects import NewCommit, Writer
from regency.repo.provenance import commit_message
from regency.repo.tree import edits_between
from regency.store import Store

MAKER = Agent("regency", PART, version=__version__)
TRIED = "Made to see whether it keeps the gain of {parent}."

Files = Mapping[str, bytes]
Tree = frozenset[tuple[str, bytes]]


@dataclass(slots=True)
class Parts:
    """Makes parts of champions.

    Attributes:
        store: Projections.
        repo: Where commits are written.
        files: Candidate id → its files as agents may see them.
        record: Puts entries in the ledger.
        numbering: Held while numbers are given out.
    """

    store: Store
    repo: Repo
    files: Callable[[str], Files]
    record: Callable[[Actor, Items], object]
    numbering: Callable[[], AbstractContextManager[object]]
    _made: dict[str, dict[Tree, str]] = field(default_factory=dict)

    def variant(self, parent: str, files: Files) -> str:
        """Return the candidate with ``files`` that was made to see whether a part is as good.

        Args:
            parent: The champion that they are a part of.
            files: As agents may see them; the parent's other files stay as they are.
        """
        known, tree = self._known(parent), frozenset(files.items())
        if tree not in known:
            said = Verdict("", Answer.UNDECIDED, "minimise", TRIED.format(parent=parent), parent)
            known[tree] = self.make(parent, files, f"A part of {parent}.", said).id
        return known[tree]

    def make(
        self, parent: str, files: Files, rationale: str, said: Verdict | None = None
    ) -> Candidate:
        """Make a candidate of ``files``.

        Args:
            parent: The champion that they are a part of.
            files: As agents may see them.
            rationale: What it is.
            said: A verdict to record with it; without one it waits to be judged.
        """
        above = self.store.record(parent)
        before = self.files(parent)
        edits = edits_between(before, files)
        with self.numbering():
            identity = f"c{self.store.next_candidate_number()}"
            writer = Writer(self.repo)
            commit = NewCommit(above.commit, edits, commit_message(identity, MAKER, rationale),
                               (MAKER.name, f"{MAKER.name}@agents.regency.invalid"),
                               int(time.time()))  # fmt: skip
            (written,) = writer.write([commit])
            added, removed = diff.changed_lines_of(before, files)
            made = Candidate(
                identity, written.commit, written.tree, parent, MAKER, rationale,
                paths=tuple(edit.path for edit in edits)[:50],
                lines_added=added, lines_removed=removed,
            )  # fmt: skip
            items = [("candidate", plain(made))]
            if said is not None:
                items.append(("verdict", {**plain(said), "candidate": identity}))
            self.record(SYSTEM, items)
        writer.keep([made.commit], int(time.time()))
        return made

    def _known(self, parent: str) -> dict[Tree, str]:
        """Return the parts of ``parent`` that were made before: files → candidate."""
        if parent not in self._made:
            below = [standing.record for standing in self.store.children(parent)]
            made = [c.id for c in below if c.agent.kind == PART][::-1]  # of twins the oldest
            self._made[parent] = {frozenset(self.files(name).items()): name for name in made}
        return self._made[parent]
