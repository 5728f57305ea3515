"""``regency review --range BASE..HEAD``: a review of any git repository, without a lab."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regency.cli import paper
from regency.cli.durations import duration
from regency.cli.options import print_json
from regency.cli.program import program
from regency.cli.shown import Shown
from regency.cli.text import one_line
from regency.errors import BadInput, Refused
from regency.records import plain

if TYPE_CHECKING:
    from regency.ranges import Asked, Decided, RangeReview
    from regency.ranges.records import Part

VERBS = {"approve": "Approve", "reject": "Reject", "request-changes": "Ask for changes to"}
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a range.

    Attributes:
        span: ``BASE..HEAD``.
        check: Command that says whether the project still works.
        check_time: Seconds it may take.
        mounts: Host paths that it may read.
        part: Number of the part to show with its diff.
        everything: Whether nothing is cut.
        decide: ``approve``, ``reject`` or ``request-changes``.
        reason: Why.
    """

    span: str
    check: str
    check_time: float
    mounts: tuple[str, ...]
    part: str
    everything: bool
    decide: str
    reason: str


def range_options(command: Command) -> Command:
    """Add the options for ranges; the command gets them as ``ranged``, None without a range."""

    def wrapped(*args: Any, **values: Any) -> Any:
        names = Options.__dataclass_fields__
        given = {name: values.pop(name) for name in names}
        others = [n for n in names if given[n] and n not in ("span", "check_time")]
        if not given["span"] and others:
            option = others[0].replace("_", "-").replace("everything", "all")
            raise BadInput(f"--{option} is for a range: give --range BASE..HEAD too.")
        return command(*args, ranged=Options(**given) if given["span"] else None, **values)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
    params = getattr(command, "__click_params__", [])
    wrapped.__click_params__ = [*params, *wrapped.__click_params__]  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


_OPTIONS = (
    click.option("--range", "span", metavar="BASE..HEAD", default="",
                 help="Review these commits of any git repository, without a lab."),
    click.option("--check", metavar="COMMAND", default="",
                 help="With --range: run the project's own check in the sandbox."),
    click.option("--check-time", metavar="TIME", default=600.0, callback=duration, type=str,
                 help="How long it may take. [default: 10m]"),
    click.option("--mount", "mounts", metavar="PATH", multiple=True,
                 help="A host path that the check may read."),
    click.option("--part", metavar="N", default="", help="With --range: one part, with its diff."),
    click.option("--all", "everything", is_flag=True, help="With --range: cut nothing."),
    click.option("--decide", type=click.Choice(["approve", "reject", "request-changes"]),
                 default=None, help="With --range: put your decision on record, as a git note; "
                 "with --part, on that part alone."),
    click.option("--reason", default="", help="With --decide: why, in your words."),
)  # fmt: skip


def review(asked: Options, folder: str, key: str | None, *, as_json: bool) -> int:
    """Review a range, or decide on it; return the exit code.

    Raises:
        BadInput: It is no range, or there is no such part.
        Refused: A decision, and no human is at the terminal.
    """
    from regency.ranges import Asked, review as reviewed  # noqa: I001

    if asked.decide and not sys.stdin.isatty():
        raise Refused("a decision needs a human at a terminal. Run this command in one, by hand.")
    wanted = Asked(folder, asked.span, asked.check, asked.check_time, asked.mounts)
    with _progress(quiet=as_json) as progress:
        found = reviewed(wanted, progress)
    if asked.decide:
        return _decide(asked, found, wanted, key)
    if as_json:
        print_json(plain(found))
    else:
        _show(asked, found, wanted)
    return _exit_code(found)


def _exit_code(found: "RangeReview") -> int:
    """Return 1 where a check fails or a claim is contradicted."""
    failed = found.check is not None and found.check.status == "failed"
    return int(failed or any(claim.check.result == "fails" for claim in found.claims))


def _show(asked: Options, found: "RangeReview", wanted: "Asked") -> None:
    from regency.cli import range_view

    out = paper.console()
    part = _part(asked, found)
    if part is not None:
        range_view.draw_part(part, out)
    else:
        range_view.draw(found, out, everything=asked.everything)
        _next(asked, out)
    if sys.stdout.isatty():
        _shown(wanted.folder).add(_item(found, part))


def _part(asked: Options, found: "RangeReview") -> "Part | None":
    """Return the part that was asked for, None if none was.

    Raises:
        BadInput: There is no such part.
    """
    if not asked.part:
        return None
    part = next((p for p in found.parts if p.change.id == asked.part), None)
    if part is None:
        raise BadInput(f"there is no part {asked.part!r}: they are 1 to {len(found.parts)}.")
    return part


def _item(found: "RangeReview", part: "Part | None") -> str:
    return found.digest if part is None else f"{found.digest}/{part.change.id}"


def _next(asked: Options, out: Any) -> None:
    from rich.text import Text

    command = f"{program()} review --range {one_line(asked.span)}"
    out.print(Text("\nRead a part with its diff:", style="dim"), Text(f"{command} --part N"))
    out.print(Text("Decide:", style="dim"), Text(f"{command} --decide approve --reason …"))


def _decide(asked: Options, found: "RangeReview", wanted: "Asked", key: str | None) -> int:
    from regency.ranges import Decided, decisions
    from regency.repo.history import History

    history = History.discover(wanted.folder)
    by, part = decisions.who(history), _part(asked, found)
    reason = asked.reason.strip() or str(click.prompt("Reason")).strip()
    spot = f"{found.base[:10]}..{found.head[:10]}"
    spot = spot if part is None else f"part {part.change.id} of {spot}"
    click.confirm(f"{VERBS[asked.decide]} {spot} as {one_line(by, 80)}?", abort=True)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    measured = _shown(wanted.folder).minutes(_item(found, part))
    decided = Decided(
        base=found.base, head=found.head, digest=found.digest, answer=asked.decide, by=by,
        reason=reason, time_utc=moment, measured_min=measured,
        estimated_min=found.minutes if part is None else part.change.minutes,
        part="" if part is None else part.change.id,
        part_digest="" if part is None else decisions.digest_of(part),
    )  # fmt: skip
    kept = decisions.keep(history, decided, key)
    click.echo(_kept(kept, spot))
    return 0


def _shown(folder: str) -> Shown:
    from regency.repo.history import History

    return Shown(Path(History.discover(folder).git_dir) / "regency" / "shown.json")


def _kept(kept: "Decided", spot: str) -> str:
    from regency.ranges.decisions import REF

    how = {"key": "signed with your key", "local": "local: whoever has this account can say that"}
    took = f", {kept.measured_min:.0f} minutes after it was shown" if kept.measured_min else ""
    return (
        f"On record: {kept.answer} of {spot} ({how[kept.assurance]}){took}.\n"
        f"Share it: git push REMOTE {REF}"
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with paper.console(err=True).status("reading") as status:
        yield lambda text: status.update(one_line(text, 70))
