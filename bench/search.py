"""Does `mutate` search better than chance, and than Optuna's TPE over the same literals?

    python bench/search.py [--seeds 20] [--trials 100] [--programs curve,table,...]
        [--methods mutate,random,tpe,tpe_named] [--csv FILE] | --read FILE...

Five small programs of `bench/labs/search`; the candidate's code is ours, so it runs in this
process. A trial is one run of one candidate with one seed. What each method is given:

- `mutate` and `random` (the same edits, chosen uniformly) climb through the proposer's contract:
  a candidate is compared with its parent on seeds that both have run; one look, and up to three
  more if it did not lose; the better one is the next parent, on fresh seeds. Every run counts,
  those of parents and of the first estimate of the noise included.
- `tpe` samples all literals that `mutate` finds in the start, jointly: numbers from a tenth to ten
  times, log-uniform; what fails is told as the worst so far; a tenth of its trials re-tests its
  five best. `tpe_named`: only the literals
  that are a constant's or a default's whole value, as a careful user would list them.

The result of a run is the mean of 30 fresh seeds of what the method would keep, as a share of the
way from the start to the best that any method reached on that program.
"""

import argparse
import csv
import importlib.util
import math
import random
import resource
import signal
import statistics
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regency.errors import NothingLeft
from regency.propose.brief import rounded
from regency.propose.mutate import MutateProposer
from regency.propose.mutate.literals import Move
from regency.propose.mutate.sites import Site
from regency.propose.mutate.surface import Choice, Surface
from regency.records import Attempt, Brief

HERE = Path(__file__).parent / "labs" / "search"
PROGRAMS = ("curve", "packing", "schedule", "network", "table")
STRUCTURE = ("packing", "schedule", "network", "table")
METHODS = ("mutate", "random", "tpe", "tpe_named")
PATH = "program.py"
LITERALS = ("float", "int", "bool", "string")
LOOKS = 4
CALIBRATION = 6
FRESH = 30
SMALLEST = 0.003  # of the start's score, the smallest effect worth a new parent
LONGEST_S = 0.5
REACH = 10.0
MARGIN = 0.05
RESAMPLES = 4000


class TooLong(BaseException):
    """A candidate ran out of time; no `except Exception` of its own holds it."""


@dataclass
class Task:
    """A program, its checker, and how many trials are left."""

    name: str
    source: bytes
    score: Callable[[Mapping[str, Any], int], float]
    left: int
    spent: int = 0

    def run(self, source: bytes, seed: int) -> float | None:
        """Return one counted trial's score, None if the candidate fails."""
        self.left -= 1
        self.spent += 1
        return evaluate(source, self.score, seed)


def evaluate(source: bytes, score: Callable[..., float], seed: int) -> float | None:
    """Return the score of ``source`` under ``seed``, None if it fails or takes too long."""
    try:
        return _evaluate(source, score, seed)
    except TooLong:  # between its end and the timer's
        return None


def _evaluate(source: bytes, score: Callable[..., float], seed: int) -> float | None:
    namespace: dict[str, Any] = {"__name__": "program"}
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        exec(compile(source, PATH, "exec"), namespace)
        value = float(score(namespace, seed))
    except (Exception, TooLong):  # noqa: BLE001 (whatever a mutant does)
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return value if math.isfinite(value) else None


def load(name: str, trials: int) -> Task:
    """Return the program ``name`` with ``trials`` to spend."""
    spec = importlib.util.spec_from_file_location(f"check_{name}", HERE / name / "check.py")
    module = importlib.util.module_from_spec(spec) if spec else types.ModuleType(name)
    if spec and spec.loader:
        spec.loader.exec_module(module)
    return Task(name, (HERE / name / PATH).read_bytes(), module.score, trials)


