"""The packet for a human: everything between the last generation and a champion, frozen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from regency.config import Config
from regency.oversee import packet as packets
from regency.records import Answer, Candidate, Packet, Verdict
from regency.store import Store


@dataclass(frozen=True, slots=True)
class Camera:
    """What a snapshot is taken with.

    Attributes:
        config: The settings in force.
        epoch: Number of the current epoch.
        store: Projections.
        files: Candidate id → its files as agents may see them.
    """

    config: Config
    epoch: int
    store: Store
    files: Callable[[str], Mapping[str, bytes]]

    def take(self, head: str, fresh: Verdict | None = None) -> Packet:
        """Return the packet that would ratify ``head``.

        Args:
            head: The champion to be.
            fresh: The verdict that makes it so, if the ledger does not have it yet.
        """
        base = self.store.generation()
        line = self._line(base.candidate, head)
        calibration = self.store.calibration()
        return packets.build(
            number=len(self.store.packets()) + 1,
            base=base,
            base_files=self.files(base.candidate),
            head=self.store.candidate(head).record,
            head_files=self.files(head),
            verdicts=self._evidence(line, fresh),
            candidates=line,
            epoch=self.epoch,
            trust=self.config.score.trust,
            noise_sd=calibration.noise_sd if calibration else 0.0,
            files=self.files,
        )

    def _line(self, base: str, head: str) -> list[Candidate]:
        """Return the candidates from just after ``base`` to ``head``, oldest first."""
        line: list[Candidate] = []
        here = head
        while here and here != base:
            candidate = self.store.candidate(here).record
            line.append(candidate)
            here = candidate.parent
        return line[::-1]

    def _evidence(self, line: Sequence[Candidate], fresh: Verdict | None) -> list[Verdict]:
        known = [self.store.verdict(candidate.id) for candidate in line]
        verdicts = [v for v in known if v is not None and v.answer is Answer.BETTER]
        return [*verdicts, fresh] if fresh is not None else verdicts
