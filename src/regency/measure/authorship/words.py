"""The measurement in sentences, the same at a terminal and on a page."""

from collections.abc import Iterator

from regency.measure.authorship.result import Measured


def headline(found: Measured) -> str:
    """Return the answer in one sentence."""
    alive = found.alive
    if not alive.lines:
        return "There are no lines to count."
    return (
        f"{percent(alive.at_least)} of {alive.lines:,} lines are known to be AI's, at most "
        f"{percent(alive.at_most)} can be."
    )


def warnings(found: Measured) -> Iterator[str]:
    """Yield what makes the answer weaker than it looks."""
    if found.shallow:
        yield (
            f"Shallow clone: {_count(found.skipped.older_lines, 'line')} may be older than it and "
            "are unknown unless a record names them; `git fetch --unshallow` helps."
        )


def remarks(found: Measured) -> Iterator[str]:
    """Yield what was read, recovered and left out."""
    notes, again, skipped = found.notes, found.recovered, found.skipped
    if notes.all:
        yield (
            f"{_count(notes.all, 'git-ai note')}: {notes.here:,} on this history, "
            f"{notes.elsewhere:,} on other commits, {notes.missing:,} on commits not here."
        )
    for how, commits in again.commits.items():
        lines = _count(again.lines[how], "line")
        yield f"Recovered by {how}: {lines} of {_count(commits, 'commit')}."
    if again.wrong >= 0.5:
        yield f"Of the lines recovered by content about {again.wrong:.0f} are expected to be wrong."
    left_out = ((skipped.binary_files, "binary file"), (skipped.links, "symbolic link"),
                (skipped.submodules, "submodule"))  # fmt: skip
    for number, what in left_out:
        if number:
            yield f"Not counted: {_count(number, what)}."
    if skipped.lost_lines:
        yield f"{_count(skipped.lost_lines, 'line')} went away in merges without a trace."


def percent(share: float) -> str:
    """Return a share in percent; only all is 100 % and only none is 0 %."""
    text = f"{100 * share:.1f} %"
    if text == "100.0 %" and share < 1:
        return "99.9 %"
    return "0.1 %" if text == "0.0 %" and share > 0 else text


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
