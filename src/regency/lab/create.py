"""Makes a lab: checks its settings, makes its data, proves its sandbox, opens its ledger.

Everything is built aside and moved into place at the end, so that a failure leaves nothing behind.
"""

import contextlib
import importlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from regency.config import parse
from regency.errors import BadInput, ConfigError
from regency.lab import epochs, ground
from regency.lab.checks import check
from regency.lab.home import SETTINGS, STATE, Home, rules
from regency.lab.lab import Lab
from regency.lab.quorum import People, unsatisfied, with_rules
from regency.lab.record import Recorder
from regency.records import Actor, ActorKind, Agent, Candidate, Generation, plain
from regency.repo.git import Repo

FALLBACK_AUTHOR = ("Regency", "regency@localhost")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of lab to make.

    Attributes:
        template: Name of a bundled lab, or None to adopt the repository as it is.
        simulated: Whether its humans are simulated; can never be changed.
        unsafe: Whether to go on without isolation.
        people: Who there is to approve; None: the rules stay as they are written.
    """

    template: str | None = None
    simulated: bool = False
    unsafe: bool = False
    people: People | None = None


def bundled() -> list[str]:
    """Return the names of the bundled labs."""
    labs = resources.files("regency.labs")
    return sorted(entry.name for entry in labs.iterdir() if (entry / "files").is_dir())


def create(folder: Path, wish: Wish, say: Say = lambda _: None) -> Lab:
    """Make a lab in ``folder`` and return it, open.

    Args:
        folder: New or empty for a bundled lab; a git repository with ``regency.toml`` otherwise.
        wish: What kind.
        say: Told each step in plain words.

    Raises:
        BadInput: Something in the folder or its settings cannot be used.
        SandboxError: No isolation can be had and ``unsafe`` was not given.
    """
    if wish.template is None:
        root = _adopted(folder)
        with _aside(root / STATE) as state:
            _fill(Home(root, state), wish, say)
        return Lab.open(root)
    target = _vacant(folder)
    with _aside(target) as made:
        say(f"copying the bundled lab {wish.template}")
        _unpack(wish.template, made, wish.people)
        _fill(Home(made, made / STATE), wish, say)
    return Lab.open(target)


def starter(folder: Path, people: People = "alone") -> list[str]:
    """Write a starter ``regency.toml`` and ``program.md`` into ``folder``; return their names.

    Args:
        folder: Made where missing.
        people: Who there is to approve.

    Raises:
        BadInput: There are settings already.
    """
    if (folder / SETTINGS).exists():
        raise BadInput(f"{folder / SETTINGS} is there already. Edit it, or init the lab.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted((resources.files("regency.labs") / "starter").iterdir(), key=str):
        if not (folder / entry.name).exists() and not entry.name.startswith("_"):
            (folder / entry.name).write_text(entry.read_text())
            written.append(entry.name)
    settings = folder / SETTINGS
    settings.write_text(with_rules(settings.read_text(), people))
    return written


def _adopted(folder: Path) -> Path:
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder. Use --lab NAME to make a bundled lab there.")
    repo = Repo.discover(folder)
    root = Path(repo.root)
    if (root / STATE).exists():
        raise BadInput(f"{root} is a lab already. Use `regency run`, or remove {STATE} to restart.")
    if not (root / SETTINGS).is_file():
        raise ConfigError(f"{root} has no {SETTINGS}. Run `regency init {folder} --starter`.")
    if dirty := repo.dirty():
        some = ", ".join(dirty[:3])
        raise BadInput(f"the working tree has uncommitted changes ({some}). Commit or stash them.")
    repo.close()
    return root


def _vacant(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not empty. Give a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target`` that becomes it at the end, or vanishes on any failure."""
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.", dir=target.parent) as temporary:
        made = Path(temporary) / "made"
        try:
            yield made
            made.rename(target)
        except OSError as error:
            raise BadInput(
                f"cannot write {target}: {error.strerror}. Make room, or move."
            ) from error


def _unpack(name: str, target: Path, people: People | None) -> None:
    if name not in bundled():
        raise BadInput(f"no bundled lab is named {name!r}: known are {', '.join(bundled())}.")
    lab = importlib.import_module(f"regency.labs.{name}")
    for needed, command in getattr(lab, "NEEDS", {}).items():
        if importlib.util.find_spec(needed) is None:
            raise BadInput(f"the lab {name} needs {needed}. Install it: {command}")
    with resources.as_file(resources.files("regency.labs")) as labs:
        shutil.copytree(labs / name / "files", target, ignore=shutil.ignore_patterns("__pycache__"))
        for other, files in getattr(lab, "SHARED", {}).items():
            for file in files:
                shutil.copy(labs / other / "files" / file, target)
    if people is not None:
        settings = target / SETTINGS
        settings.write_text(with_rules(settings.read_text(), people))
    Repo.create(target, f"Start the {name} lab", FALLBACK_AUTHOR).close()


def _fill(home: Home, wish: Wish, say: Say) -> None:
    repo = Repo.discover(home.root)
    try:
        commit = repo.head()
        text = (home.root / SETTINGS).read_text()
        config = parse(text)
        present = set(repo.files(commit))
        check(config, present)
        if wish.people is not None and (warning := unsatisfied(config, wish.people)):
            raise ConfigError(warning)
        home.make()
        _ignore(repo)
        names = rules(config, present)
        epochs.copy_rules(home, 0, {n: (home.root / n).read_bytes() for n in names})
        start = ground.writer(repo, commit, config)
        proved = ground.prepare(home, config, start, unsafe=wish.unsafe, say=say)
        say("opening the ledger")
        epoch = epochs.opened(home, 0, text, names, proved)
        _open_ledger(home, repo, config.lab.name, wish, epoch)
    finally:
        repo.close()


def _open_ledger(home: Home, repo: Repo, name: str, wish: Wish, epoch: dict[str, object]) -> None:
    commit = repo.head()
    with Recorder.create(home, name, simulated=wish.simulated) as recorder:
        tag = f"{'simulated' if wish.simulated else 'generation'}/0"
        start = Candidate(
            "c0", commit, repo.tree(commit), "", Agent("start", "human"), "The starting point."
        )
        move = {"candidate": "c0", "previous": "", "nomination": 0, "reason": "Starting point."}
        recorder.record(
            founder(repo, simulated=wish.simulated),
            [
                ("lab.created", recorder.identity(wish.simulated)),
                ("epoch.opened", epoch),
                ("candidate", plain(start)),
                ("champion", move),
                ("generation", plain(Generation(0, "c0", commit, tag))),
            ],
        )


def founder(repo: Repo, *, simulated: bool) -> Actor:
    """Return who makes the lab: the user that git knows."""
    kind = ActorKind.SIMULATED_HUMAN if simulated else ActorKind.HUMAN
    return Actor(kind, repo.user()[0] or FALLBACK_AUTHOR[0])


def _ignore(repo: Repo) -> None:
    exclude = Path(repo.common_dir) / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    lines = exclude.read_text().splitlines() if exclude.is_file() else []
    if f"/{STATE}/" not in lines:
        exclude.write_text("\n".join([*lines, f"/{STATE}/", ""]))
