"""One self-contained HTML page of charts, tables and text: to be mailed, filed or shown."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from regency.charts.markup import Markup, element, escaped, together

STYLE = """
:root { color-scheme: light }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 56rem; color: #1a1a1a;
  background: #fff; font: 16px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem }
p, ul { margin: .5rem 0; max-width: 46rem }
.lead { font-size: 1.1rem }
.warning { border-left: 4px solid #d55e00; padding: .3rem .8rem; background: #fdf3ec }
figure { margin: 1.5rem 0; overflow-x: auto }
figure svg { max-width: 100%; height: auto; display: block }
figcaption { font-size: .9rem; color: #595959; margin: .3rem 0 }
code { font: .82rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; background: #f4f4f4;
  padding: .1rem .35rem; border-radius: 3px; overflow-wrap: anywhere }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e3e3e3;
  vertical-align: top }
th { font-weight: 600; border-bottom-color: #8c8c8c }
.right { text-align: right; white-space: nowrap }
footer { margin-top: 3rem; font-size: .85rem; color: #595959 }
@media print { body { padding: 0 } figure { break-inside: avoid } }
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within the page."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """One paragraph that must not be overlooked."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of remarks."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing.

    Attributes:
        drawing: What `draw` gave.
        caption: How to read it.
        command: What makes it, printed underneath.
    """

    drawing: Markup
    caption: str
    command: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Attributes:
        columns: Their names.
        rows: Texts, one for each column.
        caption: How to read it.
        command: What makes it, printed underneath.
        right: Names of the columns that hold numbers.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    command: str
    right: tuple[str, ...] = ()


Part = Heading | Prose | Warned | Items | Figure | Sheet


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        title: Its title.
        summary: The answer in a sentence or two, the first thing that is read.
        parts: What follows, in order.
        footer: Small print.
    """

    title: str
    summary: str
    parts: tuple[Part, ...]
    footer: str = ""


def compose(page: Page) -> Markup:
    """Return a page as one HTML document.

    It holds no script and needs nothing from outside; its own content security policy forbids
    everything but its one style sheet, so that no text in it can do harm.
    """
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", escaped(page.title)),
        Markup(f"<style>{STYLE}</style>"),
    )
    body = element(
        "body",
        element(
            "main",
            element("h1", escaped(page.title)),
            _paragraph(page.summary, "lead"),
            *(_part(part) for part in page.parts),
        ),
        element("footer", _paragraph(page.footer)) if page.footer else Markup(""),
    )
    return together(Markup("<!DOCTYPE html>\n"), element("html", head, body, lang="en"))


def _part(part: Part) -> Markup:
    match part:
        case Heading(text):
            return element("h2", escaped(text))
        case Prose(text):
            return _paragraph(text)
        case Warned(text):
            return _paragraph(text, "warning")
        case Items(texts):
            return element("ul", *(element("li", escaped(text)) for text in texts))
        case Figure(drawing, caption, command):
            return element("figure", drawing, *_below(caption, command))
        case Sheet():
            return element("figure", _table(part), *_below(part.caption, part.command))


def _paragraph(text: str, kind: str = "") -> Markup:
    return element("p", escaped(text), class_=kind)


def _below(caption: str, command: str) -> Sequence[Markup]:
    said = element("figcaption", escaped(caption)) if caption else Markup("")
    made = element("figcaption", element("code", escaped(command)))
    return said, made


def _table(sheet: Sheet) -> Markup:
    kinds = ["right" if name in sheet.right else "" for name in sheet.columns]
    head = element("tr", *_cells("th", sheet.columns, kinds, scope="col"))
    rows = (element("tr", *_cells("td", row, kinds)) for row in sheet.rows)
    return element("table", element("thead", head), element("tbody", *rows))


def _cells(tag: str, texts: Sequence[str], kinds: Sequence[str], scope: str = "") -> list[Markup]:
    return [
        element(tag, escaped(text) or Markup("&#160;"), class_=kind, scope=scope)
        for text, kind in zip(texts, kinds, strict=True)
    ]
