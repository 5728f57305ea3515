"""What a review of a range is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regency.records import Change, ClaimCheck


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be reviewed.

    Attributes:
        folder: A folder in the repository.
        span: ``BASE..HEAD``.
        check: Command that says whether the project still works, empty for none.
        check_wall_s: Seconds it may take.
        mounts: More absolute host paths that the command may read.
    """

    folder: str
    span: str
    check: str = ""
    check_wall_s: float = 600.0
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitClaim:
    """A claim of a commit's message, held against that commit."""

    commit: str
    check: ClaimCheck


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the range that can be read, and decided on, alone.

    Attributes:
        change: The change, as in a packet.
        sort: ``code``, ``tests``, ``settings``, ``docs``, ``words`` (only layout, comments, names
            and places), ``made`` (lock files and what programs write) or ``binary``.
        lines: Added plus removed lines.
        bound_to: Numbers of the parts that share names with it and should be decided with it.
    """

    change: Change
    sort: str
    lines: int
    bound_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What the project's own check said.

    Attributes:
        command: The command.
        status: ``passed``, ``failed``, ``failed before too`` or ``not run``.
        message: One sentence.
        wall_s: Seconds it took.
        level: Isolation level.
        output: The end of what it printed.
    """

    command: str
    status: str
    message: str
    wall_s: float = 0.0
    level: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a range, as the note says it.

    Attributes:
        base: Where the range starts.
        head: Where it ends.
        digest: What was decided on.
        answer: ``approve``, ``reject`` or ``request-changes``.
        by: Who, as git names them.
        reason: In their words.
        time_utc: When.
        assurance: ``key`` or ``local``.
        estimated_min: Minutes it should have taken.
        measured_min: Minutes between showing and deciding, 0 if it was not shown at a terminal.
        signature: Armored SSH signature over the rest, empty if there is none.
        key: Fingerprint or name of the signing key.
        part: Number of the part that was decided on, empty for the whole range.
        part_digest: SHA-256 of that part's diff, so that it counts wherever the part is the same.
    """

    base: str
    head: str
    digest: str
    answer: str
    by: str
    reason: str
    time_utc: str
    assurance: str = "local"
    estimated_min: float = 0.0
    measured_min: float = 0.0
    signature: str = ""
    key: str = ""
    part: str = ""
    part_digest: str = ""


@dataclass(frozen=True, slots=True)
class RangeReview:
    """A review of a range, ready to be shown and decided on.

    Attributes:
        base: Commit at which it starts: where head's line left that of the revision asked for.
        head: Commit at which it ends.
        digest: SHA-256 that names exactly this range.
        commits: How many commits.
        merges: How many of them are merges.
        files: How many files differ.
        added: Lines added.
        removed: Lines removed.
        parts: In the order to read them.
        questions: What to ask, few.
        claims: Of the commits' messages.
        screen: What would mislead a reader, or acts by itself.
        left_out: Files that were not read, and why.
        risk: The highest of its parts.
        minutes: To review all of it.
        usual: The reviewer's own pace: measured by estimated minutes of past reviews, 1 if unknown.
        reviews: How many past reviews that rests on.
        authors: Who wrote the lines that its commits add: name → lines.
        check: The project's own check.
        decisions: Earlier ones on the same head, and on parts that are the same now.
    """

    base: str
    head: str
    digest: str
    commits: int
    merges: int
    files: int
    added: int
    removed: int
    parts: tuple[Part, ...]
    questions: tuple[str, ...]
    claims: tuple[CommitClaim, ...]
    screen: tuple[str, ...]
    left_out: tuple[str, ...]
    risk: float
    minutes: float
    usual: float = 1.0
    reviews: int = 0
    authors: Mapping[str, int] = field(default_factory=dict)
    check: Check | None = None
    decisions: tuple[Decided, ...] = ()
