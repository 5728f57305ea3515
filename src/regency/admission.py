"""From proposal to candidate: screened, written to git, entered in the ledger, in that order.

Nothing that an agent sent is ever dropped: what may not run is a candidate with the verdict
``invalid``. Its files are kept in git whenever git can hold them safely.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from regency.archive.novelty import NearCopies, Novelty
from regency.config import ChangeTable
from regency.desk import Items
from regency.errors import TrialError
from regency.evaluate.fingerprint import fingerprint, form, meaning
from regency.evaluate.quoted import Quoted
from regency.evaluate.screen import MAX_FILE_BYTES, MODES, screen, screen_tree
from regency.records import (
    PART,
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
from regency.repo.objects import NewCommit, Writer, Written
from regency.repo.provenance import commit_message, note_text, write_notes
from regency.repo.tree import apply, edits_between, match, unsafe_path
from regency.store import Store

MAX_TEXT = 4000  # characters kept of a rationale or of one claim
MAX_CLAIMS = 20
LAYOUT = "names of locals, comments, docstrings or layout"
MAX_KEPT_BYTES = 4 << 20
RECENT = 64  # candidates that are looked through for near-copies, once a parent

Admitted = tuple[Candidate, Verdict | None]
Refusal = Callable[[str, dict[str, bytes]], str]


@dataclass(frozen=True, slots=True)
class _Draft:
    number: int
    proposal: Proposal
    parent: Candidate
    before: Mapping[str, bytes]
    fault: str
    change: bytes = b""
    form: str = ""


@dataclass(frozen=True, slots=True)
class _Batch:
    parents: Mapping[str, Candidate]
    waiting: Counter[str]
    refusal: Refusal


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
        quoted: Quoted,
        refusals: Callable[[], Refusal] = lambda: lambda _, __: "",
    ) -> None:
        """Take what admitting needs.

        Args:
            change: What agents may change.
            store: Projections.
            repo: Where commits are written.
            files: Candidate id → its files as agents may see them.
            record: Puts entries in the ledger.
            numbering: Held while numbers are given out, so that two processes never share one.
            quoted: Knows the hidden text.
            refusals: Gives what says of a parent and files why people do not want them tried,
                empty if they may be; asked once a batch.
        """
        self._change = change
        self._store = store
        self._repo, self._writer = repo, Writer(repo)
        self._files = files
        self._record = record
        self._numbering, self._quoted, self._refusals = numbering, quoted, refusals
        self._novelty = Novelty(store.twin)
        self._forms = Novelty(lambda digest: store.twin(digest, "form"))
        self._near = NearCopies(self._recent_changes)
        self._meanings: dict[str, Mapping[str, bytes]] = {}

    def admit(self, proposals: Sequence[Proposal]) -> list[Admitted]:
        """Make candidates of ``proposals``; those that may not run come with their verdict."""
        if not proposals:
            return []
        with self._numbering():
            first = self._store.next_candidate_number()
            batch = self._batch(proposals)
            drafts = [self._draft(first + n, p, batch) for n, p in enumerate(proposals)]
            kept = [draft for draft in drafts if _keepable(draft)]
            written = iter(self._written(kept))
            admitted = []
            for draft in drafts:
                where = next(written) if draft in kept else None
                commit, tree = (where.commit, where.tree) if where else ("", "")
                admitted.append(self._admitted(draft, commit, tree))
            self._enter(admitted)
            self._store.remember(candidate for candidate, _ in admitted)
        self._writer.keep([c.commit for c, _ in admitted if c.commit], int(time.time()))
        self._sign(drafts, admitted)
        return admitted

    def _written(self, drafts: Sequence[_Draft]) -> Sequence[Written | None]:
        """Write ``drafts`` to git, all at once; None for those that no tree can hold."""
        try:
            return self._writer.write([_commit(draft) for draft in drafts])
        except TrialError:
            return [None] if len(drafts) == 1 else [self._written([d])[0] for d in drafts]

    def _sign(self, drafts: Sequence[_Draft], admitted: Sequence[Admitted]) -> None:
        """Note who wrote which line of each new commit, as git-ai reads it."""
        notes = {}
        for draft, (candidate, _) in zip(drafts, admitted, strict=True):
            if candidate.commit:
                after = apply(draft.before, draft.proposal.edits)
                notes[candidate.commit] = note_text(candidate, draft.before, after)
        write_notes(self._repo, self._writer, notes, int(time.time()))

    def _parent(self, named: str) -> Candidate:
        return self._store.record(named or self._store.champion())

    def _batch(self, proposals: Sequence[Proposal]) -> _Batch:
        """Ask the record what all of ``proposals`` need to know, once."""
        parents = {name: self._parent(name) for name in {p.parent for p in proposals}}
        return _Batch(parents, Counter(self._store.waiting()), self._refusals())

    def _draft(self, number: int, proposal: Proposal, batch: _Batch) -> _Draft:
        parent = batch.parents[proposal.parent]
        before, edits = self._files(parent.id), proposal.edits
        adds = any(edit.path not in before for edit in edits)
        present = self._repo.files(parent.commit) if adds else ()
        fault = screen(edits, before, self._change, present) or self._quoted.fault(edits, before)
        if proposal.agent.kind == PART:
            fault = f"its agent is of the kind {PART!r}, which is Regency's own"
        fault = fault or self._quota_fault(proposal.agent.name, batch.waiting)
        fault = fault or batch.refusal(parent.id, apply(before, edits))
        change = b"" if fault else fingerprint(edits, before)
        shape = "" if fault else self._form(parent.id, edits)
        return _Draft(number, _cut(proposal), parent, before, fault, change, shape)

    def _form(self, parent: str, edits: Sequence[FileEdit]) -> str:
        changed = {edit.path for edit in edits}
        others = {path: said for path, said in self._said(parent).items() if path not in changed}
        return form({e.path: e.content for e in edits if e.content is not None}, others)

    def _said(self, parent: str) -> Mapping[str, bytes]:
        """Return what each editable file of ``parent`` says, worked out once a parent."""
        if parent not in self._meanings:
            if len(self._meanings) >= RECENT:
                self._meanings.clear()
            editable = self._change.editable
            files = {p: text for p, text in self._files(parent).items() if match(p, editable)}
            self._meanings[parent] = {path: meaning(path, text) for path, text in files.items()}
        return self._meanings[parent]

    def _quota_fault(self, agent: str, waiting: Counter[str]) -> str:
        most = self._change.max_waiting
        waiting[agent] += 1
        if waiting[agent] <= most:
            return ""
        return f"{agent} has {most} proposals waiting, the most it may: send it again later"

    def _recent_changes(self, parent: str) -> dict[bytes, str]:
        """Return the fingerprints of what recent candidates changed in ``parent``."""
        before = self._files(parent)
        children = [s.record for s in self._store.candidates(RECENT) if s.record.parent == parent]
        return {
            fingerprint(edits_between(before, self._files(child.id)), before): child.id
            for child in children  # newest first, so that the oldest has the last word
            if child.commit and child.id != parent
        }

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
            form=draft.form,
        )
        return candidate, self._verdict(draft, candidate)

    def _verdict(self, draft: _Draft, candidate: Candidate) -> Verdict | None:
        if fault := draft.fault or self._tree_fault(draft, candidate):
            fault = fault[0].upper() + fault[1:] + "."
            return Verdict(candidate.id, Answer.INVALID, "screen", fault[:600])
        if reason := self._known(draft, candidate):
            return Verdict(candidate.id, Answer.NOT_BETTER, "screen", reason)
        self._novelty.add(candidate.tree, candidate.id)
        self._forms.add(draft.form, candidate.id)
        self._near.add(draft.parent.id, draft.change, candidate.id)
        return None

    def _tree_fault(self, draft: _Draft, candidate: Candidate) -> str:
        read, edits = self._repo.entries, draft.proposal.edits
        return screen_tree(read, draft.parent.tree, candidate.tree, edits) or ""

    def _known(self, draft: _Draft, candidate: Candidate) -> str:
        """Return why there is nothing new in it, empty if there is."""
        if twin := self._novelty.twin(candidate.tree):
            return f"The same files were already tried as {twin}."
        if not draft.change:
            return f"It changes {LAYOUT} only, which no score can show."
        if near := self._near.of(draft.parent.id, draft.change):
            return f"It differs from {near} in {LAYOUT} only."
        if twin := self._forms.twin(draft.form):
            return f"Its files differ from those of {twin} in {LAYOUT} only."
        return ""

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
