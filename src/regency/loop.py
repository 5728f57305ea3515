"""The whole story: one candidate after another, judged on evidence, held for a human.

Knows the order of the stages and nothing of how any of them works. Whatever ends a run, running
again continues: finished trials, verdicts and tests in progress come from the ledger.
"""

import itertools
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from regency.archive.select import ArchiveView
from regency.desk import JUDGE, SYSTEM, Desk, Items
from regency.errors import TrialError
from regency.evaluate.crew import Task
from regency.judge import confirm, nominate
from regency.judge.calibrate import calibrate
from regency.oversee.lead import held
from regency.propose.brief import Standing, attempt, build_brief
from regency.records import (
    Answer,
    Attempt,
    Calibration,
    Candidate,
    Event,
    Nomination,
    Proposal,
    Verdict,
    plain,
)

POOL_SIZE = 16  # promising candidates kept waiting for their test
BATCH_S = 0.5  # proposals are drawn in batches worth this much search


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: whichever comes first; None never does."""

    candidates: int | None = None
    wall_s: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: why it stopped, candidates judged, promotions, and its wall time."""

    reason: str
    judged: int
    promoted: tuple[str, ...]
    wall_s: float


def run(desk: Desk, budget: Budget, stop: Callable[[], bool] = lambda: False) -> Summary:
    """Improve the champion until the budget is spent, a human pauses the lab, or ``stop`` is true.

    Args:
        desk: What to work with.
        budget: When to end.
        stop: Asked between steps, for Ctrl-C.

    Returns:
        What was done.
    """
    story = Story(desk, budget, stop)
    while not story.ended():
        story.heed()  # what humans decided meanwhile
        story.measure()  # the champion against itself: how much is luck?
        story.test()  # gate 2: is the most promising candidate really better?
        story.search()  # gate 1: is what agents propose worth a test?
        story.settle()  # trials end; verdicts are recorded; the champion moves on evidence
    return story.summary()


