"""The measurement as JSON: every number, and nothing that is not in the report."""

from collections.abc import Mapping

from regency.measure.authorship.result import Measured
from regency.measure.authorship.survival import SHOWN_DAYS, Survival, rework
from regency.measure.authorship.tally import Tally
from regency.measure.authorship.timeline import Span, day
from regency.records import Json

FORMAT = "regency-authorship/1"


def as_json(measured: Measured, command: str) -> Json:
    """Return the measurement as JSON-ready values.

    Args:
        measured: What was found.
        command: What gives the same answer again.
    """
    skipped, notes = measured.skipped, measured.notes
    return {
        "format": FORMAT,
        "command": command,
        "repository": measured.place,
        "revision": measured.revision,
        "commit": measured.commit,
        "date": day(measured.time_s),
        "commits": measured.commits,
        "shallow": measured.shallow,
        "alive": tally(measured.alive),
        "folders": {name: tally(found) for name, found in measured.folders.items()},
        "agents": dict(measured.agents),
        "models": dict(measured.models),
        "decided_by": dict(measured.sources),
        "claimed_by": {str(source): n for source, n in measured.claimed.items()},
        "agreement": [
            {"sources": [str(s) for s in p.sources], "lines": p.lines, "same_category":
             p.category, "same_agent": p.agent, "first_conflict": p.conflict}
            for p in measured.agreement
        ],
        "added_by_week": [_span(span) for span in measured.weeks],
        "added_by_release": [_span(span) for span in measured.releases],
        "alive_over_time": [{"date": day(t), **tally(found)} for t, found in measured.living],
        "survival": {str(c): _survival(found) for c, found in measured.survival.items()},
        "recovered": {
            "commits": dict(measured.recovered.commits), "lines": dict(measured.recovered.lines),
            "from_commits": len(measured.recovered.donors),
            "lines_expected_wrong": measured.recovered.wrong,
        },
        "notes": {"all": notes.all, "on_this_history": notes.here, "on_other_commits":
                  notes.elsewhere, "on_missing_commits": notes.missing},
        "faults": [{"kind": f.kind, "count": f.count, "example": f.example}
                   for f in measured.faults],
        "skipped": {
            "binary_files": skipped.binary_files, "links": skipped.links, "submodules":
            skipped.submodules, "lines_lost_in_merges": skipped.lost_lines,
            "lines_older_than_the_clone": skipped.older_lines,
        },
    }  # fmt: skip


def tally(found: Tally) -> Json:
    """Return a tally with its shares."""
    return {
        "lines": found.lines,
        "ai": found.ai,
        "human": found.human,
        "automation": found.automation,
        "unknown": found.unknown,
        "ai_share": {"at_least": found.at_least, "at_most": found.at_most},
    }


def _span(span: Span) -> Json:
    return {"name": span.name, "date": day(span.start), **tally(span.added)}


def _survival(found: Survival) -> Json:
    shown: Mapping[int, tuple[float, float, float] | None] = {d: found.at(d) for d in SHOWN_DAYS}
    again = rework(found)
    return {
        "lines": found.lines,
        "ended": found.ended,
        "commits": found.commits,
        "median_days": found.median_days,
        "alive_after_days": {str(d): _interval(at) for d, at in shown.items() if at},
        "gone_within_14_days": _interval(again) if again else None,
    }


def _interval(values: tuple[float, float, float]) -> Json:
    share, low, high = values
    return {"share": share, "low": low, "high": high}
