"""Agents that take long: the loop goes on meanwhile, and none outlives it."""

import threading
import time

import pytest

from regency import plugins
from regency.errors import NothingLeft
from regency.lab import Lab
from regency.lab.lab import Plan
from regency.records import Agent, FileEdit, Proposal
from toy_lab import AGENT, SETTINGS, better_model, make_toy_lab

SNAIL = '\n[turns]\nshares = "fixed"\n[agents.snail]\nkind = "snail"\nshare = 1000\n'


class Snail:
    """Proposes once, when it is let go; then has nothing left."""

    slow = True

    def __init__(self, *, name: str) -> None:
        self.name, self.go, self.ended = name, threading.Event(), threading.Event()
        self.asked, self.most, self.inside = 0, 0, 0
        self.journal = None

    def attach(self, journal) -> None:
        self.journal = journal

    def propose(self, brief, tree):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.asked += 1
        self.go.wait(60)
        self.inside -= 1
        trip = {"trip": self.asked, "read": len(self.read()), "text": "slime " * 20_000}
        self.journal.write("snail.trip", trip)
        if self.asked > 1 or self.ended.is_set():
            raise NothingLeft("snail has said all it had to say.")
        return Proposal((FileEdit("model.py", better_model(2.9).encode()),), "Slowly.", self.agent)

    @property
    def agent(self) -> Agent:
        return Agent(self.name, "snail")

    def read(self):
        return self.journal.read("snail.trip")

    def close(self) -> None:
        self.ended.set()
        self.go.set()


@pytest.fixture
def snail(monkeypatch):
    made = []
    load, names = plugins.load, plugins.names

    def loaded(group, name):
        if (group, name) != ("regency.proposers", "snail"):
            return load(group, name)
        return lambda **settings: made.append(Snail(**settings)) or made[-1]

    monkeypatch.setattr(plugins, "load", loaded)
    monkeypatch.setattr(plugins, "names", lambda group: [*names(group), "snail"])
    return made


def test_trials_go_on_while_an_agent_works(tmp_path, snail):
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + AGENT + SNAIL)
    judged = []

    def show(event) -> None:
        if event.kind == "verdict":
            judged.append(event.data["candidate"])
        if len(judged) == 3:  # all of them by the other agent: this one still works
            snail[0].go.set()

    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=6, workers=1), show)
        agents = {s.record.id: s.record.agent.name for s in lab.store.candidates()}
        assert [agents[name] for name in judged[:3]] == ["mutate"] * 3
        assert "snail" in agents.values()
        slow = next(s.record for s in lab.store.candidates() if s.record.agent.name == "snail")
        assert slow.parent == "c0"
        assert snail[0].most == 1
        trips = lab.store.written("snail.trip", "snail")
        assert [(trip["trip"], trip["read"]) for trip in trips] == [(1, 0), (2, 1)][: len(trips)]
        assert lab.store.written("snail.trip", "mutate") == ()
        assert len(trips[0]["text"]) == 120_000  # kept whole, but not read back each time
        assert snail[0].read()[0]["text"] == ""


def test_a_run_waits_for_an_agent_that_works_and_ends_when_it_has_nothing_left(tmp_path, snail):
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + SNAIL)
    with Lab.open(folder) as lab:
        threading.Timer(3, lambda: snail[0].go.set()).start()  # noqa: PLW0108 (made later)
        started = time.process_time()
        summary = lab.run(Plan(workers=1))
        assert summary.reason == "no agent has anything left to propose"
        assert summary.promoted == ("c1",)
        assert summary.wall_s > 2
        assert time.process_time() - started < summary.wall_s / 2  # it waited, and did not spin


def test_the_end_of_a_run_ends_the_agents_work(tmp_path, snail):
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + SNAIL)
    with Lab.open(folder) as lab:
        summary = lab.run(Plan(workers=1, wall_s=3))
        assert summary.reason == "time is up"
        assert snail[0].ended.is_set() and snail[0].inside == 0
