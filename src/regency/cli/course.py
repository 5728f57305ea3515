"""The course of one test, for people: a forest plot of its pairs, and the evidence beside it."""

import math
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from regency.cli import numbers, paper, plot
from regency.records import Json

INSET = (0, 0, 0, 2)
MOST_ROWS = 40
FOREST = 41  # columns
EVIDENCE = 16
BESIDE = 27  # columns of pair, effect and e-value


def draw(verdict: Json, metric: str, out: Console) -> None:
    """Print why a verdict is as it is and, if it was tested, the plot of its test.

    Args:
        verdict: As `dossier.candidate` gives it to people.
        metric: Name of the metric.
        out: Where.
    """
    for sentence in verdict["account"]:
        out.print(Padding(paper.prose(sentence), INSET))
    test = verdict["test"]
    if test and test["looks"]:
        out.print()
        out.print(Padding(Text(_facts(test), style="dim"), INSET))
        out.print(Text(_head(metric, out.width), style="dim"))
        for row in _rows(test, out.width):
            out.print(row)


def _facts(test: Json) -> str:
    pairs = f"{len(test['looks'])} of at most {numbers.count(test['max_pairs'], 'pair')}"
    against = f"not worse by over {test['margin']:g}" if test["margin"] else "better"
    return (
        f"Test {test['index']} of generation {test['generation']}, {test['candidate']} against "
        f"{test['champion']}: {pairs}, level {numbers.odds(test['level'])}, {test['e_process']}; "
        f"{_nth(test['used'])} test on this confirm split. The interval is "
        f"{numbers.confidence(test['level'])} sure at either end, whenever one looks; the "
        f"evidence is for: {against}."
    )


def _widths(width: int) -> tuple[int, int]:
    """Return the columns of the forest and of the evidence."""
    evidence = EVIDENCE if width >= 80 else 0
    return max(11, min(FOREST, width - BESIDE - evidence - 4)), evidence


def _head(metric: str, width: int) -> str:
    forest, evidence = _widths(width)
    title = f"{metric}, better to the right"
    tail = "  evidence (log)" if evidence else ""
    return f"{'pair':>6}{'effect':>10}  {title[:forest]:<{forest}}{'e-value':>9}{tail}"


def _rows(test: Json, width: int) -> list[Text]:
    looks = test["looks"]
    low, high = _ends(test)
    forest, evidence = _widths(width)
    rows = []
    for look in looks if len(looks) <= MOST_ROWS else _thinned(looks):
        effect = look["effect"]
        dot = plot.forest(effect, (effect, effect), low, high, forest)
        row = Text(f"{look['pair']:>6}{effect:>+10.3g}  ").append(dot, style=_style(effect))
        row.append(f"{_large(look['e_value']):>9}")
        if evidence:
            share = math.log(max(look["e_value"], 1.0)) / math.log(test["bar"])
            row.append(f"  {plot.bar(share, evidence)}", style="cyan")
        rows.append(row)
    return [*rows, _total(test, low, high, forest, evidence)]


def _total(test: Json, low: float, high: float, forest: int, evidence: int) -> Text:
    last = test["looks"][-1]
    ends = tuple(
        otherwise if last[name] is None else last[name]
        for name, otherwise in (("low", -math.inf), ("high", math.inf))
    )
    line = plot.forest(last["mean"], (ends[0], ends[1]), low, high, forest)
    row = Text(f"{'all':>6}{last['mean']:>+10.3g}  ", style="bold").append(line)
    row.append(f"{_large(test['bar']):>9}", style="bold")
    return row.append(f"  needed{'':{evidence - 6}}┊" if evidence else " needed", style="dim")


def _thinned(looks: Sequence[Json]) -> list[Json]:
    """Return the first and the last looks, and some between."""
    step = (len(looks) - 1) / (MOST_ROWS - 1)
    return [looks[round(n * step)] for n in range(MOST_ROWS)]


def _ends(test: Json) -> tuple[float, float]:
    """Return the ends of the plot: all pairs and zero, and as much of the interval again."""
    last = test["looks"][-1]
    effects = [look["effect"] for look in test["looks"]] + [0.0]
    low, high = min(effects), max(effects)
    room = (high - low) or abs(high) or 1.0
    lower = low if last["low"] is None else min(low, last["low"])
    upper = high if last["high"] is None else max(high, last["high"])
    low, high = max(lower, low - room), min(upper, high + room)
    return (low, high) if low < high else (low - room / 2, high + room / 2)


def _style(effect: float) -> str:
    return "green" if effect > 0 else "red" if effect < 0 else ""


def _large(value: float) -> str:
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def _nth(number: int) -> str:
    tail = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{tail or 'th'}"
