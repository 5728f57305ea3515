"""Ways to win without improving: what is stopped, by what, and what that costs; beside rivals.

    python bench/hacks.py [--rivals PYTHON] [--trials N]

PYTHON is the interpreter of a throw-away environment with ``openevolve`` and ``kernelguard``:

    python -m venv /tmp/rivals && /tmp/rivals/bin/pip install openevolve==0.4.0 kernelguard==0.3.2

Without it the two columns stay empty. Costs are measured on tiny_lm, N trials of about two
seconds: what the screen, the checks of outputs and the probes add to them.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import regency.labs.tiny_lm  # noqa: E402
from hacks import stage  # noqa: E402
from hacks.corpus import Attack, workspace  # noqa: E402
from hacks.honest import HONEST  # noqa: E402
from hacks.labs import TASKS, edits_of  # noqa: E402
from hacks.schemes import SCHEMES  # noqa: E402
from hacks.stage import PROGRAMS  # noqa: E402
from regency import config  # noqa: E402
from regency.evaluate import probes  # noqa: E402
from regency.evaluate.evaluator import Evaluator, Place  # noqa: E402
from regency.evaluate.screen import screen  # noqa: E402
from regency.lab import ground  # noqa: E402
from regency.records import FileEdit, Purpose, TrialRequest  # noqa: E402

TINY = Path(regency.labs.tiny_lm.__file__).parent / "files"
PAIRS = 12  # of a typical test for promotion; its candidate is probed in four of them
PROBED = 4


class Rivals:
    """OpenEvolve's evaluator and kernelguard, in an environment of their own."""

    def __init__(self, python: str | None, folder: Path) -> None:
        """Take the interpreter, if there is one, and a folder to work in."""
        self._python, self._folder = python, folder
        self._honest: dict[str, float] = {}
        self._count = 0

    def openevolve(self, attack: Attack, program: str) -> str:
        """Return ``wins`` if the attack beats the honest program there, else ``stopped``."""
        if self._python is None:
            return ""
        if attack.naive not in self._honest:
            self._honest[attack.naive] = self._score(attack, TASKS[attack.task].program)
        score = self._score(attack, program)
        return "wins" if attack.wins(score, self._honest[attack.naive]) else "stopped"

    def kernelguard(self, program: str) -> str:
        """Return what kernelguard says of a program."""
        if self._python is None:
            return ""
        made = self._written(program)
        return str(self._ask("kernelguard", str(made), folder=made.parent)[0])

    def _score(self, attack: Attack, program: str) -> float:
        wall_s = config.parse(TASKS[attack.task].settings).limits.wall_s  # the same as ours
        made = self._written(program)
        place = workspace(made.parent / "place")
        answer = self._ask(
            "openevolve", str(place / f"{attack.naive}.py"), str(made), str(wall_s), folder=place
        )
        return float(answer.get("combined_score", 0.0))

    def _written(self, program: str) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        (folder / "given.py").write_text(program, errors="surrogateescape")
        return folder / "given.py"

    def _ask(self, *words: str, folder: Path) -> Any:
        command = [str(self._python), str(ROOT / "bench/rivals.py"), *words]
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "HOME": str(folder)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else {}


def attacks(folder: Path, rivals: Rivals) -> tuple[Counter[str], Counter[str], int]:
    """Try every program; print a row each; return gates, rivals' answers, and honest ones lost."""
    gates, others, lost = Counter[str](), Counter[str](), 0
    with stage.servers() as given, stage.labs(folder / "labs") as labs:
        for attack in PROGRAMS:
            lab = labs[attack.task]
            gate, _ = stage.tried(attack, lab, given)
            program = stage.text_of(attack, lab, given)
            evolve, guard = rivals.openevolve(attack, program), rivals.kernelguard(program)
            gates[gate or "NOT STOPPED"] += 1
            others.update([f"openevolve {evolve}", f"kernelguard {guard}"])
            row(str(attack.row), attack.name, gate or "NOT STOPPED", evolve, guard)
        for scheme in SCHEMES:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                gate = scheme.ours(Path(place))
            gates[gate or "NOT STOPPED"] += 1
            row(str(scheme.row), scheme.name, gate or "NOT STOPPED", "", "")
        for candidate in HONEST:
            lab, edits = labs[candidate.task], edits_of(candidate.files)
            fault = lab.screened(edits) or lab.trial(edits, "confirm", probed=True).fault
            guard = rivals.kernelguard(str(candidate.files["program.py"]))
            lost += bool(fault)
            others[f"honest {guard}"] += 1
            row("honest", candidate.name, fault or "passes", "", guard)
    return gates, others, lost


