"""Reads the corpus of claims: changes, sentences about them, and what is true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("corpus.txt")
VERDICTS = {"true": "holds", "false": "fails", "open": "unknown"}
_PART = re.compile(r"^(<<<|>>>|~~~|\?\?\?) (\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One sentence about one change, what is true of it, and what the check is asked to say."""

    change: str
    before: dict[str, bytes]
    after: dict[str, bytes]
    measured: dict[str, tuple[float, float]]
    sentence: str
    truth: str
    asked: str


def cases(file: Path = FILE) -> Iterator[Case]:
    _, *found = re.split(r"^=== (.+)\n", file.read_text("utf-8"), flags=re.MULTILINE)
    for name, body in zip(found[::2], found[1::2], strict=True):
        parts = _PART.split(body)[1:]
        sides: dict[str, dict[str, str]] = {"<<<": {}, ">>>": {}, "???": {}, "~~~": {}}
        for mark, path, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            sides[mark][path] = text
        before, after = (
            {path: text.strip("\n").encode() + b"\n" for path, text in sides[mark].items()}
            for mark in ("<<<", ">>>")
        )
        rows = [row.split() for row in sides["~~~"].get("measured", "").splitlines() if row]
        measured = {row[0]: (float(row[1]), float(row[2])) for row in rows}
        for line in sides["???"]["claims"].strip().splitlines():
            truth, _, rest = line.partition(": ")
            sentence, _, asked = rest.partition(" [")
            verdict = asked.rstrip("]") or VERDICTS[truth]
            yield Case(name, before, after, measured, sentence, truth, verdict)
