"""What is printed for people: a console that takes text as text, colours only at a terminal."""

import os

from rich.console import Console
from rich.table import Table
from rich.text import Text

from regency.cli.text import clean, one_line

PIPE_WIDTH = 100
STYLES = {
    "better": "bold green",
    "as good": "green",
    "not better": "dim",
    "undecided": "yellow",
    "superseded": "dim",
    "invalid": "red",
}


def console(*, err: bool = False) -> Console:
    """Return a console: no markup, no guessing; as wide as the terminal, or 100 columns."""
    made = Console(markup=False, highlight=False, emoji=False, stderr=err)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = PIPE_WIDTH
    return made


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table without lines, that never gets wider than the terminal."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def pairs() -> Table:
    """Return an empty table of names and values."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    return made


def line(text: str, style: str = "") -> Text:
    """Return untrusted text on one line."""
    return Text(one_line(text), style=style)


def prose(text: str, style: str = "") -> Text:
    """Return untrusted text with its lines."""
    return Text(clean(text), style=style)


def answer(word: str, *, simpler: bool = False) -> Text:
    """Return a verdict's answer in its colour; ``simpler``: for that, not for its score."""
    said = f"{word} (simpler)" if simpler else word or "waiting"
    return Text(said, style=STYLES.get(word, "cyan"))


def heading(text: str) -> Text:
    """Return a heading."""
    return Text(one_line(text), style="bold")


def diff(text: str, limit: int = 0) -> Text:
    """Return a unified diff in colours.

    Args:
        text: The diff.
        limit: Most lines; 0: all.
    """
    lines = clean(text).rstrip("\n").split("\n")
    shown = lines[:limit] if limit else lines
    made = Text()
    for number, content in enumerate(shown):
        made.append(("\n" if number else "") + content, style=_diff_style(content))
    if len(shown) < len(lines):
        made.append(f"\n… {len(lines) - len(shown)} more lines", style="dim")
    return made


def _diff_style(content: str) -> str:
    if content.startswith(("+++", "---", "diff ", "index ")):
        return "dim"
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return styles.get(content[:1], "")
