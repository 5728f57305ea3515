"""Probes: questions that an honest candidate answers like itself, and one that cheats does not.

Each is switched on by the lab's owner. They run a phase once more on inputs that were changed in a
way that must, or must not, show in its output. Runs are the sandbox's, comparisons the reader's.

- ``limit``: a number beyond what is plausible is no improvement but a fault.
- ``repeat``: the same run twice gives the same output.
- ``order``: rows in another order give the same rows in that order. Catches answers that are known
  by their place, and rows that help each other.
- ``suffix``: what comes later must not change what came before. Catches a missing causal mask, and
  training on a stream before it is scored.
- ``fresh``: inputs that the owner's command has just made. Catches memorised inputs and shapes.
- ``null``: at `init`, empty programs and empty answers must not pass.
"""

import io
import json
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regency.config import Config, OutputTable, PhaseTable, ProbeTable
from regency.errors import BadInput, TrialError
from regency.evaluate.artifacts import digest
from regency.evaluate.run import OUTPUTS, Run
from regency.records import Json, Outcome
from regency.repo.tree import match
from regency.sandbox.trusted import run_trusted

FRESH_WALL_S = 120.0
WORK = ".probe"
Array = npt.NDArray[Any]


def demand_plausible(tables: Sequence[ProbeTable], scores: Mapping[str, float]) -> None:
    """Refuse numbers beyond the limits that the owner states.

    Raises:
        TrialError: One is, or did not come out at all.
    """
    for table in tables:
        if table.kind == "limit":
            value = scores.get(str(table.of))
            if value is None:
                raise TrialError(f"probe {table.name!r}: no number named {table.of!r} came out")
            if _beyond(table, value):
                raise TrialError(
                    f"probe {table.name!r}: its {table.of} of {value:.6g} is beyond what is "
                    f"plausible ({_bounds(table)})"
                )


