"""Many weighted logistic curves at once, each with intercept and slope: METR's fit, by Newton."""

import numpy as np
from numpy.typing import NDArray

from regency.measure.horizon.table import Array

REGULARISATION = 1e-5  # METR's since March 2026
EARLIER_REGULARISATION = 0.1  # METR's until February 2026
QUICK = 12  # whole Newton steps, then the few curves that have not settled get careful ones
STEPS = 200
HALVINGS = 40
ENOUGH = 1e-18  # of the squared Newton decrement, in units of the loss
LARGEST = 500.0  # of a linear predictor: beyond it exp would overflow


def fit(x: Array, trials: Array, successes: Array, penalty: float = REGULARISATION) -> Array:
    """Return intercept and slope of many weighted logistic regressions.

    Minimises Σ w (log-loss of a + b x) + (penalty / 2) b² with the intercept free, as METR does
    (scikit-learn's ``LogisticRegression`` with C = 1 / penalty), by Newton's method from the flat
    curve on.

    Args:
        x: T, log2 of the minutes.
        trials: B × T, weighted number of runs.
        successes: B × T, weighted sum of their scores.
        penalty: λ.

    Returns:
        B × 2; NaN where all runs failed, or all succeeded: no curve fits best there.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes.sum(axis=1) / trials.sum(axis=1)
    found = np.full((len(trials), 2), np.nan)
    todo = np.flatnonzero((share > 1e-12) & (share < 1 - 1e-12))
    start = np.stack([np.log(share[todo] / (1 - share[todo])), np.zeros(len(todo))], axis=1)
    found[todo] = start
    with np.errstate(all="ignore"):  # where whole steps run away, careful ones follow
        todo = _newton(_Problem(x, trials[todo], successes[todo], penalty), found, todo, QUICK)
    if len(todo):
        careful = _Problem(x, trials[todo], successes[todo], penalty)
        found[todo] = [_flat(share[n]) for n in todo]
        _newton(careful, found, todo, STEPS, damped=True)
    return found


def _flat(share: float) -> tuple[float, float]:
    return float(np.log(share / (1 - share))), 0.0


class _Problem:
    """Curves to be fitted together, and the sums that stay the same from step to step."""

    def __init__(self, x: Array, trials: Array, successes: Array, penalty: float) -> None:
        self.x, self.n, self.s, self.penalty = x, trials, successes, penalty
        powers = np.stack([np.ones_like(x), x, x * x], axis=1)
        self.powers = powers
        self.over = (trials / 2 - successes) @ powers[:, :2]  # gradient where all chances are 1/2
        self.sums = trials @ powers

    def kept(self, which: NDArray[np.bool_]) -> "_Problem":
        """Return the same with some of the curves only."""
        made = object.__new__(_Problem)
        made.x, made.powers, made.penalty = self.x, self.powers, self.penalty
        made.n, made.s = self.n[which], self.s[which]
        made.over, made.sums = self.over[which], self.sums[which]
        return made

    def step(self, beta: Array) -> tuple[Array, Array]:
        """Return Newton's step from ``beta``, and its squared decrement.

        With t = tanh(η / 2) the chance is (1 + t) / 2 and its variance (1 - t²) / 4, so that two
        products with the powers of x give gradient and Hessian.
        """
        t = beta[:, 1:] * (self.x / 2)
        t += beta[:, :1] / 2
        np.tanh(t, out=t)
        weighted = self.n * t
        gradient = self.over + (weighted @ self.powers[:, :2]) / 2
        gradient[:, 1] += self.penalty * beta[:, 1]
        weighted *= t
        haa, hab, hbb = ((self.sums - weighted @ self.powers) / 4).T
        hbb = hbb + self.penalty
        determinant = np.maximum(haa * hbb - hab * hab, 1e-300)
        along = hbb * gradient[:, 0] - hab * gradient[:, 1]
        across = haa * gradient[:, 1] - hab * gradient[:, 0]
        step = np.stack([along, across], axis=1) / determinant[:, None]
        return step, (gradient * step).sum(axis=1)


def _newton(
    problem: _Problem,
    found: Array,
    todo: NDArray[np.intp],
    steps: int,
    *,
    damped: bool = False,
) -> NDArray[np.intp]:
    """Improve the curves ``todo`` in ``found``, and return those that have not settled."""
    beta = found[todo]
    for _ in range(steps):
        if not len(todo):
            break
        step, decrement = problem.step(beta)
        beta = _damped(problem, beta, step, decrement) if damped else beta - step
        found[todo] = beta
        going = ~(decrement <= ENOUGH)  # NaN goes on
        if not going.all():
            problem, todo, beta = problem.kept(going), todo[going], beta[going]
    return todo


def _damped(problem: _Problem, beta: Array, step: Array, decrement: Array) -> Array:
    """Return ``beta - step``, each step halved until the loss falls enough."""
    x, n, s, penalty = problem.x, problem.n, problem.s, problem.penalty
    before = loss(x, n, s, beta, penalty)
    size = np.ones(len(beta))
    for _ in range(HALVINGS):
        after = beta - size[:, None] * step
        short = before - loss(x, n, s, after, penalty) < 1e-4 * size * decrement
        short &= decrement > 1e-10  # nearer by, rounding decides
        if not short.any():
            break
        size[short] /= 2
    return after


def chance(x: Array, beta: Array) -> Array:
    """Return the chance of success, B × T."""
    eta = beta[:, :1] + beta[:, 1:] * x
    np.clip(eta, -LARGEST, LARGEST, out=eta)
    np.negative(eta, out=eta)
    np.exp(eta, out=eta)
    eta += 1
    made: Array = np.reciprocal(eta, out=eta)
    return made


def loss(x: Array, n: Array, s: Array, beta: Array, penalty: float) -> Array:
    """Return what `fit` minimises, one value for each curve."""
    eta = beta[:, :1] + beta[:, 1:] * x
    each = n * np.logaddexp(0, eta) - s * eta
    made: Array = each.sum(axis=1) + penalty / 2 * beta[:, 1] ** 2
    return made


def length(beta: Array, chance_of_success: float) -> Array:
    """Return the task length at which a curve has this chance, in minutes.

    ``2 ** ((logit(q) - a) / b)``; a curve that does not fall has no such length in earnest, and
    gives what the formula gives, as METR's code does.

    Args:
        beta: B × 2, intercept and slope.
        chance_of_success: q.
    """
    logit = np.log(chance_of_success / (1 - chance_of_success))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        made: Array = np.exp2((logit - beta[:, 0]) / beta[:, 1])
    return made
