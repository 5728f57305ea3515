"""Epochs: one fixed set of rules and data, copied aside, with digests that the ledger keeps.

The rules in force are the epoch's copies, never the working tree's.
"""

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regency import plugins
from regency.config import Config, parse
from regency.errors import BadInput, LedgerError
from regency.evaluate.contamination import scan
from regency.evaluate.evaluator import Evaluator, Place
from regency.lab.home import SETTINGS, Home, hidden
from regency.repo.git import Repo
from regency.sandbox.engines import NamespaceSandbox
from regency.sandbox.trusted import run_trusted
from regency.store.views import Epoch

DATA_WALL_S = 600.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What was proved about the sandbox when the epoch opened.

    Attributes:
        level: Isolation level.
        start: ``cold`` or ``fork``.
        startup_cpu_s: CPU-seconds of starting an empty program with the lab's preloads.
        files_scanned: Files that a candidate can read, all searched for hidden data.
        bytes_scanned: Their size.
    """

    level: str
    start: str
    startup_cpu_s: float
    files_scanned: int
    bytes_scanned: int


def copy_rules(home: Home, number: int, files: Mapping[str, bytes]) -> None:
    """Copy the files that make the rules into the epoch's own folder."""
    for name, content in files.items():
        path = home.epoch(number) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def make_data(home: Home, config: Config, number: int = 0) -> None:
    """Run the lab's data command, if it has one, and check that what trials need is there.

    Raises:
        BadInput: The command failed, or a file that trials need is missing.
    """
    if config.data.command:
        command = [part.replace("{private}", str(home.data)) for part in config.data.command]
        result = run_trusted(command, home.epoch(number), DATA_WALL_S)
        if result.exit_code != 0:
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise BadInput(f"the data command failed: {last}. Correct [data] in {SETTINGS}.")
    for name in needed_data(config):
        if not (home.data / name).is_file():
            raise BadInput(
                f"no data file {name!r} was made. Correct [data] or inputs in {SETTINGS}."
            )


def needed_data(config: Config) -> list[str]:
    """Return the private files that trials of ``config`` read or are scored with."""
    names = [n for phase in config.run for n in phase.inputs if ":" not in n]
    names += config.score.answers
    splits = ("search", "confirm")
    return sorted({name.replace("{split}", split) for name in names for split in splits})


def prove(
    home: Home, config: Config, number: int, start: Callable[[Path], None], *, unsafe: bool
) -> Ground:
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
    with open_sandbox(config, core=None, unsafe=unsafe) as sandbox:
        startup = sandbox.startup_cpu_s(config.limits.preload)
        if any(probe.kind == "null" for probe in config.probes):
            place = Place(home.data, home.epoch(number), home.work / "nothing")
            _demand_null_fails(
                Evaluator(config, place, sandbox, startup_cpu_s=startup, core=-1), start
            )
        texts = sorted(home.data.rglob("*.txt"))
        if not texts or sandbox.level == "D":
            return Ground(sandbox.level, config.limits.start, round(startup, 4), 0, 0)
        found = scan(sandbox, texts)
        found.demand_clean()
        files, size = found.files_read, found.bytes_read
        return Ground(sandbox.level, config.limits.start, round(startup, 4), files, size)


def _demand_null_fails(evaluator: Evaluator, start: Callable[[Path], None]) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="regency-start-") as folder:
            start(Path(folder))
            evaluator.demand_null_fails(folder)
    finally:
        evaluator.reader.close()


def writer(repo: Repo, commit: str, config: Config) -> Callable[[Path], None]:
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
    )
    return made


def opened(
    home: Home, number: int, text: str, names: Sequence[str], ground: Ground
) -> dict[str, object]:
    """Return the body of the ledger's ``epoch.opened``."""
    folder = home.epoch(number)
    return {
        "number": number,
        "config_text": text,
        "config_digest": digest_of(text.encode()),
        "files": {name: digest_of((folder / name).read_bytes()) for name in names},
        "data": data_digests(home),
        "level": ground.level,
        "start": ground.start,
        "startup_cpu_s": ground.startup_cpu_s,
        "files_scanned": ground.files_scanned,
        "bytes_scanned": ground.bytes_scanned,
    }


def data_digests(home: Home) -> dict[str, str]:
    """Return the SHA-256 of every private data file, by its path."""
    files = sorted(path for path in home.data.rglob("*") if path.is_file())
    return {str(p.relative_to(home.data)): digest_of(p.read_bytes()) for p in files}


def in_force(home: Home, epoch: Epoch) -> Config:
    """Return the settings of ``epoch``, after checking its copies against the ledger.

    Raises:
        LedgerError: A copied rule or a data file is not what the ledger says.
    """
    folder = home.epoch(epoch.number)
    expected = {folder / name: digest for name, digest in epoch.files.items()}
    expected |= {home.data / name: digest for name, digest in epoch.data.items()}
    for path, digest in expected.items():
        if not path.is_file() or digest_of(path.read_bytes()) != digest:
            raise LedgerError(
                f"{path} is not what the ledger recorded. Restore it, or init a new lab."
            )
    return parse(epoch.config_text, f"{SETTINGS} of epoch {epoch.number}")


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of ``content``, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def pending(home: Home, epoch: Epoch) -> dict[str, bytes | None]:
    """Return the rule files that differ in the working tree from those in force.

    Returns:
        Path → content in the working tree, None where it is gone.
    """
    found: dict[str, bytes | None] = {}
    for name, digest in epoch.files.items():
        path = home.root / name
        content = path.read_bytes() if path.is_file() else None
        if content is None or digest_of(content) != digest:
            found[name] = content
    return found


def rule_text(home: Home, number: int, name: str) -> str:
    """Return the text of a rule file as it is in force."""
    return Path(home.epoch(number) / name).read_text()
