"""One fit to all agents at once, in which tasks and families differ in difficulty.

    logit P(success of agent a on task t) = c_a + b_a log2(minutes) - (family effect + task effect)

Effects are normal with fitted variances, and shared by all agents: a task that is hard for its
length is hard for everyone. Runs of one agent on one task are alike too: counts are beta-binomial
in variance, 1 + (n - 1) ρ, with ρ by moments of the residuals, allowing for what the fit took.
Fitted as penalised quasi-likelihood (Breslow and Clayton, "Approximate inference in generalized
linear mixed models", JASA 88, 1993), which finds variances somewhat too small where runs are few,
with Schall's iteration ("Estimation in generalized linear models with random effects", Biometrika
78, 1991); intervals from the joint posterior covariance. Every run counts alike here: the effects,
not weights, keep large families from dominating.

Two lengths are told for a chance q. The **typical** horizon is the length at which an agent
succeeds with chance q on a task of median difficulty. The **marginal** horizon is the length at
which it succeeds with chance q on a task drawn at random, difficulty included. At q = 50 % they
are equal by symmetry; at 80 % the marginal one is shorter, because some tasks are hard.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regency.measure.horizon.records import Interval
from regency.measure.horizon.table import Array, Table

ROUNDS = 60
STEPS = 20
ENOUGH = 5e-3  # change of a standard deviation in logits, or of ρ
HASTE = 1.8  # Schall's iteration creeps towards variances that are nearly none
Z95 = 1.959964
LARGEST = 30.0
INTERCEPT_PRECISION, SLOPE_PRECISION = 1e-6, 1e-2  # weak: they keep separable agents finite
SMALLEST = 1e-4  # variance: smaller ones are as good as none
QUADRATURE = 41


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The joint fit.

    Attributes:
        agents: Indices of the agents in it; those that only failed or only succeeded are not.
        beta: Intercept and slope of each.
        covariance: Their covariance, one 2 × 2 matrix for each.
        family_sd: Of the family effects, logits.
        task_sd: Of the task effects within families, logits.
        alike: ρ, correlation of runs of one agent on one task, beyond these effects.
    """

    agents: tuple[int, ...]
    beta: Array
    covariance: Array
    family_sd: float
    task_sd: float
    alike: float

    @property
    def difficulty_sd(self) -> float:
        """Standard deviation of difficulty at one length, logits."""
        return math.hypot(self.family_sd, self.task_sd)

    def typical(self, place: int, chance: float) -> Interval:
        """Return the length at which a task of median difficulty succeeds with this chance."""
        return self._length(place, math.log(chance / (1 - chance)))

    def marginal(self, place: int, chance: float) -> Interval:
        """Return the length at which a task drawn at random succeeds with this chance."""
        return self._length(place, shifted(chance, self.difficulty_sd))

    def _length(self, place: int, logit: float) -> Interval:
        a, b = self.beta[place]
        log2 = (logit - a) / b
        toward = np.array([-1 / b, -log2 / b])
        sd = math.sqrt(max(float(toward @ self.covariance[place] @ toward), 0.0))
        return Interval(*(_power(log2 + z * sd) for z in (0.0, -Z95, Z95)))


def shifted(chance: float, sd: float) -> float:
    """Return the logit whose chance of success, averaged over normal difficulties, is ``chance``.

    Args:
        chance: q.
        sd: Standard deviation of difficulty, logits.
    """
    z, weight = np.polynomial.hermite_e.hermegauss(QUADRATURE)
    weight = weight / weight.sum()
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        mean = float(weight @ (1 / (1 + np.exp(-np.clip(middle + sd * z, -500, 500)))))
        low, high = (middle, high) if mean < chance else (low, middle)
    return (low + high) / 2


def fit(table: Table) -> Hierarchy | None:
    """Fit all agents together; None where no agent both failed and succeeded."""
    total, won = table.runs.sum(axis=1), table.successes.sum(axis=1)
    agents = np.flatnonzero((won > 0) & (won < total))
    if not len(agents):
        return None
    return _fit(_cells(table, agents), tuple(int(a) for a in agents))


@dataclass(frozen=True, slots=True)
class _Cells:
    """Agents' runs on tasks: C cells, and their design with intercepts and slopes first."""

    design: Array
    n: Array
    s: Array
    agents: int
    families: int

    def parts(self, vector: Array) -> tuple[Array, Array]:
        """Return what of ``vector`` belongs to families, and to tasks."""
        start = 2 * self.agents
        return vector[start : start + self.families], vector[start + self.families :]


