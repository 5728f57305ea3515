"""A report in plain words, for the terminal and the page alike."""

from collections.abc import Iterator

from regency.measure.bottleneck.amounts import changes, day, figure, lasting, measure_of
from regency.measure.bottleneck.answer import Report, Stage
from regency.measure.bottleneck.forecast import Forecast
from regency.measure.bottleneck.items import Estimate, Unit
from regency.measure.bottleneck.whatif import MODEL, Option

STAGE_COLUMNS = ("from → to", "half within", "nine in ten within", "there", "not there")
OPTION_COLUMNS = ("what", "mean wait", "saves", "of the wait", "assumes")


def lasting_between(found: Estimate) -> str:
    """Return a duration with its interval."""
    if found.value is None and found.high is not None:
        return f"at most {lasting(found.high)}"
    if found.value is None:
        return f"more than {lasting(found.low)}" if found.low else "not known"
    size, name = measure_of(found.value)
    return f"{figure(found.value / size)} {name} ({_ends(found, 1 / size)})"


def number_between(found: Estimate) -> str:
    """Return a number with its interval."""
    if found.value is None:
        return "not known" if found.low is None else _ends(found, 1.0)
    if found.low is None and found.high is None:
        return figure(found.value)
    return f"{figure(found.value)} ({_ends(found, 1.0)})"


def share_between(found: Estimate) -> str:
    """Return a share with its interval; only the interval where no value is known."""
    if found.low is None and found.high is None:
        return "not known"
    if found.low == found.high:
        return f"{(found.high or 0.0) * 100:.0f} %"
    if found.value is None:
        return f"{_shares(found)} %"
    return f"{found.value * 100:.0f} % ({_shares(found)} %)"


def _shares(found: Estimate) -> str:
    low = "?" if found.low is None else f"{found.low * 100:.0f}"
    high = "?" if found.high is None else f"{found.high * 100:.0f}"
    return f"{low} to {high}"


def headline(report: Report) -> str:
    """Return the answer in two or three sentences."""
    said = [_waits(report)]
    load = report.load
    if load.limiting:
        said.append(f"Demand is {share_between(load.utilisation)} of what the reviewers can take.")
    elif load.utilisation.high is not None:
        high = load.utilisation.high * 100
        said.append(f"Demand is at most {high:.0f} % of what the reviewers can take.")
    said.append(report.forecast.says)
    ceiling = report.ceiling.speedup
    if ceiling.high is not None:
        said.append(
            f"If machines took no time at all, work would be at most {figure(ceiling.high)} times "
            "as fast."
        )
    return " ".join(s for s in said if s)


def _waits(report: Report) -> str:
    stage = next((s for s in report.stages if s.human), None)
    if stage is None or stage.median_s.value is None:
        stage = report.stages[-1] if report.stages else None
    if stage is None or stage.median_s.value is None:
        return f"{changes(report.items)} seen; how long they wait is not known."
    return f"Half of the changes get from {_from(stage)} within {lasting_between(stage.median_s)}."


def _from(stage: Stage) -> str:
    return stage.name.replace(" → ", " to ")


def stage_rows(report: Report) -> list[tuple[str, ...]]:
    """Return a row for each stage; see `STAGE_COLUMNS`."""
    return [
        (
            stage.name, lasting_between(stage.median_s), lasting_between(stage.late_s),
            f"{stage.curve.ended:,}", f"{stage.curve.waiting:,}",
        )
        for stage in report.stages
    ]  # fmt: skip


def load_rows(report: Report) -> Iterator[tuple[str, str]]:
    """Yield names and values of demand and capacity."""
    load, each = report.load, report.load.unit.each
    yield "window", f"{day(report.window_start)} to {day(report.settled)} UTC{_unsettled(report)}"
    if report.regime_start > report.window_start:
        yield "since the break", f"{day(report.regime_start)} UTC: what follows rests on that part"
    yield "arrive", f"{number_between(load.arrivals)} {each}"
    yield "decided", f"{number_between(load.decisions)} {each}"
    yield "reviewers", f"{load.reviewers} ({load.counted})"
    if load.capacity.value is not None:
        yield "capacity", f"{number_between(load.capacity)} {each}, while something waits"
    if report.hours is not None:
        low, high = report.hours
        span = figure(low) if high - low < 0.01 * high else f"{figure(low)} to {figure(high)}"
        yield "review hours", f"{span} a week, by the minutes that a review takes"
    used = share_between(load.utilisation)
    doubt = "" if load.limiting or load.utilisation.high is None else "; at most: " + NO_QUEUE
    yield "utilisation", used + doubt
    if load.occupied is not None:
        yield "something waited", f"{load.occupied * 100:.0f} % of the time"
    oldest = "" if load.oldest_s is None else f", the oldest since {lasting(load.oldest_s)}"
    if load.wait_s is not None:
        yield "mean wait", f"{lasting(load.wait_s)}, of those decided"
    least = "" if report.complete else "at least "
    yield "waiting then", f"{least}{load.backlog:,}{oldest}"
    yield "unreviewed", _unreviewed(report) + _signs(report)


