"""Does each e-process keep its level when one looks after every pair and stops at will?

    python bench/validity.py [PATHS] [PAIRS]

Nothing is better. Each path is looked at after every pair, up to PAIRS; printed is how many ever
reached 1 / level (the promise: at most the level, whatever the rule of stopping), and the mean
e-value where one stops at 20 or at the end (the promise: at most 1). What gate 2 calls is compared,
on a sample of looks, with formulas of this file that share no code with it. Laws beyond an
e-process's assumption are marked. Last, what a look costs.
"""

import functools
import math
import sys
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from regency.judge.scale import BOUNDED, Scale
from regency.stats import bounded, evalues, intervals, signs

Array = npt.NDArray[np.float64]
Rng = np.random.Generator
Law = Callable[[Rng, tuple[int, int]], Array]
LEVELS = (0.05, 1 / 230)
ITEMS = 20
KNOWN = 4  # calibration pairs
CHUNK = 10_000
SAMPLE = 40


def gaussian(rng: Rng, shape: tuple[int, int]) -> Array:
    return rng.normal(size=shape)


def three_times(rng: Rng, shape: tuple[int, int]) -> Array:
    """Return noise three times that of the calibration pairs."""
    return 3 * rng.normal(size=shape)


def heavy(df: float) -> Law:
    return lambda rng, shape: rng.standard_t(df, size=shape)


def some_wild(rng: Rng, shape: tuple[int, int]) -> Array:
    return rng.normal(size=shape) * np.where(rng.random(shape) < 0.1, 3, 1)


def growing(rng: Rng, shape: tuple[int, int]) -> Array:
    """Return noise that grows with time."""
    return rng.normal(size=shape) * np.linspace(0.3, 3, shape[1])


def times(rng: Rng, shape: tuple[int, int]) -> Array:
    """Return log ratios of two equal programs' times, each with a long upper tail."""
    return np.log((1 + rng.exponential(0.2, shape)) / (1 + rng.exponential(0.2, shape)))


def median_zero(rng: Rng, shape: tuple[int, int]) -> Array:
    """Return skewed differences of which half are above zero, though their mean is below."""
    return math.log(2) - rng.exponential(size=shape)


def left(rng: Rng, shape: tuple[int, int]) -> Array:
    """Return differences of mean zero, most of them above it."""
    return 1 - rng.exponential(size=shape)


def half_left(rng: Rng, shape: tuple[int, int]) -> Array:
    return left(rng, shape) - rng.normal(size=shape)


def t_path(x: Array, known: Array) -> Array:
    n = np.arange(1, x.shape[1] + 1)
    totals, squares, z = x.cumsum(1), (x * x).cumsum(1), (known * known).sum(1)
    looks = [
        evalues.t_evidence(k, totals[:, k - 1], squares[:, k - 1], known.shape[1], z) for k in n
    ]
    return np.stack(looks, 1)


def sign_path(x: Array, known: Array) -> Array:
    del known
    pairs = x.shape[1]
    table = np.array([[signs.sign_evidence(w, n - w) for w in range(n + 1)] + [0.0] * (pairs - n)
                      for n in range(1, pairs + 1)])  # fmt: skip
    wins = (x > 0).cumsum(1)
    return table[np.arange(pairs), wins]


def symmetric_path(x: Array, known: Array) -> Array:
    del known
    size = np.abs(x)
    scale = np.stack([np.median(size[:, : n + 1], 1) for n in range(x.shape[1])], 1)
    ratio = size / scale * 0.6745
    paths = [
        (1 + np.tanh(effect * math.sqrt(1 + effect**2) * ratio) * np.sign(x)).cumprod(1)
        for effect in signs.EFFECTS
    ]
    return np.mean(paths, axis=0)


def both_path(x: Array, known: Array) -> Array:
    return np.minimum(t_path(x, known[:, :0]), sign_path(x, known))


@dataclass(frozen=True)
class Case:
    """One e-process under one law; ``beyond``: the law breaks its assumption."""

    e_process: str
    name: str
    law: Law
    beyond: bool = False


