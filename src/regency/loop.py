"""The whole story: one candidate after another, judged on evidence, held for a human.

Knows the order of the stages and nothing of how any of them works. Whatever ends a run, running
again continues: finished trials, verdicts and tests in progress come from the ledger.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from regency.archive.novelty import without_effect
from regency.archive.population import Population
from regency.archive.recall import recalled, result_of
from regency.archive.select import ArchiveView
from regency.desk import JUDGE, SYSTEM, Budget, Desk, Items, Summary
from regency.evaluate.crew import Task
from regency.judge import confirm, nominate
from regency.judge.calibrate import calibrate
from regency.judge.experience import TESTS, Experience
from regency.judge.scale import scale_of
from regency.oversee.lead import held
from regency.pool import Pool
from regency.propose.brief import Standing
from regency.records import (
    PART,
    Answer,
    Calibration,
    Candidate,
    Event,
    Nomination,
    Proposal,
    Verdict,
    plain,
)
from regency.reduction import LOOKING, TESTING, Reduction
from regency.repo.tree import match
from regency.turns import Turns

SHORTEST_TEST = 6  # pairs; no test is begun that could not have as many before the run ends
BATCH_S = 0.5  # proposals are drawn in batches worth this much search


def run(desk: Desk, budget: Budget, stop: Callable[[], bool] = lambda: False) -> Summary:
    """Improve the champion until the budget is spent, a human pauses the lab, or ``stop`` is true.

    Args:
        desk: What to work with.
        budget: When to end.
        stop: Asked between steps, for Ctrl-C.

    Returns:
        What was done.
    """
    story = Story(desk, budget)
    try:
        while not (reason := "stopped" if stop() else story.ending()):
            story.heed()  # what humans decided meanwhile
            story.measure()  # the champion against itself: how much is luck?
            story.lighten()  # too far ahead of the humans? then less for them to read
            story.test()  # gate 2: is the most promising candidate really better?
            story.search()  # gate 1: is what agents propose worth a test?
            story.settle()  # trials end; verdicts are recorded; the champion moves on evidence
        return story.summary(reason)
    finally:
        story.turns.close()  # no agent outlives the run


def minimise(desk: Desk, budget: Budget, stop: Callable[[], bool] = lambda: False) -> Summary:
    """Make the champion's net change smaller, and nothing else.

    Args:
        desk: What to work with.
        budget: Its wall time.
        stop: Asked between steps, for Ctrl-C.

    Returns:
        What was done.
    """
    story = Story(desk, budget)
    while not (reason := "stopped" if stop() else story.lightened()):
        story.heed()
        story.measure()
        story.settle()
    return story.summary(reason)


@dataclass(slots=True)
class Story:
    """The state of one run; all of it can be had again from the ledger."""

    desk: Desk
    budget: Budget
    started: float = field(default_factory=time.monotonic)
    champion: str = ""
    calibration: Calibration | None = None
    baseline: nominate.Baseline | None = None
    experience: Experience = field(init=False)
    pool: Pool = field(init=False)
    population: Population = field(init=False)
    queue: deque[Candidate] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    testing: Nomination | None = None
    resumed: Nomination | None = None
    paused: str | None = None
    judged: int = 0
    promoted: list[str] = field(default_factory=list)
    looked: float = -math.inf
    turns: Turns = field(init=False)
    reduction: Reduction = field(init=False)
    generation: int = -1
    held: str = ""

    def __post_init__(self) -> None:
        """Pick up where the last run left off."""
        self.calibration = self.desk.store.calibration()
        tests = self.desk.store.tests(TESTS)
        self.experience = Experience.after(tests, scale_of(self.desk.config.score))
        self.pool = Pool(self.desk, self.experience)
        lean = getattr(self.desk.select, "lean", False)
        self.population = (
            Population(self.desk.store.champion()) if lean else recalled(self.desk.store)
        )
        self.reduction = Reduction(self.desk)
        self.turns = Turns(self.desk, self.calibration.noise_sd if self.calibration else 0.0)
        self.resumed = self.desk.store.open_nomination()
        if self.resumed and self.resumed.epoch not in (0, self.desk.epoch):
            self._judge(confirm.abandoned(self.resumed))
            self.resumed = None

    # ── the steps, in order ────────────────────────────────────────────────────────────────────

    def heed(self) -> None:
        """Follow the champion, whoever moved it, and take in what came from outside."""
        if time.monotonic() - self.looked < BATCH_S:
            return
        self.looked = time.monotonic()
        if reason := self.desk.absent():
            self.desk.record(SYSTEM, [("paused", {"reason": reason})])
        self.paused = self.desk.store.paused()
        if generation := self.desk.unread():
            self.desk.show(Event("generation", plain(generation)))
        waiting = [state.packet for state in self.desk.store.packets("open")]
        self.held = held(waiting, self.desk.config.oversight.max_lead)
        champion, base = self.desk.store.champion(), self.desk.store.generation().number
        if (champion, base) != (self.champion, self.generation):
            self.reduction.stop()
            self.generation = base
        if champion != self.champion:
            self.champion, self.baseline = champion, None
            self.population.moved(champion)
            for name in ("baseline", "search"):
                self.seen -= set(self.desk.crew.about(name))
                self.desk.crew.drop(name)
            for verdict in self.pool.superseded():
                self._judge(verdict)
            self.turns.encourage()
        unjudged = [standing.record for standing in self.desk.store.unjudged()]
        self._enqueue([candidate for candidate in unjudged if candidate.agent.kind != PART])
        tested = {nomination.candidate for nomination in (self.testing, self.resumed) if nomination}
        self.pool.again = [c for c in unjudged if c.agent.kind == PART and c.id not in tested]

    def measure(self) -> None:
        """Calibrate once an epoch; run a new champion on fresh seeds before comparing with it."""
        crew, settings, epoch = self.desk.crew, self.desk.config.judge, self.desk.epoch
        if self.calibration is None:
            if not crew.about("calibrate"):
                scale, seeds = self.experience.scale, self.desk.seeds
                asking = calibrate(self.champion, settings, scale, seeds, epoch)
                crew.start("calibrate", self.champion, asking, urgent=True)
        elif self.baseline is not None or crew.about("baseline"):
            return
        elif self.champion == self.calibration.candidate:
            self.baseline = nominate.calibrated_baseline(self.calibration, epoch)
        else:
            # Not with the trials that got it promoted: those are the lucky ones.
            runs = settings.calibration_pairs
            fresh = nominate.baseline(self.champion, (), runs, self.desk.seeds, epoch)
            crew.start("baseline", self.champion, fresh, urgent=True)

    def lighten(self) -> None:
        """Minimise what humans must read, once they are too far behind; exploring goes on."""
        if self.baseline is None or self.calibration is None or self.testing or self.resumed:
            return
        if self._lightens():
            self.reduction.go_on(self.champion, self.calibration)

    def test(self) -> None:
        """Start the next test for promotion, unless one is running or humans are too far behind."""
        if self.baseline is None or self.calibration is None or self.testing:
            return
        if self.reduction.testing:  # the champion may move
            return
        self.testing = self.resumed or self._nominate(self.calibration)
        self.resumed = None
        if self.testing is None:
            self.pool.stuck = bool(self.pool.results)
            return
        asking = confirm.confirm(
            self.testing,
            self.calibration,
            self.desk.config.judge,
            self.desk.config.guards,
            self.experience.scale,
            self.desk.seeds,
            generation=self.desk.store.generation().number,
            width=self.desk.crew.workers,
            superseded=self._superseded,
        )
        self.seen.add(self.testing.candidate)
        self.desk.crew.start("confirm", self.testing.candidate, asking, urgent=True)

    def search(self) -> None:
        """Keep every worker busy with candidates that nobody has judged."""
        if self.baseline is None or self.calibration is None:
            return
        while self.desk.crew.hungry and (self.queue or self._propose(self.baseline)):
            candidate = self.queue.popleft()
            asking = self.experience.search(
                candidate.id, self.baseline, self.calibration, self.desk.config, self.desk.seeds
            )
            self.desk.crew.start("search", candidate.id, asking)

    def settle(self) -> None:
        """Wait for trials; write them down with what they decide, in one transaction each."""
        if self.turns.away and not self.desk.crew.tasks:
            self.turns.wait(BATCH_S)
        for task in self.desk.crew.step(wait_s=BATCH_S):
            {
                "calibrate": self._calibrated,
                "baseline": self._based,
                "search": self._searched,
                "confirm": self._confirmed,
                LOOKING: self._minimised,
                TESTING: self._shown_as_good,
            }[task.name](task)
        self.desk.settled()

    def ending(self) -> str:
        """Return why the run is over, or nothing while it is not."""
        reason = ""
        if self.paused is not None:
            reason = f"paused: {self.paused}"
        elif self.budget.wall_s is not None and self._elapsed() >= self.budget.wall_s:
            reason = "time is up"
        elif self._idle():
            if self._left() <= 0:
                reason = "all candidates were tried"
            elif self.turns.exhausted:
                reason = "no agent has anything left to propose"
        return reason

    def lightened(self) -> str:
        """Begin the next step of minimising; return why there is none, or nothing."""
        if self.paused is not None:
            return f"paused: {self.paused}"
        if self.budget.wall_s is not None and self._elapsed() >= self.budget.wall_s:
            return "time is up"
        if self.baseline is None or self.calibration is None:
            return ""
        if self.reduction.go_on(self.champion, self.calibration):
            return ""
        return self.reduction.outcome(self.desk.store.champion(), moved=bool(self.promoted))

    def summary(self, reason: str) -> Summary:
        """Return what this run did."""
        return Summary(reason, self.judged, tuple(self.promoted), self._elapsed())

    # ── what tasks decide ──────────────────────────────────────────────────────────────────────

    def _calibrated(self, task: Task) -> None:
        self.calibration = task.result
        self.turns.noise_sd = task.result.noise_sd
        self.desk.record(JUDGE, [("calibration", plain(task.result))])
        self.desk.show(Event("calibration", plain(task.result)))

    def _based(self, task: Task) -> None:
        self.baseline = task.result
        self.desk.show(Event("baseline", plain(task.result)))

    def _searched(self, task: Task) -> None:
        result: nominate.SearchResult = task.result
        self.pool.searched += 1
        self.experience.searched(result)
        self.baseline = nominate.refined(self.baseline, result)
        if self.calibration:
            result = self.pool.judged(result, self.calibration)
        record = self.desk.store.record(task.subject)
        self.population.add(result_of(record, result.gain, promising=result.promising))
        if result.verdict is not None:
            self._judge(self._explained(result.verdict, record.parent))
            return
        self.turns.tell(record, None, result.gain)
        for verdict in self.pool.add(result):
            self._judge(verdict)

    def _explained(self, verdict: Verdict, parent: str) -> Verdict:
        """Return a verdict of gate 1 that says so if the change does nothing at all."""
        known = self.calibration
        if known is None or not known.repeatable or known.noise_sd > 0:
            return verdict
        score = self.baseline.mean if self.baseline else 0.0
        if not without_effect(verdict.effect, self._gain_of(parent), score):
            return verdict
        return replace(
            verdict, reason=f"No effect: {verdict.reason[0].lower()}{verdict.reason[1:]}"
        )

    def _gain_of(self, parent: str) -> float | None:
        """Return what search found of a parent against the present champion, if it did."""
        if parent == self.champion:
            return 0.0
        verdict = self.desk.store.verdict(parent)
        same = verdict is not None and (verdict.gate, verdict.champion) == ("search", self.champion)
        return verdict.effect if verdict is not None and same else None

    def _confirmed(self, task: Task) -> None:
        verdict: Verdict = task.result
        self.experience.tested(verdict)
        self.testing = None
        self.pool.forget(task.subject)
        if verdict.answer is not Answer.BETTER:
            self.population.refuted(task.subject)
            self._judge(verdict)
            return
        with self.desk.alone():  # no human decides between the question and the move
            self._promote(task.subject, verdict)

    def _minimised(self, task: Task) -> None:
        self.reduction.found(task.result)

    def _shown_as_good(self, task: Task) -> None:
        verdict: Verdict = task.result
        if verdict.answer is not Answer.AS_GOOD:
            self._judge(verdict)
            return
        with self.desk.alone():
            self._promote(task.subject, verdict)

    def _promote(self, candidate: str, verdict: Verdict) -> None:
        base = self.desk.store.generation().number
        settled = verdict.answer is Answer.AS_GOOD and base != self.generation
        if self.desk.store.champion() != verdict.champion or settled:
            reason = "A human moved the champion while this was tested; propose it anew."
            self._judge(replace(verdict, answer=Answer.SUPERSEDED, reason=reason))
            return
        packet = self.desk.packet(candidate, verdict)
        move = {
            "candidate": candidate,
            "previous": self.champion,
            "nomination": verdict.nomination,
            "reason": verdict.reason,
        }
        self.promoted.append(candidate)
        self._judge(verdict, [("champion", move), ("packet", plain(packet))])
        self.looked = -math.inf
        self.desk.show(Event("champion", {"candidate": candidate, "packet": packet.id}))

    def _judge(self, verdict: Verdict, more: Items = ()) -> None:
        self.desk.record(JUDGE, [("verdict", plain(verdict)), *more])
        self.judged += 1
        store, gain = self.desk.store, verdict.effect
        if gain is None or verdict.gate != "search":  # then it is not what search saw
            gain = store.candidate(verdict.candidate).gain
        self.turns.tell(store.record(verdict.candidate), verdict, gain)
        self.desk.show(Event("verdict", plain(verdict)))
        if verdict.answer is not Answer.BETTER:
            self.desk.forget(verdict.candidate)

    # ── nominating and proposing ───────────────────────────────────────────────────────────────

    def _nominate(self, calibration: Calibration) -> Nomination | None:
        if nomination := self.pool.nominate_again(self.champion, calibration):
            return nomination
        searching = bool(self.queue or self.desk.crew.about("search"))
        choice = self.pool.choose(calibration, searching=searching)
        if choice is None or self._held() or self._too_late():
            return None
        return self.pool.nominate(choice, self.champion, calibration)

    def _lightens(self) -> bool:
        return bool(self.held) and self.desk.config.oversight.minimise.when == "held"

    def _superseded(self) -> bool:
        return self.testing is not None and self.desk.store.champion() != self.testing.champion

    def _held(self) -> bool:
        if self.held:
            self.desk.show(Event("held", {"reason": self.held}))
        return bool(self.held)

    def _too_late(self) -> bool:
        """Whether a test begun now would surely be cut off by the end of the run."""
        if self.budget.wall_s is None:
            return False
        rounds = math.ceil(SHORTEST_TEST / self.desk.crew.workers)
        shortest = 2 * self.desk.crew.mean_trial_s * rounds
        return self._elapsed() + shortest > self.budget.wall_s

    def _propose(self, baseline: nominate.Baseline) -> bool:
        """Fill the queue from the agents; False if nothing came that can be run."""
        count = max(self._batch(), 0)
        if not (count or self.turns.away):
            return False
        for candidate, verdict in self.desk.admit(self._asked(baseline, count)):
            self.seen.add(candidate.id)
            self.desk.show(Event("candidate", plain(candidate)))
            if verdict is None:
                self.queue.append(candidate)
                continue
            self.judged += 1
            self.population.add(result_of(candidate, None, promising=False))
            self.turns.tell(candidate, verdict, None)
            self.desk.show(Event("verdict", plain(verdict)))
        return bool(self.queue)

    def _asked(self, baseline: nominate.Baseline, count: int) -> list[Proposal]:
        """Return proposals; made from the champion if nobody finds any for the parent chosen."""
        standing = self._standing(baseline, self._parent())
        proposals = self.turns.ask(standing, count)
        if proposals or standing.parent == self.champion:
            return proposals
        return self.turns.ask(self._standing(baseline, self.champion), count)

    def _parent(self) -> str:
        noise_sd = self.calibration.noise_sd if self.calibration else 0.0
        view = ArchiveView(self.champion, self.pool.gains, noise_sd, self.population.elites)
        return self.desk.select(view, self.desk.seeds(f"select/{self.judged}"))

    def _batch(self) -> int:
        """Return how many proposals to draw at once.

        One while trials take seconds, so that every proposal can use the last result; up to half a
        second's worth of search while they are quick, so that git and ledger are called less.
        """
        trial_s = max(self.desk.crew.mean_trial_s, 1e-3)
        return int(min(max(1, BATCH_S * self.desk.crew.workers / trial_s), 32, self._left()))

    def _standing(self, baseline: nominate.Baseline, parent: str) -> Standing:
        noise_sd = self.calibration.noise_sd if self.calibration else 0.0
        patterns = self.desk.config.change.editable
        return Standing(
            parent=parent,
            champion=self.champion,
            champion_score=baseline.mean,
            noise_sd=noise_sd,
            editable=tuple(p for p in self.desk.files(parent) if match(p, patterns)),
            program=self.desk.program,
            reviews=self.desk.reviews(),
            left=self.budget.rest(self._elapsed(), self._left(), self.held),
        )

    # ── small questions ────────────────────────────────────────────────────────────────────────

    def _enqueue(self, candidates: list[Candidate]) -> None:
        for candidate in candidates:
            if candidate.id not in self.seen:
                self.seen.add(candidate.id)
                self.queue.append(candidate)

    def _idle(self) -> bool:
        """Whether nothing is under way, and no promising candidate can be tested now."""
        waiting = self.desk.crew.tasks or self.queue or self.pool.again or self.turns.away
        lighter = self._lightens() and self.reduction.due(self.champion)
        heeded = self.looked > -math.inf  # or the champion has just moved
        return self.baseline is not None and heeded and not (waiting or self.pool.ready or lighter)

    def _elapsed(self) -> float:
        return time.monotonic() - self.started

    def _left(self) -> float:
        """Return how many more candidates this run may begin."""
        if self.budget.candidates is None:
            return math.inf
        begun = self.judged + len(self.desk.crew.about("search")) + len(self.queue)
        begun += self.turns.away
        begun += len(self.pool.results | {n.candidate: None for n in [self.testing] if n})
        return self.budget.candidates - begun