@dataclass
class Climb:
    """The better of parent and candidate, again and again, through the proposer's contract."""

    task: Task
    agent: MutateProposer
    rng: random.Random
    now: bytes = b""
    noise_sd: float = 0.0
    size: float = 0.0
    scores: dict[int, float] = field(default_factory=dict)
    news: tuple[Attempt, ...] = ()
    after: dict[int, float] = field(default_factory=dict)
    spreads: list[float] = field(default_factory=list)

    def run(self) -> bytes:
        """Spend all trials and return the last parent."""
        self.now = self.task.source
        first = [self.task.run(self.now, self.seed()) or 0.0 for _ in range(CALIBRATION)]
        self.noise_sd = math.sqrt(2) * statistics.stdev(first)
        self.spreads = [self.noise_sd]
        self.size = abs(statistics.fmean(first))
        while self.task.left > 0:
            try:
                proposal = self.agent.propose(self.brief(), {PATH: self.now})
            except NothingLeft:
                break
            content = proposal.edits[0].content or b""
            gain, better = self.compare(content)
            shown = None if gain is None else rounded(gain, self.noise_sd)
            answer = "better" if better else ("invalid" if gain is None else "not better")
            name = f"c{self.task.spent}"
            self.news = (Attempt(name, "c0", "mutate", "", answer, shown, proposal.notes),)
            if better:
                self.now = content
                self.scores = self.after if self.noise_sd == 0 else {}
        return self.now

    def compare(self, content: bytes) -> tuple[float | None, bool]:
        """Return the candidate's mean gain over the parent, and whether it takes its place."""
        gains: list[float] = []
        looks = 1 if self.noise_sd == 0 else LOOKS
        for seed in self.pool(looks):
            after = self.task.run(content, seed)
            if after is None:
                return None, False
            gains.append(after - self.before(seed))
            self.after = {seed: after}
            mean = statistics.fmean(gains)
            if mean <= 0 and len(gains) < looks:
                return mean, False
        if looks == 1:
            return mean, mean > SMALLEST * self.size
        spread = statistics.stdev(gains)
        self.spreads.append(spread)
        self.noise_sd = statistics.median(self.spreads)
        return mean, mean > max(1.5 * spread / math.sqrt(looks), SMALLEST * self.size)

    def before(self, seed: int) -> float:
        """Return the parent's score under ``seed``, a trial if it is not known yet."""
        if seed not in self.scores:
            self.scores[seed] = self.task.run(self.now, seed) or 0.0
        return self.scores[seed]

    def pool(self, looks: int) -> list[int]:
        """Return the seeds of the parent's runs, in random order, made up to ``looks``."""
        known = list(self.scores)
        self.rng.shuffle(known)
        return [*known, *(self.seed() for _ in range(looks - len(known)))]

    def seed(self) -> int:
        """Return a fresh seed."""
        return self.rng.randrange(2**31)

    def brief(self) -> Brief:
        """Return what the lab would tell the agent."""
        return Brief("", "", "score", "maximize", (PATH,), 300, "c0", "c0", 0.0, self.noise_sd,
                     news=self.news, seed=self.seed())  # fmt: skip


def mutate(task: Task, seed: int) -> bytes:
    """Climb with the agent as it ships."""
    return Climb(task, MutateProposer(), random.Random(f"climb{seed}")).run()


def uniform(task: Task, seed: int) -> bytes:
    """Climb with the same edits, chosen uniformly."""
    return Climb(task, MutateProposer(learn=False), random.Random(f"climb{seed}")).run()


def tpe(task: Task, seed: int, *, named: bool = False) -> bytes:
    """Optimise all literals of the start together with Optuna's TPE."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    surface = Surface({PATH: task.source}, statements=False, siblings=False)
    sites = [s for s in surface.sites.values() if s.kind in LITERALS and (s.name or not named)]
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({site.key: _present(site) for site in sites})
    rng, made = random.Random(f"tpe{seed}"), {}
    last, worst = task.left // 10, math.inf
    while task.left > last:
        trial = study.ask()
        choices = [c for site in sites if (c := _suggest(trial, site))]
        made[trial.number] = content = surface.contents(choices).get(PATH, task.source)
        value = task.run(content, rng.randrange(2**31))
        worst = worst if value is None else min(worst, value)
        study.tell(trial, worst if value is None else value)
    return _best(task, study, made, rng)


def _best(task: Task, study: Any, made: Mapping[int, bytes], rng: random.Random) -> bytes:
    done = sorted((t for t in study.trials if t.value is not None), key=lambda t: -t.value)[:5]
    means = {}
    for trial in done:
        seen = [trial.value]
        for _ in range(max(1, task.left // max(len(done) - len(means), 1))):
            again = task.run(made[trial.number], rng.randrange(2**31))
            seen.append(-math.inf if again is None else again)
        means[trial.number] = statistics.fmean(seen[1:])
    return made[max(means, key=lambda number: means[number])] if means else task.source


def _present(site: Site) -> Any:
    return site.old if site.kind in {"bool", "string"} else abs(float(site.old))


def _suggest(trial: Any, site: Site) -> Choice | None:
    """Return what ``trial`` makes of ``site``, None for what it is."""
    if site.kind in {"bool", "string"}:
        new = trial.suggest_categorical(site.key, [site.old, *(m.new for m in site.moves)])
    else:
        new = _number(trial, site, abs(float(site.old)))
    return (site, Move("tpe", new)) if new != site.old else None


def _number(trial: Any, site: Site, value: float) -> str:
    sign = "-" if site.old.startswith("-") else ""
    whole = site.kind == "int"
    if value == 0:
        found = trial.suggest_float(site.key, 0.0, 8.0 if whole else 1.0)
    elif site.scale == "one":
        found = 1 - trial.suggest_float(site.key, (1 - value) / REACH, 1.0, log=True)
    else:
        found = trial.suggest_float(site.key, value / REACH, value * REACH, log=True)
    return f"{sign}{round(found)}" if whole else f"{sign}{found:.5g}"


RUNS: dict[str, Callable[[Task, int], bytes]] = {
    "mutate": mutate,
    "random": uniform,
    "tpe": tpe,
    "tpe_named": lambda task, seed: tpe(task, seed, named=True),
}


def truth(task: Task, source: bytes) -> float:
    """Return the mean score over fresh seeds, that of the start where it fails."""
    seen = [evaluate(source, task.score, 10**6 + seed) for seed in range(FRESH)]
    good = [value for value in seen if value is not None]
    return statistics.fmean(good) if len(good) == len(seen) else -math.inf


def bootstrap(differences: list[float]) -> tuple[float, float, float]:
    """Return mean and 95 % percentile interval of paired differences (Efron 1979)."""
    rng = random.Random(1)
    means = sorted(
        statistics.fmean(rng.choices(differences, k=len(differences))) for _ in range(RESAMPLES)
    )
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]
    return statistics.fmean(differences), low, high


def measured(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield one row a run."""
    for name in arguments.programs.split(","):
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            for method in arguments.methods.split(","):
                task = load(name, arguments.trials)
                start = truth(task, task.source)
                end = max(truth(task, RUNS[method](task, seed)), start)
                yield {"program": name, "seed": seed, "method": method, "start": start,
                       "end": end, "trials": task.spent}  # fmt: skip
                print(".", end="", flush=True, file=sys.stderr)


