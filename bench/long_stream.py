"""One lab that never stops: what is still found after tens of thousands of candidates.

    python bench/long_stream.py [CANDIDATES]

Each test of a generation has a stricter level than the one before, unless something is promoted. So
this prints, for each tenth of one stream, the power and the level of its last test, for 5 % and for
0.1 % truly better; the second once more with a generation ratified after every tenth.
"""

import sys

import numpy as np
from false_promotions import EFFECTS, Row, Stream

from regency.stats import sequential

PARTS = 10


def line(name: str, stream: Stream, start: int, stop: int, kept: list[int], tests: int) -> str:
    """Return the row of one tenth, from candidate ``start`` to ``stop``."""
    here = {number for number in kept if start < number <= stop}
    effects = stream.effects[start:stop]
    powers = []
    for effect in EFFECTS:
        true = np.flatnonzero(effects == effect) + start + 1
        found = sum(number in here for number in true.tolist())
        powers.append(f"{found}/{len(true)}")
    false = sum(stream.effects[number - 1] == 0 for number in here)
    level = sequential.level(max(tests, 1), len(kept), 0.05)
    return (
        f"| {name} | {stop:,} | {' '.join(powers)} | {false} of {len(here)} | {tests} "
        f"| 1 in {1 / level:,.0f} |"
    )


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print("| lab | candidates so far | found of those better by 1, 1.5, 2, 3 sd in this tenth "
          "| false | tests so far | level of the last |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for name, better in (("5 % better", 0.05), ("0.1 % better", 0.001)):
        stream = Stream(Row(name, better=better), count, 1)
        kept = stream.judged()
        for part in range(PARTS):
            start, stop = count * part // PARTS, count * (part + 1) // PARTS
            upto = [number for number in kept if number <= stop]
            tests = sum(number <= stop for number in stream.nominated)
            print(line(name, stream, start, stop, upto, tests), flush=True)
    for part in range(PARTS):
        stream = Stream(Row("ratified", better=0.001), count // PARTS, 10 + part)
        kept = stream.judged()
        told = line("0.1 %, ratified", stream, 0, stream.count, kept, stream.tested)
        print(
            told.replace(f"| {stream.count:,} |", f"| {stream.count * (part + 1):,} |"), flush=True
        )


if __name__ == "__main__":
    main()
