"""Drawings as PNG, by resvg (https://github.com/linebender/resvg), an optional package."""

from collections.abc import Callable

from regency.charts.lettering import FONT, words
from regency.charts.markup import Markup, element
from regency.errors import BadInput

SCALE = 2.0


def rasterised(svg: Markup, scale: float = SCALE) -> bytes:
    """Return a drawing of `draw` as a PNG picture, with the fonts of this machine.

    Args:
        svg: The drawing.
        scale: Pixels of the picture per pixel of the drawing.

    Raises:
        BadInput: The package that does it is not installed, or this machine has no font.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise BadInput(
            "a PNG needs an extra: pip install 'regency[measure]', or ask for .svg or .html."
        ) from error
    if not _has_fonts(resvg_py.svg_to_bytes):
        raise BadInput(
            "a PNG needs a font and this machine has none: install one (Debian: apt install "
            "fonts-dejavu-core), or ask for .svg or .html."
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))


def _has_fonts(rendered: Callable[..., bytes]) -> bool:
    """Return whether a letter leaves a trace: without fonts texts are left out in silence."""
    letter = words("M", 2, 18, 18, font_family=FONT)
    return rendered(svg_string=_square(letter)) != rendered(svg_string=_square(Markup("")))


def _square(content: Markup) -> Markup:
    return element("svg", content, xmlns="http://www.w3.org/2000/svg", width=20, height=20)
