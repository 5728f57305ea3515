"""Where a lab keeps its things: one folder of state, private parts closed to all but the owner."""

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regency.config import Config
from regency.errors import BadInput, ConfigError, LabBusy

STATE = ".regency"
SETTINGS = "regency.toml"


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one lab.

    Attributes:
        root: The lab's repository.
        state: ``.regency``, or the folder it is being made in.
        folder: Name below ``private`` of the data in force.
    """

    root: Path
    state: Path
    folder: str = "data"

    @property
    def private(self) -> Path:
        """Answers, splits and keys (0700); never mounted as a whole."""
        return self.state / "private"

    @property
    def data(self) -> Path:
        """What the lab's data command wrote."""
        return self.private / self.folder

    @property
    def key(self) -> Path:
        """The ledger's signing key."""
        return self.private / "ledger.key"

    @property
    def database(self) -> Path:
        """Ledger and projections."""
        return self.state / "lab.db"

    @property
    def blobs(self) -> Path:
        """Large bodies, by digest."""
        return self.state / "blobs"

    @property
    def work(self) -> Path:
        """Scratch: trees of candidates and outputs of running trials."""
        return self.state / "work"

    def bench(self, agent: str) -> Path:
        """Return the folder where an agent's experiments run, one after another."""
        return self.state / "tries" / hashlib.sha256(agent.encode()).hexdigest()[:16]

    def epoch(self, number: int) -> Path:
        """Return the folder with an epoch's own copy of settings, scorer and data maker."""
        return self.state / "epochs" / str(number)

    def seed_key(self) -> bytes:
        """Return the secret that seeds are made from."""
        return (self.private / "seed.key").read_bytes()

    def make(self) -> None:
        """Make the folders and the seed secret."""
        self.state.mkdir(mode=0o700)
        for folder in (self.private, self.data, self.blobs, self.work):
            folder.mkdir(mode=0o700)
        write_private(self.private / "seed.key", secrets.token_bytes(32))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Hold the lab for one run.

        Raises:
            LabBusy: Another process holds it.
        """
        with self._locked("run.lock", wait=False):
            yield

    @contextlib.contextmanager
    def numbering(self) -> Iterator[None]:
        """Hold the right to give out candidate and packet numbers; waits for others."""
        with self._locked("numbering.lock", wait=True):
            yield

    @contextlib.contextmanager
    def trying(self, agent: str) -> Iterator[Path]:
        """Hold an agent's `bench`, emptied; waits for the agent's experiment under way."""
        bench = self.bench(agent)
        bench.parent.mkdir(mode=0o700, exist_ok=True)
        with self._locked(f"tries/{bench.name}.lock", wait=True):
            shutil.rmtree(bench, ignore_errors=True)
            bench.mkdir(mode=0o700)
            try:
                yield bench
            finally:
                shutil.rmtree(bench, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self, name: str, *, wait: bool) -> Iterator[None]:
        with (self.state / name).open("a+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read().strip() or "unknown"
                raise LabBusy(
                    f"this lab is already being run by process {holder}. Wait for it, or stop it."
                ) from None
            stream.truncate(0)
            stream.write(str(os.getpid()))
            stream.flush()
            yield


def find(folder: Path) -> Home:
    """Return the home of the lab that ``folder`` lies in.

    Raises:
        BadInput: The folder is gone, or no lab is there or above it.
        ConfigError: There are settings but the lab was never initialised.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder. Give the folder of a lab.")
    start = folder.resolve()
    for root in (start, *start.parents):
        if (root / STATE / "lab.db").is_file():
            return Home(root, root / STATE)
        if (root / SETTINGS).is_file():
            raise ConfigError(f"{root} has a {SETTINGS} but is no lab yet. Run `regency init .`.")
    raise BadInput(f"{folder} is not in a lab. Make one: `regency init DIR --lab tiny_lm`.")


def write_private(path: Path, content: bytes) -> None:
    """Write ``content`` to a new file that only the owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def seed_of(secret: bytes, key: str) -> int:
    """Return the seed for ``key``: below 2^31, known only to who has the secret (HMAC-SHA-256)."""
    return int.from_bytes(hmac.digest(secret, key.encode(), hashlib.sha256)[:4]) >> 1


def rules(config: Config, present: set[str]) -> tuple[str, ...]:
    """Return the files that make the rules: settings, brief, scorer and data maker.

    Args:
        config: The settings.
        present: Files of the lab.
    """
    commands = [config.score.command, config.data.command]
    commands += [probe.command for probe in config.probes]
    commands += [guard.command for guard in config.guards]
    words = [word for command in commands if command for word in command]
    named = {word for word in words if word in present}
    listed = {*config.score.files, *config.data.files, config.lab.brief}
    listed = (listed | {name for guard in config.guards for name in guard.files}) & present
    return tuple(sorted(named | listed | {SETTINGS}))


def hidden(config: Config, present: set[str]) -> set[str]:
    """Return the files that candidates and agents never see (the brief is told, not mounted)."""
    return set(rules(config, present)) - {config.lab.brief}