def shares(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[float]]:
    """Return (program, method) → shares of the way to the best, by seed."""
    found: dict[tuple[str, str], list[float]] = {}
    best = {p: max(r["end"] for r in rows if r["program"] == p) for p in _programs(rows)}
    for row in sorted(rows, key=lambda r: r["seed"]):
        way = max(best[row["program"]] - row["start"], 1e-300)
        key = row["program"], row["method"]
        found.setdefault(key, []).append((row["end"] - row["start"]) / way)
    return found


def _programs(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["program"] for row in rows))


def report(rows: list[dict[str, Any]]) -> None:
    """Print the tables."""
    found = shares(rows)
    methods = list(dict.fromkeys(row["method"] for row in rows))
    print(f"\n| program | start | best | {' | '.join(methods)} |")
    print(f"| --- | --- | --- |{' --- |' * len(methods)}")
    for program in _programs(rows):
        mine = [r for r in rows if r["program"] == program]
        cells = " | ".join(f"{statistics.fmean(found[program, m]):.2f}" for m in methods)
        print(
            f"| {program} | {mine[0]['start']:.4g} | {max(r['end'] for r in mine):.4g} | {cells} |"
        )
    others = [m for m in methods if m != "mutate"]
    if "mutate" not in methods:
        return
    print(f"\n| program | {' | '.join(f'mutate - {m}' for m in others)} |")
    print(f"| --- |{' --- |' * len(others)}")
    for program in _programs(rows):
        cells = [_against(found[program, "mutate"], found[program, m]) for m in others]
        print(f"| {program} | {' | '.join(cells)} |")


def _against(mine: list[float], theirs: list[float]) -> str:
    mean, low, high = bootstrap([a - b for a, b in zip(mine, theirs, strict=True)])
    return f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def kept(path: Path) -> list[dict[str, Any]]:
    """Return the rows that ``--csv`` wrote to ``path``."""
    with path.open() as file:
        return [
            row | {"seed": int(row["seed"]), "start": float(row["start"]), "end": float(row["end"])}
            for row in csv.DictReader(file)
        ]


def main() -> None:
    """Run what was asked for and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--csv")
    parser.add_argument("--read", nargs="+", default=())
    arguments = parser.parse_args()
    if arguments.read:
        report([row for path in arguments.read for row in kept(Path(path))])
        return
    signal.signal(signal.SIGALRM, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    rows = []
    for row in measured(arguments):
        rows.append(row)
        if arguments.csv:
            keep(rows, Path(arguments.csv))
    report(rows)


def keep(rows: list[dict[str, Any]], path: Path) -> None:
    """Write ``rows`` so that `kept` reads them."""
    with path.open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _stop(_number: int, _frame: object) -> None:
    raise TooLong


if __name__ == "__main__":
    main()
