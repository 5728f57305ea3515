"""Shares of agents: what was set at first, what pays later, and nobody starves."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.lab import Lab
from regency.lab.lab import Plan
from regency.propose.shares import FLOOR, WINDOW, Outcome, Shares, Tally
from regency.turns import learned
from toy_lab import AGENT, SETTINGS, make_toy_lab

TEN = {f"a{n}": 1.0 for n in range(10)}
NAMES = st.sampled_from(sorted(TEN))
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        st.integers(0, 30).map("c{}".format), NAMES,
        st.sampled_from(["better", "not better", "undecided", "invalid", "superseded"]),
        st.sampled_from(["screen", "search", "confirm"]),
        st.integers(0, 40), st.booleans(),
    ),
    max_size=60,
)  # fmt: skip


def outcome(number: int, agent: str, *, good: bool) -> Outcome:
    gate, answer = ("confirm", "better") if good else ("search", "not better")
    return Outcome(f"c{number}", agent, answer, gate, 2, good)


def simulated(pays: dict[str, float], turns: int, seed: int, *, learning: bool = True) -> Counter:
    """Return how often each agent spoke, if its proposals are promoted with these chances."""
    shares, spoke, rng = Shares(dict.fromkeys(pays, 1.0), learning), Counter(), random.Random(seed)
    for number in range(turns):
        name = shares.choose(list(pays), seed * turns + number)
        spoke[name] += 1
        shares.learn(outcome(number, name, good=rng.random() < pays[name]))
    return spoke


def test_before_anything_is_known_shares_are_about_what_was_set():
    shares = Shares({"a": 2.0, "b": 1.0})
    spoke = Counter(shares.choose(["a", "b"], seed) for seed in range(3000))
    assert 0.57 < spoke["a"] / 3000 < 0.7
    assert 0.53 < shares.now()["a"] < 0.74


def test_what_pays_is_asked_more_and_more():
    pays = {**dict.fromkeys(TEN, 0.0), "a3": 0.1}
    spoke = [simulated(pays, 300, seed) for seed in range(10)]
    assert sum(count["a3"] for count in spoke) / 10 > 100  # fixed: 30
    assert max(simulated(pays, 300, 1, learning=False).values()) < 60


def test_nobody_starves():
    pays = {**dict.fromkeys(TEN, 0.0), "a3": 0.9}
    spoke = simulated(pays, 3000, 5)
    assert all(spoke[name] > 3000 / 10 * FLOOR / 2 for name in TEN)
    shares = Shares.after(TEN, [outcome(n, "a3", good=True) for n in range(300)])
    assert min(shares.now().values()) >= FLOOR / 10


def test_an_agent_that_has_run_dry_is_found_out():
    shares = Shares(TEN)
    for number in range(100):
        shares.learn(outcome(number, f"a{number % 10}", good=number % 10 == 0))
    before = shares.now()["a0"]
    for number in range(100, 100 + WINDOW):
        shares.learn(outcome(number, "a0", good=False))
    assert before > 0.8
    assert shares.now()["a0"] < 0.1
    assert shares.tallies["a0"].promotions == 0


@given(OUTCOMES)
@settings(max_examples=30, deadline=None)
def test_the_same_record_gives_the_same_shares(outcomes):
    one, other = Shares.after(TEN, outcomes), Shares.after(TEN, outcomes)
    assert one.now() == other.now()
    assert sum(one.now().values()) == pytest.approx(1)
    assert [one.choose(list(TEN), n) for n in range(5)] == [
        other.choose(list(TEN), n) for n in range(5)
    ]
    latest = {o.candidate: o for o in outcomes}
    assert sum(t.proposals for t in one.tallies.values()) == len(latest)
    assert sum(t.worth for t in one.tallies.values()) == pytest.approx(
        sum(o.worth for o in latest.values())
    )


@given(OUTCOMES, st.lists(NAMES, min_size=1, unique=True), st.integers())
def test_only_those_present_speak(outcomes, present, seed):
    for learning in (True, False):
        assert Shares.after(TEN, outcomes, learning=learning).choose(present, seed) in present


def test_shares_survive_a_restart_and_are_shown(tmp_path):
    two = AGENT + '\n[agents.other]\nkind = "mutate"\nshare = 3\n'
    folder = make_toy_lab(tmp_path / "toy", settings=SETTINGS + two)
    with Lab.open(folder) as lab:
        lab.run(Plan(candidates=6, workers=1))
        tallies = learned(lab.store, {"mutate": 1.0, "other": 3.0}, True).tallies
        judged = [s for s in lab.store.candidates() if s.answer]  # the last may still wait
        assert sum(tally.proposals for tally in tallies.values()) == len(judged) > 0
        assert set(tallies) == {s.record.agent.name for s in judged}
    from regency.lab import views

    with Lab.open(folder) as lab:
        again = learned(lab.store, {"mutate": 1.0, "other": 3.0}, True).tallies
        rows = {row["name"]: row for row in views.status(lab, "agent")["agents"]}
    assert again == tallies
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    assert rows.keys() == {"mutate", "other"}
    for name, row in rows.items():  # one of them may not have had its turn yet
        assert row["proposals"] == tallies.get(name, Tally()).proposals