T, BOTH = evalues.RIGHT_HAAR_T, evalues.T_AND_SIGN
CASES = (
    Case(T, "Gaussian", gaussian),
    Case(T, "Gaussian, 3 x the calibration's", three_times),
    Case(T, "log ratios of times", times),
    Case(T, "t(3)", heavy(3), beyond=True),
    Case(T, "one pair in ten 3 x as noisy", some_wild, beyond=True),
    Case(T, "growing noise", growing, beyond=True),
    Case(T, "left-skewed by half", half_left, beyond=True),
    Case(T, "left-skewed", left, beyond=True),
    Case(evalues.SYMMETRIC, "Gaussian", gaussian),
    Case(evalues.SYMMETRIC, "t(3)", heavy(3)),
    Case(evalues.SYMMETRIC, "Cauchy", heavy(1)),
    Case(evalues.SYMMETRIC, "growing noise", growing),
    Case(evalues.SYMMETRIC, "left-skewed", left, beyond=True),
    Case(evalues.SIGN, "Gaussian", gaussian),
    Case(evalues.SIGN, "Cauchy", heavy(1)),
    Case(evalues.SIGN, "skewed, median zero", median_zero),
    Case(BOTH, "Gaussian", gaussian),
    Case(BOTH, "skewed, median zero", median_zero),
    Case(BOTH, "left-skewed by half", half_left, beyond=True),
    Case(BOTH, "left-skewed", left, beyond=True),
)
PATHS = {T: t_path, evalues.SIGN: sign_path, evalues.SYMMETRIC: symmetric_path, BOTH: both_path}


@functools.cache
def share_evidence(n: int, new: int, old: int) -> float:
    return bounded.bounded_evidence(n * ITEMS, float(new), float(old))


def bounded_paths(rng: Rng, chance: Array, paths: int, pairs: int) -> Array:
    """Return e-values of shares, items of each path having the chances ``chance``."""
    runs = (rng.random((paths, 2, pairs, ITEMS)) < chance).sum(3).cumsum(2)
    return np.array(
        [[share_evidence(n + 1, *path[:, n].tolist()) for n in range(pairs)] for path in runs]
    )


def row(name: str, law: str, beyond: bool, e: list[Array], worst: float) -> str:
    """Return a line of the table."""
    highest = np.concatenate([part.max(1) for part in e])
    paths = len(highest)
    stopped = np.concatenate([stopped_at(part, 1 / LEVELS[0]) for part in e])
    mean, se = float(stopped.mean()), float(stopped.std() / math.sqrt(paths))
    cells, kept = [], mean - 3 * se <= 1
    for level in LEVELS:
        crossed = int((highest >= 1 / level).sum())
        kept &= crossed <= stats.binom.ppf(0.999, paths, level)
        cells.append(f"{crossed / paths / level:.2f}")
    verdict = ("yes" if kept else "NO") if not beyond else ("yes" if kept else "no, as expected")
    mark = " (beyond its assumption)" if beyond else ""
    return (
        f"| {name} | {law}{mark} | {' | '.join(cells)} | {mean:.3f} ± {se:.3f} | {worst:.0e} "
        f"| {verdict} |"
    )


def stopped_at(e: Array, bar: float) -> Array:
    """Return the e-value of each path at the first look at ``bar`` or above, or at the last."""
    reached = e >= bar
    place = np.where(reached.any(1), reached.argmax(1), e.shape[1] - 1)
    return e[np.arange(len(e)), place]


def simulate(case: Case, paths: int, pairs: int) -> str:
    rng = np.random.default_rng(1)
    e, worst = [], 0.0
    for start in range(0, paths, CHUNK):
        count = min(CHUNK, paths - start)
        x = case.law(rng, (count, pairs))
        known = (gaussian if case.law is three_times else case.law)(rng, (count, KNOWN))
        e.append(PATHS[case.e_process](x, known))
        if start == 0:
            worst = disagreement(case.e_process, x, known)
    return row(case.e_process, case.name, case.beyond, e, worst)


def disagreement(e_process: str, x: Array, known: Array) -> float:
    """Return the largest relative difference between what gate 2 calls and `independent`."""
    worst = 0.0
    for path in range(SAMPLE):
        n = 1 + path % x.shape[1]
        there = evalues.evidence(e_process, x[path, :n].tolist(), known[path].tolist())
        here = independent(e_process, x[path, :n], known[path])
        worst = max(worst, abs(there - here) / max(there, 1e-6))
    return worst


def independent(e_process: str, x: Array, known: Array) -> float:
    """Return an e-value by other formulas: sums over a grid, beta integrals, arrays."""
    if e_process == T:
        share = evalues.CALIBRATION_SHARE
        wide = known * evalues.NOISE_ALLOWANCE
        if len(x) > 1 and x.var(ddof=1) > (wide**2).mean():
            return (1 - share) * haar(x, known[:0])
        return (1 - share) * haar(x, known[:0]) + share * haar(x, wide)
    if e_process == evalues.SYMMETRIC:
        return float(symmetric_path(x[None], known)[0, -1])
    wins, n = int((x > 0).sum()), len(x)
    beta = special.beta(wins + 1, n - wins + 1) * special.betainc(n - wins + 1, wins + 1, 0.5)
    sign = (2.0**n * (wins == n) + 2.0 ** (n + 1) * beta) / 2
    return min(sign, haar(x, known[:0])) if e_process == BOTH else sign


