"""Runs on timed tasks with known horizons."""

import csv
import datetime as dt

import numpy as np

from regency.measure.horizon import Agent, Cell, Runs, Task


def made(agents=3, families=30, seed=1, runs=4, slope=-0.6, horizons=None):
    """Runs of several agents with known horizons, in families of one to four tasks."""
    random = np.random.default_rng(seed)
    horizons = np.linspace(3, 7, agents) if horizons is None else np.asarray(horizons)
    tasks, cells = [], []
    for family in range(families):
        for number in range(1 + family % 4):
            minutes = float(2 ** random.uniform(-2, 11))
            name = f"f{family}/t{number}"
            suite = "short" if minutes < 15 else "long"
            timing = "baseline" if number % 2 else "estimate"
            tasks.append(Task(name, f"f{family}", minutes, minutes, suite, timing))
    for agent, horizon in enumerate(horizons):
        for task in tasks:
            p = 1 / (1 + np.exp(-slope * (np.log2(task.low) - horizon)))
            scores = tuple(float(s) for s in random.random(runs) < p)
            cells.append(Cell(f"a{agent}", task.id, sum(scores), runs, scores))
    start = dt.date(2023, 6, 1)
    named = [Agent(f"a{n}", start + dt.timedelta(200 * n)) for n in range(agents)]
    ordered = sorted(tasks, key=lambda t: t.id)
    return Runs(tuple(named), tuple(ordered), tuple(cells))


def write_counts(path, runs):
    """Write runs as counts per task."""
    tasks = {task.id: task for task in runs.tasks}
    dates = {agent.name: agent.released for agent in runs.agents}
    columns = ("agent", "release_date", "task_id", "task_family", "human_minutes", "n_successes",
               "n_runs", "task_source", "human_source")  # fmt: skip
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        for c in runs.cells:
            task = tasks[c.task]
            out.writerow((c.agent, dates[c.agent] or "", c.task, task.family, task.low,
                          int(c.successes), c.runs, task.suite, task.timing))  # fmt: skip
    return path
