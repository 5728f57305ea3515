"""What a run has done so far, gathered from its events. Knows nothing of terminals."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regency.records import Event, Json

RECENT_S = 30.0  # throughput is told over this long


@dataclass(slots=True)
class Progress:
    """One run as it goes.

    Attributes:
        metric: Name of the metric.
        minimize: Whether less of it is better.
        wall_s: Longest wall time, None: no limit.
        most: Most candidates, None: no limit.
        champion: The champion.
        gain: Its gain over the last generation by confirmed effects, metric units.
        noise_sd: Standard deviation of one paired difference.
        mean: The champion's mean score on the search split.
        best: Best gain over the last generation seen in search, after each candidate.
        answers: Verdict → count in this run.
        testing: The nomination under test.
        pairs: Runs of its candidate that have ended.
        packet: Latest packet that waits for a human.
        held: Why promotions wait.
        doing: What is being done, in words.
        clock: Seconds, for tests.
    """

    metric: str
    minimize: bool
    wall_s: float | None = None
    most: int | None = None
    champion: str = ""
    gain: float = 0.0
    noise_sd: float = 0.0
    mean: float | None = None
    best: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    testing: Mapping[str, Json] | None = None
    pairs: int = 0
    packet: str = ""
    held: str = ""
    doing: str = "starting"
    clock: Callable[[], float] = time.monotonic
    started: float = 0.0
    ends: list[float] = field(default_factory=list)
    trials: int = 0

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.clock()

    def take(self, event: Event) -> None:
        """Take the next event; unknown kinds change nothing."""
        taker = {
            "calibration": self._calibrated,
            "baseline": self._based,
            "trial": self._tried,
            "promising": self._promising,
            "nomination": self._nominated,
            "verdict": self._judged,
            "champion": self._promoted,
            "held": self._hold,
        }.get(event.kind)
        if taker is not None:
            taker(event.data)

    @property
    def judged(self) -> int:
        """Candidates judged in this run."""
        return sum(self.answers.values())

    @property
    def passed_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    @property
    def left_s(self) -> float | None:
        """Seconds left, None without a limit."""
        return None if self.wall_s is None else max(0.0, self.wall_s - self.passed_s)

    @property
    def per_minute(self) -> float:
        """Candidates judged per minute, of late."""
        since = max(self.started, self.clock() - RECENT_S)
        self.ends = [end for end in self.ends if end >= since]
        return 60 * len(self.ends) / max(self.clock() - since, 1e-3)

    @property
    def in_noise(self) -> float | None:
        """The champion's gain in noise sds."""
        return self.gain / self.noise_sd if self.noise_sd > 0 else None

    def _calibrated(self, data: Mapping[str, Json]) -> None:
        self.noise_sd, self.mean = float(data["noise_sd"]), float(data["search_mean"])
        self.doing = "searching"

    def _based(self, data: Mapping[str, Json]) -> None:
        self.mean, self.doing = float(data["mean"]), "searching"

    def _tried(self, data: Mapping[str, Json]) -> None:
        self.trials += 1
        if self.testing is None or data["purpose"] != "confirm":
            return
        arm = str(data["key"]).rpartition("/")[2]
        self.pairs += arm == "candidate" and data["candidate"] == self.testing["candidate"]

    def _promising(self, data: Mapping[str, Json]) -> None:
        self._seen(data["gain"])

    def _nominated(self, data: Mapping[str, Json]) -> None:
        self.testing, self.pairs, self.held = data, 0, ""

    def _judged(self, data: Mapping[str, Json]) -> None:
        self.answers[str(data["answer"])] += 1
        self.ends.append(self.clock())
        if data["gate"] == "search":
            self._seen(data["effect"])
        if data["gate"] != "confirm":
            return
        self.testing = None
        if data["answer"] in ("better", "as good"):
            self.gain += float(data["effect"] or 0.0)
            self._seen(0.0)

    def _promoted(self, data: Mapping[str, Json]) -> None:
        self.champion, self.packet = str(data["candidate"]), str(data["packet"])

    def _hold(self, data: Mapping[str, Json]) -> None:
        self.held = str(data["reason"])

    def _seen(self, gain: float | None) -> None:
        top = self.best[-1] if self.best else 0.0
        self.best.append(max(top, self.gain + (gain or 0.0)))
