"""`Lab`: one lab, open: run it, ask and tell, decide, and read where it stands."""

import contextlib
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from regency import loop, plugins
from regency.admission import Admission, Admitted
from regency.desk import SYSTEM, Budget, Desk, Items, Summary
from regency.errors import BadInput, Refused
from regency.evaluate.crew import Crew
from regency.evaluate.evaluator import Evaluator, Place
from regency.evaluate.quoted import Quoted
from regency.lab import assurance, decide, denials, ground, permissions
from regency.lab.home import Home, find, hidden
from regency.lab.opened import Opened
from regency.lab.record import Recorder
from regency.lab.rejections import Memory, reviews
from regency.propose.brief import Standing, build_brief
from regency.propose.tried import informed
from regency.records import (
    Actor,
    ActorKind,
    Brief,
    Decision,
    Event,
    Generation,
    Proposal,
    Purpose,
    Signature,
    Trial,
    plain,
    seconds_since,
)
from regency.repo.git import Repo
from regency.repo.tree import match
from regency.sandbox.engines import NamespaceSandbox

Show = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is asked to do.

    Attributes:
        agents: Names of the agents to use; empty: all of them.
        candidates: Most candidates to judge.
        wall_s: Longest wall time.
        workers: Trials at the same time; None: one per core.
        unsafe: Whether to run without isolation if none can be had.
    """

    agents: tuple[str, ...] = ()
    candidates: int | None = None
    wall_s: float | None = None
    workers: int | None = None
    unsafe: bool = False


class Lab(Opened):
    """One lab, open, with all that can be done to it. Use as a context manager."""

    def __init__(self, home: Home, recorder: Recorder, repo: Repo) -> None:
        """Use `Lab.open`."""
        super().__init__(home, recorder, repo)
        self._stopped = threading.Event()
        self._ended = ""
        self._denied: set[str] = set()

    @classmethod
    def open(cls, folder: Path | str = ".") -> "Lab":
        """Open the lab that ``folder`` lies in, and mend what follows from its ledger.

        Raises:
            BadInput: There is no lab, or its state is open to other accounts.
            LedgerError: Its record is damaged, or its rules are not what the record says.
        """
        home = find(Path(folder))
        permissions.check(home)
        repo = Repo.discover(home.root)
        lab = cls(home, Recorder.open(home), repo)
        lab.mend()
        return lab

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── the loop ───────────────────────────────────────────────────────────────────────────────

    def run(self, plan: Plan, show: Show = lambda _: None) -> Summary:
        """Improve the champion until the plan's budget is spent; again continues.

        Args:
            plan: What to do.
            show: Told what happens, live.

        Raises:
            LabBusy: Another process runs this lab.
            Refused: The lab is paused.
            BadInput: An agent is unknown, or the starting point itself does not run.
        """
        agents = self._agents(plan.agents)
        budget = Budget(plan.candidates, plan.wall_s)
        with self._working(agents, plan, show) as desk:
            return self._told(loop.run(desk, budget, self._stopped.is_set))

    def minimise(self, plan: Plan, show: Show = lambda _: None) -> Summary:
        """Make the champion's net change smaller, for whoever reviews it; again continues.

        Args:
            plan: Its wall time, workers and ``unsafe``; the rest does not matter.
            show: Told what happens, live.

        Raises:
            LabBusy: Another process runs this lab.
            Refused: The lab is paused.
            BadInput: The champion itself does not run.
        """
        with self._working({}, plan, show) as desk:
            return self._told(loop.minimise(desk, Budget(None, plan.wall_s), self._stopped.is_set))

    def stop(self) -> None:
        """Ask a run in this process to end; safe from a signal handler."""
        self._stopped.set()

    # ── ask and tell ───────────────────────────────────────────────────────────────────────────

    def ask(self) -> tuple[Brief, Mapping[str, bytes]]:
        """Return a brief and the files of the candidate to build on."""
        champion = self.store.champion()
        calibration = self.store.calibration()
        files = self.files(champion)
        standing = Standing(
            parent=champion,
            champion=champion,
            champion_score=self._score_of(champion),
            noise_sd=calibration.noise_sd if calibration else 0.0,
            editable=tuple(p for p in files if match(p, self.config.change.editable)),
            program=self.program(),
            reviews=reviews(self),
            measured=calibration is not None,
        )
        return build_brief(self.config, informed(standing, self.store)), files

    def tell(self, proposals: Sequence[Proposal]) -> list[Admitted]:
        """Queue proposals from outside; a run, now or later, judges them."""
        return self._admission().admit(proposals)

    # ── humans ─────────────────────────────────────────────────────────────────────────────────

    def demand_open(self, item: str) -> None:
        """Refuse an item that cannot be decided on (any more).

        Raises:
            BadInput: Nothing has this id.
            Refused: It is no longer open; the message says why, and who was first.
        """
        decide.demand_open(self, item)

    def decide(self, decision: Decision) -> decide.Outcome:
        """Take a human's decision: the one door, whichever face it came through.

        Raises:
            Refused: Policy, a stale packet, or a decider who may not decide.
            BadInput: There is no such item.
        """
        with assurance.refusals(self, decision):
            outcome = decide.decide(self, decision)
        self.mend()
        return outcome

    def roll_back(
        self, number: int, by: Actor, reason: str, signature: Signature | None = None
    ) -> Generation:
        """Make an earlier generation stand again; the champion follows it.

        Args:
            number: Which one; negative counts back from the last.
            by: Who wants it.
            reason: In their words.
            signature: Theirs, on ``rollback-N``, where keys are enrolled.

        Returns:
            A new generation with the files of the earlier one: nothing is taken out of the record.

        Raises:
            Refused: ``by`` is not human, or did not sign.
            BadInput: There is no such generation, or it is the one that stands.
        """
        made = decide.roll_back(self, number, by, reason, signature)
        self.mend()
        return made

    def pause(self, by: Actor, reason: str) -> None:
        """Stop all agents until a human resumes."""
        self.recorder.record(by, [("paused", {"reason": reason})])

    def resume(self, by: Actor, reason: str, signature: Signature | None = None) -> None:
        """Let agents go on.

        Args:
            by: Who wants it.
            reason: In their words.
            signature: Theirs, on ``resume``, where keys are enrolled.

        Raises:
            Refused: ``by`` is not human, or did not sign.
        """
        act = Decision("resume", "approve", by, reason, signature=signature)
        with assurance.refusals(self, act):
            if by.kind not in (ActorKind.HUMAN, ActorKind.SIMULATED_HUMAN):
                raise Refused("only a human can resume a lab")
            vouched = assurance.vouched(self, act)
        self.recorder.record(by, [*vouched, ("resumed", {"reason": reason})])

    # ── what follows from the ledger ───────────────────────────────────────────────────────────

    def mend(self) -> None:
        """Bring refs and tags in line with the ledger, which is the truth."""
        wanted = {"refs/heads/regency/champion": self.commit(self.store.champion())}
        here = self.repo.refs("refs/heads/regency/")
        if moves := {ref: c for ref, c in wanted.items() if here.get(ref) != c}:
            self.repo.update_refs(moves)
        decide.tag_missing(self)

    @contextlib.contextmanager
    def _working(self, agents: Mapping[str, float], plan: Plan, show: Show) -> Iterator[Desk]:
        """Hold the lab for one run, with all that a run works with."""
        if (reason := self.store.paused()) is not None:
            raise Refused(f"the lab is paused ({reason}). A human can `regency resume` it.")
        workers = self._workers(plan)
        with self.home.running():
            self._sweep()
            started = {"pid": os.getpid(), "agents": list(agents), "workers": workers}
            self.recorder.record(SYSTEM, [("run.started", started)])
            executor = plugins.load("regency.executors", "local")(
                workers,
                lambda slot, core: self._evaluator(slot, core, unsafe=plan.unsafe),
                2 if self.config.together else 1,
            )
            self._ended = "failed"
            try:
                yield self._desk(agents, executor, show)
            finally:
                executor.close()
                with contextlib.suppress(BadInput):
                    self.recorder.record(SYSTEM, [("run.stopped", {"reason": self._ended})])
                self.mend()

    def _workers(self, plan: Plan) -> int:
        """Return how many trials run at a time: one where they have a device to themselves."""
        if self.config.sandbox.devices:
            return 1
        return plan.workers or len(os.sched_getaffinity(0))

    def _told(self, summary: Summary) -> Summary:
        self._ended = summary.reason
        return summary

    def _score_of(self, champion: str) -> float:
        """Return a champion's mean score on the search split, from runs that did not choose it."""
        calibration = self.store.calibration()
        if calibration is not None and calibration.candidate == champion:
            return calibration.search_mean
        runs = [t for t in self.store.trials(champion, Purpose.SEARCH) if t.score is not None]
        fresh = [t for t in runs if t.key.startswith("baseline/")] or runs
        return math.fsum(t.score or 0.0 for t in fresh) / max(len(fresh), 1)

    def _agents(self, wanted: Sequence[str]) -> dict[str, float]:
        known = self.config.agents
        for name in wanted:
            if name not in known:
                names = ", ".join(known) or "none"
                raise BadInput(f"no agent named {name!r} in regency.toml: known are {names}.")
        return {name: known[name].share for name in (wanted or known)}

    def _sweep(self) -> None:
        shutil.rmtree(self.home.work, ignore_errors=True)
        self.home.work.mkdir(mode=0o700)

    def _evaluator(self, slot: int, core: int, *, unsafe: bool) -> Evaluator:
        place = Place(
            self.home.data, self.home.epoch(self.epoch.number), self.home.work / f"slot{slot}"
        )
        sandbox = ground.open_sandbox(self.config, core=core, unsafe=unsafe)
        self._note(sandbox)
        startup = self.epoch.startup_cpu_s
        return Evaluator(self.config, place, sandbox, startup_cpu_s=startup, core=core)

    def _note(self, sandbox: NamespaceSandbox) -> None:
        """Put on record what a sandbox gives if it is less than the epoch's, or ended survivors."""
        ended = sandbox.report()["survivors_ended"]
        if sandbox.level != self.epoch.level or ended:
            seen = {"level": sandbox.level, "survivors_ended": ended}
            self.recorder.add(SYSTEM, [("sandbox", seen)])

    def _desk(self, agents: Mapping[str, float], executor: object, show: Show) -> Desk:
        tables = self.config.agents
        crew = Crew(
            executor,  # type: ignore[arg-type]
            finished=self.store.trial,
            record=lambda trials: self._record_trials(trials, show),
            folder=self._folder,
            together=self.config.together,
        )
        return Desk(
            config=self.config,
            epoch=self.epoch.number,
            store=self.store,
            crew=crew,
            proposers={
                name: plugins.load("regency.proposers", tables[name].kind)(
                    name=name, **tables[name].settings
                )
                for name in agents
            },
            shares=agents,
            select=plugins.load("regency.selectors", self.config.archive.select),
            seeds=self.seeds(),
            record=self._record,
            note=self._note_down,
            settled=self.recorder.flush,
            alone=self.home.numbering,
            admit=self._admission().admit,
            variant=self.parts().variant,
            packet=self.camera().take,
            reviews=lambda: reviews(self),
            files=self.files,
            unread=lambda: decide.ratify_unread(self),
            absent=self._absent,
            show=show,
            hidden=self._never_shown(),
            program=self.program(),
            forget=lambda c: shutil.rmtree(self._tree(c), ignore_errors=True),
        )

    def _never_shown(self) -> tuple[str, ...]:
        """Return state, history and rules; not all of the lab, which our own Python may lie in."""
        rules = hidden(self.config, set(self.repo.files(self.commit("c0"))))
        return (
            str(self.home.state),
            self.repo.git_dir,
            self.repo.common_dir,
            *(str(self.home.root / name) for name in sorted(rules)),
        )

    def _absent(self) -> str:
        """Return why the dead-man timer pauses the lab, or nothing."""
        hours = self.config.oversight.dead_man_hours
        last = self.store.last_human_time()
        if last is None or seconds_since(last) < hours * 3600:
            return ""
        return f"No human has been here for {hours:g} hours. Read what waits, then resume."

    def _record(self, actor: Actor, items: Items) -> None:
        self.recorder.record(actor, items)
        if any(kind == "champion" for kind, _ in items):
            self.mend()

    def _record_trials(self, trials: Sequence[Trial], show: Show) -> None:
        self.recorder.hold(SYSTEM, [("trial", plain(trial)) for trial in trials])
        self.recorder.hold(SYSTEM, denials.of_trials(self.store, trials, self._denied))
        for trial in trials:
            show(Event("trial", plain(trial)))

    def _note_down(self, actor: Actor, items: Items) -> None:
        self.recorder.add(actor, items)
        if tried := denials.of_notes(actor, items):
            self.recorder.add(SYSTEM, tried)

    def _admission(self) -> Admission:
        return Admission(
            self.config.change,
            self.store,
            self.repo,
            files=self.files,
            record=self._record,
            numbering=self.home.numbering,
            quoted=Quoted(self.home.data),
            refusals=Memory(self).refusals,
        )

    def _tree(self, candidate: str) -> Path:
        return self.home.work / "trees" / candidate

    def _folder(self, candidate: str) -> str:
        folder = self._tree(candidate)
        if not folder.is_dir():
            folder.parent.mkdir(exist_ok=True)
            commit = self.commit(candidate)
            left_out = hidden(self.config, set(self.repo.files(commit)))
            self.repo.materialise(commit, folder, left_out.__contains__)
        return str(folder)