def haar(x: Array, known: Array) -> float:
    """Return the right-Haar Bayes factor by summing likelihoods over a grid of effect and noise."""
    own = np.concatenate([x, known])
    log_sd = np.linspace(-6, 14, 1500) + 0.5 * math.log(float((own**2).mean()))
    n, sd = len(own), np.exp(log_sd)

    def over_noise(delta: float) -> float:
        square = float((x**2).sum() + (known**2).sum()) / sd**2
        square = square - 2 * delta * x.sum() / sd + len(x) * delta**2
        return float(np.exp(-n * (log_sd - log_sd[0]) - square / 2 + n * 6).sum())

    total = 0.0
    for scale in evalues.SCALES:
        nodes, weights = np.polynomial.legendre.leggauss(200)
        delta = (nodes + 1) / 2 * 9 * scale
        density = 2 * stats.norm.pdf(delta, scale=scale)
        factors = np.array([over_noise(value) for value in delta.tolist()])
        total += float((weights * density * factors).sum()) * 9 * scale / 2
    return total / len(evalues.SCALES) / over_noise(0.0)


def covered(e_process: str, law: Law, paths: int, level: float = 0.05) -> str:
    """Return how often an interval of ``1 - level`` an end ever missed the truth, at four looks."""
    rng = np.random.default_rng(2)
    low = high = 0
    for path in (2.0 + law(rng, (paths, 30))).tolist():
        ends = [intervals.interval(path[:n], level, e_process) for n in (5, 10, 20, 30)]
        low += any(a > 2.0 for a, _ in ends)
        high += any(b < 2.0 for _, b in ends)
    return f"{low / paths:.3f}, {high / paths:.3f}"


def cost(e_process: str) -> str:
    """Return the microseconds a trial costs at the 4th, 12th and 32nd pair."""
    rng, told = np.random.default_rng(0), []
    scale = Scale("maximize", low=0.0, high=1.0, items=ITEMS)
    for n in (4, 12, 32):
        x, known = rng.normal(0.3, 1, n).tolist(), rng.normal(size=KNOWN).tolist()
        pairs = [(a, b) for a, b in (rng.binomial(ITEMS, 0.5, (n, 2)) / ITEMS).tolist()]
        look = functools.partial(evalues.evidence, e_process, x, known)
        if e_process == BOUNDED:
            look = functools.partial(scale.evidence, BOUNDED, pairs, known)
        best = min(timeit.repeat(look, number=200, repeat=9)) / 200
        told.append(f"{best / 2 * 1e6:.1f}")
    return " / ".join(told)


def main() -> None:
    """Print the tables."""
    paths, pairs = ([int(w) for w in sys.argv[1:]] + [100_000, 40][len(sys.argv) - 1 :])[:2]
    print(f"{paths} paths of {pairs} pairs, looked at after each.\n")
    print("| e-process | nothing is better; noise | ever reached 1 in 20, in units of the level "
          "| 1 in 230 | mean where stopped at 20 | gate 2's code differs by | kept |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for case in CASES:
        print(simulate(case, paths, pairs), flush=True)
    rng = np.random.default_rng(3)
    hard = rng.beta(0.4, 0.4, ITEMS)
    chances = {"half of 20 items": np.full(ITEMS, 0.5), "95 % of 20 items": np.full(ITEMS, 0.95),
               "items of all kinds": hard}  # fmt: skip
    for law, chance in chances.items():
        steps = range(0, paths, CHUNK)
        e = [bounded_paths(rng, chance, min(CHUNK, paths - s), pairs // 2) for s in steps]
        print(row(BOUNDED, law, False, e, 0.0), flush=True)
    few = max(paths // 100, 50)
    print(f"\nIntervals at 0.05 an end, {few} paths, four looks: how often an end ever missed\n")
    print("| e-process | noise | lower, upper |\n| --- | --- | --- |")
    for process, law, told in ((T, gaussian, "Gaussian"), (T, heavy(3), "t(3)"),
                               (evalues.SYMMETRIC, gaussian, "Gaussian"),
                               (evalues.SYMMETRIC, heavy(1), "Cauchy"),
                               (evalues.SIGN, gaussian, "Gaussian"),
                               (BOTH, gaussian, "Gaussian")):  # fmt: skip
        print(f"| {process} | {told} | {covered(process, law, few)} |", flush=True)
    print("\n| e-process | µs of CPU a trial at the 4th / 12th / 32nd pair |\n| --- | --- |")
    for process in (T, evalues.SYMMETRIC, evalues.SIGN, BOTH, BOUNDED):
        print(f"| {process} | {cost(process)} |", flush=True)


if __name__ == "__main__":
    main()
