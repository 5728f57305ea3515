"""Guards as plug-ins, and what they may do to a verdict."""

import pytest

from regency import plugins
from regency.config import GuardTable, JudgeTable
from regency.errors import BadInput
from regency.judge import guards
from regency.judge.margins import MarginGuard
from regency.records import Answer, Finding


class Strict:
    """Fails in pair ``at``; open until then."""

    def __init__(self, name, at=2, *, broken=False):
        self.name, self.at, self.broken = name, at, broken

    def check(self, candidate, baseline):
        if self.broken:
            raise ZeroDivisionError("no")
        done = len(candidate) >= self.at
        return [Finding(self.name, passed=False, message="No.", settled=done)]


class Slow(Strict):
    """Passes in pair ``at``; open until then."""

    def check(self, candidate, baseline):
        done = len(candidate) >= self.at
        return [Finding(self.name, passed=done, message="Yes.", settled=done)]


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    load = plugins.load
    mine = {"strict": Strict, "slow": Slow}
    monkeypatch.setattr(plugins, "load", lambda group, name: mine.get(name) or load(group, name))


def table(kind, **settings):
    return GuardTable(name="mine", kind=kind, settings=settings)


def test_the_built_in_kind_comes_in_by_the_same_door():
    assert plugins.names("regency.guards") == ["margin"]
    (made,) = guards.load([GuardTable(name="size", of="model_bytes", max_ratio=1.5)])
    assert made == MarginGuard("size", of="model_bytes", max_ratio=1.5)


def test_a_better_score_waits_for_a_slow_guard(make_lab):
    lab = make_lab(effects={"c1": 8.0})
    verdict = lab.test("c1", lab.calibrate(), guards=[table("slow", at=15)])
    assert (verdict.answer, verdict.looks) == (Answer.BETTER, 15)
    assert [f.passed for f in verdict.findings] == [True]


def test_a_guard_that_never_settles_leaves_it_undecided(make_lab):
    lab = make_lab(effects={"c1": 8.0})
    settings = JudgeTable(confirm_pairs=12)
    verdict = lab.test("c1", lab.calibrate(), guards=[table("slow", at=99)], settings=settings)
    assert (verdict.answer, verdict.looks) == (Answer.UNDECIDED, 12)
    assert verdict.reason.startswith("Better on score, but the guard mine stayed too uncertain")


def test_a_broken_margin_ends_the_test_at_once(make_lab):
    lab = make_lab(effects={"c1": 8.0})
    early = lab.test("c1", lab.calibrate(), guards=[table("strict", at=2)])
    assert (early.answer, early.looks) == (Answer.NOT_BETTER, 2)
    assert early.reason == "It did not pass the guard mine."
    late = lab.test("c1", lab.calibrate(), guards=[table("strict", at=12)])
    assert (late.answer, late.looks) == (Answer.NOT_BETTER, 12)
    assert late.reason == "Better on score, but it did not pass the guard mine."


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"broken": True}, "the guard 'mine' failed: ZeroDivisionError: no"),
        ({"unknown": 1}, "does not take these settings"),
    ],
)
def test_a_guard_with_a_fault_of_its_own_is_named(make_lab, settings, said):
    lab = make_lab(effects={"c1": 8.0})
    with pytest.raises(BadInput, match=said):
        lab.test("c1", lab.calibrate(), guards=[table("strict", **settings)])


def test_an_unknown_kind_is_named(make_lab):
    with pytest.raises(BadInput, match="known are margin"):
        guards.load([table("fairest")])
