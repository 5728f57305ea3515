"""The table of the corpus for docs/hacks.md; run it to write the page anew.

PYTHONPATH=tests python tests/hacks/table.py
"""

import re
from pathlib import Path

from hacks.corpus import ROWS
from hacks.schemes import SCHEMES
from hacks.stage import PROGRAMS

PAGE = Path(__file__).parents[2] / "docs" / "hacks.md"
_TABLE = re.compile(r"\| # \|.*?(?=\n\n)", re.DOTALL)


def table() -> str:
    """Return the table: each row's attacks and the gates that stop them."""
    lines = [
        "| # | a candidate … | attacks that are tests | stopped by |",
        "| --- | --- | --- | --- |",
    ]
    every = [*PROGRAMS, *SCHEMES]
    for row, title in ROWS.items():
        attacks = [attack for attack in every if attack.row == row]
        names = "; ".join(attack.name for attack in attacks)
        gates = ", ".join(dict.fromkeys(attack.gate for attack in attacks))
        lines.append(f"| {row} | {title} | {names} | {gates} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text()))