@dataclass(slots=True)
class Story:
    """The state of one run; all of it can be had again from the ledger."""

    desk: Desk
    budget: Budget
    stop: Callable[[], bool]
    started: float = field(default_factory=time.monotonic)
    champion: str = ""
    calibration: Calibration | None = None
    baseline: nominate.Baseline | None = None
    pool: dict[str, nominate.SearchResult] = field(default_factory=dict)
    queue: deque[Candidate] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    news: dict[str, list[Attempt]] = field(default_factory=dict)
    testing: Nomination | None = None
    tested: int = 0
    judged: int = 0
    promoted: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    looked: float = -math.inf
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Pick up where the last run left off."""
        store = self.desk.store
        self.calibration = store.calibration()
        history = [self._attempt(c, v) for _, c, v in store.judged_since(0)]
        self.news = {name: list(history) for name in self.desk.proposers}

    # ── the steps, in order ────────────────────────────────────────────────────────────────────

    def heed(self) -> None:
        """Follow the champion, whoever moved it, and take in what came from outside."""
        champion = self.desk.store.champion()
        if champion != self.champion:
            self.champion, self.baseline = champion, None
            for name in ("baseline", "search"):
                self.seen -= set(self.desk.crew.about(name))
                self.desk.crew.drop(name)
            self._supersede()
        if time.monotonic() - self.looked > BATCH_S:
            self.looked = time.monotonic()
            self._enqueue(self.desk.store.unjudged())

    def measure(self) -> None:
        """Calibrate once an epoch; run a new champion on fresh seeds before comparing with it."""
        crew, settings = self.desk.crew, self.desk.config.judge
        if self.calibration is None:
            if not crew.about("calibrate"):
                goal, seeds = self.desk.config.score.goal, self.desk.seeds
                asking = calibrate(self.champion, settings, goal, seeds, self.desk.epoch)
                crew.start("calibrate", self.champion, asking, urgent=True)
        elif self.baseline is None and not crew.about("baseline"):
            known = nominate.from_calibration(self.calibration, self.champion)
            asking = nominate.baseline(self.champion, known, settings, self.desk.seeds)
            crew.start("baseline", self.champion, asking, urgent=True)

    def test(self) -> None:
        """Start the next test for promotion, unless one is running or humans are too far behind."""
        if self.baseline is None or self.calibration is None or self.testing:
            return
        self.testing = self.desk.store.open_nomination() or self._nominate(self.calibration)
        if self.testing is None:
            return
        asking = confirm.confirm(
            self.testing,
            self.calibration,
            self.desk.config.judge,
            self.desk.config.guards,
            self.desk.config.score.goal,
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
        while self.desk.crew.hungry and not self._spent():
            if not self.queue and not self._propose():
                return
            candidate = self.queue.popleft()
            asking = nominate.search(
                candidate.id,
                self.baseline,
                self.calibration.noise_sd,
                self.desk.config.judge,
                self.desk.config.score.goal,
                self.desk.seeds,
            )
            self.desk.crew.start("search", candidate.id, asking)

    def settle(self) -> None:
        """Wait for trials; write down what they decide."""
        for task in self.desk.crew.step(wait_s=BATCH_S):
            {
                "calibrate": self._calibrated,
                "baseline": self._based,
                "search": self._searched,
                "confirm": self._confirmed,
            }[task.name](task)

    def ended(self) -> bool:
        """Whether the run is over, however it is."""
        return bool(self._why())

    def summary(self) -> Summary:
        """Return what this run did."""
        wall_s = time.monotonic() - self.started
        return Summary(self._why(), self.judged, tuple(self.promoted), wall_s)

    # ── what tasks decide ──────────────────────────────────────────────────────────────────────

    def _calibrated(self, task: Task) -> None:
        self.calibration = task.result
        self.desk.record(JUDGE, [("calibration", plain(task.result))])
        self.desk.show(Event("calibration", plain(task.result)))

    def _based(self, task: Task) -> None:
        self.baseline = task.result
        self.desk.show(Event("baseline", plain(task.result)))

    def _searched(self, task: Task) -> None:
        result: nominate.SearchResult = task.result
        if result.verdict is not None:
            self._judge(result.verdict, [])
            return
        self.pool[task.subject] = result
        self._tell(self.desk.store.candidate(task.subject), None, result.gain)
        self.desk.show(Event("promising", {"candidate": task.subject, "gain": result.gain}))
        for extra in sorted(self.pool, key=lambda c: self.pool[c].gain)[:-POOL_SIZE]:
            self._close(extra, Answer.UNDECIDED, "Promising, but others were tested first.")

    def _confirmed(self, task: Task) -> None:
        verdict: Verdict = task.result
        self.testing = None
        self.tested += 1
        self.pool.pop(task.subject, None)
        if verdict.answer is not Answer.BETTER:
            self._judge(verdict, [])
            return
        packet = self.desk.packet(task.subject, verdict)
        move = {
            "candidate": task.subject,
            "previous": self.champion,
            "nomination": verdict.nomination,
            "reason": verdict.reason,
        }
        self._judge(verdict, [("champion", move), ("packet", plain(packet))])
        self.promoted.append(task.subject)
        self.desk.show(Event("champion", {"candidate": task.subject, "packet": packet.id}))

    def _judge(self, verdict: Verdict, more: Items) -> None:
        self.desk.record(JUDGE, [("verdict", plain(verdict)), *more])
        self.judged += 1
        candidate = self.desk.store.candidate(verdict.candidate)
        self._tell(candidate, verdict, self.desk.store.search_gain(candidate.id))
        self.desk.show(Event("verdict", plain(verdict)))
        if verdict.answer is not Answer.BETTER:
            self.desk.forget(verdict.candidate)

    def _close(self, candidate: str, answer: Answer, reason: str) -> None:
        result = self.pool.pop(candidate)
        self._judge(
            Verdict(
                candidate=candidate,
                answer=answer,
                gate="search",
                reason=reason,
                champion=self.champion,
                effect=result.gain,
                looks=result.trials,
            ),
            [],
        )

    def _supersede(self) -> None:
        for candidate in list(self.pool):
            reason = "The champion moved before this could be tested; rebase and propose it anew."
            self._close(candidate, Answer.SUPERSEDED, reason)

    # ── nominating and proposing ───────────────────────────────────────────────────────────────

    def _nominate(self, calibration: Calibration) -> Nomination | None:
        choice = nominate.choose(list(self.pool.values()), self.tested)
        if choice is None or self._held() or self._too_late():
            return None
        index, promotions = self.desk.store.next_nomination()
        nomination = confirm.start(
            index,
            promotions,
            choice.candidate,
            self.champion,
            calibration,
            self.desk.config.judge,
            choice.gain,
        )
        self.desk.record(JUDGE, [("nomination", plain(nomination))])
        self.desk.show(Event("nomination", plain(nomination)))
        return nomination

    def _superseded(self) -> bool:
        return self.testing is not None and self.desk.store.champion() != self.testing.champion

    def _held(self) -> bool:
        packets = self.desk.store.packets("open")
        why = held(packets, self.desk.config.oversight.max_lead)
        if why:
            self.desk.show(Event("held", {"reason": why}))
        return bool(why)

    def _too_late(self) -> bool:
        """Whether a test begun now would surely be cut off by the end of the run."""
        if self.budget.wall_s is None:
            return False
        trial_s = self.desk.store.mean_trial_wall_s()
        shortest = 2 * trial_s * math.ceil(confirm.FEWEST_PAIRS / self.desk.crew.workers)
        return time.monotonic() - self.started + shortest > self.budget.wall_s

    def _propose(self) -> bool:
        """Fill the queue from the agents; False if none of them has anything left."""
        speakers = [name for name in self.desk.proposers if name not in self.silent]
        if not speakers:
            return False
        turn = next(self.turns)
        name = self._speaker(speakers, turn)
        proposals = self._ask(name, turn)
        if not proposals:
            self.silent.add(name)
        for candidate, verdict in self.desk.admit(proposals):
            self.seen.add(candidate.id)
            if verdict is None:
                self.queue.append(candidate)
            else:
                self.judged += 1
                self._tell(candidate, verdict, None)
            self.desk.show(Event("candidate", plain(candidate)))
        return bool(self.queue) or not self._spent()

    def _ask(self, name: str, turn: int) -> list[Proposal]:
        store = self.desk.store
        seed = self.desk.seeds(f"propose/{store.next_candidate_number()}/{turn}")
        parent = self.desk.select(self._view(), seed)
        files = self.desk.files(parent)
        standing = self._standing(parent, tuple(files))
        proposals = []
        for place in range(self._batch()):
            news = self.news[name]
            self.news[name] = []
            brief = build_brief(self.desk.config, standing, news, (seed + place) % 2**31)
            try:
                proposals.append(self.desk.proposers[name].propose(brief, files))
            except TrialError as error:
                self.desk.show(Event("silent", {"agent": name, "reason": str(error)}))
                break
        return proposals

    def _batch(self) -> int:
        """Proposals to draw at once: half a second's worth of search, so that git is called little.

        A batch of one while trials take seconds, so that every proposal can use the last result.
        """
        trial_s = max(self.desk.store.mean_trial_wall_s(), 1e-3)
        left = math.inf if self.budget.candidates is None else self.budget.candidates - self._begun()
        return int(max(1, min(32, left, BATCH_S * self.desk.crew.workers / trial_s)))

    def _speaker(self, speakers: list[str], turn: int) -> str:
        shares = [self.desk.shares[name] for name in speakers]
        place = (self.desk.seeds(f"speaker/{turn}") / 2**31) * sum(shares)
        bounds = list(itertools.accumulate(shares))
        return next((n for n, b in zip(speakers, bounds, strict=True) if place < b), speakers[-1])

    def _standing(self, parent: str, paths: tuple[str, ...]) -> Standing:
        assert self.baseline is not None and self.calibration is not None  # noqa: S101, PT018
        return Standing(
            parent=parent,
            champion=self.champion,
            champion_score=self.baseline.mean,
            noise_sd=self.calibration.noise_sd,
            editable=paths,
            program=self.desk.program,
        )

    def _view(self) -> ArchiveView:
        noise_sd = self.calibration.noise_sd if self.calibration else 0.0
        best = [(candidate, result.gain) for candidate, result in self.pool.items()]
        return ArchiveView(self.champion, best, noise_sd)

    # ── small questions ────────────────────────────────────────────────────────────────────────

    def _attempt(self, candidate: Candidate, verdict: Verdict | None) -> Attempt:
        noise_sd = self.calibration.noise_sd if self.calibration else 0.0
        gain = self.desk.store.search_gain(candidate.id)
        return attempt(candidate, verdict, gain, noise_sd)

    def _tell(self, candidate: Candidate, verdict: Verdict | None, gain: float | None) -> None:
        noise_sd = self.calibration.noise_sd if self.calibration else 0.0
        for heard in self.news.values():
            heard.append(attempt(candidate, verdict, gain, noise_sd))

    def _enqueue(self, candidates: list[Candidate]) -> None:
        for candidate in candidates:
            if candidate.id not in self.seen:
                self.seen.add(candidate.id)
                self.queue.append(candidate)

    def _begun(self) -> int:
        return self.judged + len(self.desk.crew.about("search")) + len(self.queue)

    def _spent(self) -> bool:
        limit = self.budget.candidates
        return limit is not None and self._begun() >= limit

    def _why(self) -> str:
        """Return why the run is over, or nothing while it is not."""
        limit, wall_s = self.budget.candidates, self.budget.wall_s
        if self.stop():
            return "stopped"
        if (reason := self.desk.store.paused()) is not None:
            return f"paused: {reason}"
        if wall_s is not None and time.monotonic() - self.started >= wall_s:
            return "time is up"
        if self.desk.crew.tasks or self.queue or self.baseline is None:
            return ""
        if limit is not None and self.judged >= limit:
            return "all candidates judged"
        if self.silent >= set(self.desk.proposers):
            return "no agent has anything left to propose"
        return ""


__all__ = ["SYSTEM", "Budget", "Story", "Summary", "run"]
