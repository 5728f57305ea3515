"""An opened lab: its services, the rules in force, and reading; no loop and no decisions."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from regency.lab import denials, epochs
from regency.lab.home import Home, hidden, seed_of
from regency.lab.record import Recorder
from regency.parts import Parts
from regency.repo.git import Repo
from regency.snapshot import Camera


class Opened:
    """One lab's ledger, store and repository, open together.

    Attributes:
        home: Its folders.
        recorder: Ledger and blobs.
        repo: Git.
        store: Projections.
        epoch: Body of the current epoch's ledger entry.
        config: The settings in force.
        simulated: Whether its humans are simulated.
    """

    def __init__(self, home: Home, recorder: Recorder, repo: Repo) -> None:
        """Use `Lab.open`."""
        self.home = home
        self.recorder = recorder
        self.repo = repo
        self.store = recorder.store
        self.simulated = bool(recorder.created()["simulated"])
        self._visible: dict[str, dict[str, bytes]] = {}
        self.reload()

    def close(self) -> None:
        """Close what is open."""
        self.repo.close()
        self.recorder.close()

    def reload(self) -> None:
        """Take the rules in force from the ledger anew."""
        self.epoch = self.store.epoch()
        self.home = replace(self.home, folder=self.epoch.folder)
        self.config = epochs.in_force(self.home, self.epoch)
        self._visible.clear()

    def program(self) -> str:
        """Return the lab's prose for agents, as it is in force."""
        return epochs.rule_text(self.home, self.epoch.number, self.config.lab.brief)

    def commit(self, candidate: str) -> str:
        """Return the commit of a candidate."""
        return self.store.record(candidate).commit

    def files(self, candidate: str) -> Mapping[str, bytes]:
        """Return a candidate's files as agents may see them: no rules, no scorer."""
        if candidate not in self._visible:
            commit = self.commit(candidate)
            names = set(self.repo.files(commit))
            seen = sorted(names - hidden(self.config, names))
            if len(self._visible) > 64:
                self._visible.clear()
            self._visible[candidate] = self.repo.read(commit, seen)
        return self._visible[candidate]

    def camera(self) -> Camera:
        """Return what takes packets."""
        return Camera(
            self.config,
            self.epoch.number,
            self.store,
            self.files,
            self.recorder.flush,
            lambda: denials.boundary(self.store),
        )

    def parts(self, numbering: Callable[[], AbstractContextManager[object]] | None = None) -> Parts:
        """Return what makes parts of champions.

        Args:
            numbering: Held while numbers are given out, where the caller does not hold it already.
        """
        return Parts(
            self.store, self.repo, self.files, self.recorder.record,
            numbering or self.home.numbering,
        )  # fmt: skip

    def seeds(self) -> Callable[[str], int]:
        """Return the function from keys to seeds that only this lab knows."""
        secret = self.home.seed_key()
        return lambda key: seed_of(secret, key)
