"""What an epoch stands on: its private data, and the proof that nothing but work can win in it."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from regency import plugins
from regency.config import Config
from regency.errors import BadInput
from regency.evaluate.contamination import NOTHING_HIDDEN, Contamination, scan
from regency.evaluate.evaluator import Evaluator, Place
from regency.lab.home import SETTINGS, Home, hidden
from regency.repo.git import Repo
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.trusted import run_trusted

DATA_WALL_S = 600.0
MOST_REMAKES = 5  # of the data, without the documents that were found in sight of candidates
Start = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What was proved about the sandbox when the epoch opened.

    Attributes:
        level: Isolation level.
        start: ``cold`` or ``fork``.
        startup_cpu_s: CPU-seconds of starting an empty program with the lab's preloads.
        files_scanned: Files that a candidate can read, all searched for hidden data.
        bytes_scanned: Their size.
        left_out: Hidden documents that candidates could have read elsewhere, and that the data
            was made without.
    """

    level: str
    start: str
    startup_cpu_s: float
    files_scanned: int
    bytes_scanned: int
    left_out: tuple[str, ...] = ()


def prepare(
    home: Home,
    config: Config,
    start: Start,
    *,
    unsafe: bool,
    say: Callable[[str], None],
    number: int = 0,
) -> Ground:
    """Make the private data and prove that no candidate can read the hidden part of it.

    Which text can be read depends on what is installed. So a data command that takes ``{leaks}``
    is run again without the documents that were found, until none is.

    Args:
        home: The lab's folders.
        config: The settings to be.
        start: Writes the starting point's files to a folder.
        unsafe: Whether to go on without isolation.
        say: Told each step in plain words.
        number: Number of the epoch to be; its rules are copied already.

    Raises:
        SandboxError: No isolation can be had.
        BadInput: The command failed, hidden data can be read, or an empty answer passes.
    """
    leaks: set[str] = set()
    adapts = any("{leaks}" in part for part in config.data.command or ())
    for last in (False,) * MOST_REMAKES + (True,):
        say("making the lab's private data")
        make_data(home, config, number, leaks)
        say("proving the sandbox and looking for leaks of the hidden data")
        ground, found = _prove(home, config, number, start, unsafe=unsafe)
        more = {Path(match.hidden).relative_to(home.data).as_posix() for match in found.matches}
        if found.clean or last or not adapts or more <= leaks:
            found.demand_clean()
            return replace(ground, left_out=tuple(sorted(leaks)))
        leaks |= more
    raise AssertionError("the last round returns or raises")


def make_data(home: Home, config: Config, number: int = 0, leaks: Iterable[str] = ()) -> None:
    """Run the lab's data command, if it has one, and check that what trials need is there.

    Args:
        home: The lab.
        config: Its settings.
        number: Number of the epoch.
        leaks: Hidden documents to leave out, paths below the data folder.

    Raises:
        BadInput: The command failed, or a file that trials need is missing.
    """
    if config.data.command:
        shutil.rmtree(home.data, ignore_errors=True)
        home.data.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(sorted(leaks), file)
            file.flush()
            places = {
                "{private}": str(home.data), "{leaks}": file.name, "{draw}": str(config.data.draw)
            }  # fmt: skip
            command = [_filled(part, places) for part in config.data.command]
            result = run_trusted(command, home.epoch(number), DATA_WALL_S)
        if result.exit_code != 0:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise BadInput(f"the data command failed: {last}. Correct [data] in {SETTINGS}.")
    demand_data(home, config)


def demand_data(home: Home, config: Config) -> None:
    """Check that the private files which trials need are there.

    Raises:
        BadInput: One is missing.
    """
    for name in needed_data(config):
        if not (home.data / name).is_file():
            raise BadInput(
                f"no data file {name!r} is there. Correct [data] or inputs in {SETTINGS}; to have "
                "data made anew in a lab that exists, change [data] draw."
            )


def _filled(text: str, places: Mapping[str, str]) -> str:
    for mark, value in places.items():
        text = text.replace(mark, value)
    return text


def needed_data(config: Config) -> list[str]:
    """Return the private files that trials of ``config`` read or are scored with."""
    names = [n for phase in config.run for n in phase.inputs if ":" not in n]
    names += config.score.answers
    splits = ("search", "confirm")
    return sorted({name.replace("{split}", split) for name in names for split in splits})


def prove(home: Home, config: Config, number: int, start: Start, *, unsafe: bool) -> Ground:
    """Start the sandbox once and show that neither nothing nor hidden data can win in it.

    Args:
        home: The lab's folders.
        config: The settings to be.
        number: Number of the epoch to be; its rules are copied already.
        start: Writes the starting point's files to a folder.
        unsafe: Whether to go on without isolation.

    Raises:
        SandboxError: No isolation can be had.
        BadInput: Hidden data can be read by candidates, or an empty answer passes.
    """
    ground, found = _prove(home, config, number, start, unsafe=unsafe)
    found.demand_clean()
    return ground


def _prove(
    home: Home, config: Config, number: int, start: Start, *, unsafe: bool
) -> tuple[Ground, Contamination]:
    with open_sandbox(config, core=None, unsafe=unsafe) as sandbox:
        config = config.as_opened(str(sandbox.report()["start"]), sandbox.level)
        startup = round(sandbox.startup_cpu_s(config.limits.preload), 4)
        if any(probe.kind == "null" for probe in config.probes):
            place = Place(home.data, home.epoch(number), home.work / "nothing")
            _demand_null_fails(
                Evaluator(config, place, sandbox, startup_cpu_s=startup, core=-1), start
            )
        texts = sorted(home.data.rglob("*.txt"))
        looked = scan(sandbox, texts) if texts and sandbox.level != "D" else NOTHING_HIDDEN
        files, size = looked.files_read, looked.bytes_read
        return Ground(sandbox.level, config.limits.start, startup, files, size), looked


def _demand_null_fails(evaluator: Evaluator, start: Start) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="regency-start-") as folder:
            start(Path(folder))
            evaluator.demand_null_fails(folder)
    finally:
        evaluator.reader.close()


def writer(repo: Repo, commit: str, config: Config) -> Start:
    """Return what writes the files of ``commit`` that candidates have to a folder."""
    left_out = hidden(config, set(repo.files(commit)))
    return lambda folder: repo.materialise(commit, folder, left_out.__contains__)


def open_sandbox(config: Config, *, core: int | None, unsafe: bool) -> NamespaceSandbox:
    """Return the lab's sandbox engine, started."""
    engine = plugins.load("regency.sandboxes", config.sandbox.engine)
    made: NamespaceSandbox = engine(
        hide=config.sandbox.hide,
        mounts=config.sandbox.mounts,
        core=core,
        unsafe=unsafe,
        start=config.limits.start,
        preload=config.limits.preload,
        levels=config.sandbox.levels,
        **({"devices": config.sandbox.devices} if config.sandbox.devices else {}),
    )
    return made
