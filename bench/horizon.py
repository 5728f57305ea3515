"""Horizons: METR's published numbers beside ours, recovery of a known truth, and speed.

    python bench/horizon.py [FOLDER] [--draws N] [--sets N]

FOLDER holds files of METR's time-horizon data: th1_1_task_counts_6agents.csv,
th1_1_published_2026.csv, benchmark_results_*.yaml, th1_bootstrap_headline_2025-07.csv and
th1_logistic_fits_headline_2025-07.csv. Without it only synthetic data are used. What differs by
more than its tolerance is marked, and the program then ends with exit code 1.
"""

import argparse
import csv
import datetime as dt
import math
import sys
import time
from pathlib import Path

import numpy as np

from regency.measure.horizon import Settings, bootstrap, fits, hierarchy, logistic, measure
from regency.measure.horizon.reading import Source, help_from, read
from regency.measure.horizon.table import Table, weigh
from regency.measure.horizon.trend import fitted, frontier

TODAY = dt.date(2026, 11, 24)
PUBLISHED = {
    "GPT-4 0314": "gpt_4",
    "GPT-5.2": "gpt_5_2",
    "Claude Opus 4.6 (Inspect)": "claude_opus_4_6_inspect",
    "GPT-5.3-Codex": "gpt_5_3_codex",
    "GPT-5.4": "gpt_5_4",
}
EARLIER = {  # METR's p50 before March 2026, λ = 0.1, minutes
    "GPT-4 0314": 3.525,
    "GPT-5.2": 394.38,
    "Claude Opus 4.6 (Inspect)": 870.03,
    "GPT-5.3-Codex": 389.98,
}
DOUBLING = [
    # file, all agents, 2023 and later: days as published or printed from METR's points
    ("benchmark_results_1_0.yaml", 195.823, 165.251),
    ("benchmark_results_1_1_2026-01-30.yaml", 196.475, 130.801),
    ("benchmark_results_1_1_2026-02.yaml", 188.657, 128.120),
    ("th1_1_published_2026.csv", 187.778, 128.744),
]
TREND = (206.9, 167.9, 237.9)  # from METR's own draws of July 2025, 2019 and later

SLOPE = 0.6  # of synthetic curves, logits per doubling

bad: list[str] = []


def compare(name: str, expected: float, ours: float, tolerance: float) -> None:
    """Print one line, the deviation relative."""
    off = ours / expected - 1
    verdict = "" if abs(off) <= tolerance else "  OUT OF TOLERANCE"
    if verdict:
        bad.append(name)
    print(f"{name:<52} {expected:>11.3f} {ours:>11.3f} {off:>+9.1e} {tolerance:>8.0e}{verdict}")


def head(title: str) -> None:
    print(f"\n{title:<52} {'published':>11} {'ours':>11} {'off by':>9} {'allowed':>8}")


def runs_in(path: Path):
    runs, horizons = read([Source(path)], help_from(None, None, continuous=False))
    return runs, horizons


def points(folder: Path, draws: int) -> None:
    """Compare horizons and their intervals."""
    runs, _ = runs_in(folder / "th1_1_task_counts_6agents.csv")
    known = {r["model_key"]: r for r in csv.DictReader((folder / PUBLISHED_CSV).open())}
    begun = time.perf_counter()
    report = measure(runs, Settings(draws=draws, hierarchical=False, today=TODAY))
    spent = time.perf_counter() - begun
    ours = {agent.name: agent for agent in report.agents}
    head("Horizons, minutes, λ = 1e-5")
    for name, key in PUBLISHED.items():
        agent, row = ours[name], known[key]
        compare(f"{name} p50", float(row["p50"]), agent.p50.value, 5e-4)
        compare(f"{name} p80", float(row["p80"]), agent.p80.value, 1e-3)
        compare(f"{name} average score", float(row["average_score"]), agent.average_score, 2e-6)
    head(f"Ends of 95 % intervals, {draws:,} draws (METR: 1,000)")
    for name, key in PUBLISHED.items():
        agent, row = ours[name], known[key]
        for q, made in (("p50", agent.p50), ("p80", agent.p80)):
            compare(f"{name} {q} low", float(row[f"{q}_lo"]), made.low, 0.10)
            compare(f"{name} {q} high", float(row[f"{q}_hi"]), made.high, 0.12)
    print(f"{len(ours)} agents, {draws:,} joint draws, all tables: {spent:.1f} s")
    earlier = measure(runs, Settings(penalty=0.1, draws=0, hierarchical=False, today=TODAY))
    ours = {agent.name: agent for agent in earlier.agents}
    head("p50, minutes, λ = 0.1")
    for name, value in EARLIER.items():
        compare(name, value, ours[name].p50.value, 1e-3)


PUBLISHED_CSV = "th1_1_published_2026.csv"


def doubling(folder: Path) -> None:
    """Compare doubling times, from published points."""
    head("Doubling times, days, to 3 decimals")
    for name, whole, later in DOUBLING:
        _, horizons = runs_in(folder / name)
        report = measure(None, Settings(draws=0, today=TODAY), horizons)
        for trend, expected in zip(report.trends, (whole, later), strict=True):
            days = round(trend.doubling_days.value, 3)
            compare(f"{name}, {trend.name}, n={len(trend.agents)}", expected, days, 1e-9)