def row(*cells: str) -> None:
    """Print one row of the table."""
    number, name, gate, evolve, guard = cells
    print(f"{number:<7}{name[:62]:<64}{gate:<26}{evolve:<12}{guard}", flush=True)


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """Return ``function``, noting in ``spent`` how long each call takes."""

    def run(*given: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*given)
        finally:
            spent.append(time.perf_counter() - start)

    return run


def costs(folder: Path, trials: int) -> None:
    """Print what protection adds to the trials of tiny_lm."""
    settings = config.parse((TINY / "regency.toml").read_text())
    private = folder / "private"
    command = [sys.executable, "-B", "prepare.py", "--private", str(private)]
    subprocess.run(command, cwd=TINY, check=True, stdout=subprocess.DEVNULL)
    before = {"train.py": (TINY / "train.py").read_bytes()}
    screens, checks, asked, totals = [], [], [], []  # type: ignore[var-annotated]
    look = timed(screen, screens)
    with ground.open_sandbox(settings, core=None, unsafe=False) as sandbox:
        settings = settings.as_opened(str(sandbox.report()["start"]), sandbox.level)
        startup = sandbox.startup_cpu_s(settings.limits.preload)
        place = Place(private, TINY, folder / "work")
        evaluator = Evaluator(settings, place, sandbox, startup_cpu_s=startup, core=-1)
        evaluator.reader.check = timed(evaluator.reader.check, checks)  # type: ignore[method-assign]
        probes.demand_all = timed(probes.demand_all, asked)
        for number in range(trials):
            text = before["train.py"].replace(b"WIDTH = 64", b"WIDTH = %d" % (65 + number))
            look([FileEdit("train.py", text)], before, settings.change)
            key = f"bench/{number}"
            request = TrialRequest(key, "c1", Purpose.CONFIRM, "confirm", number, probed=True)
            start = time.perf_counter()
            trial = evaluator.run(request, str(TINY))
            totals.append(time.perf_counter() - start)
            if trial.fault:
                sys.exit(f"the honest program fails: {trial.fault}")
        evaluator.reader.close()
    screened, probed = statistics.median(screens), statistics.median(asked)
    checked = sum(checks) / trials  # those of probes too
    trial_s = statistics.median(totals) - probed - checked
    print(f"\ncosts on tiny_lm, {trials} trials, medians")
    print(f"  trial without protection           {trial_s * 1e3:9.1f} ms")
    print(f"  screen of one edit                 {screened * 1e3:9.1f} ms")
    print(f"  checks of outputs, a trial         {checked * 1e3:9.1f} ms")
    print(f"  probes, where they are put         {probed * 1e3:9.1f} ms")
    search = (screened + checked) / trial_s
    test = (PROBED * probed + 2 * PAIRS * checked) / (2 * PAIRS * trial_s)
    print(f"  share of a search trial            {search:9.2%}")
    print(f"  share of a test of {PAIRS} pairs        {test:9.2%}")
    print(f"  share if every trial were probed   {(screened + checked + probed) / trial_s:9.2%}")


def main() -> None:
    """Print the table, the sums and the costs."""
    given = argparse.ArgumentParser(description="Attacks stopped, honest ones lost, cost.")
    given.add_argument("--rivals", help="interpreter with openevolve and kernelguard")
    given.add_argument("--trials", type=int, default=10)
    options = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rivals").mkdir()
        print("in columns 4 and 5: OpenEvolve's evaluator, kernelguard's verdict\n")
        row("row", "attack", "stopped by", "openevolve", "kernelguard")
        gates, others, lost = attacks(folder, Rivals(options.rivals, folder / "rivals"))
        total = sum(gates.values())
        print(f"\nattacks stopped: {total - gates['NOT STOPPED']} of {total}")
        print("  " + ", ".join(f"{gate} {count}" for gate, count in gates.most_common()))
        print(f"honest candidates lost: {lost} of {len(HONEST)}")
        if options.rivals:
            print("  " + ", ".join(f"{name} {count}" for name, count in sorted(others.items())))
        costs(folder, options.trials)


if __name__ == "__main__":
    main()
