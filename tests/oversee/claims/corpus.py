"""Reads the corpus of claims: changes, sentences about them, and what is true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regency.oversee.claims.effect import Effect, names_of

FILE = Path(__file__).with_name("corpus.txt")
VERDICTS = {"true": "holds", "false": "fails", "open": "unknown"}
_PART = re.compile(r"^(<<<|>>>|~~~|\?\?\?) (\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One sentence about one change, what is true of it, and what the check is asked to say."""

    change: str
    before: dict[str, bytes]
    after: dict[str, bytes]
    measured: dict[str, Effect]
    sentence: str
    truth: str
    asked: str


def effect(name: str, before: str, after: str, low: str = "", high: str = "") -> Effect:
    """Return what a row says: name, before, after, and the ends of the difference if not exact."""
    better = -1 if name == "val_bpb" else 0
    there = Effect.exact(float(before), float(after))
    ends = (float(low or there.low), float(high or there.high))
    called = names_of(name, better) if better else ()
    return Effect(there.before, there.after, *ends, called, better, spent=name == "wall_s")


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
        measured = {row[0]: effect(*row) for row in rows}
        for line in sides["???"]["claims"].strip().splitlines():
            truth, _, rest = line.partition(": ")
            sentence, _, asked = rest.partition(" [")
            verdict = asked.rstrip("]") or VERDICTS[truth]
            yield Case(name, before, after, measured, sentence, truth, verdict)