def trend(folder: Path) -> None:
    """Compare the interval of the trend, from METR's own joint draws."""
    fitted_rows = list(csv.DictReader((folder / "th1_logistic_fits_headline_2025-07.csv").open()))
    rows = list(csv.DictReader((folder / "th1_bootstrap_headline_2025-07.csv").open()))
    agents = [r for r in fitted_rows if r["release_date"] and f"{r['agent']}_p50" in rows[0]]
    agents = [r for r in agents if r["agent"] != "human"]
    days = [dt.date.fromisoformat(r["release_date"]).toordinal() for r in agents]
    minutes = [float(r["p50"]) for r in agents]
    ahead = frontier(days, minutes)
    draws = np.array(
        [[float(r[f"{agents[n]['agent']}_p50"] or "nan") for r in rows] for n in ahead]
    )
    line = fitted([days[n] for n in ahead], [minutes[n] for n in ahead], draws)
    head("Trend of 2019 and later from METR's own 1,000 draws, days")
    for name, expected, ours in zip(
        ("doubling time", "low", "high"), TREND, (line.doubling_days, line.low, line.high),
        strict=True,
    ):  # fmt: skip
        compare(f"{name}, n={line.points}", expected, round(ours, 1), 1e-9)
    low, high = bootstrap.ends(draws)
    by_name = {r["agent"]: r for r in agents}
    head("Quantiles of METR's draws of p50, minutes")
    for n, a, b in zip(ahead, low, high, strict=True):
        row = by_name[agents[n]["agent"]]
        compare(f"{row['agent']} low", float(row["p50q0.025"]), float(a), 5e-4)
        compare(f"{row['agent']} high", float(row["p50q0.975"]), float(b), 5e-4)


def synthetic(
    agents: int, seed: int, runs: int = 6, family_sd: float = 0.0, task_sd: float = 0.0
) -> tuple[Table, np.ndarray]:
    """Return runs with known horizons: 228 tasks in 79 families; sds of difficulty in logits."""
    random = np.random.default_rng(seed)
    family = np.sort(np.concatenate([np.arange(79), random.integers(0, 79, 149)]))
    x = random.uniform(-3, 11, len(family))
    horizons = np.linspace(1, 9, agents)
    hard = random.normal(0, 1, 79)[family] * family_sd + random.normal(0, 1, len(x)) * task_sd
    p = 1 / (1 + np.exp(SLOPE * (x[None, :] - horizons[:, None]) + hard))
    n = np.full(p.shape, float(runs))
    won = random.binomial(runs, p).astype(float)
    names = [tuple(f"{what} {k}" for k in range(many))
             for what, many in (("agent", agents), ("task", len(x)), ("family", 79))]  # fmt: skip
    minutes = np.exp2(x)
    weights = weigh(n, family)
    table = Table(
        names[0], names[1], minutes, minutes, minutes, family, names[2], n, won, weights, {}
    )
    return table, horizons


def recovery(sets: int) -> None:
    """Print how well known horizons are found, and how often intervals hold them."""
    print(f"\nSynthetic, {sets} sets of 4 agents, log2 minutes: bias, sd, and how often 95 % "
          "intervals hold the truth")  # fmt: skip
    print(f"{'tasks of one length':<34} {'horizon':<22} {'bias':>6} {'sd':>6} {'held':>7}")
    for name, family_sd, task_sd in (
        ("equally hard", 0.0, 0.0),
        ("differ: 1.5 and 1.0 logits", 1.5, 1.0),
    ):
        shift = hierarchy.shifted(0.8, math.hypot(family_sd, task_sd)) / SLOPE
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(sets):
            table, truth = synthetic(4, seed, family_sd=family_sd, task_sd=task_sd)
            for what, found in found_in(table, seed):
                right = truth - (shift if "80" in what else 0)
                off = np.log2(found) - right[:, None]
                rows.setdefault(what, []).extend(map(tuple, off))
        for what, offs in rows.items():
            value, low, high = np.array(offs).T
            held = np.mean((low <= 0) & (high >= 0))
            print(f"{name:<34} {what:<22} {value.mean():>+6.2f} {value.std():>6.2f} {held:>7.1%}")


def found_in(table: Table, seed: int):
    """Yield a name and each agent's length with its interval, by the classic and the joint fit."""
    fit = fits.fitter(table, 1e-5)
    beta, draws = fits.points(table, fit), bootstrap.draw(table, 500, seed, fit)
    for q in (0.5, 0.8):
        low, high = bootstrap.ends(logistic.length(draws.reshape(-1, 2), q).reshape(4, -1))
        yield f"METR's, {q:.0%}", np.stack([logistic.length(beta, q), low, high], axis=1)
    joint = hierarchy.fit(table)
    for q in (0.5, 0.8):
        made = [joint.marginal(place, q) for place in range(4)]
        yield f"joint, marginal {q:.0%}", np.array([[i.value, i.low, i.high] for i in made])


def speed(draws: int) -> None:
    """Print the time of 23 agents, twice."""
    table, _ = synthetic(23, 1)
    fit = fits.fitter(table, 1e-5)
    for _ in range(2):
        begun = time.perf_counter()
        made = bootstrap.draw(table, draws, 42, fit)
        spent = time.perf_counter() - begun
        print(f"23 agents × 228 tasks × {draws:,} joint draws: {spent:.1f} s, "
              f"{math.prod(made.shape[:2]) / spent:,.0f} fits/s")  # fmt: skip


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--sets", type=int, default=200)
    given = parser.parse_args()
    if given.folder:
        points(given.folder, given.draws)
        doubling(given.folder)
        trend(given.folder)
    recovery(given.sets)
    speed(given.draws)
    print(f"\n{len(bad)} numbers out of tolerance" + (f": {', '.join(bad)}" if bad else ""))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
