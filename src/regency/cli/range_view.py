"""A range of commits for a reviewer at a terminal: little to read, in the order to read it."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from regency.cli import numbers, paper
from regency.cli.durations import in_words
from regency.cli.packets import MARKS, VERDICTS
from regency.ranges import CommitClaim, Decided, Part, RangeReview
from regency.ranges.decisions import standing

SORTS = {
    "code": "Code", "settings": "Settings and dependencies", "tests": "Tests", "docs": "Documents",
    "binary": "Binary files", "made": "Made by programs",
    "words": "Only layout, comments, names or places",
}  # fmt: skip
CHECKS = {"passed": "green", "failed": "bold red", "failed before too": "yellow"}
_FIRST = 8  # parts that are told at first
_FACTS = 3
_CLAIMS = 6
_BOUND = 8
_OUTPUT = 6  # lines of a check that failed


def draw(found: RangeReview, out: Console, *, everything: bool) -> None:
    """Print a review: the whole first, then its parts in the order to read them."""
    out.print(paper.heading(f"Review of {found.base[:10]}..{found.head[:10]}"))
    table = paper.pairs()
    for name, value in _summary(found):
        table.add_row(name, value)
    out.print(table)
    if found.check is not None and found.check.status != "passed" and found.check.output:
        tail = "\n".join(found.check.output.rstrip().split("\n")[-_OUTPUT:])
        out.print(Padding(paper.prose(tail, "dim"), (0, 0, 0, 4)))
    _listed("Ask", found.questions, out)
    _listed("Before you read", (*found.screen, *_cut(found.left_out)), out, "yellow")
    _claims(found.claims, out, everything=everything)
    _parts(found, out, everything=everything)


def draw_part(part: Part, out: Console) -> None:
    """Print one part with its diff."""
    change = part.change
    out.print(Text(f"{change.id} ", style="bold cyan"), paper.heading(change.title), sep="")
    if len(change.paths) > 1:
        out.print(Padding(paper.prose("\n".join(change.paths), "dim"), (0, 0, 0, 2)))
    for line in _about(part, facts=0):
        out.print(Padding(line, (0, 0, 0, 2)))
    out.print(paper.diff(change.diff))


def _summary(found: RangeReview) -> list[tuple[str, Text]]:
    merges = f" ({numbers.count(found.merges, 'merge')})" if found.merges else ""
    size = f"+{found.added:,} −{found.removed:,} lines"
    commits = numbers.count(found.commits, "commit")
    rows = [
        ("is", Text(f"{commits}{merges}, {numbers.count(found.files, 'file')}, {size}")),
        ("written by", paper.line(_authors(found))),
        ("takes", Text(_minutes(found))),
    ]
    riskiest = max(found.parts, key=lambda p: p.change.risk, default=None)
    if riskiest is not None:
        why = riskiest.change.factors[0].reason if riskiest.change.factors else "small and plain"
        where = f"{found.risk:.2f} of 1, most in part {riskiest.change.id}: {why}"
        rows.append(("risk", paper.line(where)))
    rows.append(("check", _check(found)))
    rows += [("decided", paper.line(_decided(d))) for d in found.decisions]
    if any(decided.part for decided in found.decisions):
        rows.append(("parts", Text(_open_parts(found))))
    return rows


def _open_parts(found: RangeReview) -> str:
    """Return how many parts are approved, and which are not."""
    said = standing(found.parts, found.decisions)
    answers = {p.change.id: said[p.change.id].answer if p.change.id in said else "open"
               for p in found.parts}  # fmt: skip
    approved = sum(answer == "approve" for answer in answers.values())
    left = [f"{name} {answer}" for name, answer in answers.items() if answer != "approve"]
    more = f", and {len(left) - 8} more" if len(left) > 8 else ""
    rest = f"; not: {', '.join(left[:8])}{more}" if left else ""
    return f"{approved} of {len(answers)} approved{rest}"


def _minutes(found: RangeReview) -> str:
    own = found.minutes * found.usual
    text = f"about {in_words(own * 60)}" if own >= 1 else "under a minute"
    if found.usual != 1.0:
        count = numbers.count(found.reviews, "review")
        return f"{text} at your pace ({found.usual:.2f} of the estimate, {count})"
    return f"{text} (an estimate)"


def _authors(found: RangeReview) -> str:
    total = sum(found.authors.values())
    if not total:
        return "nobody adds lines"
    shares = [f"{name} {100 * lines / total:.0f}%" for name, lines in found.authors.items()]
    more = f" and {len(shares) - 4} more" if len(shares) > 4 else ""
    hint = "; no record says who" if list(found.authors) == ["unknown"] else ""
    return f"{', '.join(shares[:4])}{more} of {total:,} lines{hint}"


def _check(found: RangeReview) -> Text:
    check = found.check
    if check is None:
        return Text("not run: give --check COMMAND", style="dim")
    level = f", level {check.level}" if check.level else ""
    text = f"{check.status}: {check.command} ({check.wall_s:.1f} s{level}); {check.message}"
    return paper.line(text, CHECKS.get(check.status, "yellow"))


def _decided(decided: Decided) -> str:
    what = f" of part {decided.part}" if decided.part else ""
    where = f" at {decided.head[:10]}" if decided.part else ""
    return (
        f"{decided.answer}{what} by {decided.by} ({decided.assurance}), {decided.time_utc}{where}: "
        f"{decided.reason}"
    )


def _listed(title: str, lines: Iterable[str], out: Console, style: str = "") -> None:
    rows = list(lines)
    if rows:
        out.print(Text(f"\n{title}", style="bold"))
    for number, row in enumerate(rows, 1):
        out.print(Padding(paper.line(f"{number}. {row}", style), (0, 0, 0, 2)))


def _cut(rows: Sequence[str], most: int = 5) -> list[str]:
    more = [f"and {len(rows) - most} more files were not read"] if len(rows) > most else []
    return [f"not read: {row}" for row in rows[:most]] + more


def _claims(claims: Sequence[CommitClaim], out: Console, *, everything: bool) -> None:
    if not claims:
        return
    counts = {r: sum(c.check.result == r for c in claims) for r in VERDICTS}
    words = VERDICTS | ({"holds": "hold"} if counts["holds"] != 1 else {})
    said = ", ".join(f"{counts[r]} {word}" for r, word in words.items() if counts[r])
    out.print(Text("\nClaims of the messages: ", style="bold"), Text(said), sep="")
    telling = sorted(claims, key=lambda c: ("fails", "holds", "unknown").index(c.check.result))
    shown = telling if everything else telling[: max(_CLAIMS, counts["fails"])]
    for claim in shown:
        mark, style = MARKS[claim.check.result]
        text = f"{mark} {claim.commit[:10]} “{claim.check.claim}” {VERDICTS[claim.check.result]}"
        out.print(Padding(paper.line(f"{text}: {claim.check.reason}", style), (0, 0, 0, 2)))
    if len(shown) < len(claims):
        out.print(Text(f"  and {len(claims) - len(shown)} more: --all", style="dim"))


def _parts(found: RangeReview, out: Console, *, everything: bool) -> None:
    for sort, title in SORTS.items():
        parts = [part for part in found.parts if part.sort == sort]
        if not parts:
            continue
        files = numbers.count(sum(len(p.change.paths) for p in parts), "file")
        time = in_words(60 * found.usual * sum(p.change.minutes for p in parts))
        out.print(Text(f"\n{title}", style="bold"), Text(f"  {files}, {time}", style="dim"), sep="")
        most = len(parts) if everything else _FIRST if sort == "code" else _FIRST // 2
        for part in parts[:most]:
            _draw_row(part, out, plain=sort in ("docs", "words", "made", "binary"))
        if len(parts) > most:
            _draw_rest(parts[most:], out)


def _draw_row(part: Part, out: Console, *, plain: bool) -> None:
    change = part.change
    about = f"  {part.lines} lines"
    about += "" if plain else f", risk {change.risk:.2f}, {numbers.minutes(change.minutes)}"
    number = Text(f"{change.id:>3} ", style="bold cyan")
    out.print(number, paper.line(change.title), Text(about, style="dim"), sep="")
    for line in () if plain else _about(part, facts=_FACTS):
        out.print(Padding(line, (0, 0, 0, 6)))


def _draw_rest(parts: Sequence[Part], out: Console) -> None:
    lines = sum(part.lines for part in parts)
    risk = max(part.change.risk for part in parts)
    text = (
        f"    and {numbers.count(len(parts), 'more part')}, {lines:,} lines, risk up to {risk:.2f}"
    )
    out.print(Text(f"{text}: --all", style="dim"))


def _about(part: Part, facts: int) -> list[Text]:
    """Return what to say of a part; ``facts``: most of them, 0: all."""
    change = part.change
    shown = change.facts[:facts] if facts else change.facts
    lone = len(change.paths) == 1
    lines = [paper.line(_fact(f.kind, f.where, f.text, lone=lone)) for f in shown]
    if len(shown) < len(change.facts):
        more = len(change.facts) - len(shown)
        lines.append(Text(f"and {more} more: --part {change.id}", style="dim"))
    lines += [paper.line(f"✗ “{c.claim}” contradicted: {c.reason}", "bold red")
              for c in change.claims]  # fmt: skip
    if change.factors and not facts:
        lines += [paper.line(f"risk {f.points:.2f} {f.name}: {f.reason}", "yellow")
                  for f in change.factors]  # fmt: skip
    if part.bound_to and not facts:
        others = ", ".join(part.bound_to[:_BOUND])
        more_parts = f" and {len(part.bound_to) - _BOUND} more" if part.bound_to[_BOUND:] else ""
        lines.append(Text(f"shares new names with part {others}{more_parts}", style="dim"))
    return lines


def _fact(kind: str, where: str, text: str, *, lone: bool) -> str:
    _, mark, name = where.partition("::")
    place = (name if mark else "") if lone else where
    return f"{kind} {place}: {text}".replace(" :", ":")