def demand_all(run: Run, score: float) -> dict[str, float]:
    """Put every probe that runs a candidate to ``run``; return what that cost.

    Args:
        run: A run whose phases are done, outputs still there.
        score: Its score.

    Returns:
        ``probe_cpu_s`` and ``probe_wall_s``; nothing if there is no such probe.

    Raises:
        TrialError: The candidate did not pass; names the probe and says why.
        BadInput: The owner's own command failed.
    """
    asked = [table for table in run.kit.config.probes if table.kind in _KINDS]
    outcomes: list[Outcome] = []
    for table in asked:
        folder = run.work / WORK
        folder.mkdir()
        try:
            outcomes += _KINDS[table.kind](table, run, folder, score)
        except TrialError as error:
            raise TrialError(f"probe {table.name!r}: {error}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if not asked:
        return {}
    return {
        "probe_cpu_s": sum(outcome.cpu_s for outcome in outcomes),
        "probe_wall_s": sum(outcome.wall_s for outcome in outcomes),
    }


def _repeat(table: ProbeTable, run: Run, folder: Path, _: float) -> list[Outcome]:
    phase = _phase(table, run)
    outcome = _again(run, phase, folder, {})
    first, second = _versions(table, run, phase, folder)
    same = digest(first) == digest(second)
    if not same and table.tolerance > 0:
        how = {"tolerance": table.tolerance}
        same = run.kit.reader.agree(str(table.output), first, second, how)
    if not same:
        raise TrialError(f"the same run again gave another {table.output!r}")
    return [outcome]


def _order(table: ProbeTable, run: Run, folder: Path, _: float) -> list[Outcome]:
    rng = np.random.default_rng(secrets.randbits(64))  # no seed that the candidate could know
    arrays = _inputs(table, run)
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise BadInput(f"the inputs of probe {table.name!r} have different numbers of rows.")
    order = _another_order(lengths.pop(), rng)
    np.save(folder / "order.npy", order)
    changed = {name: array[order] for name, array in arrays.items()}
    how = {"rows": str(folder / "order.npy")}
    problem = f"with its inputs in another order {table.output!r} does not follow"
    return _changed(table, run, folder, changed, how, problem)


def _another_order(length: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return a random order in which no row keeps its place: one cycle through all of them."""
    cycle = rng.permutation(length)
    order = np.empty(length, np.int64)
    order[cycle] = np.roll(cycle, 1)
    return order


def _suffix(table: ProbeTable, run: Run, folder: Path, _: float) -> list[Outcome]:
    rng = np.random.default_rng(secrets.randbits(64))
    arrays = _inputs(table, run)
    length = min(array.shape[table.axis] for array in arrays.values())
    cut = int(rng.integers(length // 4, max(length * 3 // 4, length // 4 + 1)))
    changed = {name: _scrambled(array, table.axis, cut, rng) for name, array in arrays.items()}
    how = {"keep": [table.axis, min(cut + table.shift, length)]}
    problem = f"{table.output!r} changes where only later inputs changed"
    return _changed(table, run, folder, changed, how, problem)


def _fresh(table: ProbeTable, run: Run, folder: Path, score: float) -> list[Outcome]:
    made, work = folder / "private", folder / "work"
    made.mkdir()
    work.mkdir()
    seed = secrets.randbits(31)
    extra = ("--seed", str(seed), "--split", run.split, "--private", str(run.private[-1]))
    command = (*(table.command or ()), *extra, "--out", str(made))
    result = run_trusted(command, run.kit.scorer, FRESH_WALL_S)
    if result.exit_code != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise BadInput(f"the command of probe {table.name!r} failed: {last}. Correct [[probes]].")
    again = Run(run.kit, run.files, run.split, run.seed, (made, run.private[-1]), work)
    again.all()
    config = run.kit.config.score
    worse = again.score()[config.metric] - score
    if (worse if config.goal == "minimize" else -worse) > (table.max_gap or 0.0):
        raise TrialError(f"on fresh inputs its {config.metric} is worse by more than it may be")
    return again.outcomes


_Probe = Callable[[ProbeTable, Run, Path, float], list[Outcome]]
_KINDS: Mapping[str, _Probe] = {
    "repeat": _repeat,
    "order": _order,
    "suffix": _suffix,
    "fresh": _fresh,
}


def _changed(
    table: ProbeTable,
    run: Run,
    folder: Path,
    arrays: Mapping[str, Array],
    how: Mapping[str, Json],
    problem: str,
) -> list[Outcome]:
    """Run the phase on ``arrays`` and refuse an output that differs where it must not."""
    replaced = {}
    for name, array in arrays.items():
        path = folder / f"in.{name}"
        text = name.endswith(".json")
        path.write_bytes(json.dumps(array.tolist()).encode() if text else _npy(array))
        replaced[name] = str(path)
    phase = _phase(table, run)
    outcome = _again(run, phase, folder, replaced)
    first, second = _versions(table, run, phase, folder)
    how = {"tolerance": table.tolerance, **how}
    if not run.kit.reader.agree(str(table.output), first, second, how):
        raise TrialError(problem)
    return [outcome]


def _again(run: Run, phase: PhaseTable, folder: Path, replaced: Mapping[str, str]) -> Outcome:
    (folder / "out").mkdir()
    outcome = run.start(phase, folder / "out", replaced)
    run.demand(phase, folder / "out", outcome)
    return outcome


def _versions(table: ProbeTable, run: Run, phase: PhaseTable, folder: Path) -> tuple[Path, Path]:
    name = str(table.output)
    return run.work / phase.name / name, folder / "out" / name


def _phase(table: ProbeTable, run: Run) -> PhaseTable:
    return next(phase for phase in run.kit.config.run if phase.name == table.phase)


def _inputs(table: ProbeTable, run: Run) -> dict[str, Array]:
    """Return the lab's own inputs that a probe changes: trusted data, JSON or npy."""
    paths = run.inputs(_phase(table, run))
    return {name: _array(Path(paths[name])) for name in table.inputs}


def _array(path: Path) -> Array:
    if path.suffix == ".json":
        return np.asarray(json.loads(path.read_text()))
    made: Array = np.load(path, allow_pickle=False)
    return made


def _scrambled(array: Array, axis: int, cut: int, rng: np.random.Generator) -> Array:
    """Return ``array`` with everything from ``cut`` on drawn anew from half of its values.

    Shuffling alone would keep means and counts, which a cheat may use just as well.
    """
    changed = np.moveaxis(array.copy(), axis, 0)
    values = np.unique(array)
    pool = rng.choice(values, (len(values) + 1) // 2, replace=False)
    changed[cut:] = rng.choice(pool, changed[cut:].shape)
    return np.moveaxis(changed, 0, axis)


# ── nothing must not pass ──────────────────────────────────────────────────────────────────────


def demand_null_fails(table: ProbeTable, run: Run) -> None:
    """Prove that an empty program and empty answers are refused, or score as badly as stated.

    Args:
        table: A probe of kind ``null``.
        run: An unused run of the starting point.

    Raises:
        BadInput: One of them passes.
    """
    program = run.work / "program"
    _emptied(Path(run.files), program, run.kit.config.change.editable)
    (run.work / "run").mkdir()
    empty = Run(run.kit, str(program), run.split, run.seed, run.private, run.work / "run")
    try:
        empty.all()
        _demand_bad(table, empty.score(), "an empty program")
    except TrialError:
        pass
    for what, contents in _null_answers(run.kit.config):
        outputs = run.work / OUTPUTS
        shutil.rmtree(outputs, ignore_errors=True)
        outputs.mkdir()
        for name, content in contents.items():
            (outputs / name).write_bytes(content)
        try:
            _demand_bad(table, run.ask_scorer(outputs), what)
        except TrialError:
            continue


def _demand_bad(table: ProbeTable, scores: Mapping[str, float], what: str) -> None:
    value = scores.get(str(table.of))
    if value is not None and _beyond(table, value):
        raise BadInput(
            f"{what} scores {table.of} = {value:.6g}, which probe {table.name!r} says nothing "
            f"may ({_bounds(table)}). Let the scorer refuse empty answers."
        )


def _emptied(files: Path, program: Path, editable: Sequence[str]) -> None:
    shutil.copytree(files, program)
    for path in program.rglob("*"):
        if path.is_file() and match(path.relative_to(program).as_posix(), editable):
            path.write_bytes(b"")


def _null_answers(config: Config) -> list[tuple[str, dict[str, bytes]]]:
    names = [name for phase in config.run for name in phase.outputs]
    tables = {table.name: table for table in config.outputs}
    zeros = {name: _zeros(tables.get(name)) for name in names}
    texts = {"an empty file": b"", "an empty JSON object": b"{}", "an empty JSON list": b"[]"}
    return [
        ("no answer at all", {}),
        *((what, dict.fromkeys(names, text)) for what, text in texts.items()),
        ("an answer of zeros", zeros),
    ]


def _zeros(table: OutputTable | None) -> bytes:
    """Return a file of the stated format that says nothing: zeros, as few as may be."""
    if table is None or table.format == "json":
        return b"0"
    dtype = str((table.dtypes or ["float32"])[0])
    if table.format == "npy":
        shape = [max(length, 0) for length in table.shape or [0]]
        return _npy(np.zeros(shape, "uint16" if dtype == "bfloat16" else dtype))
    header, body = {}, b""
    for name, lengths in table.tensors.items():
        part = np.zeros([max(length, 0) for length in lengths], np.float32).tobytes()
        shape = [max(length, 0) for length in lengths]
        ends = [len(body), len(body) + len(part)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": ends}
        body += part
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def _npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array))
    return file.getvalue()


def _beyond(table: ProbeTable, value: float) -> bool:
    too_small = table.least is not None and value < table.least
    return too_small or (table.most is not None and value > table.most)


def _bounds(table: ProbeTable) -> str:
    parts = [("at least", table.least), ("at most", table.most)]
    return ", ".join(f"{word} {bound:g}" for word, bound in parts if bound is not None)
