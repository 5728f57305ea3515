"""A range of commits made ready for a reviewer."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from regency.measure.authorship.span import Added, added_by, name_of
from regency.oversee.claims import check_claims
from regency.oversee.claims.difference import path_of
from regency.oversee.explain import facts as facts_between
from regency.oversee.pace import pace
from regency.oversee.questions import questions
from regency.oversee.queue import minutes, order
from regency.oversee.rank import ranked
from regency.oversee.risk import Signals, combined, factors
from regency.ranges import decisions, guard, screen
from regency.ranges.parts import ORDER, Piece, divided
from regency.ranges.records import Asked, Check, CommitClaim, Decided, Part, RangeReview
from regency.ranges.span import Span, contents, differing, read
from regency.records import Change, ClaimCheck, Fact
from regency.repo import diff

Progress = Callable[[str], None]
_TITLE = 90
_TRAILERS = re.compile(r"\n\n(?:[\w-]+: .+\n?)+\s*$")


def review(asked: Asked, progress: Progress = lambda _: None) -> RangeReview:
    """Return the review of a range; the repository is only read.

    Args:
        asked: Which range, and how.
        progress: Told what is being done.

    Raises:
        BadInput: The range is none, or empty.
        RepositoryError: There is no repository or commit, or git failed.
    """
    progress("reading the commits")
    span = read(asked.folder, asked.span)
    progress(f"comparing {len({*span.before, *span.after}):,} files")
    facts = facts_between(span.before, span.after)
    progress(f"holding {len(span.commits):,} messages against their commits")
    claims = list(_claims(span, facts))
    progress("who wrote it")
    added = added_by(span.history, span.commits)
    progress("putting it in order")
    known = _Known(span, tuple(facts), tuple(claims), tuple(added))
    parts = _parts(known)
    check = guard.run(span, asked, progress) if asked.check else None
    return _whole(known, parts, check)


@dataclass(frozen=True, slots=True)
class _Known:
    """What all parts of one review are made from."""

    span: Span
    facts: tuple[Fact, ...]
    claims: tuple[CommitClaim, ...]
    added: tuple[Added, ...]


def _whole(known: _Known, parts: Sequence[Part], check: Check | None) -> RangeReview:
    span, past = known.span, decisions.read(known.span.history)
    me = decisions.who(span.history)
    mine = pace([(d.estimated_min, d.measured_min) for d in past if d.by == me])
    added, removed = diff.changed_lines_of(span.before, span.after)
    return RangeReview(
        base=span.base,
        head=span.head,
        digest=span.digest,
        commits=len(span.commits),
        merges=sum(len(c.parents) > 1 for c in span.commits),
        files=len({*span.before, *span.after}) + len(span.left_out),
        added=added,
        removed=removed,
        parts=tuple(parts),
        questions=questions(known.facts, [c.check for c in known.claims], expect_tests=True),
        claims=known.claims,
        screen=screen.findings(span),
        left_out=span.left_out,
        risk=max((part.change.risk for part in parts), default=0.0),
        minutes=round(sum(part.change.minutes for part in parts), 1),
        usual=mine.factor,
        reviews=mine.reviews,
        authors=_authors(known.added),
        check=check,
        decisions=_on(span.head, parts, past),
    )


def _on(head: str, parts: Sequence[Part], past: Sequence[Decided]) -> tuple[Decided, ...]:
    """Return the decisions on a head, and those on parts that are the same now."""
    here = {decisions.digest_of(part) for part in parts} if past else set()
    return tuple(d for d in past
                 if (d.part_digest in here if d.part else d.head == head))  # fmt: skip


def _claims(span: Span, facts: Sequence[Fact]) -> Iterable[CommitClaim]:
    """Yield the claims of every message that makes any, held against that commit alone."""
    for commit in span.commits:
        if len(commit.parents) != 1:
            continue
        text = _TRAILERS.sub("", commit.message)
        before, after, _ = contents(
            span.history, differing(span.history, commit.parents[0], commit.commit)
        )
        same = before == span.before and after == span.after
        for check in check_claims([], text, before, after, facts=facts if same else None):
            yield CommitClaim(commit.commit, check)


def _parts(known: _Known) -> list[Part]:
    told: dict[str, list[Fact]] = {}
    for fact in known.facts:
        told.setdefault(path_of(fact), []).append(fact)
    failed = _failed(known.claims, known.added)
    pieces = divided(known.span.before, known.span.after, known.facts)
    found = [(_part(known, piece, told, failed), piece.group) for piece in pieces]
    rows = [row for sort in ORDER for row in _ordered([r for r in found if r[0].sort == sort])]
    groups: dict[int, list[str]] = {}
    for number, (_, group) in enumerate(rows, 1):
        groups.setdefault(group, []).append(str(number))
    return [
        replace(
            part,
            change=replace(part.change, id=str(number)),
            bound_to=tuple(n for n in groups[group] if n != str(number)) if group >= 0 else (),
        )
        for number, (part, group) in enumerate(rows, 1)
    ]


def _ordered(rows: Sequence[tuple[Part, int]]) -> list[tuple[Part, int]]:
    """Return parts in the order in which to read them: most risk per minute first."""
    known = {row[0].change.title: row for row in rows}
    return [known[change.title] for change in order(row[0].change for row in known.values())]


def _failed(claims: Sequence[CommitClaim], added: Sequence[Added]) -> dict[str, list[ClaimCheck]]:
    """Return path → contradicted claims of the commits that touched it."""
    touched: dict[str, set[str]] = {}
    for row in added:
        touched.setdefault(row.commit, set()).add(row.path)
    found: dict[str, list[ClaimCheck]] = {}
    for claim in claims:
        if claim.check.result == "fails":
            for path in touched.get(claim.commit, ()):
                found.setdefault(path, []).append(claim.check)
    return found


def _part(
    known: _Known,
    piece: Piece,
    told: Mapping[str, list[Fact]],
    failed: Mapping[str, list[ClaimCheck]],
) -> Part:
    span = known.span
    before, after = ({p: files[p] for p in piece.paths if p in files}
                     for files in (span.before, span.after))  # fmt: skip
    facts = ranked([fact for path in piece.paths for fact in told.get(path, ())])
    claims = list(dict.fromkeys(c for path in piece.paths for c in failed.get(path, ())))
    wrote = [row for row in known.added if row.path in piece.paths]
    agents = _authors(wrote)
    why = factors(before, after, facts, claims, Signals())
    added_lines, removed = diff.changed_lines_of(before, after)
    text = diff.unified_tree(before, after)
    hunks = sum(len(file.hunks) for file in diff.parse(text))
    risk = combined(why) * _WEIGHT[piece.sort]
    change = Change(
        id="", title=_title(piece), paths=piece.paths, diff=text,
        facts=tuple(facts), claims=tuple(claims), factors=why, risk=round(risk, 4),
        minutes=_minutes(piece, before, after, hunks, facts),
        candidates=tuple(dict.fromkeys(row.commit for row in wrote)), agents=agents,
    )  # fmt: skip
    return Part(change, piece.sort, added_lines + removed)


# How far a sort of file can do harm, against code: judgements too.
_WEIGHT = {"code": 1.0, "settings": 1.0, "tests": 0.5, "docs": 0.25, "words": 0.25, "made": 0.25,
           "binary": 1.0}  # fmt: skip
# Share of the time that code takes: judgements, as the rest of the estimate.
_SHARE = {"code": 1.0, "settings": 1.0, "tests": 0.5, "docs": 0.3, "words": 0.1, "made": 0.01,
          "binary": 0.5}  # fmt: skip


def _minutes(
    piece: Piece,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    hunks: int,
    facts: Sequence[Fact],
) -> float:
    return round(minutes(before, after, hunks, facts) * _SHARE[piece.sort], 2)


def _authors(added: Iterable[Added]) -> dict[str, int]:
    lines: Counter[str] = Counter()
    for row in added:
        lines[name_of(row.author)] += row.lines
    return dict(lines.most_common())


def _title(piece: Piece) -> str:
    paths = piece.paths
    if len(paths) == 1:
        return paths[0]
    folders = {path.rpartition("/")[0] for path in paths}
    place = f" in {folders.pop() or 'the top folder'}" if len(folders) == 1 else ""
    what = {"words": "only layout, comments, names or places", "made": "made by programs",
            "binary": "binary", "docs": "documents"}.get(piece.sort, "")  # fmt: skip
    names = ", ".join(p.rpartition("/")[2] for p in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    title = f"{len(paths)} files{place}: {what or names + more}"
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
