"""Draws what a command prints at a terminal as an SVG: for the README.

    python scripts/picture.py OUT.svg [--from WORDS] -- COMMAND [ARG ...]

With ``--from``, what stands before the last line that begins with WORDS is left out: live progress
draws over itself and cannot be shown standing still.
"""

import io
import os
import pty
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100


def printed(command: list[str]) -> str:
    """Return what ``command`` prints at a terminal of `WIDTH` columns."""
    out = io.BytesIO()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 65536)
        out.write(data)
        return data

    os.environ |= {"COLUMNS": str(WIDTH), "LINES": "60", "TERM": "xterm-256color"}
    pty.spawn(command, read)
    return out.getvalue().decode(errors="replace").replace("\r\n", "\n")


def main() -> None:
    """Run the command and write the picture."""
    place = sys.argv.index("--")
    options, command = sys.argv[1:place], sys.argv[place + 1 :]
    text = printed(command)
    if "--from" in options:
        words = options[options.index("--from") + 1]
        lines = Text.from_ansi(text).split("\n")
        start = max(n for n, line in enumerate(lines) if line.plain.strip().startswith(words))
        shown = Text("\n").join(lines[start:])
    else:
        shown = Text.from_ansi(text)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(shown)
    Path(options[0]).write_text(console.export_svg(title="regency"))


if __name__ == "__main__":
    main()
