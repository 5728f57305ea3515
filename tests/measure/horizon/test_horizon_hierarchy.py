"""The joint fit: finds what was put in, and tells typical from marginal."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import integrate, stats

from regency.measure.horizon import hierarchy
from regency.measure.horizon.table import Table, weigh


def hard(seed, *, agents=6, families=40, per=3, family_sd=1.5, task_sd=1.0, alike=0.0, runs=6):
    random = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), per)
    x = random.uniform(-3, 11, len(family))
    effect = random.normal(0, family_sd, families)[family] + random.normal(0, task_sd, len(family))
    horizons = np.linspace(2, 8, agents)
    p = stats.logistic.cdf(0.8 * (horizons[:, None] - x) - effect)
    if alike:
        total = (1 - alike) / alike
        p = random.beta(np.maximum(p * total, 1e-9), np.maximum((1 - p) * total, 1e-9))
    n = np.full(p.shape, float(runs))
    won = random.binomial(runs, p).astype(float)
    minutes = 2**x
    names = [tuple(map(str, range(k))) for k in (agents, len(x), families)]
    return Table(
        names[0],
        names[1],
        minutes,
        minutes,
        minutes,
        family,
        names[2],
        n,
        won,
        weigh(n, family),
        {},
    ), horizons


@pytest.mark.parametrize("alike", [0.0, 0.3])
def test_it_finds_spread_and_horizons(alike):
    table, truth = hard(1, alike=alike)
    joint = hierarchy.fit(table)
    assert joint.family_sd == pytest.approx(1.5, abs=0.45)
    assert joint.task_sd == pytest.approx(1.0, abs=0.35)
    assert joint.alike == pytest.approx(alike, abs=0.12)
    for place, horizon in enumerate(truth):
        found = joint.typical(place, 0.5)
        sd = math.log2(found.high / found.low) / (2 * hierarchy.Z95)
        assert 0.1 < sd < 0.8
        assert abs(math.log2(found.value) - horizon) < 3 * sd


def test_intervals_hold_the_truth():
    held = []
    for seed in range(12):
        table, truth = hard(seed, agents=4, per=2, alike=0.2)
        joint = hierarchy.fit(table)
        for place, horizon in enumerate(truth):
            found = joint.typical(place, 0.5)
            held.append(math.log2(found.low) < horizon < math.log2(found.high))
    assert np.mean(held) > 0.8


def test_without_differences_it_is_the_plain_curve():
    table, truth = hard(2, family_sd=0.0, task_sd=0.0, families=25)
    joint = hierarchy.fit(table)
    assert joint.difficulty_sd < 0.35
    for place, horizon in enumerate(truth):
        assert math.log2(joint.typical(place, 0.5).value) == pytest.approx(horizon, abs=0.5)


def test_typical_and_marginal():
    table, _ = hard(3)
    joint = hierarchy.fit(table)
    assert joint.marginal(2, 0.5).value == pytest.approx(joint.typical(2, 0.5).value, rel=1e-6)
    assert joint.marginal(2, 0.8).value < joint.typical(2, 0.8).value / 1.5


@pytest.mark.parametrize(("chance", "sd"), [(0.5, 2.0), (0.8, 0.5), (0.8, 2.0), (0.2, 1.0)])
def test_the_marginal_logit_against_integration(chance, sd):
    logit = hierarchy.shifted(chance, sd)
    mean = integrate.quad(
        lambda z: stats.logistic.cdf(logit + sd * z) * stats.norm.pdf(z), -10, 10
    )[0]
    assert mean == pytest.approx(chance, abs=2e-4)


def test_agents_of_one_kind_are_left_out():
    table, _ = hard(4, agents=3, families=20)
    won = table.successes.copy()
    won[0] = 0
    won[2] = table.runs[2]
    joint = hierarchy.fit(dataclasses.replace(table, successes=won))
    assert joint.agents == (1,)
    assert hierarchy.fit(dataclasses.replace(table, successes=0 * won)) is None
