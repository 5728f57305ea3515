"""Review streams with known truth: how wrong is the measure, and do its intervals hold?

    python bench/bottleneck.py [STREAMS] [MERGES]

STREAMS: streams of each kind (default 100). MERGES: merges of the repository that is timed
(default 50,000; 0: none).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regency.measure.bottleneck import merges, queue
from regency.measure.bottleneck.answer import Report, measure
from regency.measure.bottleneck.items import Estimate, Item, Stream, Wish
from regency.repo.git import Repo

WEEK = 604_800.0
WEEKS = 26
AHEAD = 6


@dataclass(frozen=True)
class Kind:
    """How a stream is made: weekly arrivals by week, mean review in weeks, reviewers."""

    name: str
    rate: Callable[[np.ndarray], np.ndarray]
    review_weeks: float
    reviewers: int
    heavy: bool = False
    batch: int = 1
    broke: float | None = None
    crosses: float | None = None
    unseen: bool = False

    @property
    def load(self) -> float:
        """True utilisation at the end of the window."""
        return float(self.rate(np.array(float(WEEKS)))) * self.review_weeks / self.reviewers


def steady(weekly: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda week: np.full_like(week, weekly, dtype=float)


def step(before: float, after: float, at: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda week: np.where(week < at, before, after).astype(float)


def growing(start: float, crossing: float, level: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda week: start * np.exp(np.log(level / start) * week / crossing)


KINDS = (
    Kind("M/M/1, load 0.6", steady(30), 0.02, 1),
    Kind("M/M/1, load 0.8", steady(40), 0.02, 1),
    Kind("M/M/1, load 0.95", steady(47.5), 0.02, 1),
    Kind("M/M/1, load 0.8, slow (4 a week)", steady(4), 0.2, 1),
    Kind("M/G/1 lognormal, load 0.8", steady(40), 0.02, 1, heavy=True),
    Kind("M/M/3, load 0.8", steady(40), 0.06, 3),
    Kind("batches of 4, M/1, load 0.8", steady(40), 0.02, 1, batch=4),
    Kind("M/M/1, load 0.8, waiting unseen", steady(40), 0.02, 1, unseen=True),
    Kind("overloaded from the start, 1.2", steady(60), 0.02, 1),
    Kind("0.7 to 1.3 in week 16", step(35, 65, 16), 0.02, 1, broke=16),
    Kind("0.7 to 1.3 in week 16, 3 reviewers", step(35, 65, 16), 0.06, 3, broke=16),
    Kind("grows, reaches 1 in week 40", growing(20, 40, 50), 0.02, 1, crosses=40),
    Kind("grows, reaches 1 in week 60", growing(25, 60, 50), 0.02, 1, crosses=60),
)


def arrivals(kind: Kind, weeks: float, rng: np.random.Generator) -> np.ndarray:
    """Return when changes come, in weeks: a Poisson process of that rate, by thinning."""
    top = float(kind.rate(np.linspace(0, weeks, 200)).max())
    tried = np.sort(rng.random(rng.poisson(top / kind.batch * weeks))) * weeks
    kept = tried[rng.random(len(tried)) * top < kind.rate(tried)]
    return np.repeat(kept, kind.batch)


def reviews(kind: Kind, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return how long each review takes, in weeks."""
    if kind.heavy:
        return rng.lognormal(np.log(kind.review_weeks) - 0.5, 1.0, count)
    return rng.exponential(kind.review_weeks, count)


def made(kind: Kind, rng: np.random.Generator) -> tuple[Stream, int]:
    """Return a stream as it stands after the window, and the backlog `AHEAD` weeks later."""
    came = arrivals(kind, WEEKS + AHEAD, rng)
    gone = queue.finished(came[None], reviews(kind, len(came), rng)[None], kind.reviewers)[0]
    names = queue.assigned(came, gone, kind.reviewers)
    later = int(((came <= WEEKS + AHEAD) & (gone > WEEKS + AHEAD)).sum())
    items = tuple(
        Item(str(n), (a, a, d if d <= WEEKS * WEEK else None), a, d if d <= WEEKS * WEEK else None,
             reviewer=f"reviewer {who}", batch=str(n))
        for n, (a, d, who) in enumerate(zip(came * WEEK, gone * WEEK, names, strict=True))
        if a <= WEEKS * WEEK and (not kind.unseen or d <= WEEKS * WEEK)
    )  # fmt: skip
    names_ = ("written", "ready", "merged")
    return Stream(
        "git",
        "made",
        "0",
        names_,
        items,
        0.0,
        WEEKS * WEEK,
        (1, 2),
        (0, 2),
        complete=not kind.unseen,
    ), later


def true_saving(kind: Kind, draws: int = 600) -> dict[str, float]:
    """Return the share of the wait that options save, by running the truth itself."""
    rng = np.random.default_rng(0)
    names = ("as it is", "10 % more review time", "one more reviewer", "packets half the size")
    waits: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(draws):
        came = arrivals(kind, WEEKS, rng)[None]
        spent = reviews(kind, came.shape[1], rng)[None]
        runs = ((spent, 0), (spent / 1.1, 0), (spent, 1), (spent / 2, 0))
        for name, (work, more) in zip(waits, runs, strict=True):
            gone = queue.finished(came, work, kind.reviewers + more)
            waits[name].append(float((gone - came).mean()))
    means = {name: float(np.mean(w)) for name, w in waits.items()}
    return {n: 1 - m / means["as it is"] for n, m in means.items() if n != "as it is"}


