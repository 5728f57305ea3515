"""What starting a trial costs: subprocess, bwrap, cold start, fork start and a bare fork.

    python bench/sandbox.py [--rounds 30] [--modules none,numpy,torch] [--core 0]

Every round runs each way once, in random order, on the same script: it imports the modules and
works for a millisecond. Times are whole cycles, from asking to having the result. ``bare fork`` is
a fork of a process that has imported the modules, without any isolation: the fork start is
compared with it pair by pair.
"""

import argparse
import importlib.util
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from regency.records import Job, Limits
from regency.sandbox.engines import NamespaceSandbox

WORK = "\nimport time\nend = time.perf_counter() + 0.001\nwhile time.perf_counter() < end: pass\n"
BARE = """
import os, sys
MODULES
code = compile(open(sys.argv[1]).read(), "job", "exec")
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            exec(code, {"__name__": "__main__"})
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    print(flush=True)
"""
WAYS = ("subprocess", "bwrap", "cold start", "fork start", "bare fork")
Way = Callable[[], None]


class BareFork:
    """A process that has imported the modules and forks once for each line it reads."""

    def __init__(self, imports: str, script: str) -> None:
        words = [sys.executable, "-c", BARE.replace("MODULES", imports), script]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=one_thread()
        )

    def run(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def one_thread() -> dict[str, str]:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return dict(os.environ) | dict.fromkeys(names, "1")


def program(*before: str) -> Callable[[str], Way]:
    def make(script: str) -> Way:
        words = [*before, sys.executable, "-s", "-B", script]
        return lambda: subprocess.run(words, check=True, env=one_thread()) and None

    return make


def sandboxed(engine: NamespaceSandbox, folder: str) -> Way:
    job = Job(("python", "job.py"), folder)

    def run() -> None:
        result = engine.run(job, Limits())
        if result.status != "ok":
            raise SystemExit(f"{result.message} {result.stderr}")

    return run


def measure(module: str, rounds: int, core: int | None) -> dict[str, list[float]]:
    """Return milliseconds per cycle, way → one number per round."""
    imports = "" if module == "none" else f"import {module}"
    modules = [] if module == "none" else [module]
    with tempfile.TemporaryDirectory(prefix="regency-bench-") as folder:
        script = str(Path(folder, "job.py"))
        Path(script).write_text(imports + WORK)
        bare = BareFork(imports, script)
        with (
            NamespaceSandbox(core=core) as cold,
            NamespaceSandbox(core=core, start="fork", preload=modules) as fork,
        ):
            ways = {"subprocess": program()(script), "bare fork": bare.run}
            if bwrap := shutil.which("bwrap"):
                around = (bwrap, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
                ways["bwrap"] = program(*around, "--unshare-all", "--die-with-parent")(script)
            ways |= {"cold start": sandboxed(cold, folder), "fork start": sandboxed(fork, folder)}
            found = timed(ways, rounds)
        bare.close()
    return found


def timed(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    for way in ways.values():
        way()  # files in the cache, pages in place
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            begin = time.perf_counter()
            ways[name]()
            times[name].append((time.perf_counter() - begin) * 1000)
    return times


def show(module: str, times: dict[str, list[float]]) -> None:
    base = statistics.median(times["subprocess"])
    print(f"\n{module}: {len(times['subprocess'])} rounds")
    print(f"{'':12} {'ms':>9} {'lowest':>9} {'per s':>8} {'x subprocess':>13}")
    for way in (name for name in WAYS if name in times):
        middle = statistics.median(times[way])
        row = f"{middle:9.1f} {min(times[way]):9.1f} {1000 / middle:8.1f} {base / middle:13.1f}"
        print(f"{way:12} {row}")
    pairs = zip(times["fork start"], times["bare fork"], strict=True)
    added = statistics.median(a - b for a, b in pairs)
    lowest = min(times["fork start"]) - min(times["bare fork"])
    print(f"isolation adds {added:.1f} ms to a bare fork (lowest against lowest: {lowest:.1f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--modules", default="none,numpy,torch")
    parser.add_argument("--core", type=int, default=None, help="pin sandboxes to this core")
    options = parser.parse_args()
    for module in options.modules.split(","):
        if module != "none" and importlib.util.find_spec(module) is None:
            print(f"\n{module}: not installed")
            continue
        rounds = options.rounds if module != "torch" else max(5, options.rounds // 3)
        show(module, measure(module, rounds, options.core))


if __name__ == "__main__":
    main()
