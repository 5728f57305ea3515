"""The data of the corpus: the same kind for the unprotected evaluators and for our labs."""

import json
import random
from pathlib import Path

SYMBOLS = 6


def numbers(seed: int, count: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(10**6) for _ in range(count)]


def floats(seed: int, count: int = 10_000) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(0.5, 1.5) for _ in range(count)]


def rows(seed: int, count: int = 200) -> list[list[float]]:
    rng = random.Random(seed)
    return [[round(rng.uniform(-1, 1), 6) for _ in range(4)] for _ in range(count)]


def labels(table: list[list[float]]) -> list[int]:
    return [int(a + b - c + 0.3 * d > 0) for a, b, c, d in table]


def symbols(seed: int, count: int) -> list[int]:
    """A stream in which the next symbol follows from the last two, four times in five."""
    rng = random.Random(seed)
    text = [0, 1]
    while len(text) < count:
        likely = (2 * text[-1] + text[-2] + 1) % SYMBOLS
        text.append(likely if rng.random() < 0.8 else rng.randrange(SYMBOLS))
    return text


def sequences(seed: int, count: int = 30, length: int = 13) -> list[list[int]]:
    return [symbols(seed * 1000 + n, length) for n in range(count)]


def write_public(folder: Path) -> None:
    """Write what the unprotected evaluators have beside them."""
    table = rows(1)
    made = {
        "sort.json": numbers(1, 1200),
        "long.json": numbers(2, 4500),
        "sum.json": floats(1),
        "rows.json": table,
        "labels.json": labels(table),
        "train.json": symbols(1, 3000),
        "stream.json": symbols(2, 400),
        "sequences.json": sequences(3),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in made.items():
        (folder / name).write_text(json.dumps(value))
    weights = [[[0] * SYMBOLS for _ in range(SYMBOLS)] for _ in range(SYMBOLS)]
    text = symbols(4, 60_000)
    for a, b, c in zip(text, text[1:], text[2:], strict=False):
        weights[a][b][c] += 1
    (folder / "weights.json").write_text(json.dumps(weights))
