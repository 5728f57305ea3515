"""Why a test ended as it did, in plain words: for people, since it holds confirm numbers.

Decides nothing and measures nothing.
"""

from regency.judge.course import Course
from regency.records import Answer, Verdict


def account(verdict: Verdict, course: Course | None, metric: str) -> tuple[str, ...]:
    """Return plain sentences on what decided, and what was missing.

    Args:
        verdict: Any verdict.
        course: Its test, if it had one with at least one pair.
        metric: Name of the metric.
    """
    if course is None or not course.looks:
        return _untested(verdict)
    said = {
        Answer.BETTER: _better,
        Answer.NOT_BETTER: _not_better,
        Answer.UNDECIDED: _undecided,
        Answer.SUPERSEDED: _superseded,
        Answer.INVALID: _invalid,
    }[verdict.answer](verdict, course, metric)
    return tuple(filter(None, (*said, verdict.caveat)))


def _untested(verdict: Verdict) -> tuple[str, ...]:
    if verdict.gate == "screen":
        return ("It was turned down before anything ran: nothing was measured.",)
    if verdict.gate == "confirm":
        return () if verdict.looks else ("The test ended before its first pair.",)
    if verdict.answer in (Answer.NOT_BETTER, Answer.INVALID):
        return ("Gate 1 turned it down: it was never tested, so nothing is promised about it.",)
    return ("It was never tested, so nothing is promised about it in either direction.",)


def _better(verdict: Verdict, course: Course, metric: str) -> list[str]:
    if verdict.simpler:
        return [
            (
                f"Promoted as simpler: it has fewer lines, and {metric} is not worse by more than "
                f"{verdict.margin:.4g}. That it is better was not shown."
            ),
            (
                f"Were it worse by more than that, at most 1 test in {course.bar:,.0f} would "
                "get so far, whenever one stops."
            ),
            *_guards(verdict),
        ]
    reached, bar = verdict.e_value or 0.0, course.bar
    return [
        f"Promoted: the evidence reached {reached:,.0f}, and its level asked for {bar:,.0f}.",
        *_guards(verdict),
    ]


def _not_better(verdict: Verdict, course: Course, metric: str) -> list[str]:
    failed = [finding for finding in verdict.findings if not finding.passed]
    if failed:
        enough = course.looks[-1].e_value >= course.bar
        score = "would have been enough" if enough else "had not been settled yet"
        return [f"Not promoted because of a guard; the score alone {score}.", *_guards(verdict)]
    mean = course.looks[-1].mean
    if mean <= 0:
        worse = f"{-mean:.4g} worse" if mean else "exactly the same"
        return [f"Not promoted: {metric} was {worse} on average.", _short(course)]
    if mean < course.smallest_effect:
        least = course.smallest_effect
        return [
            (
                f"Not promoted: the gain of {mean:.4g} is below the smallest effect that this lab "
                f"cares about, {least:.4g}."
            ),
            _short(course),
        ]
    return ["Not promoted: what there is of a gain is most likely too small.", _short(course)]


def _undecided(verdict: Verdict, course: Course, metric: str) -> list[str]:
    del metric
    open_guards = [f for f in verdict.findings if not f.passed]
    if open_guards and course.looks[-1].e_value >= course.bar:
        return [
            (
                "Not promoted, and not refuted: the score was enough, but a guard stayed too "
                "uncertain. A wider margin, or more items behind its number, would settle it."
            ),
            *_guards(verdict),
        ]
    return ["Not promoted, and not refuted.", _short(course), _missing(course)]


def _superseded(verdict: Verdict, course: Course, metric: str) -> list[str]:
    del verdict, metric
    pairs = f"{len(course.looks)} pair{'s' if len(course.looks) != 1 else ''}"
    return [f"Stopped after {pairs}, since what it was compared with is the champion no longer."]


def _invalid(verdict: Verdict, course: Course, metric: str) -> list[str]:
    del metric
    return [
        f"A run broke a rule in pair {len(course.looks) + 1}: {verdict.fault or verdict.reason}"
    ]


def _short(course: Course) -> str:
    last = course.looks[-1].e_value
    return f"The evidence got to {last:,.3g} of the {course.bar:,.0f} needed."


def _missing(course: Course) -> str:
    if course.needed is None:
        return ""
    return (
        f"Pairs like those seen would have got there after {course.needed} in all; this test may "
        f"take {course.max_pairs}. A larger gain or less noise would do it, or more pairs: "
        "[judge] confirm_pairs."
    )


def _guards(verdict: Verdict) -> list[str]:
    marks = {True: "passed", False: "not passed"}
    return [f"Guard {f.guard} {marks[f.passed]}: {f.message}" for f in verdict.findings]