NO_QUEUE = (
    "waits do not follow the backlog as in a queue, so reviewers' time is not shown to be the limit"
)


def _unsettled(report: Report) -> str:
    if report.settled >= report.until:
        return ""
    return f" (not to {day(report.until)}: what still waits from then is not all seen)"


def _unreviewed(report: Report) -> str:
    found = report.reviewed.unreviewed
    if found.value is None and found.high:
        return f"at most {found.high * 100:.0f} %, how much less cannot be known"
    return share_between(found)


def _signs(report: Report) -> str:
    signs = "; ".join(f"{n:,} {s}" for s, n in report.reviewed.signs.items())
    return f" [{signs}]" if signs else ""


def forecast_lines(report: Report) -> Iterator[str]:
    """Yield what is said of times to come, and how far it is to be trusted."""
    found, unit = report.forecast, report.load.unit
    yield found.says
    if found.since.value is not None:
        yield (
            f"Since {day(found.since.value)} ({day(found.since.low)} to {day(found.since.high)}) "
            f"{number_between(found.growth)} more {unit.each} arrive than can be decided."
        )
    if found.trend.value is not None:
        yield f"Demand changed by a factor of {number_between(found.trend)} over the window."
    yield from _crossing(found, unit)
    if found.ahead:
        last = found.ahead[-1]
        yield (
            f"Backlog on {day(last.moment)}: {figure(last.low)} to {figure(last.high)}, most "
            f"likely about {figure(last.value)} (extrapolated)."
        )


def _crossing(found: Forecast, unit: Unit) -> Iterator[str]:
    if found.chances:
        chances = ", ".join(f"{c * 100:.0f} % within {n:,}" for n, c in found.chances)
        yield f"Chance that demand is above capacity: {chances} {unit.name}s (extrapolated)."
    if found.state == "falls behind":
        far = " Far beyond the data: take it as a direction only." if found.far else ""
        yield (
            f"Demand reaches capacity on {day(found.crossing.value)}, between "
            f"{day(found.crossing.low)} and {day(found.crossing.high)} (extrapolated).{far}"
        )


def option_note(report: Report) -> str:
    """Return how far the options are to be trusted."""
    if report.load.limiting:
        return MODEL
    return f"{MODEL} Only upper bounds: {NO_QUEUE}."


def option_rows(report: Report) -> list[tuple[str, ...]]:
    """Return a row for each option; see `OPTION_COLUMNS`."""
    return [_option_row(option, n == 0) for n, option in enumerate(report.options)]


def _option_row(option: Option, base: bool) -> tuple[str, ...]:
    wait = lasting_between(option.wait_s)
    if base:
        return option.name, wait, "", "", option.assumes
    saved = lasting_between(option.saved_s)
    return option.name, wait, saved, share_between(option.share), option.assumes


def ceiling_lines(report: Report) -> Iterator[str]:
    """Yield what is said of the human share of the way."""
    found = report.ceiling
    if found.share.low is None:
        yield found.says
        return
    yield f"Human share of the way: {share_between(found.share)}. {found.says}"
    low, high = found.speedup.low, found.speedup.high
    if high is None:
        yield "So no ceiling can be given: the lower end of the human share is not above 0."
    else:
        least = "" if low is None else f", and at the upper end only {figure(low)} times"
        said = "Ceiling (1 ÷ human share): if all the rest took no time, at most"
        yield f"{said} {figure(high)} times as fast{least}."
    if found.paused_s or found.stopped_s:
        yield (
            f"Before their review these {found.items:,} changes were paused for "
            f"{lasting(found.paused_s)} and lay while nothing ran for {lasting(found.stopped_s)}, "
            "added up."
        )


def _ends(found: Estimate, scale: float) -> str:
    low = "?" if found.low is None else figure(found.low * scale)
    high = "no bound" if found.high is None else figure(found.high * scale)
    return f"{low} to {high}"
