"""From proposal to candidate: screened, written to git, entered in the ledger, in that order.

Nothing that an agent sent is ever dropped: what may not run is a candidate with the verdict
``invalid``. Its files are kept in git whenever git can hold them safely.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from regency.archive.novelty import Novelty
from regency.config import ChangeTable
from regency.desk import Items
from regency.evaluate.screen import MAX_FILE_BYTES, MODES, screen
from regency.records import (
    Actor,
    ActorKind,
    Answer,
    Candidate,
    FileEdit,
    Proposal,
    Verdict,
    plain,
)
from regency.repo.diff import changed_lines
from regency.repo.git import Repo
from regency.repo.objects import NewCommit, Writer
from regency.repo.provenance import commit_message, note_text, write_notes
from regency.repo.tree import apply, unsafe_path
from regency.store import Store

MAX_TEXT = 4000  # characters kept of a rationale or of one claim
MAX_CLAIMS = 20
MAX_KEPT_BYTES = 4 << 20

Admitted = tuple[Candidate, Verdict | None]


@dataclass(frozen=True, slots=True)
class _Draft:
    number: int
    proposal: Proposal
    parent: Candidate
    before: Mapping[str, bytes]
    fault: str


class Admission:
    """The door through which every proposal comes, whoever made it."""

    def __init__(
        self,
        change: ChangeTable,
        store: Store,
        repo: Repo,
        *,
        files: Callable[[str], Mapping[str, bytes]],
        record: Callable[[Actor, Items], None],
        numbering: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """Take what admitting needs.

        Args:
            change: What agents may change.
            store: Projections.
            repo: Where commits are written.
            files: Candidate id → its files as agents may see them.
            record: Puts entries in the ledger.
            numbering: Held while numbers are given out, so that two processes never share one.
        """
        self._change = change
        self._store = store
        self._repo, self._writer = repo, Writer(repo)
        self._files = files
        self._record = record
        self._numbering = numbering
        self._novelty = Novelty(store.twin)

    def admit(self, proposals: Sequence[Proposal]) -> list[Admitted]:
        """Make candidates of ``proposals``; those that may not run come with their verdict."""
        if not proposals:
            return []
        with self._numbering():
            first = self._store.next_candidate_number()
            drafts = [self._draft(first + n, p) for n, p in enumerate(proposals)]
            kept = [draft for draft in drafts if _keepable(draft)]
            written = iter(self._writer.write([_commit(draft) for draft in kept]))
            admitted = []
            for draft in drafts:
                where = next(written) if draft in kept else None
                commit, tree = (where.commit, where.tree) if where else ("", "")
                admitted.append(self._admitted(draft, commit, tree))
            self._enter(admitted)
        self._writer.keep([c.commit for c, _ in admitted if c.commit], int(time.time()))
        self._sign(drafts, admitted)
        return admitted

    def _sign(self, drafts: Sequence[_Draft], admitted: Sequence[Admitted]) -> None:
        """Note who wrote which line of each new commit, as git-ai reads it."""
        notes = {}
        for draft, (candidate, _) in zip(drafts, admitted, strict=True):
            if candidate.commit:
                after = apply(draft.before, draft.proposal.edits)
                before, parent = draft.before, draft.parent.commit
                notes[candidate.commit] = note_text(candidate, before, after, parent)
        write_notes(self._repo, self._writer, notes, int(time.time()))

    def _draft(self, number: int, proposal: Proposal) -> _Draft:
        parent = self._store.candidate(proposal.parent or self._store.champion()).record
        before = self._files(parent.id)
        fault = screen(proposal.edits, before, self._change) or ""
        return _Draft(number, _cut(proposal), parent, before, fault)

    def _admitted(self, draft: _Draft, commit: str, tree: str) -> Admitted:
        counts = [_lines(edit, draft.before) for edit in draft.proposal.edits]
        candidate = Candidate(
            id=f"c{draft.number}",
            commit=commit,
            tree=tree,
            parent=draft.parent.id,
            agent=draft.proposal.agent,
            rationale=draft.proposal.rationale,
            claims=draft.proposal.claims,
            notes=draft.proposal.notes,
            paths=tuple(sorted(edit.path[:200] for edit in draft.proposal.edits))[:50],
            lines_added=sum(added for added, _ in counts),
            lines_removed=sum(removed for _, removed in counts),
        )
        return candidate, self._verdict(draft, candidate)

    def _verdict(self, draft: _Draft, candidate: Candidate) -> Verdict | None:
        if draft.fault:
            fault = draft.fault[0].upper() + draft.fault[1:] + "."
            return Verdict(candidate.id, Answer.INVALID, "screen", fault[:600])
        twin = self._novelty.twin(candidate.tree)
        if twin is not None:
            reason = f"The same files were already tried as {twin}."
            return Verdict(candidate.id, Answer.NOT_BETTER, "screen", reason)
        self._novelty.add(candidate.tree, candidate.id)
        return None

    def _enter(self, admitted: Sequence[Admitted]) -> None:
        for actor in dict.fromkeys(_actor(candidate) for candidate, _ in admitted):
            items: list[tuple[str, object]] = []
            for candidate, verdict in admitted:
                if _actor(candidate) == actor:
                    items.append(("candidate", plain(candidate)))
                    items += [("verdict", plain(verdict))] if verdict else []
            self._record(actor, items)


def _actor(candidate: Candidate) -> Actor:
    human = candidate.agent.kind == ActorKind.HUMAN
    return Actor(ActorKind.HUMAN if human else ActorKind.AGENT, candidate.agent.name)


def _cut(proposal: Proposal) -> Proposal:
    return Proposal(
        edits=proposal.edits,
        rationale=proposal.rationale[:MAX_TEXT],
        agent=proposal.agent,
        claims=tuple(claim[:MAX_TEXT] for claim in proposal.claims[:MAX_CLAIMS]),
        notes=proposal.notes if len(str(proposal.notes)) <= 2 * MAX_TEXT else {},
        parent=proposal.parent,
    )


def _keepable(draft: _Draft) -> bool:
    edits = draft.proposal.edits
    sizes = [len(edit.content or b"") for edit in edits]
    return (
        bool(edits)
        and sum(sizes) <= MAX_KEPT_BYTES
        and max(sizes) <= MAX_FILE_BYTES
        and all(edit.mode in MODES and not unsafe_path(edit.path) for edit in edits)
        and all(edit.content is not None or edit.path in draft.before for edit in edits)
    )


def _commit(draft: _Draft) -> NewCommit:
    agent = draft.proposal.agent
    return NewCommit(
        parent=draft.parent.commit,
        edits=draft.proposal.edits,
        message=commit_message(f"c{draft.number}", agent, draft.proposal.rationale),
        author=(agent.name, f"{agent.name}@agents.regency.invalid"),
        time=int(time.time()),
    )


def _lines(edit: FileEdit, before: Mapping[str, bytes]) -> tuple[int, int]:
    if len(edit.content or b"") > MAX_FILE_BYTES:
        return 0, 0
    old = before.get(edit.path, b"").decode(errors="replace")
    return changed_lines(old, (edit.content or b"").decode(errors="replace"))