def _cells(table: Table, agents: NDArray[np.intp]) -> _Cells:
    who, what = np.nonzero(table.runs[agents] > 0)
    many, families = len(agents), len(table.families)
    design = np.zeros((len(who), 2 * many + families + len(table.tasks)))
    row = np.arange(len(who))
    design[row, 2 * who] = 1.0
    design[row, 2 * who + 1] = table.x[what]
    design[row, 2 * many + table.family[what]] = -1.0
    design[row, 2 * many + families + what] = -1.0
    runs, won = table.runs[agents][who, what], table.successes[agents][who, what]
    return _Cells(design, runs, won, many, families)


def _fit(cells: _Cells, agents: tuple[int, ...]) -> Hierarchy:
    many = cells.agents
    theta, state = np.zeros(cells.design.shape[1]), np.array([1.0, 1.0, 0.0])
    for _ in range(ROUNDS):
        theta, covariance = _mode(cells, theta, state)
        before = state
        alike = _alike(cells, theta, covariance, state[2])
        state = np.array([*_variances(cells, theta, covariance, state), alike])
        if many == 1:
            state[2] = 0.0  # here the task effects say the same
        state[:2] = np.maximum(before[:2] * (state[:2] / before[:2]) ** HASTE, SMALLEST)
        if (np.abs(_told(state) - _told(before)) <= ENOUGH).all():
            break
    blocks = [covariance[2 * a : 2 * a + 2, 2 * a : 2 * a + 2] for a in range(many)]
    beta = theta[: 2 * many].reshape(many, 2)
    family_sd, task_sd = (math.sqrt(v) for v in state[:2])
    return Hierarchy(agents, beta, np.array(blocks), family_sd, task_sd, float(state[2]))


def _told(state: Array) -> Array:
    """Return the state as it is told: standard deviations and ρ."""
    return np.array([*np.sqrt(state[:2]), state[2]])


def _mode(cells: _Cells, theta: Array, state: Array) -> tuple[Array, Array]:
    """Return the posterior mode and covariance, for given variances and ρ."""
    prior = np.empty_like(theta)
    prior[: 2 * cells.agents : 2] = INTERCEPT_PRECISION
    prior[1 : 2 * cells.agents : 2] = SLOPE_PRECISION
    for part, variance in zip(cells.parts(prior), state[:2], strict=True):
        part[:] = 1 / variance
    scale = 1 / (1 + (cells.n - 1) * state[2])
    for _ in range(STEPS):
        p = _chance(cells.design @ theta)
        weighted = cells.design * (scale * cells.n * p * (1 - p))[:, None]
        hessian = cells.design.T @ weighted
        hessian[np.diag_indices_from(hessian)] += prior
        gradient = cells.design.T @ (scale * (cells.s - cells.n * p)) - prior * theta
        step = np.linalg.solve(hessian, gradient)
        largest = float(np.abs(step).max())
        theta = theta + step * min(1.0, 5.0 / max(largest, 1e-12))
        if largest < 1e-4:
            break
    return theta, np.linalg.inv(hessian)


def _variances(cells: _Cells, theta: Array, covariance: Array, state: Array) -> list[float]:
    """Return the variances of family and task effects after one iteration of Schall's."""
    effects, spread = cells.parts(theta), cells.parts(np.diag(covariance))
    made = []
    for effect, own, variance in zip(effects, spread, state[:2], strict=True):
        known = len(effect) - float(own.sum()) / variance  # degrees of freedom that data decide
        made.append(max(float(effect @ effect) / max(known, 1e-9), SMALLEST))
    return made


def _alike(cells: _Cells, theta: Array, covariance: Array, before: float) -> float:
    """Return ρ by moments: how much more the counts spread than independent runs would."""
    p = _chance(cells.design @ theta)
    usual = cells.n * p * (1 - p)
    leverage = ((cells.design @ covariance) * cells.design).sum(axis=1)
    leverage *= usual / (1 + (cells.n - 1) * before)
    square = (cells.s - cells.n * p) ** 2 / np.maximum(1 - leverage, 0.05)
    several = cells.n > 1
    excess = float((square - usual)[several].sum())
    room = float((usual * (cells.n - 1))[several].sum())
    return min(max(excess / room, 0.0), 0.95) if room > 0 else 0.0


def _chance(eta: Array) -> Array:
    made: Array = 1 / (1 + np.exp(-np.clip(eta, -LARGEST, LARGEST)))
    return made


def _power(log2: float) -> float:
    return float(2.0**log2) if log2 < 1000 else math.inf
