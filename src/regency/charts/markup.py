"""Text as XML: the one place where characters become markup."""

import html
import math
import unicodedata
from typing import NewType

Markup = NewType("Markup", str)  # text that is safe to put into a document as it stands


def escaped(text: str) -> Markup:
    """Return untrusted text as markup: specials escaped, characters XML cannot hold dropped."""
    kept = (c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    return Markup(html.escape("".join(kept), quote=True))


def number(value: float) -> str:
    """Return a coordinate with at most two decimals.

    Raises:
        ValueError: The value is not finite: it has no place in a drawing.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", value > -0.005)


def element(tag: str, *children: Markup, **attributes: str | float) -> Markup:
    """Return one element.

    Args:
        tag: Its name.
        children: What is in it.
        attributes: Names with ``_`` for ``-``, a trailing ``_`` dropped; empty text drops it.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value != ""
    )
    inside = "".join(children)
    return Markup(f"<{tag}{named}>{inside}</{tag}>" if inside else f"<{tag}{named}/>")


def together(*parts: Markup) -> Markup:
    """Return several pieces of markup as one."""
    return Markup("".join(parts))


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else number(value)
