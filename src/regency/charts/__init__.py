"""Charts drawn on the server as SVG text, and pages made of them: for measures, pages and reports.

    from regency.charts import Axis, Chart, Line, Point, Points, draw

    chart = Chart(
        title="Horizons double every four months",
        summary="One point per agent; bars are 95 % intervals.",
        x=Axis("Release date", "date"),           # date.toordinal()
        y=Axis("Task length at 50 %", "duration"),  # minutes, logarithmic
        marks=(
            Line("trend", ((738_000, 4.0), (739_000, 400.0)), band=((738_000, 2, 8), …)),
            Points("agents", (Point(738_100, 5.0, low=2.0, high=9.0, label="GPT-4"),)),
        ),
        notes=("Small print under the plot.",),
    )
    svg = draw(chart)              # inline in any page, or the whole of a .svg file
    svg = stacked((chart, other))  # several in one file
    png = rasterised(svg)          # needs the extra [measure]
    html = compose(Page(title, summary, parts=(Figure(svg, "How to read it.", "regency …"),)))

Marks, drawn in order, the first at the back: `Line` and `Steps` (both with an interval band),
`Points` with error bars along either axis and labels beside them, `Bars` (upright or flat;
`stacked_bars`), `Area` (`stacked_areas`), `Rule`, `Shade`. Series of one label share a colour and a
line of the legend; an empty label stays out of it. Axes are ``linear``, ``percent``, ``log``,
``date``, ``duration`` or ``category``, see `Axis`. `duration` says minutes in words, as the axis
does.

Everything is a pure function of plain records. Texts may come from anywhere: they are escaped, and
cannot bring markup with them. Drawings use presentation attributes only, so that they show under a
content security policy without ``unsafe-inline``; `compose` makes a page that forbids everything
but its own style sheet.
"""

from regency.charts.chart import draw, stacked
from regency.charts.markup import Markup
from regency.charts.page import (
    Figure,
    Heading,
    Items,
    Page,
    Part,
    Prose,
    Sheet,
    Warned,
    compose,
)
from regency.charts.png import rasterised
from regency.charts.records import (
    Area,
    Axis,
    Bars,
    Chart,
    Line,
    Mark,
    Point,
    Points,
    Rule,
    Shade,
    Steps,
    stacked_areas,
    stacked_bars,
)
from regency.charts.scales import duration

__all__ = [
    "Area",
    "Axis",
    "Bars",
    "Chart",
    "Figure",
    "Heading",
    "Items",
    "Line",
    "Mark",
    "Markup",
    "Page",
    "Part",
    "Point",
    "Points",
    "Prose",
    "Rule",
    "Shade",
    "Sheet",
    "Steps",
    "Warned",
    "compose",
    "draw",
    "duration",
    "rasterised",
    "stacked",
    "stacked_areas",
    "stacked_bars",
]
