import numpy as np
import pytest
from simulated_lab import SimulatedLab, seeds

from regency.config import GuardTable
from regency.judge import inferior
from regency.judge.scale import Scale
from regency.records import Answer, Purpose
from regency.stats import evalues


def claim(margin: float = 1.0, **more) -> inferior.Claim:
    given = {
        "candidate": "c1", "champion": "c0", "generation": 0, "margin": margin, "level": 0.05,
        "e_process": evalues.RIGHT_HAAR_T, "noise_sd": 1.0, "least_pairs": 32,
    }  # fmt: skip
    return inferior.Claim(**(given | more))


def put(lab: SimulatedLab, asked: inferior.Claim | None = None, guards=(), width: int = 1):
    return lab.drive(inferior.as_good(asked or claim(), guards, lab.scale, seeds, width))


def independent(start: int, sd: float = 1.0, **more) -> SimulatedLab:
    """The two arms' luck is independent although they share seeds."""

    class Lab(SimulatedLab):
        def run(self, request, weather=0.0):
            rng = np.random.default_rng([self.start, request.seed, request.candidate == "c1"])
            return super().run(request, weather + sd * rng.normal() / np.sqrt(2))

    return Lab(start, noise={"c0": 0.0, "c1": 0.0}, **more)


def test_a_part_that_loses_nothing_is_as_good():
    looks = []
    for start in range(40):
        verdict = put(independent(start))
        assert verdict.answer is Answer.AS_GOOD
        assert verdict.low >= -1.0
        assert (verdict.gate, verdict.champion, verdict.nomination) == ("confirm", "c0", 0)
        looks.append(verdict.looks)
    assert np.mean(looks) < inferior.pairs_needed(1.0, 1.0)


@pytest.mark.parametrize("lost", [1.0, 1.3, 3.0])
def test_a_part_that_loses_the_margin_seldom_passes(lost):
    answers = [put(independent(n, effects={"c1": -lost})).answer for n in range(60)]
    assert answers.count(Answer.AS_GOOD) <= 8  # at most 0.05 of them: 3, and three sd more
    assert answers.count(Answer.NOT_BETTER) > 30


def test_fresh_shared_seeds_on_the_confirm_split_in_random_order_and_once_probed():
    lab = independent(0)
    put(lab)
    pairs = [lab.requests[n : n + 2] for n in range(0, len(lab.requests), 2)]
    assert all(a.seed == b.seed and {a.candidate, b.candidate} == {"c0", "c1"} for a, b in pairs)
    assert len({a.seed for a, _ in pairs}) == len(pairs)
    assert {r.split for r in lab.requests} == {"confirm"}
    assert {r.purpose for r in lab.requests} == {Purpose.CONFIRM}
    assert {a.candidate for a, _ in pairs} == {"c0", "c1"}
    assert [r.candidate for r in lab.requests if r.probed] == ["c1"]


def test_the_number_of_workers_changes_no_verdict():
    one, four = (put(independent(3), width=width) for width in (1, 4))
    assert one == four


def test_without_any_noise_a_few_pairs_are_enough():
    lab = SimulatedLab(noise={"c0": 0.0, "c1": 0.0})
    for process in (evalues.SIGN, evalues.RIGHT_HAAR_T):
        verdict = put(lab, claim(noise_sd=0.0, e_process=process))
        assert (verdict.answer, verdict.effect) == (Answer.AS_GOOD, 0.0)
        assert verdict.looks <= 8


def test_guards_hold_for_parts_too():
    guards = [GuardTable(name="size", of="bytes", max_ratio=1.5)]
    lab = independent(0, scores={"c0": {"bytes": 10.0}, "c1": {"bytes": 20.0}})
    verdict = put(lab, guards=guards)
    assert verdict.answer is Answer.NOT_BETTER
    assert "size" in verdict.reason
    assert not any(character.isdigit() for character in verdict.reason)


def test_a_part_that_fails_is_invalid_and_an_unclear_one_undecided():
    assert put(independent(0, faults={"c1": "it crashed"})).answer is Answer.INVALID
    # Ten times as noisy as the cap on pairs was made for.
    few = claim(noise_sd=0.2, least_pairs=2)
    answers = {put(independent(n, sd=2.0), few).answer for n in range(20)}
    assert Answer.UNDECIDED in answers
    assert claim(margin=0.25).max_pairs > claim().max_pairs > 32


def test_bounded_scores():
    class Lab(SimulatedLab):
        def run(self, request, weather=0.0):
            trial = super().run(request, weather)
            rng = np.random.default_rng([request.seed, request.candidate == "c1"])
            import dataclasses

            return dataclasses.replace(trial, score=float(rng.binomial(200, 0.8) / 200))

    scale = Scale("maximize", low=0.0, high=1.0, items=200)
    asked = claim(margin=0.1, e_process="bounded shares", noise_sd=0.04)
    lab = Lab()
    assert lab.drive(inferior.as_good(asked, (), scale, seeds)).answer is Answer.AS_GOOD
