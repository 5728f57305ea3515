"""What flows to the reviewers, whatever it comes from: items with the times of their stages."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.measure.bottleneck.spans import Span


class Sign(enum.StrEnum):
    """What shows that somebody but the author looked, the strongest first."""

    REVIEWED = "reviewed by name"
    SECOND = "a second person took it in"
    FORGE = "through a forge, who looked is not in git"
    NONE = "no sign of a second person"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Item:
    """One change on its way.

    Attributes:
        id: Commit, candidate or branch.
        times: When it reached each stage of its stream, Unix seconds; None: not yet, or unknown
            where a later stage is known.
        arrived: When it began to wait for a human; None: never, or unknown.
        served: When a human had decided; None: not yet.
        left: When it left without being decided; None: it did not.
        sign: What shows a review.
        reviewer: Who decided, where that is known.
        batch: Items of one batch were decided together.
    """

    id: str
    times: tuple[float | None, ...]
    arrived: float | None
    served: float | None
    left: float | None = None
    sign: Sign = Sign.NONE
    reviewer: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """Everything that one source says.

    Attributes:
        source: ``lab`` or ``git``.
        name: The lab's or repository's.
        revision: What was read: a commit, or the number of entries.
        stages: Name of each point that `Item.times` gives.
        items: The items, by arrival.
        since: Start of what was observed, Unix seconds.
        until: Its end: whoever has not been decided by then still waits.
        paused: When a human had stopped the work.
        stopped: When nothing ran, though nobody had paused it.
        minutes: Human minutes that one review takes, lowest and highest; None: not known.
        problems: What is wrong with the source, one sentence each.
        unknown: What the source cannot say, one sentence each.
        human: Lower bound: the two stages between which only a human is waited for.
        path: The two stages between which the whole of the work lies.
        signed: Whether signs of review come from the record itself, and not from conventions.
        complete: Whether all that waits is seen, and not only what was decided in the end.
    """

    source: str
    name: str
    revision: str
    stages: tuple[str, ...]
    items: tuple[Item, ...]
    since: float
    until: float
    human: tuple[int, int]
    path: tuple[int, int]
    paused: tuple[Span, ...] = ()
    stopped: tuple[Span, ...] = ()
    minutes: tuple[float, float] | None = None
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    signed: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; ends are None where there is no bound."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A length of time to count by, and how many of it come round again: a week, a day."""

    name: str
    seconds: float
    cycle: int = 0

    def block(self, count: int) -> int | None:
        """Return the length of bootstrap blocks for ``count`` of it; None: no reason for one."""
        return self.cycle if self.cycle and count >= 2 * self.cycle else None

    @property
    def each(self) -> str:
        """The unit after a number, as in "3 an hour"."""
        return f"{'an' if self.name == 'hour' else 'a'} {self.name}"


UNITS = (
    Unit("week", 604_800.0),
    Unit("day", 86_400.0, 7),
    Unit("hour", 3_600.0, 24),
    Unit("minute", 60.0),
)
ENOUGH = 8  # units, for a unit to be worth counting by


def unit_for(seconds: float) -> Unit:
    """Return the longest unit that ``seconds`` hold several of."""
    return next((unit for unit in UNITS if seconds >= ENOUGH * unit.seconds), UNITS[-1])


@dataclass(frozen=True, slots=True)
class Wish:
    """How to measure.

    Attributes:
        window_s: Seconds before the end that rates, forecast and what-ifs rest on.
        reviewers: How many review; None: from the names.
        minutes: Human minutes that one review takes, lowest and highest; None: what is known.
        hours: Review hours a week that there are in all; None: what is known.
        draws: Bootstrap draws.
        seed: Of the draws.
    """

    window_s: float = 26 * 604_800.0
    reviewers: int | None = None
    minutes: tuple[float, float] | None = None
    hours: float | None = None
    draws: int = 400
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """How often each sign of review was seen, and the share without one, as bounds."""

    signs: Mapping[str, int] = field(default_factory=dict)
    unreviewed: Estimate = field(default_factory=lambda: Estimate(None, None, None))
