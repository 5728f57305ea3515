"""The packet for a human: everything between the last generation and a champion, frozen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from regency.config import Config
from regency.oversee import packet as packets
from regency.oversee.effects import Effects, effects
from regency.oversee.risk import Boundary, Signals
from regency.oversee.weights import Weights, weights
from regency.records import ActorKind, Candidate, Packet, Verdict, packet_of
from regency.store import Store
from regency.store.climb import climb
from regency.store.pairs import pairs


@dataclass(frozen=True, slots=True)
class Camera:
    """What a snapshot is taken with.

    Attributes:
        config: The settings in force.
        epoch: Number of the current epoch.
        store: Projections.
        files: Candidate id → its files as agents may see them.
        settled: Makes the store whole: the trials that a fresh verdict rests on may be held back.
        boundary: Returns what was refused to agents.
    """

    config: Config
    epoch: int
    store: Store
    files: Callable[[str], Mapping[str, bytes]]
    settled: Callable[[], None]
    boundary: Callable[[], Boundary]

    def take(self, head: str, fresh: Verdict | None = None) -> Packet:
        """Return the packet that would ratify ``head``.

        Args:
            head: The champion to be.
            fresh: The verdict that makes it so, if the ledger does not have it yet.
        """
        self.settled()
        base = self.store.generation()
        line = self._line(base.candidate, head)
        evidence = [*climb(self.store, head, base.candidate, fresh)][::-1]
        calibration = self.store.calibration()
        packet = packets.build(
            number=len(self.store.packets()) + 1,
            base=base,
            base_files=self.files(base.candidate),
            head=self.store.record(head),
            head_files=self.files(head),
            verdicts=evidence,
            candidates=line,
            epoch=self.epoch,
            trust=self.config.score.trust,
            noise_sd=calibration.noise_sd if calibration else 0.0,
            files=self.files,
            signals=self._signals(evidence),
            measured=self._measured(line, evidence),
        )
        made = self.store.minimised()
        if made is None or made.candidate != head or made.head == head:
            return packet
        return replace(
            packet, minimised_from=made.head, lines_before=made.lines_before, dropped=made.dropped
        )

    def _line(self, base: str, head: str) -> list[Candidate]:
        """Return the candidates from just after ``base`` to ``head``, oldest first."""
        line: list[Candidate] = []
        here = head
        while here != base:
            candidate = self.store.record(here)
            if not candidate.parent:  # the lab's start: the base lies on another line
                break
            line.append(candidate)
            here = candidate.parent
        return line[::-1]

    def _measured(
        self, line: Sequence[Candidate], evidence: Sequence[Verdict]
    ) -> dict[str, Effects]:
        """Return candidate → what its test measured against the very thing it was made from."""
        parents = {candidate.id: candidate.parent for candidate in line}
        return {
            verdict.candidate: effects(pairs(self.store, verdict), verdict, self.config)
            for verdict in evidence
            if parents.get(verdict.candidate) == verdict.champion
        }

    def _signals(self, evidence: Sequence[Verdict]) -> Signals:
        """Return what is known beyond the text: splits that disagree, and the authors' record."""
        calibration = self.store.calibration()
        noise_sd = calibration.noise_sd if calibration else 0.0
        gaps = [
            (self.store.candidate(verdict.candidate).gain or 0.0) - (verdict.effect or 0.0)
            for verdict in evidence
        ]
        gap = max(gaps, default=0.0) / noise_sd if noise_sd else 0.0
        return Signals(disagreement_sd=gap, record=self._records(), boundary=self.boundary(),
                       weights=self._weights())  # fmt: skip

    def _weights(self) -> Weights:
        """Return what the decisions of people, and not of policy alone, make of risk factors."""
        said = self.store.said()
        turned_down = {d.item for d in said if d.answer == "reject"}
        read = {packet_of(d.item) for d in said
                if d.answer == "approve" and d.by.kind is not ActorKind.SYSTEM}  # fmt: skip
        decided = []
        for state in self.store.packets():
            for change in state.packet.changes:
                rejected = bool(turned_down & {state.packet.id, change.id})
                if rejected or (state.status == "approved" and state.packet.id in read):
                    decided.append((change.factors, rejected))
        return weights(decided)

    def _records(self) -> dict[str, tuple[int, int]]:
        """Return author → changes that people approved, and changes that they rejected."""
        counts = {"approved": Counter[str](), "rejected": Counter[str]()}
        turned_down = {decision.item for decision in self.store.said("reject")}
        for state in self.store.packets():
            for change in state.packet.changes:
                if state.status == "approved":
                    counts["approved"].update(change.agents.keys())
                elif turned_down & {state.packet.id, change.id}:
                    counts["rejected"].update(change.agents.keys())
        names = set(counts["approved"]) | set(counts["rejected"])
        return {name: (counts["approved"][name], counts["rejected"][name]) for name in names}
