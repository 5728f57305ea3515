"""Untrusted text made safe for a terminal: what agents wrote is data, never control.

Nothing here knows what a text is about.
"""

import unicodedata

_KEPT = {"\n", "\t"}
_BREAKS = ("Zl", "Zp")


def clean(text: str) -> str:
    """Return ``text`` without characters that could move a cursor, recolour or reorder.

    Removes control characters but line feeds and tabs, bidirectional and other invisible
    formatting, and lone surrogates; other line separators become line feeds.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_safe, text.replace("\r\n", "\n")))


def one_line(text: str, limit: int = 0) -> str:
    """Return ``text`` cleaned and on one line, cut to ``limit`` characters if that is positive."""
    folded = " ".join(clean(text).split())
    return folded if not 0 < limit < len(folded) else folded[: limit - 1].rstrip() + "…"


def _safe(character: str) -> str:
    if character in _KEPT:
        return character
    category = unicodedata.category(character)
    if category in _BREAKS:
        return "\n"
    # C: controls, invisible formatting, surrogates, private use, unassigned
    return "" if category.startswith("C") else character