@dataclass
class Tally:
    """How often an interval held, and how far the value was off."""

    held: int = 0
    asked: int = 0
    errors: tuple[float, ...] = ()

    def add(self, truth: float, low: float | None, high: float | None, value: float | None) -> None:
        self.asked += 1
        self.held += (low is None or low <= truth) and (high is None or truth <= high)
        if value is not None:
            self.errors += (value - truth,)

    def take(self, truth: float, found: Estimate) -> None:
        self.add(truth, found.low, found.high, found.value)

    def cells(self, scale: float = 1.0) -> str:
        if not self.asked:
            return f"{'-':>9}{'-':>8}"
        error = float(np.median(np.abs(self.errors))) * scale if self.errors else float("nan")
        return f"{error:>9.3g}{self.held / self.asked:>8.0%}"


def streams(count: int) -> None:
    """Measure ``count`` streams of each kind, and print the tables."""
    print(f"{count} streams of each kind, {WEEKS} weeks; |error| is the median, cover of 95 %")
    head = ("utilisation", f"backlog +{AHEAD} wk", "10 % more", "one more", "half size")
    print(f"{'':<36}" + "".join(f"{name:>17}" for name in head))
    print(f"{'kind':<36}" + f"{'|error|':>9}{'cover':>8}" * len(head))
    told: list[str] = []
    for kind in KINDS:
        used, backlog = Tally(), Tally()
        saved = {name: Tally() for name in true_saving(kind, 2)}
        truth = true_saving(kind) if not (kind.broke or kind.crosses or kind.batch > 1) else {}
        truth = truth if kind.load < 1 else {}
        states: dict[str, int] = {}
        when = Tally()
        for number in range(count):
            stream, later = made(kind, np.random.default_rng(number))
            report = measure(stream, Wish(seed=number))
            if not kind.crosses:
                used.take(kind.load, report.load.utilisation)
            if report.forecast.ahead:
                last = report.forecast.ahead[AHEAD - 1]
                backlog.add(later, last.low, last.high, last.value)
            for name, share in truth.items():
                found = next(o for o in report.options if o.name == name)
                saved[name].take(share, found.share)
            states[report.forecast.state] = states.get(report.forecast.state, 0) + 1
            _when(kind, report, when)
        cells = [used.cells(), backlog.cells(), *(t.cells() for t in saved.values())]
        print(f"{kind.name:<36}" + "".join(cells), flush=True)
        words = ", ".join(f"{s} {n / count:.0%}" for s, n in sorted(states.items()))
        told.append(f"{kind.name:<36}{when.cells()}   {words}")
    print(f"\nwhen (weeks)\n{'kind':<36}{'|error|':>9}{'cover':>8}   state told")
    print("\n".join(told))


def _when(kind: Kind, report: Report, tally: Tally) -> None:
    found = report.forecast
    truth = kind.broke or kind.crosses
    if truth is None or (kind.broke and found.since.value is None):
        return
    asked = found.since if kind.broke else found.crossing
    if not kind.broke and found.state == "behind":
        return
    if found.crossing.value is None and not kind.broke and not found.chances:
        return
    ends = [None if t is None else t / WEEK for t in (asked.low, asked.high, asked.value)]
    tally.add(truth, ends[0], ends[1], ends[2])


def repository(folder: Path, count: int) -> None:
    """Make a repository of ``count`` merges of two commits each, with trailers."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    start, rng = 1_600_000_000, np.random.default_rng(0)
    with subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE
    ) as importing:
        out = importing.stdin
        assert out is not None
        out.write(b"blob\nmark :1\ndata 2\nx\n\n")
        main, mark = 0, 1
        for n in range(count):
            when = start + n * 3600
            base = main or None
            for part in range(2):
                mark += 1
                moment = when - int(rng.exponential(86_400)) * (2 - part)
                text = f"Work {n}.{part}\n\nReviewed-by: R{n % 7} <r{n % 7}@x.org>\n".encode()
                line = f"from :{base}\n" if base else ""
                out.write(
                    f"commit refs/heads/topic\nmark :{mark}\nauthor A <a@x.org> {moment} +0000\n"
                    f"committer A <a@x.org> {moment} +0000\ndata {len(text)}\n".encode()
                    + text + line.encode() + f"M 644 :1 f{n % 1000}\n\n".encode()
                )  # fmt: skip
                base = mark
            if not main:
                main = mark
                continue
            mark += 1
            text = f"Merge pull request #{n} from a/topic\n".encode()
            out.write(
                f"commit refs/heads/main\nmark :{mark}\nauthor M <m@x.org> {when} +0000\n"
                f"committer GitHub <noreply@github.com> {when} +0000\ndata {len(text)}\n".encode()
                + text + f"from :{main}\nmerge :{base}\n\n".encode()
            )  # fmt: skip
            main = mark
    subprocess.run(["git", "update-ref", "-d", "refs/heads/topic"], cwd=folder, check=True)


def timed(count: int) -> None:
    """Print how long a repository of ``count`` merges takes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "repo"
        repository(folder, count)
        repo = Repo.discover(folder)
        started, cpu = time.perf_counter(), time.process_time()
        stream = merges.stream(repo, merges.Reading())
        read = time.perf_counter() - started
        report = measure(stream, Wish())
        wall = time.perf_counter() - started
        own = time.process_time() - cpu
        repo.close()
    print(
        f"\n{count:,} merges ({3 * count:,} commits): {report.items:,} changes read in "
        f"{read:.1f} s, measured in {wall - read:.1f} s more; {wall:.1f} s in all, "
        f"{own:.1f} s of own CPU"
    )


def main() -> None:
    """Run both."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    streams(count)
    if size:
        timed(size)


if __name__ == "__main__":
    main()
