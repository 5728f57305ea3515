"""Makes what humans must read smaller: what is to be minimised, and what became of it.

Knows the two steps, looking for the smallest part and one test that it is as good, and starts each
on the crew when its time has come. Where it stands is read from the ledger, so that whatever ends
a run, the next one goes on.
"""

from dataclasses import dataclass

from regency.desk import SYSTEM, Desk
from regency.judge import inferior
from regency.judge.scale import scale_of
from regency.oversee import minimise
from regency.records import Calibration, Event, Minimised, plain
from regency.store.climb import climb

LOOKING, TESTING = "minimise", "as good"
SMALL_GAIN = (
    "The gain is too small against the noise: about {needed:,.0f} pairs would be needed to show "
    "that {keep:.0%} of it is kept, and {pairs} are allowed."
)


@dataclass(slots=True)
class Reduction:
    """What one run does to make the champion's net change smaller."""

    desk: Desk

    @property
    def busy(self) -> bool:
        """Whether it has something under way."""
        return bool(self.desk.crew.about(LOOKING) or self.desk.crew.about(TESTING))

    @property
    def testing(self) -> bool:
        """Whether its test is under way, after which the champion may move."""
        return bool(self.desk.crew.about(TESTING))

    def stop(self) -> None:
        """Drop what is under way: it is about another champion or generation."""
        self.desk.crew.drop(LOOKING)
        self.desk.crew.drop(TESTING)

    def due(self, champion: str) -> bool:
        """Whether there is something to do about ``champion``, or under way."""
        done = self.known(champion)
        if self.busy or done is None:
            return self.busy or champion != self.desk.store.generation().candidate
        return champion != done.candidate and not self._tested(done)

    def go_on(self, champion: str, calibration: Calibration) -> bool:
        """Begin the next step, unless one is under way; return whether there is any.

        Args:
            champion: The champion.
            calibration: Of the epoch.
        """
        if self.busy or not self.due(champion):
            return self.busy
        done = self.known(champion)
        if done is None:
            return self._look(champion, calibration)
        asking = inferior.as_good(
            self._claim(done, calibration),
            self.desk.config.guards,
            scale_of(self.desk.config.score),
            self.desk.seeds,
            self.desk.crew.workers,
        )
        self.desk.crew.start(TESTING, done.candidate, asking)
        return True

    def outcome(self, champion: str, *, moved: bool) -> str:
        """Return in one sentence how minimising ended.

        Args:
            champion: The champion now.
            moved: Whether it became champion just now.
        """
        done = self.known(champion)
        if done is None:
            return f"{champion} is what humans ratified last: there is nothing to minimise."
        lines = f"{done.lines_before} → {done.lines_after} lines"
        if champion == done.candidate != done.head:
            return f"{done.head} {'is' if moved else 'was already'} minimised: {lines}"
        if done.candidate == done.head:
            return f"nothing of {champion} can be left out. {done.note}".strip()
        return f"{champion} stays: {done.candidate}, {lines}, was not shown to keep the gain"

    def found(self, result: Minimised) -> None:
        """Take what looking came to, and write it down."""
        self.desk.record(SYSTEM, [("minimised", plain(result))])
        self.desk.show(Event("minimised", plain(result)))

    def known(self, champion: str) -> Minimised | None:
        """Return what minimising ``champion`` came to, or was made by, None if it was not yet."""
        done = self.desk.store.minimised()
        base = self.desk.store.generation().number
        if done is None or (done.base_generation, done.epoch) != (base, self.desk.epoch):
            return None
        return done if champion in (done.head, done.candidate) else None

    def _tested(self, done: Minimised) -> bool:
        verdict = self.desk.store.verdict(done.candidate)
        return verdict is not None and verdict.gate == "confirm" and verdict.champion == done.head

    def _look(self, champion: str, calibration: Calibration) -> bool:
        task = self._task(champion, calibration)
        needed = inferior.pairs_needed(task.noise_sd, task.margin)
        if task.most_pairs < needed:
            said = SMALL_GAIN.format(needed=needed, keep=self._keep, pairs=task.most_pairs)
            self.found(minimise.unchanged(task, said))
            return False
        looking = minimise.minimise(
            task,
            improvement=scale_of(self.desk.config.score).improvement,
            seeds=self.desk.seeds,
            variant=lambda files: self.desk.variant(champion, files),
            width=self.desk.crew.workers,
        )
        self.desk.crew.start(LOOKING, champion, looking)
        return True

    def _task(self, champion: str, calibration: Calibration) -> minimise.Task:
        base = self.desk.store.generation()
        steps = climb(self.desk.store, champion, base.candidate)
        gain = sum(verdict.effect or 0.0 for verdict in steps)
        return minimise.Task(
            head=champion,
            base_generation=base.number,
            epoch=self.desk.epoch,
            base_files=self.desk.files(base.candidate),
            head_files=self.desk.files(champion),
            margin=(1 - self._keep) * max(gain, 0.0),
            noise_sd=calibration.noise_sd,
            most_pairs=self.desk.config.oversight.minimise.pairs,
        )

    def _claim(self, done: Minimised, calibration: Calibration) -> inferior.Claim:
        judge = self.desk.config.judge
        return inferior.Claim(
            candidate=done.candidate,
            champion=done.head,
            generation=done.base_generation,
            margin=done.margin,
            level=judge.false_promotion_rate,
            e_process=calibration.e_process,
            noise_sd=calibration.noise_sd,
            least_pairs=judge.confirm_pairs,
        )

    @property
    def _keep(self) -> float:
        return self.desk.config.oversight.minimise.keep
