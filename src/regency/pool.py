"""What search found promising and waits for its test, and which of it is tested next."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from regency.desk import JUDGE, Desk
from regency.judge import confirm, nominate, simplify
from regency.judge.experience import Experience
from regency.judge.nominate import SearchResult
from regency.records import Answer, Calibration, Candidate, Event, Nomination, Verdict, plain

POOL_SIZE = 16  # promising candidates kept waiting for their test


@dataclass(slots=True)
class Pool:
    """Promising candidates of one run, and what people left of a packet.

    Attributes:
        desk: What the run works with.
        experience: What its trials and tests taught.
        results: Candidate id → what search found.
        again: What people left of a packet; it needs no search before its test.
        tested: Tests so far in this run.
        searched: Candidates searched since the last test began.
        stuck: Whether nothing here can be tested for now.
    """

    desk: Desk
    experience: Experience
    results: dict[str, SearchResult] = field(default_factory=dict)
    again: list[Candidate] = field(default_factory=list)
    tested: int = 0
    searched: int = 0
    stuck: bool = False

    @property
    def ready(self) -> bool:
        """Whether something here can be tested now."""
        return bool(self.results) and not self.stuck

    @property
    def gains(self) -> list[tuple[str, float]]:
        """Candidates and their gains as search saw them, in metric units."""
        return [(candidate, self._gain(candidate)) for candidate in self.results]

    def add(self, result: SearchResult) -> Iterator[Verdict]:
        """Take in a promising candidate; yield verdicts on those that there is no room for."""
        self.results[result.candidate], self.stuck = result, False
        record = self.desk.store.record(result.candidate)
        self.desk.show(Event("promising", {"candidate": record.id, "gain": result.gain}))
        for extra in sorted(self.results, key=self._gain)[:-POOL_SIZE]:
            yield self._out(extra, Answer.UNDECIDED, "Promising, but others were tested first.")

    def forget(self, candidate: str) -> None:
        """Count a test as done; its candidate waits no more."""
        self.tested += 1
        self.results.pop(candidate, None)

    def superseded(self) -> Iterator[Verdict]:
        """Empty the pool: yield the verdicts of those that were found against another champion."""
        reason = "The champion moved before this could be tested; rebase and propose it anew."
        for candidate in list(self.results):
            yield self._out(candidate, Answer.SUPERSEDED, reason)

    def judged(self, result: SearchResult, calibration: Calibration) -> SearchResult:
        """Return what search found, as promising if it is simpler and may cost nothing."""
        noise_sd = self.experience.noise(calibration).pair_sd
        margin, most = self._margin(result.candidate), self.desk.config.judge.confirm_pairs
        enough = simplify.worth_testing(result, margin, noise_sd, most)
        return simplify.as_promising(result) if enough else result

    def choose(self, calibration: Calibration, *, searching: bool) -> SearchResult | None:
        """Return what to test next; None if there is nothing, or search promises more.

        Args:
            calibration: Of the epoch.
            searching: Whether search is under way.
        """
        choice = nominate.choose(list(self.results.values()), self.tested)
        if choice is None:
            return None
        choice = simplify.smallest(choice, list(self.results.values()), self.desk.store.record)
        return None if searching and not self._ripe(choice, calibration) else choice

    def nominate(self, choice: SearchResult, champion: str, calibration: Calibration) -> Nomination:
        """Put the nomination of ``choice`` on record, with its level, before its test begins.

        Args:
            choice: What to test.
            champion: Against whom.
            calibration: Of the epoch.
        """
        self.searched = 0
        margin = self._margin(choice.candidate)
        return self._start(choice.candidate, champion, choice.gain or 0.0, margin, calibration)

    def nominate_again(self, champion: str, calibration: Calibration) -> Nomination | None:
        """Nominate what people left of a packet, if there is any; arguments as in `nominate`."""
        if not self.again:
            return None
        return self._start(self.again.pop(0).id, champion, 0.0, 0.0, calibration)

    def _start(
        self, candidate: str, champion: str, gain: float, margin: float, calibration: Calibration
    ) -> Nomination:
        index, promotions = self.desk.store.next_nomination()
        nomination = confirm.start(
            index,
            promotions,
            candidate,
            champion,
            self.experience.informed(calibration),
            self.desk.config.judge,
            gain,
            self.experience.scale,
            margin=margin,
            epoch=self.desk.epoch,
        )
        self.desk.record(JUDGE, [("nomination", plain(nomination))])
        self.desk.show(Event("nomination", plain(nomination)))
        return nomination

    def _ripe(self, choice: SearchResult, calibration: Calibration) -> bool:
        """Whether a long test of ``choice`` promises more than searching on."""
        noise_sd = self.experience.noise(calibration).pair_sd
        room = self._margin(choice.candidate) if (choice.gain or 0.0) <= choice.gain_se else 0.0
        seen = replace(choice, gain=(choice.gain or 0.0) + room)
        return nominate.ripe(seen, self.searched, noise_sd)

    def _margin(self, candidate: str) -> float:
        """Return how much worse a candidate may be because it is simpler; 0 if it is not."""
        record = self.desk.store.record(candidate)
        # Lines are counted against the parent: of another one they say nothing of the champion.
        if not simplify.is_simpler(record) or record.parent != self.desk.store.champion():
            return 0.0
        return simplify.margin_left(self.desk.config.judge, self.desk.store.promoted())

    def _gain(self, candidate: str) -> float:
        return self.results[candidate].gain or 0.0

    def _out(self, candidate: str, answer: Answer, reason: str) -> Verdict:
        result = self.results.pop(candidate)
        return Verdict(
            candidate=candidate,
            answer=answer,
            gate="search",
            reason=reason,
            champion=result.champion,
            effect=result.gain,
            looks=len(result.trials),
        )
